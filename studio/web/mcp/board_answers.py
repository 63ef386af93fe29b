"""A storyboard as tools answer it: the board's words and, of each shot, what there is and what it would cost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from studio.domain import Run
from studio.services.board_repository import StoredBoard
from studio.storyboard.model import Board
from studio.storyboard.snapshot import ShotPrice, ShotState
from studio.web.mcp.caller import Caller


class CastAnswer(BaseModel):
    """A member of the cast; @name in a prompt means it. references, voice: asset ids."""

    id: str
    name: str
    kind: str
    description: str | None = None
    references: list[str] | None = None
    voice: str | None = None


class TakeAnswer(BaseModel):
    """A run made for a shot. stale: the shot was changed since. asset_id: its clip, to look at with get_asset."""

    run_id: str
    kind: Literal["draft", "render"]
    status: str
    chosen: bool | None = None
    stale: bool | None = None
    rating: int | None = None
    asset_id: str | None = None
    error: str | None = None


class ShotAnswer(BaseModel):
    """A shot. shows: what the film shows now, its draft, a chosen take or nothing, as asset_id. usd: price of a render.

    problems: what keeps it from being rendered. label: its own number, such as 1A. cast: who is in it beside those in
    its words.
    """

    number: int
    label: str | None = None
    id: str
    prompt: str
    dialogue: str | None = None
    voice_over: str | None = None
    sound: str | None = None
    music: str | None = None
    shot_size: str | None = None
    angle: str | None = None
    lens: str | None = None
    move: str | None = None
    place: str | None = None
    cast: list[str] | None = None
    duration_s: float
    length_s: float
    model: str
    start: Literal["none", "previous", "asset"]
    start_asset: str | None = None
    transition: str
    seed: int | None = None
    notes: str | None = None
    status: str
    shows: Literal["draft", "take", "nothing"]
    asset_id: str | None = None
    stale: bool | None = Field(None, description="It has takes, but none of the shot as it is now")
    usd: float | None = None
    expected_s: float | None = None
    problems: list[str] | None = None
    takes: list[TakeAnswer] = []


class BoardAnswer(BaseModel):
    """A storyboard. page: where a person sees it."""

    id: str
    title: str
    style: str | None = None
    negative: str | None = None
    model: str
    width: int
    height: int
    fps: int
    audio: bool
    length_s: float
    cast: list[CastAnswer] = []
    shots: list[ShotAnswer] = []
    page: str


class BoardSummary(BaseModel):
    """A storyboard in a list."""

    id: str
    title: str
    shots: int
    length_s: float
    updated_at: str
    page: str


def board_answer(caller: Caller, stored: StoredBoard) -> BoardAnswer:
    """The answer for a board as it stands."""
    board = stored.board
    snapshot = caller.services.storyboards.snapshot_of(board)
    prices = caller.services.storyboards.prices(snapshot)
    shots = [_shot(board, n, state, prices[state.shot.id]) for n, state in enumerate(snapshot.states, 1)]
    return BoardAnswer(
        id=board.id, title=board.title, style=board.style or None,
        negative=board.negative or None, model=board.model, width=board.width,
        height=board.height, fps=board.fps, audio=board.audio, length_s=round(snapshot.timeline.length_s, 3),
        cast=[_member(member) for member in board.cast], shots=shots, page=caller.link(f"/?board={board.id}"),
    )  # fmt: skip


def shot_answer(caller: Caller, stored: StoredBoard, shot_id: str) -> ShotAnswer:
    """The answer for one shot of a board as it stands. Raises NotFound."""
    snapshot = caller.services.storyboards.snapshot_of(stored.board)
    state = snapshot.state(shot_id)
    price = caller.services.storyboards.prices(snapshot)[shot_id]
    return _shot(stored.board, stored.board.shots.index(state.shot) + 1, state, price)


def board_summary(caller: Caller, stored: StoredBoard, length_s: float) -> BoardSummary:
    """The answer for a board in a list."""
    board = stored.board
    return BoardSummary(
        id=board.id, title=board.title, shots=len(board.shots), length_s=length_s, updated_at=str(stored.updated_at),
        page=caller.link(f"/?board={board.id}"),
    )  # fmt: skip


def _member(member: object) -> CastAnswer:
    return CastAnswer.model_validate(member, from_attributes=True)


def _shot(board: Board, number: int, state: ShotState, price: ShotPrice) -> ShotAnswer:
    shot = state.shot
    shows = {"draft": "draft", "render": "take"}.get(state.best_kind, "nothing")
    return ShotAnswer(
        number=number, label=shot.number or None, id=shot.id, prompt=shot.prompt, dialogue=shot.dialogue or None,
        voice_over=shot.voice_over or None, sound=shot.sound or None, music=shot.music or None,
        shot_size=shot.shot_size or None, angle=shot.angle or None, lens=shot.lens or None, move=shot.move or None,
        place=shot.place or None, cast=list(shot.cast) or None, duration_s=shot.duration_s,
        length_s=round(shot.length_s, 3), model=shot.model or board.model, start=shot.start.kind,
        start_asset=shot.start.asset, transition=shot.transition.value, seed=shot.seed, notes=shot.notes or None,
        status=shot.status.value, shows=shows,  # pyright: ignore[reportArgumentType]
        asset_id=state.best.id if state.best else None, stale=state.stale or None, usd=price.usd,
        expected_s=price.expected_s, problems=[str(p) for p in price.problems] or None,
        takes=[_take(state, run) for run in state.takes],
    )  # fmt: skip


def _take(state: ShotState, run: Run) -> TakeAnswer:
    take = next(take for take in state.shot.takes if take.run == run.id)
    now = state.plan.fingerprint if state.plan else None
    return TakeAnswer(
        run_id=run.id, kind=take.kind, status=run.status.value, chosen=run.id == state.shot.chosen or None,
        stale=(take.kind == "render" and take.fingerprint != now) or None, rating=run.rating or None,
        asset_id=run.assets[0].id if run.assets else None, error=run.error,
    )  # fmt: skip

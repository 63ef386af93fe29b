"""Plans of shots, kept while nothing changes that they are made from: an edit of one shot plans one shot.

What a plan is made from is compared, never guessed: the shot's own words and lengths, the members of the cast it
mentions, the film's size, style and sound, the catalogue's row, the files it names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.catalogue import Catalogue, Model
from studio.domain import Asset
from studio.errors import StudioError
from studio.memo import Memo
from studio.messages import of_error
from studio.storyboard import model_choice, plan
from studio.storyboard.model import MENTION, Board, Shot
from studio.storyboard.plan import DRAFT_MODEL, RunPlan

MAX_PLANS, MAX_BOARDS = 6_000, 256
"""Plans kept, about 4 kB each, a shot has two; and boards."""

PlanKey = tuple[str, str, str]
"""Board, shot, and which of its plans."""


@dataclass(frozen=True)
class PlanContext:
    """What the plans of a board share: its model, the film's size, style and sound, the cast by name, files by id as
    far as a plan depends on them, the state of the catalogue."""

    model: str
    film: tuple[object, ...]
    members: Mapping[str, object]
    files: Mapping[str, object]
    catalogue: int


@dataclass
class PlannedShot:
    """A shot's plan, None where there can be none, for the reason in `refusal`.

    sibling: the model of the same family that makes the shot as it is meant. estimate: room for what a service finds
    out from the plan alone.
    """

    plan: RunPlan | None
    refusal: str = ""
    sibling: Model | None = None
    estimate: Any = field(default=None, compare=False)


class Planner:
    """Plans by board and shot. Safe from any thread."""

    def __init__(self) -> None:
        self._plans: Memo[PlanKey, PlannedShot] = Memo(MAX_PLANS)
        self._unchanged: Memo[PlanKey, PlannedShot] = Memo(MAX_PLANS)
        self._contexts: Memo[str, PlanContext] = Memo(MAX_BOARDS)

    def for_board(self, board: Board, catalogue: Catalogue, assets: Mapping[str, Asset]) -> BoardPlanner:
        """The planner for a board as it stands. assets: files that it names, by id."""
        context = _plan_context(board, catalogue, assets)
        context = self._contexts.get(board.id, context, lambda: context)
        return BoardPlanner(self, board, catalogue, assets, context)

    def plan(
        self, key: PlanKey, shared: object, inputs: Callable[[], object], build: Callable[[], PlannedShot]
    ) -> PlannedShot:
        """The plan under this key.

        shared: the shot and the board's PlanContext, the same objects while nothing changes. inputs: the part of them
        that this plan depends on, compared only where they are others.
        """
        return self._unchanged.get(key, shared, lambda: self._plans.get(key, inputs(), build))


class BoardPlanner:
    """Plans of one board as it stands; what all its shots depend on is put together once."""

    def __init__(
        self, planner: Planner, board: Board, catalogue: Catalogue, assets: Mapping[str, Asset], context: PlanContext
    ) -> None:
        self._planner, self._board, self._catalogue, self.assets = planner, board, catalogue, dict(assets)
        self._context = context

    def plan(self, shot: Shot, *, frame: str | None = None, fault: str = "", draft: bool = False) -> PlannedShot:
        """The shot's plan. frame: the last frame of the shot before, for one that starts from it; fault: why not."""
        if fault:
            return PlannedShot(None, fault)
        key = (self._board.id, shot.id, "draft" if draft else f"frame {frame}" if frame else "")
        return self._planner.plan(
            key,
            (shot, self._context),
            lambda: self._plan_inputs(shot, frame, DRAFT_MODEL if draft else shot.model or self._board.model),
            lambda: self._build(shot, frame, draft),
        )

    def _build(self, shot: Shot, frame: str | None, draft: bool) -> PlannedShot:
        sister = None if draft else self._sibling(shot)
        try:
            run_plan = plan.for_shot(self._board, shot, self._catalogue, self.assets, previous_frame=frame, draft=draft)
        except StudioError as error:
            return PlannedShot(None, of_error(error), sister)
        return PlannedShot(run_plan, "", sister)

    def _sibling(self, shot: Shot) -> Model | None:
        try:
            return model_choice.sibling(self._board, shot, self._catalogue)
        except StudioError:
            return None

    def _plan_inputs(self, shot: Shot, frame: str | None, model: str) -> object:
        s, context = shot, self._context
        camera, sounds = (s.shot_size, s.angle, s.lens, s.move), (s.dialogue, s.voice_over, s.sound, s.music)
        prompts = (s.prompt, s.original_prompt, s.literal_prompt)
        shot_values = (*prompts, s.duration_s, *camera, s.place, s.cast, *sounds, s.start, s.seed)
        params = json.dumps(s.params, sort_keys=True) if s.params else ""
        words = " ".join((self._board.style, s.prompt, s.place, *sounds, *camera))
        names = (*MENTION.findall(words), *s.cast)
        members = tuple(context.members.get(name.casefold()) for name in names)
        files = tuple(context.files.get(i) for i in (s.start.asset, frame) if i)
        return (model, context.catalogue, context.film, shot_values, params, members, files)


def _plan_context(board: Board, catalogue: Catalogue, assets: Mapping[str, Asset]) -> PlanContext:
    consented = all(m.consent for m in board.cast if m.references and m.kind == "character")
    starts = all(s.start.consent for s in board.shots if s.start.kind == "asset")
    words, frame = (board.style, board.negative), (board.width, board.height, board.fps)
    film = (words, frame, board.seed, board.audio, consented, starts)
    files: dict[str, object] = {
        i: (a.id, a.kind, a.mime, a.bytes, a.width, a.height, a.duration_s, a.fps, a.has_audio)
        for i, a in assets.items()
    }
    members: dict[str, object] = {}
    for m in reversed(board.cast):  # of two with one name the first counts
        members[m.name.casefold()] = (m.model_dump_json(), tuple(files.get(i) for i in m.references))
    return PlanContext(board.model, film, members, files, catalogue.revision)

"""A board with everything that its page, the player, preflight, render plan and exports read, taken once.

Nothing here reads a database: a service gives the runs and files, and the plans come from the planner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.domain import Asset, Kind, Run, Status
from studio.errors import StudioError
from studio.film.timeline import ClipRange, Timeline
from studio.messages import of_error
from studio.storyboard import to_timeline
from studio.storyboard.model import Board, Shot
from studio.storyboard.plan import RunPlan
from studio.storyboard.planner import BoardPlanner, PlannedShot

LastFrame = Callable[[Shot, Asset], str]
"""The asset id of the last frame that the film shows of this shot, whose chosen take has this clip."""


@dataclass(frozen=True)
class ShotState:
    """What there is of a shot. best: the file the film would show now; clip, range: where it lies, what of it is shown.

    draft, render: the takes that still stand.

    stale: it has takes, but none made from the shot as it is. running: a run for it is under way. plan: the run that
    would render it now; None where there can be none, for the reason in `refusal`. planned, drafted: the same with what
    was found out about them.
    """

    shot: Shot
    best: Asset | None
    best_kind: Literal["draft", "render", ""]
    draft: Run | None
    render: Run | None
    stale: bool
    running: Run | None
    failed: Run | None
    takes: tuple[Run, ...]
    planned: PlannedShot
    drafted: PlannedShot
    clip: to_timeline.Clip | None
    range: ClipRange

    @property
    def plan(self) -> RunPlan | None:
        """The run that would render it now."""
        return self.planned.plan

    @property
    def refusal(self) -> str:
        """Why there can be no such run; "" where there can."""
        return self.planned.refusal


@dataclass(frozen=True)
class ShotPrice:
    """What rendering a shot would cost and take, and what stands against it, each in a sentence."""

    usd: float | None = None
    expected_s: float | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardSnapshot:
    """A board as it stands. runs: those of its takes and of its films made in one run. assets: files it names.

    clips: what the film shows of each shot that has anything to show; timeline: when. plans: makes further plans of it.
    """

    board: Board
    runs: Mapping[str, Run]
    assets: Mapping[str, Asset]
    states: tuple[ShotState, ...]
    clips: Mapping[str, to_timeline.Clip]
    timeline: Timeline
    plans: BoardPlanner

    def state(self, shot_id: str) -> ShotState:
        """Of this shot. Raises NotFound."""
        shot = self.board.shot(shot_id)
        return next(state for state in self.states if state.shot is shot)


def run_ids(board: Board) -> list[str]:
    """The runs whose state says what there is of the board."""
    return [*(t.run for s in board.shots for t in s.takes), *(w.run for w in board.wholes)]


def asset_ids(board: Board) -> list[str]:
    """The files a board names: references and voices of the cast, pictures that shots start from, music."""
    ids = [i for m in board.cast for i in (*m.references, m.voice) if i]
    ids += [s.start.asset for s in board.shots if s.start.asset]
    return [*ids, *([board.delivery.music] if board.delivery.music else [])]


def previous_frames(
    board: Board, runs: Mapping[str, Run], last_frame: LastFrame
) -> tuple[dict[str, str], dict[str, str]]:
    """By shot that starts from the end of the one before: the asset id of that frame; and why it cannot be had."""
    frames: dict[str, str] = {}
    faults: dict[str, str] = {}
    for previous, shot in zip(board.shots, board.shots[1:], strict=False):
        if shot.start.kind == "previous" and (clip := video_of(runs.get(previous.chosen or ""))):
            try:
                frames[shot.id] = last_frame(previous, clip)
            except StudioError as error:
                faults[shot.id] = of_error(error)
    return frames, faults


def shot_state(
    shot: Shot, runs: Mapping[str, Run], planned: PlannedShot, drafted: PlannedShot, path_of: Callable[[Asset], Path]
) -> ShotState:
    """What there is of a shot. runs: of its takes, at least."""
    takes = tuple(runs[t.run] for t in shot.takes if t.run in runs)
    best, kind = best_clip(shot, runs)
    clip = to_timeline.Clip(best, path_of(best), draft=kind == "draft") if best else None
    running = [run for run in takes if not run.status.ended]
    last_run = runs.get(shot.takes[-1].run) if shot.takes else None
    render = up_to_date_run(shot, "render", planned.plan, runs)
    return ShotState(
        shot=shot, best=best, best_kind=kind, draft=up_to_date_run(shot, "draft", drafted.plan, runs), render=render,
        stale=render is None and any(t.kind == "render" for t in shot.takes), running=running[-1] if running else None,
        failed=last_run if last_run and last_run.status == Status.FAILED else None, takes=takes, planned=planned,
        drafted=drafted, clip=clip, range=to_timeline.clip_range(shot, clip),
    )  # fmt: skip


def best_clips(board: Board, runs: Mapping[str, Run], path_of: Callable[[Asset], Path]) -> dict[str, to_timeline.Clip]:
    """What the film shows of each shot that has anything to show."""
    clips: dict[str, to_timeline.Clip] = {}
    for shot in board.shots:
        best, kind = best_clip(shot, runs)
        if best:
            clips[shot.id] = to_timeline.Clip(best, path_of(best), draft=kind == "draft")
    return clips


def best_clip(shot: Shot, runs: Mapping[str, Run]) -> tuple[Asset | None, Literal["draft", "render", ""]]:
    """What the film shows for a shot: the chosen take, else the newest draft."""
    if clip := video_of(runs.get(shot.chosen or "")):
        return clip, "render"
    drafts = [runs[t.run] for t in reversed(shot.takes) if t.kind == "draft" and t.run in runs]
    clip = next((a for run in drafts if (a := video_of(run))), None)
    return clip, "draft" if clip else ""


def up_to_date_run(shot: Shot, kind: str, run_plan: RunPlan | None, runs: Mapping[str, Run]) -> Run | None:
    """The newest run, good or still under way, that was made from the shot as it is."""
    if run_plan is None:
        return None
    fingerprint = run_plan.fingerprint
    matching = [runs[t.run] for t in shot.takes if t.kind == kind and t.fingerprint == fingerprint and t.run in runs]
    return next((r for r in reversed(matching) if r.status not in (Status.FAILED, Status.CANCELLED)), None)


def video_of(run: Run | None) -> Asset | None:
    """The clip that a finished run made."""
    return next((a for a in run.assets if a.kind == Kind.VIDEO), None) if run else None

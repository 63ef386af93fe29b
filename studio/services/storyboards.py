"""Storyboards in an open studio: kept with history, drafted for free, rendered on the model of each shot, takes picked.

Runs belong to the queue and the gallery like any other; a board only remembers which run was made for which shot, and
from what request (the fingerprint), so that a changed shot is seen to be stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from studio.domain import JSON, Asset, Estimate, Run
from studio.errors import CapabilityError, Conflict, NotAllowed, NotFound, StudioError
from studio.jobs.events import BOARD_PREFIX
from studio.messages import Message, joined, of_error
from studio.prompt.script.model import Script
from studio.services.assets import Assets
from studio.services.board_repository import BoardRepository, StoredBoard
from studio.services.board_snapshots import Overview, SnapshotReader
from studio.services.context import Context
from studio.services.requests import CheckedRequest, OnStored, Requests
from studio.services.runs import Runs
from studio.storage import storing
from studio.store import storyboards
from studio.storyboard import edit, limits, plan, to_timeline, wording
from studio.storyboard import script as board_script
from studio.storyboard.continuation import PLACEHOLDER_FRAME_ID
from studio.storyboard.from_script import from_script
from studio.storyboard.model import Board, ShotStatus, Take, new_id
from studio.storyboard.plan import RunPlan
from studio.storyboard.planner import PlannedShot
from studio.storyboard.snapshot import BoardSnapshot, ShotPrice, ShotState, best_clips, run_ids

Change = Callable[[Board], Board]
EDGE_PX = 640
"""Longer side of the pictures that show how neighbouring shots meet."""


@dataclass(frozen=True)
class RenderPlan:
    """What a press of Render would do. ready: would be queued. done: stand already. blocked: shot -> why not."""

    ready: tuple[RunPlan, ...]
    done: tuple[str, ...]
    blocked: dict[str, str]
    estimate: Estimate = field(default_factory=lambda: Estimate(usd=0.0, runs=0))


@dataclass(frozen=True)
class ProductionMethod:
    """One of the two ways to make the film, with its price and what stands against it."""

    kind: Literal["one_run", "per_shot"]
    estimate: Estimate | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class ShotEstimate:
    """What a plan's run costs and takes, as long as Requests.estimate_revision says the same."""

    checked: CheckedRequest
    revision: object
    usd: float | None
    expected_s: float | None


class Storyboards:
    """The storyboards of one user. Methods are safe from any thread."""

    def __init__(self, context: Context, user: str, requests: Requests, runs: Runs, assets: Assets) -> None:
        self._context, self.user = context, user
        self._requests, self._runs, self._assets = requests, runs, assets
        self._reader, self._boards = SnapshotReader(context, user), BoardRepository(context, user)

    def all(self) -> list[StoredBoard]:
        """Every board, last changed first."""
        with self._context.store.read() as db:
            return self._boards.all(db)

    def create(self, title: str = "", *, script: str | Script = "", form: str = "", **fields: object) -> StoredBoard:
        """A new board, with shots from a script, read already or as text, where one is given. form: of a text, by its
        id; "" finds out."""
        parts = (
            from_script(board_script.whole(script))
            if isinstance(script, Script)
            else board_script.parts_of(script, form=form)
        )
        board = Board(
            id=new_id("b"), shots=parts.shots, style=parts.style, negative=parts.negative, cast=parts.cast
        )  # fmt: skip
        board = edit.update(board, title=title.strip() or parts.title or "Untitled film", **fields)
        limits.check_limits(board)
        with self._context.store.write() as db:
            self._boards.add(db, board)
        self._changed(board.id)
        return self.get(board.id)

    def get(self, board_id: str) -> StoredBoard:
        """The board, or NotFound."""
        with self._context.store.read() as db:
            return self._boards.get(db, board_id)

    def editable(self, board_id: str) -> bool:
        """Whether the user may change the board, as far as that depends on whose it is and on its project."""
        with self._context.store.read() as db:
            return storyboards.is_editable(db, board_id, self.user)

    def visible(self, board_ids: Iterable[str]) -> set[str]:
        """Those of these boards that the user may see."""
        with self._context.store.read() as db:
            return storyboards.visible(db, board_ids, self.user)

    def edit(self, board_id: str, edit_name: str, change: Change, *, merge_key: str = "") -> StoredBoard:
        """Apply one edit to the board as it stands now, in one transaction; `edit_name` names it for undo.

        merge_key: names a stretch of typing; edits of one stretch that follow one another are undone in one step.
        """
        with self._context.store.write() as db:
            before = self._boards.get(db, board_id)
            new = change(before.board)
            if new == before.board:
                return before
            saved = self._boards.save(db, new, edit_name, merge_key=merge_key)
        self._changed(board_id)
        return saved

    def undo(self, board_id: str, *, redo: bool = False, others: bool = False) -> StoredBoard:
        """One step back (or forth). Takes are facts: shots keep those they have got since.

        others: also a change that somebody else made; without it that raises Conflict.
        """
        with self._context.store.write() as db:
            before = self._boards.get(db, board_id)
            if not others and storyboards.author(db, board_id, self.user, redo=redo) not in ("", self.user):
                raise Conflict(Message("board.undo_others"))
            version = self._boards.step(db, board_id, 1 if redo else -1)
            if version is None:
                return before
            amended = self._boards.amend(db, _with_takes(version, before.board))
        self._changed(board_id)
        return amended

    def _changed(self, board_id: str) -> None:
        """Tell the pages that show the board, or the list of boards."""
        self._context.jobs.feed.publish([f"{BOARD_PREFIX}{board_id}"])

    def trash(self, board_id: str, *, restore: bool = False) -> None:
        """Put a board into the trash, or take it out."""
        with self._context.store.write() as db:
            storyboards.trash(db, board_id, self.user, restore=restore)
        self._changed(board_id)

    def snapshot(self, board_id: str) -> BoardSnapshot:
        """The board with its runs, files, plans and clips, read once. Raises NotFound."""
        return self.snapshot_of(self.get(board_id).board)

    def snapshot_of(self, board: Board) -> BoardSnapshot:
        """The same for a board that was read already."""
        return self._reader.read(board, lambda shot, clip: self.last_frame(clip, trim_s=shot.trim_out_s))

    def states(self, board: Board) -> list[ShotState]:
        """What there is of every shot, in order."""
        return list(self.snapshot_of(board).states)

    def overviews(self, boards: Iterable[Board]) -> list[Overview]:
        """What a list shows of each of these boards."""
        return self._reader.overviews(boards)

    def prices(self, snapshot: BoardSnapshot) -> dict[str, ShotPrice]:
        """By shot: what rendering it as it is would cost and take, and what stands against it."""
        return {state.shot.id: self._price(snapshot, state) for state in snapshot.states}

    def _price(self, snapshot: BoardSnapshot, state: ShotState) -> ShotPrice:
        planned, problems = state.planned, state.plan.problems if state.plan else (state.refusal,)
        if state.plan and problems and state.shot.start.kind == "previous":  # it may only lack its frame
            planned = snapshot.plans.plan(state.shot, frame=PLACEHOLDER_FRAME_ID)
        if planned.plan is None or planned.plan.problems:
            return ShotPrice(problems=problems)
        try:
            estimate = self._estimate(planned, planned.plan, snapshot)
        except StudioError as error:
            return ShotPrice(problems=problems or (of_error(error),))
        return ShotPrice(estimate.usd, estimate.expected_s, problems)

    def _estimate(self, planned: PlannedShot, run_plan: RunPlan, snapshot: BoardSnapshot) -> ShotEstimate:
        """What the plan's run costs and takes, from before where nothing can have changed since.

        The request is checked once; only what the engine itself has to say is asked again.
        """
        cached = planned.estimate if isinstance(planned.estimate, ShotEstimate) else None
        revision = self._requests.estimate_revision(run_plan.body["model"])
        if cached and revision is not None and cached.revision == revision:
            return cached
        if cached:
            checked = self._requests.revalidate(cached.checked)
        else:
            checked = self._requests.validate(run_plan.body, ready=False, known_assets=snapshot.plans.assets)
        estimate = self._requests.estimate_checked([checked])
        planned.estimate = ShotEstimate(checked, revision, estimate.usd, estimate.expected_s)
        return planned.estimate

    def draft(self, board_id: str, *, shots: Iterable[str] | None = None) -> list[Run]:
        """Queue a free draft of every shot (or these) whose draft does not stand; the animatic is made of them.

        A draft still being made of what a shot was before is cancelled: nobody waits for it any more.
        """
        snapshot = self.snapshot(board_id)
        shot_ids = set(shots) if shots is not None else None
        undrafted = [
            state
            for state in snapshot.states
            if state.draft is None and (shot_ids is None or state.shot.id in shot_ids) and wording.describe(state.shot)
        ]
        for take in (t for state in undrafted for t in state.shot.takes if t.kind == "draft"):
            run = snapshot.runs.get(take.run)
            if run and not run.status.ended:
                with suppress(Conflict):  # it has just ended
                    self._runs.cancel(run.id)
        return self.queue(board_id, [_required(state.drafted) for state in undrafted], "draft")

    def render_plan(self, board_id: str, *, shots: Iterable[str] | None = None) -> RenderPlan:
        """What rendering would queue: these shots, or all approved ones; those that stand already are left out."""
        return self.render_plan_of(self.snapshot(board_id), shots=shots)

    def render_plan_of(self, snapshot: BoardSnapshot, *, shots: Iterable[str] | None = None) -> RenderPlan:
        """The same for a board that was read already."""
        approved = {s.id for s in snapshot.board.shots if s.status == ShotStatus.APPROVED}
        shot_ids = set(shots) if shots is not None else approved
        project = self._project_of(snapshot.board.id)
        ready: list[RunPlan] = []
        done: list[str] = []
        blocked: dict[str, str] = {}
        for state in snapshot.states:
            shot = state.shot
            if shot.id not in shot_ids:
                continue
            if state.render is not None:
                done.append(shot.id)
            elif (run_plan := state.plan) is None:
                blocked[shot.id] = state.refusal
            elif problems := run_plan.problems or self._submit_problems(run_plan.body, snapshot, project):
                blocked[shot.id] = joined(*problems)
            else:
                ready.append(run_plan)
        estimate = Estimate(usd=0.0, runs=0)
        if ready:
            estimate = self._requests.estimate([p.body for p in ready], known_assets=snapshot.assets)
        return RenderPlan(tuple(ready), tuple(done), blocked, estimate)

    def _submit_problems(self, body: JSON, snapshot: BoardSnapshot, project: str | None) -> tuple[str, ...]:
        """What submit would say now: a missing key, for example."""
        try:
            self._requests.validate(body, project=project, known_assets=snapshot.assets)
        except StudioError as error:
            return (of_error(error),)
        return ()

    def render(self, board_id: str, *, shots: Iterable[str] | None = None) -> list[Run]:
        """Queue what render_plan shows. Budgets and consent hold for these runs as for any other."""
        return self.queue(board_id, self.render_plan(board_id, shots=shots).ready, "render")

    def retake(self, board_id: str, shot_id: str, *, on_stored: OnStored | None = None) -> Run:
        """One more take of a shot, with a seed of its own; the shot's look is as it stands. on_stored: as in
        Requests.submit_many."""
        run_plan = _required(self.snapshot(board_id).state(shot_id).planned)
        if run_plan.problems:
            raise CapabilityError(joined(*run_plan.problems), field="shot", value=shot_id)
        body = {k: v for k, v in run_plan.body.items() if k != "seed"}

        def store_take(db: Database, runs: list[Run]) -> None:
            current = self._boards.get(db, board_id).board
            take = Take(run=runs[0].id, kind="render", fingerprint=run_plan.fingerprint)
            self._boards.amend(db, edit.add_take(current, shot_id, take))
            if on_stored:
                on_stored(db, runs)

        return self.submit(board_id, [body], store_take)[0]

    def production_methods(self, board_id: str, model: str) -> tuple[ProductionMethod, ProductionMethod]:
        """Both ways to make the film: one multi-shot run of `model`, and a run per shot."""
        snapshot = self.snapshot(board_id)
        try:
            whole = plan.one_run(snapshot.board, model, self._context.catalogue, snapshot.assets)
            one_run = self._production_method("one_run", [whole], snapshot)
        except StudioError as error:
            one_run = ProductionMethod("one_run", None, (of_error(error),))
        if refusals := tuple(state.refusal for state in snapshot.states if state.plan is None):
            return one_run, ProductionMethod("per_shot", None, refusals)
        return one_run, self._production_method("per_shot", [s.plan for s in snapshot.states if s.plan], snapshot)

    def _production_method(
        self, kind: Literal["one_run", "per_shot"], plans: list[RunPlan], snapshot: BoardSnapshot
    ) -> ProductionMethod:
        problems = tuple(p for run_plan in plans for p in run_plan.problems)
        if problems or not plans:
            return ProductionMethod(kind, None, problems or (Message("board.no_shots"),))
        try:
            return ProductionMethod(
                kind, self._requests.estimate([p.body for p in plans], known_assets=snapshot.assets), ()
            )
        except StudioError as error:
            return ProductionMethod(kind, None, (of_error(error),))

    def last_frame(self, clip: Asset, *, trim_s: float = 0.0) -> str:
        """Asset id of the clip's last frame, `trim_s` seconds before its end; taken once, then remembered.

        When a run ends, its page and the shot that follows ask at the same moment. With a file for each, the follower
        would be made from another frame than the board plans it from, and stale from its beginning.
        """
        boards, key = self._context.boards, (clip.id, round(trim_s, 3))
        if cached := boards.frames.get(key):
            return cached
        with boards.frames_lock:
            if key not in boards.frames:  # the same content is the same asset, so a restart finds it again
                boards.frames[key] = self._take_last_frame(clip, trim_s)
            return boards.frames[key]

    def _take_last_frame(self, clip: Asset, trim_s: float) -> str:
        from studio.media import files, frames, metadata

        target = self._context.settings.data / "cache" / "frames" / f"{clip.id}-{trim_s:g}.png"
        if not target.is_file():
            with storing(self._context.settings.data), files.replacing(target) as temporary:
                if trim_s > 0 and clip.duration_s:
                    frames.frame_at(self._assets.path(clip), max(0.0, clip.duration_s - trim_s), temporary)
                else:
                    frames.last_frame(self._assets.path(clip), temporary)
                metadata.carry_draft(self._assets.path(clip), temporary)
        name = f"{Path(clip.name or clip.id).stem} last frame.png"
        return self._assets.add_frame(clip, target, name=name, at_ms=round(trim_s * 1000)).id

    def clips(self, board: Board) -> dict[str, to_timeline.Clip]:
        """What the film shows of each shot that has anything to show."""
        return best_clips(board, self._reader.runs(run_ids(board)), self._reader.path)

    def edge_frame(self, board: Board, shot_id: str, end: Literal["first", "last"]) -> Path:
        """The first or last frame that the film shows of a shot, as a picture kept in the cache. Raises NotFound."""
        from studio.media import files, frames

        shot = board.shot(shot_id)
        single_shot = board.model_copy(update={"shots": (shot,), "wholes": ()})
        if not (clip := self.clips(single_shot).get(shot_id)):
            raise NotFound(Message("shot.no_picture"))
        at_s, path = to_timeline.edge_frame_s(board, shot, clip, end), clip.path
        target = self._context.settings.data / "cache" / "frames" / f"{clip.asset.id}-at{at_s:.3f}.webp"
        if not target.is_file():
            with files.replacing(target) as temporary:
                frames.grab(path, at_s, max_side_px=EDGE_PX).save(temporary, "webp", quality=82)
        return target

    def queue(
        self, board_id: str, plans: Iterable[RunPlan], kind: Literal["draft", "render"], *,
        on_stored: OnStored | None = None,
    ) -> list[Run]:  # fmt: skip
        """Store the runs and, in the same transaction, that the board's shots have them. on_stored: as in
        submit_many."""
        plans = list(plans)
        if not plans:
            return []

        def store_takes(db: Database, runs: list[Run]) -> None:
            board = self._boards.get(db, board_id).board
            for run_plan, run in zip(plans, runs, strict=True):
                if any(s.id == run_plan.shot for s in board.shots):
                    take = Take(run=run.id, kind=kind, fingerprint=run_plan.fingerprint)
                    board = edit.add_take(board, run_plan.shot, take)
            self._boards.amend(db, board)
            if on_stored:
                on_stored(db, runs)

        return self.submit(board_id, [p.body for p in plans], store_takes)

    def submit(self, board_id: str, bodies: list[JSON], on_stored: OnStored) -> list[Run]:
        """Store runs for the board, in its project. Raises NotAllowed where the user may only look at it."""
        return self._requests.submit_many(bodies, project=self.project_for_runs(board_id), on_stored=on_stored)

    def project_for_runs(self, board_id: str) -> str:
        """The project that runs for this board belong to. Raises NotFound, NotAllowed where the user may only look."""
        with self._context.store.read() as db:
            return storyboards.get_editable(db, board_id, self.user)["project"]

    def _project_of(self, board_id: str) -> str | None:
        """The same; None for the user's current one where the board is not theirs to change, or not kept."""
        with suppress(NotFound, NotAllowed):
            return self.project_for_runs(board_id)
        return None

    def find_run(self, run_id: str) -> Run | None:
        try:
            return self._runs.get(run_id)
        except NotFound:
            return None


def _with_takes(board: Board, now: Board) -> Board:
    """The board with the takes and choices that its shots have now."""
    current = {s.id: s for s in now.shots}
    shots = [
        s.model_copy(update={"takes": now_is.takes, "chosen": s.chosen or now_is.chosen})
        if (now_is := current.get(s.id)) and (s.takes != now_is.takes or not s.chosen)
        else s
        for s in board.shots
    ]
    return board.model_copy(update={"shots": tuple(shots), "wholes": now.wholes, "shown": now.shown})


def _required(planned: PlannedShot) -> RunPlan:
    """The plan, or what keeps there from being one."""
    if planned.plan is None:
        raise CapabilityError(planned.refusal, field="shot")
    return planned.plan

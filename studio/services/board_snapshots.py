"""Boards read once: a few SQL statements for any number of shots, takes and files, and plans that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from studio.domain import Asset, Run
from studio.film.timeline import Timeline, lay_out
from studio.services.context import Context
from studio.store import assets as asset_rows
from studio.storyboard import snapshot as values
from studio.storyboard import to_timeline
from studio.storyboard.continuation import PLACEHOLDER_FRAME_ID, placeholder_frame
from studio.storyboard.model import Board, Shot
from studio.storyboard.planner import PlannedShot
from studio.storyboard.snapshot import BoardSnapshot, LastFrame, ShotState


@dataclass(frozen=True)
class Overview:
    """A board in a list. cover: the clip of its first shot that has one."""

    cover: Asset | None
    length_s: float


class SnapshotReader:
    """Reads boards as one user sees them. Safe from any thread."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def path(self, asset: Asset) -> Path:
        """Where a clip lies. A board asks this of every shot at each edit, so only a mirror looks at the disk."""
        if self._context.jobs.mirror is not None:
            self._context.jobs.file(asset.path)
        return self._context.data / asset.path

    def read(self, board: Board, last_frame: LastFrame) -> BoardSnapshot:
        """The board with its runs, files, plans and clips. last_frame: takes the frame that a shot may start from."""
        cache = self._context.boards.runs
        with self._context.store.read() as db:
            runs = self._with_progress(cache.of_board(db, board.id, values.run_ids(board), self.user))
        frames, faults = values.previous_frames(board, runs, last_frame)
        assets = self.assets([*values.asset_ids(board), *frames.values()])
        plans = self._context.boards.planner.for_board(
            board, self._context.catalogue, assets | {PLACEHOLDER_FRAME_ID: placeholder_frame(board, None)}
        )
        states = tuple(
            self._state(
                board, shot, runs, plans.plan(shot, frame=frames.get(shot.id), fault=faults.get(shot.id, "")),
                plans.plan(shot, draft=True),
            )
            for shot in board.shots
        )  # fmt: skip
        clips = {state.shot.id: state.clip for state in states if state.clip}
        return BoardSnapshot(board, runs, assets, states, clips, self._timeline(board, states), plans)

    def _state(
        self, board: Board, shot: Shot, runs: Mapping[str, Run], planned: PlannedShot, drafted: PlannedShot
    ) -> ShotState:
        inputs = (shot, tuple(runs.get(take.run) for take in shot.takes), planned, drafted)
        return self._context.boards.states.get(
            (self.user, board.id, shot.id), inputs,
            lambda: values.shot_state(shot, runs, planned, drafted, self.path),
        )  # fmt: skip

    def _timeline(self, board: Board, states: Iterable[ShotState]) -> Timeline:
        ranges = tuple(state.range for state in states)
        return self._context.boards.timelines.get(
            (self.user, board.id), (board.fps, ranges), lambda: lay_out(ranges, Fraction(board.fps))
        )

    def overviews(self, boards: Iterable[Board]) -> list[Overview]:
        """What a list shows of each of these boards."""
        boards = list(boards)
        runs = self.runs([i for board in boards for i in values.run_ids(board)])
        return [self._overview(board, runs) for board in boards]

    def _overview(self, board: Board, runs: dict[str, Run]) -> Overview:
        clips: to_timeline.Clips = values.best_clips(board, runs, self.path)
        cover = next((clips[shot.id].asset for shot in board.shots if shot.id in clips), None)
        return Overview(cover, to_timeline.timeline(board, clips).length_s)

    def runs(self, run_ids: Iterable[str]) -> dict[str, Run]:
        """These runs as they are now, without those that do not exist for this user."""
        ids = list(run_ids)
        if not ids:
            return {}
        with self._context.store.read() as db:
            runs = self._context.boards.runs.several(db, ids, self.user)
        return self._with_progress(runs)

    def _with_progress(self, runs: Mapping[str, Run]) -> dict[str, Run]:
        return {run_id: self._context.with_progress(run) for run_id, run in runs.items()}

    def assets(self, asset_ids: Iterable[str]) -> dict[str, Asset]:
        """These files, without those that do not exist for this user."""
        with self._context.store.read() as db:
            return asset_rows.several(db, dict.fromkeys(asset_ids), self.user)

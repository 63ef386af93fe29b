"""What is one's own shown to the members of a project, taken back, and moved from one project to another."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from studio.errors import Conflict, NotFound
from studio.jobs.events import BOARD_PREFIX
from studio.messages import Message
from studio.permissions import Role
from studio.services.context import Context
from studio.store import projects, runs, sharing, storyboards


class Sharing:
    """Shares of one user. Only owners share; nobody shares with a project that is archived or that they only watch."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def share_runs(self, run_ids: Sequence[str], project_id: str) -> list[str]:
        """Let the members of the project see these runs and their files; the ids that were shared by it.

        Raises NotFound, NotAllowed for runs of others, Conflict for a run under way that belongs to another project:
        its money is set aside there.
        """
        return self._set_runs(run_ids, project_id, shared=True)

    def move_runs(self, run_ids: Sequence[str], project_id: str) -> list[str]:
        """Put these runs into another project, or with "" into none, seen by nobody else. Raises as share_runs does."""
        return self._set_runs(run_ids, project_id, shared=False)

    def unshare_runs(self, run_ids: Sequence[str]) -> list[str]:
        """Keep these runs to their owner again; producers of the project may do so. Raises NotFound, NotAllowed."""
        with self._context.store.write() as db:
            found = [_to_unshare(db, run_id, self.user) for run_id in run_ids]
            changed = sharing.set_runs(db, [run.id for run in found if run.shared], None, shared=False)
        self._context.jobs.feed.publish(changed)
        return changed

    def share_board(self, board_id: str, project_id: str) -> None:
        """Let the members see the storyboard with its takes and cast; creators among them edit it, too.

        Raises NotFound, NotAllowed for a storyboard of somebody else.
        """
        self._set_board(board_id, project_id, shared=True)

    def move_board(self, board_id: str, project_id: str) -> None:
        """Put the storyboard into another project, or with "" into none, seen by nobody else."""
        self._set_board(board_id, project_id, shared=False)

    def unshare_board(self, board_id: str) -> None:
        """Keep the storyboard to its owner again."""
        with self._context.store.write() as db:
            board = storyboards.get_own(db, board_id, self.user)
            sharing.set_board(db, board["seq"], board["project"], shared=False)
            changed = sharing.runs_of_board(db, board["seq"])
        self._context.jobs.feed.publish([*changed, f"{BOARD_PREFIX}{board_id}"])

    def _set_runs(self, run_ids: Sequence[str], project_id: str, *, shared: bool) -> list[str]:
        with self._context.store.write() as db:
            found = [runs.get_own(db, run_id, self.user) for run_id in run_ids]
            self._check_open(db, project_id)
            if any(run.project != project_id and not run.status.ended for run in found):
                raise Conflict(Message("project.run_under_way"))
            changed = [r.id for r in found if (r.project, r.shared) != (project_id, shared)]
            sharing.set_runs(db, changed, project_id, shared=shared)
        self._context.jobs.feed.publish(changed)
        return changed

    def _set_board(self, board_id: str, project_id: str, *, shared: bool) -> None:
        with self._context.store.write() as db:
            board = storyboards.get_own(db, board_id, self.user)
            self._check_open(db, project_id)
            sharing.set_board(db, board["seq"], project_id, shared=shared)
            changed = sharing.runs_of_board(db, board["seq"])
        self._context.jobs.feed.publish([*changed, f"{BOARD_PREFIX}{board_id}"])

    def _check_open(self, db: Database, project_id: str) -> None:
        """Raise NotFound for a project that the user is not in, Conflict where nothing can be added."""
        if not project_id:
            return
        role = projects.role_of(db, project_id, self.user)
        if role is None:
            raise NotFound(Message("project.unknown"))
        if not projects.is_open(db, project_id, self.user) or not Role(role).includes(Role.CREATOR):
            raise Conflict(Message("project.closed", name=projects.get(db, project_id).name))


def _to_unshare(db: Database, run_id: str, user: str) -> runs.Run:
    run = runs.get(db, run_id, user)
    if run.shared and projects.role_of(db, run.project, user) in (Role.PRODUCER, Role.ADMIN):
        return run
    return runs.get_own(db, run_id, user)

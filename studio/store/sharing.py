"""The columns project and shared of runs and storyboards."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database


def set_runs(db: Database, run_ids: Sequence[str], project: str | None, *, shared: bool) -> list[str]:
    """Put these runs into a project (None: where they are), seen by its members or by their owner alone; the ids."""
    marks = ", ".join("?" * len(run_ids))
    sql = f"UPDATE runs SET project = coalesce(?, project), shared = ? WHERE id IN ({marks})"
    db.conn.execute(sql, [project, int(shared), *run_ids])
    return list(run_ids)


def set_board(db: Database, board: int, project: str, *, shared: bool) -> None:
    """The same for a storyboard, by its seq."""
    db.conn.execute("UPDATE storyboards SET project = ?, shared = ? WHERE seq = ?", [project, int(shared), board])


def runs_of_board(db: Database, board: int) -> list[str]:
    """Ids of the runs that the storyboard names."""
    sql = "SELECT r.id FROM storyboard_refs x JOIN runs r ON r.id = x.ref WHERE x.board = ? AND x.current = 1"
    return [row[0] for row in db.conn.execute(sql, [board]).fetchall()]

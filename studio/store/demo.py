"""Example content: its project, which everybody who comes to the studio may look at, and how far it has got."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from studio.permissions import Role
from studio.store import projects, settings

KEY = "demo"
"""In the settings table: {"project", "board", "runs", "done"}."""


def state(db: Database) -> dict[str, object]:
    """What was begun; empty where nothing was."""
    return settings.get(db, KEY, {})


def put(db: Database, **values: object) -> None:
    """Keep more of the state."""
    settings.put(db, KEY, state(db) | values)


def is_empty(db: Database) -> bool:
    """Whether nobody has made anything in this studio."""
    return not any(db.conn.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("runs", "storyboards"))


def show(db: Database, board: str, runs: Sequence[str]) -> None:
    """Let the members of the examples' project see the board and these runs; the project is made where it is not."""
    project = str(state(db)["project"])
    db.conn.execute("UPDATE storyboards SET project = ?, shared = 1 WHERE id = ?", [project, board])
    marks = ", ".join("?" * len(runs))
    db.conn.execute(f"UPDATE runs SET project = ?, shared = 1 WHERE id IN ({marks})", [project, *runs])


def welcome(db: Database, visitor: str) -> None:
    """Let a visitor look at the examples, where there are any; members of visitors who are gone are dropped."""
    if project := state(db).get("project"):
        projects.set_member(db, str(project), visitor, Role.VIEWER.value)
        sql = "DELETE FROM members WHERE project = ? AND person NOT IN (SELECT id FROM visitors)"
        db.conn.execute(sql, [project])

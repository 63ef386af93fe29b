"""Storyboards as JSON bodies with every version kept, so that undo survives a reload; shots also as rows for others.

`head` is the version that stands; a new one cuts off what was undone. Of older ones MAX_VERSIONS are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotAllowed, NotFound
from studio.messages import Message
from studio.store import storyboard_refs, visibility
from studio.store.mapping import fetch, stamp

MAX_VERSIONS = 500
"""Versions of one board that can be undone."""

SHOT_COLUMNS = "id, prompt, model, duration_s, status, chosen"
_LISTED = "id, title, updated_at, owner, project, shared"
ShotRow = tuple[str | float | None, ...]
"""A shot as others may read it: the columns of SHOT_COLUMNS."""


@dataclass(frozen=True)
class BoardBody:
    """A board as it is stored. text: all of it, as JSON. shots: rows of its shots in their order."""

    title: str
    text: str
    shots: Sequence[ShotRow]

    @classmethod
    def read(cls, text: str) -> BoardBody:
        """The body with this text."""
        body = json.loads(text)
        columns = SHOT_COLUMNS.split(", ")
        return cls(body["title"], text, [tuple(shot.get(column) for column in columns) for shot in body["shots"]])


@dataclass(frozen=True)
class BoardRow:
    """A board as it stands. text: its body as JSON, so that who knows it already need not read it again.

    undoable, redoable: what the two buttons would take back or put back, or None. head: the number of the version that
    stands. shared: the members of the project may see it.
    """

    id: str
    title: str
    text: str
    updated_at: str
    undoable: str | None
    redoable: str | None
    head: int = 0
    owner: str = ""
    project: str = ""
    shared: bool = False

    @property
    def body(self) -> JSON:
        """The text, read."""
        return json.loads(self.text)


def add(db: Database, board_id: str, body: BoardBody, owner: str, project: str = "") -> None:
    """A new board, as version 1."""
    sql = (
        "INSERT INTO storyboards (id, owner, project, title, body, head, created_at, updated_at) "
        "VALUES (?, ?, ?, ?, '', 0, ?, ?)"
    )
    db.conn.execute(sql, [board_id, owner, project, body.title, stamp(), stamp()])
    save(db, board_id, body, "made", owner)


def get(db: Database, board_id: str, viewer: str) -> BoardRow:
    """The board as it stands. Raises NotFound, also for one that the viewer may not see."""
    row = _row(db, board_id, viewer, f"seq, body, head, {_LISTED}")
    sql = "SELECT n, what FROM storyboard_versions WHERE board = ? AND n BETWEEN ? AND ?"
    head = row["head"]
    what = dict(db.conn.execute(sql, [row["seq"], head - 1, head + 1]).fetchall())
    undoable = what.get(head) if head - 1 in what else None
    return _board(row, undoable, what.get(head + 1))


def all_of(db: Database, viewer: str) -> list[BoardRow]:
    """Every board that the viewer may see, last changed first."""
    sql = (
        f"SELECT seq, body, head, {_LISTED} FROM storyboards b WHERE trashed_at IS NULL "
        f"AND {visibility.visible('storyboards')} ORDER BY updated_at DESC"
    )
    return [_board(row, None, None) for row in fetch(db, sql, [viewer])]


def _board(row: dict[str, Any], undoable: str | None, redoable: str | None) -> BoardRow:
    return BoardRow(
        row["id"], row["title"], row["body"], row["updated_at"], undoable, redoable, row["head"], row["owner"],
        row["project"], bool(row["shared"]),
    )  # fmt: skip


def save(db: Database, board_id: str, body: BoardBody, edit_name: str, owner: str) -> None:
    """The board's next version; `edit_name` names it for undo. Versions that had been undone are gone."""
    row = get_editable(db, board_id, owner)
    head = row["head"] + 1
    for versions, bound in (("n >= ?", head), ("n < ?", head - MAX_VERSIONS)):  # an OR would walk through all of them
        db.conn.execute(f"DELETE FROM storyboard_versions WHERE board = ? AND {versions}", [row["seq"], bound])
    sql = "INSERT INTO storyboard_versions (board, n, body, what, at, person) VALUES (?, ?, ?, ?, ?, ?)"
    db.conn.execute(sql, [row["seq"], head, body.text, edit_name, stamp(), owner])
    _set_current(db, row["seq"], head, body, owner)


def amend(db: Database, board_id: str, body: BoardBody, owner: str) -> None:
    """Change what stands without a version of its own: facts such as a take, which an undo must not take back."""
    row = get_editable(db, board_id, owner)
    sql = "UPDATE storyboard_versions SET body = ? WHERE board = ? AND n = ?"
    db.conn.execute(sql, [body.text, row["seq"], row["head"]])
    _set_current(db, row["seq"], row["head"], body, owner)


def step(db: Database, board_id: str, by: int, owner: str) -> JSON | None:
    """Undo (by -1) or redo (by 1): the version that stands now, or None where there is none further."""
    row = get_editable(db, board_id, owner)
    sql = "SELECT n, body FROM storyboard_versions WHERE board = ? AND n = ?"
    version = db.conn.execute(sql, [row["seq"], row["head"] + by]).fetchone()
    if version is None:
        return None
    _set_current(db, row["seq"], version[0], BoardBody.read(version[1]), owner)
    return json.loads(version[1])


def author(db: Database, board_id: str, owner: str, *, redo: bool = False) -> str:
    """Who made the version that an undo (or redo) would take back (or bring back); "" where nobody is known."""
    row = _row(db, board_id, owner)
    sql = "SELECT person FROM storyboard_versions WHERE board = ? AND n = ?"
    version = db.conn.execute(sql, [row["seq"], row["head"] + redo]).fetchone()
    return version[0] if version else ""


def visible(db: Database, board_ids: Iterable[str], viewer: str) -> set[str]:
    """Those of these boards that the viewer may see."""
    found: set[str] = set()
    for board_id in board_ids:
        with suppress(NotFound):
            _row(db, board_id, viewer)
            found.add(board_id)
    return found


def trash(db: Database, board_id: str, owner: str, *, restore: bool = False) -> None:
    """Put the owner's board into the trash, or take it back out. Raises NotFound, NotAllowed for another's."""
    row = get_own(db, board_id, owner)
    db.conn.execute("UPDATE storyboards SET trashed_at = ? WHERE seq = ?", [None if restore else stamp(), row["seq"]])


def trashed(db: Database, board_id: str) -> bool:
    """Whether the board is in the trash, or is not there at all."""
    row = db.conn.execute("SELECT trashed_at FROM storyboards WHERE id = ?", [board_id]).fetchone()
    return row is None or row[0] is not None


def get_own(db: Database, board_id: str, viewer: str) -> dict[str, Any]:
    """Seq, owner and project of a board that is the viewer's own. Raises NotFound, NotAllowed for one that is shared by
    somebody else."""
    row = _row(db, board_id, viewer, "seq, owner, project, shared")
    if viewer not in ("", row["owner"]):
        raise NotAllowed(Message("project.owner_only"))
    return row


def is_editable(db: Database, board_id: str, viewer: str) -> bool:
    """Whether the viewer may change the board."""
    sql = f"SELECT 1 FROM storyboards b WHERE b.id = ? AND {visibility.changeable('edit_board')}"
    return db.conn.execute(sql, [board_id, viewer]).fetchone() is not None


def get_editable(db: Database, board_id: str, viewer: str) -> dict[str, Any]:
    """Seq, head and project of a board, for a change. Raises NotFound, NotAllowed where the viewer may only see it."""
    row = _row(db, board_id, viewer, "seq, head, project")
    if viewer and not is_editable(db, board_id, viewer):
        raise NotAllowed(Message("project.creator_only"))
    return row


def _row(db: Database, board_id: str, viewer: str, columns: str = "seq, head") -> dict[str, Any]:
    sql = f"SELECT {columns} FROM storyboards b WHERE b.id = ? AND {visibility.visible('storyboards')}"
    for row in fetch(db, sql, [board_id, viewer]):
        return row
    raise NotFound(Message("board.unknown"))


def _set_current(db: Database, board: int, head: int, body: BoardBody, person: str) -> None:
    """Make this what stands. person: who made it so. Of the rows of shots only those that changed are written."""
    sql = "UPDATE storyboards SET head = ?, title = ?, body = ?, updated_at = ? WHERE seq = ?"
    db.conn.execute(sql, [head, body.title, body.text, stamp(), board])
    before = db.conn.execute(f"SELECT {SHOT_COLUMNS} FROM shots WHERE board = ? ORDER BY idx", [board]).fetchall()
    rows = [(board, idx, *shot) for idx, shot in enumerate(body.shots) if idx >= len(before) or before[idx] != shot]
    sql = f"REPLACE INTO shots (board, idx, {SHOT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    db.conn.executemany(sql, rows)
    db.conn.execute("DELETE FROM shots WHERE board = ? AND idx >= ?", [board, len(body.shots)])
    storyboard_refs.keep(db, board, body.text, person)

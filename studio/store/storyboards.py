"""Storyboards as JSON bodies with every version kept, so that undo survives a reload; shots also as rows for others.

`head` is the version that stands; a new one cuts off what was undone. The oldest versions beyond KEPT are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotFound
from studio.messages import Message
from studio.store.mapping import stamp

KEPT = 500
"""Versions of one board that can be undone."""

SHOT_COLUMNS = ("id", "prompt", "model", "duration_s", "status", "chosen")


@dataclass(frozen=True)
class Kept:
    """A board as it stands. text: its body as JSON, so that who knows it already need not read it again.

    undoable, redoable: what the two buttons would take back or put back, or None. head: the number of the version that
    stands.
    """

    id: str
    title: str
    text: str
    updated_at: str
    undoable: str | None
    redoable: str | None
    head: int = 0

    @property
    def body(self) -> JSON:
        """The text, read."""
        return json.loads(self.text)


def add(db: Database, board_id: str, body: JSON, owner: str) -> None:
    """A new board, as version 1."""
    sql = "INSERT INTO storyboards (id, owner, title, body, head, created_at, updated_at) VALUES (?, ?, ?, ?, 0, ?, ?)"
    db.execute(sql, [board_id, owner, body["title"], json.dumps(body), stamp(), stamp()])
    save(db, board_id, body, "made", owner)


def get(db: Database, board_id: str, owner: str) -> Kept:
    """The board as it stands. Raises NotFound, also for another owner's."""
    row = _row(db, board_id, owner)
    sql = "SELECT what FROM storyboard_versions WHERE board = ? AND n = ?"
    undoable = db.execute(sql, [row["seq"], row["head"]]).fetchone() if _has(db, row["seq"], row["head"] - 1) else None
    redoable = db.execute(sql, [row["seq"], row["head"] + 1]).fetchone()
    words = (undoable[0] if undoable else None, redoable[0] if redoable else None)
    return Kept(row["id"], row["title"], row["body"], row["updated_at"], *words, row["head"])


def all_of(db: Database, owner: str) -> list[Kept]:
    """Every board of this owner ("" sees all), last changed first."""
    sql = "SELECT * FROM storyboards WHERE trashed_at IS NULL AND (? = '' OR owner = ?) ORDER BY updated_at DESC"
    rows = db.query(sql, [owner, owner])
    return [Kept(r["id"], r["title"], r["body"], r["updated_at"], None, None) for r in rows]


def save(db: Database, board_id: str, body: JSON, what: str, owner: str) -> None:
    """The board's next version; `what` was done, in a few words. Versions that had been undone are gone."""
    row = _row(db, board_id, owner)
    head = row["head"] + 1
    db.execute("DELETE FROM storyboard_versions WHERE board = ? AND (n >= ? OR n < ?)", [row["seq"], head, head - KEPT])
    sql = "INSERT INTO storyboard_versions (board, n, body, what, at) VALUES (?, ?, ?, ?, ?)"
    text = json.dumps(body)
    db.execute(sql, [row["seq"], head, text, what, stamp()])
    _stand(db, row["seq"], head, body, text)


def amend(db: Database, board_id: str, body: JSON, owner: str) -> None:
    """Change what stands without a version of its own: facts such as a take, which an undo must not take back."""
    row = _row(db, board_id, owner)
    sql = "UPDATE storyboard_versions SET body = ? WHERE board = ? AND n = ?"
    text = json.dumps(body)
    db.execute(sql, [text, row["seq"], row["head"]])
    _stand(db, row["seq"], row["head"], body, text)


def step(db: Database, board_id: str, by: int, owner: str) -> JSON | None:
    """Undo (by -1) or redo (by 1): the version that stands now, or None where there is none further."""
    row = _row(db, board_id, owner)
    found = db.execute(
        "SELECT n, body FROM storyboard_versions WHERE board = ? AND n = ?", [row["seq"], row["head"] + by]
    ).fetchone()
    if found is None:
        return None
    body = json.loads(found[1])
    _stand(db, row["seq"], found[0], body, found[1])
    return body


def trash(db: Database, board_id: str, owner: str, *, back: bool = False) -> None:
    """Put the board into the trash, or take it back out."""
    row = _row(db, board_id, owner)
    db.execute("UPDATE storyboards SET trashed_at = ? WHERE seq = ?", [None if back else stamp(), row["seq"]])


def trashed(db: Database, board_id: str) -> bool:
    """Whether the board is in the trash, or is not there at all."""
    row = db.execute("SELECT trashed_at FROM storyboards WHERE id = ?", [board_id]).fetchone()
    return row is None or row[0] is not None


def _has(db: Database, board: int, n: int) -> bool:
    sql = "SELECT 1 FROM storyboard_versions WHERE board = ? AND n = ?"
    return db.execute(sql, [board, n]).fetchone() is not None


def _row(db: Database, board_id: str, owner: str) -> dict[str, Any]:
    sql = "SELECT * FROM storyboards WHERE id = ? AND (? = '' OR owner = ?)"
    for row in db.query(sql, [board_id, owner, owner]):
        return row
    raise NotFound(Message("board.unknown"))


def _stand(db: Database, board: int, head: int, body: JSON, text: str) -> None:
    sql = "UPDATE storyboards SET head = ?, title = ?, body = ?, updated_at = ? WHERE seq = ?"
    db.execute(sql, [head, body["title"], text, stamp(), board])
    db.execute("DELETE FROM shots WHERE board = ?", [board])
    sql = f"INSERT INTO shots (board, idx, {', '.join(SHOT_COLUMNS)}) VALUES (?, ?{', ?' * len(SHOT_COLUMNS)})"
    db.conn.executemany(sql, [_shot(board, index, shot) for index, shot in enumerate(body["shots"])])


def _shot(board: int, index: int, shot: JSON) -> Sequence[object]:
    return [board, index, *(shot.get(column) for column in SHOT_COLUMNS)]

"""Forms saved under a name, per task and owner."""

from __future__ import annotations

import json

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotFound
from studio.messages import Message


def all_of(db: Database, task: str, owner: str) -> list[tuple[str, JSON]]:
    """Name and body of every preset of this task, by name."""
    sql = "SELECT name, body FROM presets WHERE task = ? AND owner = ? ORDER BY name"
    return [(row[0], json.loads(row[1])) for row in db.conn.execute(sql, [task, owner]).fetchall()]


def put(db: Database, task: str, name: str, body: JSON, owner: str) -> None:
    """Save under this name, in the place of what was there."""
    values = [owner, task, name, json.dumps(body)]
    db.conn.execute("INSERT OR REPLACE INTO presets (owner, task, name, body) VALUES (?, ?, ?, ?)", values)


def delete(db: Database, task: str, name: str, owner: str) -> None:
    """Forget the preset. Raises NotFound."""
    done = db.conn.execute("DELETE FROM presets WHERE owner = ? AND task = ? AND name = ?", [owner, task, name])
    if not done.rowcount:
        raise NotFound(Message("preset.unknown", name=f"{name!r}"))

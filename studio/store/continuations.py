"""Chains of shots that follow one another, by board: what is left of each must survive a restart."""

from __future__ import annotations

import json

from sqlite_utils import Database

from studio.domain import JSON
from studio.store import settings

PREFIX = "chain."


def get(db: Database, board: str) -> JSON | None:
    """The board's chain, or None."""
    return settings.get(db, PREFIX + board)


def put(db: Database, board: str, body: JSON) -> None:
    """Keep the board's chain, in the place of an older one."""
    settings.put(db, PREFIX + board, body)


def forget(db: Database, board: str) -> None:
    """The board has no chain any more."""
    db.conn.execute("DELETE FROM settings WHERE key = ?", [PREFIX + board])


def all_of(db: Database) -> list[JSON]:
    """Every board's chain."""
    rows = db.conn.execute("SELECT value FROM settings WHERE substr(key, 1, ?) = ?", [len(PREFIX), PREFIX]).fetchall()
    return [json.loads(row[0]) for row in rows]


def give_ownerless(db: Database, person: str) -> None:
    """Chains that were begun before there were accounts go on in the name of this person."""
    for body in all_of(db):
        if not body.get("owner"):
            put(db, body["board"], body | {"owner": person})

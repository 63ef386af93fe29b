"""Which runs a submit under a key has made. A key belongs to one owner; it is kept as long as the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.store.mapping import fetch, stamp

MAX_VARIABLES = 500
"""Values in one statement; SQLite takes more, but a plan for each count would be kept."""


@dataclass(frozen=True)
class KeyedSubmit:
    """What was stored under a key. digest: of what was asked."""

    key: str
    digest: str
    runs: tuple[str, ...]


def find(db: Database, owner: str, keys: Iterable[str]) -> dict[str, KeyedSubmit]:
    """By key, those that are known."""
    found: dict[str, KeyedSubmit] = {}
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), MAX_VARIABLES):
        part = wanted[start : start + MAX_VARIABLES]
        marks = ", ".join("?" * len(part))
        sql = f"SELECT key, digest, runs FROM submit_keys WHERE owner = ? AND key IN ({marks})"
        for row in fetch(db, sql, [owner, *part]):
            found[row["key"]] = KeyedSubmit(row["key"], row["digest"], tuple(json.loads(row["runs"])))
    return found


def add(db: Database, owner: str, key: str, digest: str, runs: Sequence[str]) -> None:
    """Keep what was stored under a key. Raises sqlite3.IntegrityError where the key is known."""
    sql = "INSERT INTO submit_keys (owner, key, digest, runs, at) VALUES (?, ?, ?, ?, ?)"
    db.conn.execute(sql, [owner, key, digest, json.dumps(list(runs)), stamp()])

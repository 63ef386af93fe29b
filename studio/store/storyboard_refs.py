"""Ids of runs and files that a storyboard's body names, kept beside it so that they are found without reading it.

A row stays when the board no longer names the id (current = 0), with the person who once put it there: an undo by
somebody else must not make it theirs.
"""

from __future__ import annotations

import re

from sqlite_utils import Database

_ID = re.compile(r'"([ra]_[0-9a-z]{17})"')
"""A whole text of the body that has the form of an id of a run or a file: see store.mapping.new_id."""


def ids_in(body: str) -> set[str]:
    """The ids that the body (JSON) names. A text of the user's that looks like one counts too: `person` decides what
    becomes visible by it."""
    return set(_ID.findall(body))


def keep(db: Database, board: int, body: str, person: str) -> None:
    """Note what the board (its seq) names now. person: who made it so."""
    named = ids_in(body)
    rows = db.conn.execute("SELECT ref, current FROM storyboard_refs WHERE board = ?", [board]).fetchall()
    before = dict[str, int](rows)
    changed = [(int(ref in named), board, ref) for ref, current in before.items() if current != (ref in named)]
    if changed:
        db.conn.executemany("UPDATE storyboard_refs SET current = ? WHERE board = ? AND ref = ?", changed)
    if new := named - before.keys():
        rows = [(ref, board, person) for ref in new]
        db.conn.executemany("INSERT INTO storyboard_refs (ref, board, person) VALUES (?, ?, ?)", rows)

"""The audit log: who did what, when, from where. Rows are added and read, never changed; their hashes form a chain.

A hash is SHA-256 over the hash before it and the row. Who can write the file can also write a new chain from some row
on: compare with the last hash of an earlier export to find that out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlite_utils import Database

from studio.store import tokenize
from studio.store.mapping import fetch, stamp

Outcome = Literal["done", "refused"]
COLUMNS = ("at", "actor", "name", "via", "address", "action", "object", "outcome", "detail")
FIRST_HASH = bytes(32)
"""What stands before the first row of all."""
CLOCK_MARGIN = timedelta(minutes=10)
"""Rows lie in the order in which they were written; their times may differ from it by so much."""
SEQ_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. actor: id of a person, "" for the local user. via: id of the session or token, or a word such as
    `terminal`. object: an id. detail: the change in short, text by name."""

    action: str
    actor: str = ""
    name: str = ""
    via: str = ""
    address: str = ""
    object: str = ""
    outcome: Outcome = "done"
    detail: Mapping[str, str] = field(default_factory=dict[str, str])
    at: str = field(default_factory=stamp)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is kept. hash: hexadecimal."""

    seq: int
    entry: Entry
    hash: str


@dataclass(frozen=True)
class Query:
    """What is looked for; empty is any. words: FTS5 phrases. since, until: instants; until is left out."""

    actor: str | None = None
    action: str = ""
    object: str = ""
    words: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Break:
    """The first place where the chain does not hold: the row's seq, or the one that is missing."""

    seq: int
    missing: bool


def add(db: Database, entries: Iterable[Entry]) -> None:
    """Append these rows, in the caller's transaction."""
    last = _end(db)[1]
    seq = last_seq(db)  # also beyond rows that somebody took away, so that their gap stays visible
    rows: list[tuple[object, ...]] = []
    for entry in entries:
        seq += 1
        values = _values(entry)
        last = _hash(last, seq, values)
        rows.append((seq, *values, _words(entry), last))
    db.conn.executemany(
        f"INSERT INTO audit (seq, {', '.join(COLUMNS)}, words, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", rows
    )


def page(db: Database, query: Query, *, before: int | None = None, limit: int) -> tuple[list[Row], int | None]:
    """The newest rows that match and come before seq `before`, and the `before` of the next page (None: no more)."""
    source, where, values = _conditions(db, query)
    if before is not None:
        where.append("a.seq < ?")
        values.append(min(before, SEQ_MAX))
    order = "w.rowid" if "audit_words" in source else "a.seq"
    columns = ", ".join(f"a.{name}" for name in ("seq", *COLUMNS, "hash"))
    sql = f"SELECT {columns} FROM {source} WHERE {' AND '.join(where)} ORDER BY {order} DESC LIMIT ?"
    rows = fetch(db, sql, [*values, limit + 1])
    return [_row(row) for row in rows[:limit]], rows[limit - 1]["seq"] if len(rows) > limit else None


def facets(db: Database, facet: Literal["actor", "action"]) -> list[tuple[str, str]]:
    """Every actor with a name, or every action, that has rows."""
    rows = fetch(db, "SELECT key, label FROM audit_facets WHERE facet = ? ORDER BY label, key", [facet])
    return [(row["key"], row["label"]) for row in rows]


def last_seq(db: Database) -> int:
    """The number of the newest row that was ever written; 0 before there is one."""
    row = db.conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    return row[0] if row else 0


def verify(db: Database, *, after: int = 0, last: bytes | None = None, limit: int) -> tuple[int, bytes, Break | None]:
    """Check the chain over the next `limit` rows after seq `after`, whose hash is `last` (None: the beginning).

    Returns seq and hash of the last good row, with the break where there is one; an unchanged seq: nothing follows.
    """
    good = last
    if good is None:
        after, good = _beginning(db)
    sql = f"SELECT seq, {', '.join(COLUMNS)}, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
    rows = db.conn.execute(sql, [after, limit]).fetchall()
    for seq, *values, found in rows:
        if seq != after + 1:
            return after, good, Break(after + 1, missing=True)
        if found != _hash(good, seq, values):
            return after, good, Break(seq, missing=False)
        after, good = seq, found
    if not rows and after < last_seq(db):
        return after, good, Break(after + 1, missing=True)
    return after, good, None


def remove_older(db: Database, moment: datetime, months: int) -> int:
    """Remove rows from before this moment, with a note of how far and how many; how many went.

    The newest row stays: the chain goes on from it.
    """
    through = min(_first_since(db, moment), _end(db)[0]) - 1
    row = db.conn.execute("SELECT hash FROM audit WHERE seq = ?", [through]).fetchone()
    if row is None:
        return 0
    count = db.conn.execute("SELECT count(*) FROM audit WHERE seq <= ?", [through]).fetchone()[0]
    db.conn.execute("INSERT INTO audit_removals VALUES (?,?,?,?,?)", [through, row[0], count, stamp(), months])
    db.conn.execute("DELETE FROM audit WHERE seq <= ?", [through])
    return count


def removed_through(db: Database) -> tuple[int, str] | None:
    """The last seq that retention removed, and when; None where it has removed nothing."""
    row = db.conn.execute("SELECT through_seq, at FROM audit_removals ORDER BY through_seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else None


def tag(kind: Literal["a", "m"], value: str) -> str:
    """The word of an actor or an action (m) in the column `tags` of the index."""
    return f"{kind}{value.encode().hex()}"


def _values(entry: Entry) -> tuple[str, ...]:
    detail = json.dumps(dict(entry.detail), ensure_ascii=False, separators=(",", ":"))
    return (
        entry.at, entry.actor, entry.name, entry.via, entry.address, entry.action, entry.object, entry.outcome, detail,
    )  # fmt: skip


def _words(entry: Entry) -> str:
    return tokenize.spaced(" ".join((entry.name, entry.object, entry.address, *entry.detail.values())))


def _hash(before: bytes, seq: int, values: Sequence[str]) -> bytes:
    return hashlib.sha256(before + json.dumps([seq, *values], ensure_ascii=False).encode("utf-8", "replace")).digest()


def _beginning(db: Database) -> tuple[int, bytes]:
    """Where the chain begins: after what retention removed last, else at its first row."""
    row = db.conn.execute("SELECT through_seq, hash FROM audit_removals ORDER BY through_seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, FIRST_HASH)


def _end(db: Database) -> tuple[int, bytes]:
    """The newest row's seq and hash."""
    row = db.conn.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else _beginning(db)


def _conditions(db: Database, query: Query) -> tuple[str, list[str], list[Any]]:
    wanted = [] if query.actor is None else [f"tags : {tag('a', query.actor)}"]
    if query.action:
        wanted.append(f"tags : {tag('m', query.action)}")
    if query.object:
        wanted.append(f"words : {tokenize.phrase(query.object)}")
    wanted += [f"words : {phrase}" for phrase in query.words]
    source, where, values = "audit a", ["1"], list[Any]()
    if wanted:
        source = "audit_words w CROSS JOIN audit a ON a.seq = w.rowid"
        where = ["audit_words MATCH ?"]
        values.append(" AND ".join(wanted))
    key = "w.rowid" if wanted else "a.seq"
    for moment, sign, margin in ((query.since, ">=", -CLOCK_MARGIN), (query.until, "<", CLOCK_MARGIN)):
        if moment is not None:
            where += [f"{key} {sign} ?", f"a.at {sign} ?"]
            values += [_first_since(db, moment, margin), stamp(moment)]
    return source, where, values


def _first_since(db: Database, moment: datetime, margin: timedelta = timedelta()) -> int:
    """The seq of the first row written at this moment or later, by halving; beyond all rows where there is none."""
    try:
        wanted = stamp(moment + margin)
    except OverflowError:
        wanted = stamp(moment)
    low = db.conn.execute("SELECT coalesce(min(seq), 0) FROM audit").fetchone()[0]
    high = _end(db)[0] + 1
    while low < high:
        middle = (low + high) // 2
        at = db.conn.execute("SELECT at FROM audit WHERE seq >= ? ORDER BY seq LIMIT 1", [middle]).fetchone()
        if at is not None and at[0] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _row(row: Mapping[str, Any]) -> Row:
    values = {name: row[name] for name in COLUMNS}
    return Row(row["seq"], Entry(**values | {"detail": json.loads(row["detail"])}), row["hash"].hex())

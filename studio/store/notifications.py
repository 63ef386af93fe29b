"""Messages to the user that are on their way: written in the transaction that notices what they tell, sent later.

So nothing is told twice, or lost, when the studio is stopped between the two. `cursor` is the last event that was
looked at; there is none while nobody wants messages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON, now
from studio.messages import restore, stored
from studio.store import settings
from studio.store.mapping import fetch, stamp

CURSOR = "notifications_cursor"
KEPT = 50
"""Sent or abandoned messages that are kept, for the Settings page."""


@dataclass(frozen=True)
class RunChange:
    """A run that reached this status. seq, at: of the event. held_reason: why it waits, as far as it does now."""

    seq: int
    run: str
    batch: str
    status: str
    model: str
    at: datetime
    owner: str = ""
    held_reason: str | None = None


@dataclass(frozen=True)
class BatchCount:
    """How many runs of a batch are in each status, what they cost, and whether all of them were drafts."""

    by_status: dict[str, int]
    cost_usd: float
    providers: frozenset[str]


@dataclass(frozen=True)
class Pending:
    """A message to send. id: the same at every attempt. attempts: those that failed."""

    seq: int
    id: str
    target: str
    body: JSON
    attempts: int


def cursor(db: Database) -> int | None:
    """The last event that was looked at."""
    return settings.get(db, CURSOR)


def set_cursor(db: Database, seq: int | None) -> None:
    """Look at events after this one; None where there is nobody to tell."""
    settings.put(db, CURSOR, seq)


def newest_event(db: Database) -> int:
    """The newest event's number; 0 without any."""
    return db.conn.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]


def changes_after(db: Database, seq: int, limit: int) -> list[RunChange]:
    """Runs that ended or were held after this event, in order; cancelled ones and those in the trash left out."""
    rows = fetch(
        db,
        "SELECT e.seq, r.id, r.batch, e.to_status, r.model, e.at, r.owner, r.held_reason "
        "FROM events e JOIN runs r ON r.seq = e.run "
        "WHERE e.seq > ? AND e.to_status IN ('succeeded', 'failed', 'held') AND e.from_status IS NOT e.to_status "
        "AND r.trashed_at IS NULL ORDER BY e.seq LIMIT ?",
        [seq, limit],
    )
    return [
        RunChange(
            row["seq"],
            row["id"],
            row["batch"],
            row["to_status"],
            row["model"],
            datetime.fromisoformat(row["at"]),
            row["owner"],
            row["held_reason"],
        )
        for row in rows
    ]


def count_batch(db: Database, batch: str) -> BatchCount:
    """The runs of one press."""
    sql = "SELECT status, provider, count(*) AS n, sum(cost_usd) AS usd FROM runs WHERE batch = ? GROUP BY 1, 2"
    rows, by_status = fetch(db, sql, [batch]), dict[str, int]()
    for row in rows:
        by_status[row["status"]] = by_status.get(row["status"], 0) + row["n"]
    return BatchCount(by_status, sum(row["usd"] or 0.0 for row in rows), frozenset(row["provider"] for row in rows))


def add(db: Database, message_id: str, target: str, body: JSON, *, after_s: float = 0.0) -> None:
    """Write a message to send, so many seconds from now. One with the same id and target is there already: nothing
    happens."""
    at = now()
    db.conn.execute(
        "INSERT OR IGNORE INTO notifications (id, target, body, created_at, next_at) VALUES (?, ?, ?, ?, ?)",
        [message_id, target, json.dumps(body, ensure_ascii=False), stamp(at), stamp(at + timedelta(seconds=after_s))],
    )


def next_seq(db: Database) -> int:
    """A number that no message has yet."""
    return db.conn.execute("SELECT coalesce(max(seq), 0) + 1 FROM notifications").fetchone()[0]


def waiting(db: Database, prefix: str, target: str) -> Pending | None:
    """The message to this target whose id begins so, and that nobody has tried to send yet."""
    sql = (
        "SELECT seq, id, target, body, attempts FROM notifications WHERE target = ? AND next_at IS NOT NULL "
        "AND attempts = 0 AND substr(id, 1, ?) = ? ORDER BY seq DESC LIMIT 1"
    )
    rows = fetch(db, sql, [target, len(prefix), prefix])
    return next((Pending(**row | {"body": json.loads(row["body"])}) for row in rows), None)


def rewrite(db: Database, seq: int, body: JSON) -> None:
    """Let a message that waits say something else."""
    db.conn.execute("UPDATE notifications SET body = ? WHERE seq = ?", [json.dumps(body, ensure_ascii=False), seq])


def due(db: Database, limit: int) -> list[Pending]:
    """Messages whose time has come, the oldest first."""
    columns = "seq, id, target, body, attempts"
    sql = f"SELECT {columns} FROM notifications WHERE next_at <= ? ORDER BY next_at, seq LIMIT ?"
    return [Pending(**row | {"body": json.loads(row["body"])}) for row in fetch(db, sql, [stamp(), limit])]


def next_due(db: Database) -> str | None:
    """When the next message is to be sent, as the database writes it."""
    return db.conn.execute("SELECT min(next_at) FROM notifications").fetchone()[0]


def record(db: Database, seq: int, *, next_at: str | None, error: str | None) -> None:
    """Note an attempt: sent without an error; tried again at next_at, else abandoned."""
    sent_at = None if error else stamp()
    db.conn.execute(
        "UPDATE notifications SET attempts = attempts + 1, next_at = ?, error = ?, error_message = ?, sent_at = ? "
        "WHERE seq = ?",
        [next_at, error, error and stored(error), sent_at, seq],
    )
    db.conn.execute(
        "DELETE FROM notifications WHERE next_at IS NULL AND seq NOT IN "
        "(SELECT seq FROM notifications WHERE next_at IS NULL ORDER BY seq DESC LIMIT ?)",
        [KEPT],
    )


def forget_pending(db: Database, target: str) -> None:
    """The target is gone: its messages are not sent."""
    db.conn.execute("DELETE FROM notifications WHERE target = ? AND next_at IS NOT NULL", [target])


def latest(db: Database, limit: int) -> list[dict[str, Any]]:
    """The newest messages of the studio, not those to people: id, target, created_at, sent_at, attempts, error,
    pending."""
    columns = "id, target, created_at, sent_at, attempts, error, error_message, next_at IS NOT NULL AS pending"
    rows = fetch(
        db, f"SELECT {columns} FROM notifications WHERE target NOT LIKE '%:%' ORDER BY seq DESC LIMIT ?", [limit]
    )
    return [row | {"error": restore(row["error"], row.pop("error_message"))} for row in rows]

"""What happened to a run, in order: a row for every change of its status or phase, with the reason."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from studio.domain import Event, Status
from studio.messages import stored
from studio.store.mapping import as_event, fetch, stamp


def add(
    db: Database, run_seq: int, old: Status | None, new: Status, phase: str | None, why: str, *,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Note a change, in the transaction that makes it. The first event of a run comes by trigger. at: now, if None."""
    db.conn.execute(
        "INSERT INTO events (run, at, from_status, to_status, phase, why, why_message) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [run_seq, stamp(at), old and old.value, new.value, phase, why, stored(why)],
    )


def of_run(db: Database, run_id: str) -> list[Event]:
    """Everything that happened to the run, in order."""
    sql = (
        "SELECT r.id AS run, e.from_status, e.to_status, e.at, e.why, e.why_message, e.phase FROM events e "
        "JOIN runs r ON r.seq = e.run WHERE r.id = ? ORDER BY e.seq"
    )
    return [as_event(row) for row in fetch(db, sql, [run_id])]

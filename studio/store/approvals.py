"""What was decided about runs that waited for approval: by whom, when, why, and for which request and price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlite_utils import Database

from studio.domain import Run
from studio.store.mapping import fetch, stamp

Covers = Literal["all", "project"]
PRICE_MARGIN = 1.10
"""An approval still counts while the price is at most this much of the one that was approved."""


@dataclass(frozen=True)
class Decision:
    """One decision. by: an id of people, "" for the local user. covers: every limit, or the project's own only."""

    run: str
    approved: bool
    by: str
    reason: str
    usd: float | None
    covers: Covers
    at: datetime


def add(db: Database, run: Run, *, approved: bool, by: str, reason: str, covers: Covers = "all") -> None:
    """Keep a decision about the run as it is now."""
    sql = "INSERT INTO approvals (run, edits, usd, approved, by, reason, covers, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    values = [run.id, run.edits, run.estimate_usd, int(approved), by, reason, covers, stamp()]
    db.conn.execute(sql, values)


def covered(db: Database, run: Run) -> Covers | None:
    """What is approved of this run: nothing where it was never, or its request changed since, or its price rose."""
    sql = "SELECT edits, usd, approved, covers FROM approvals WHERE run = ? ORDER BY seq DESC LIMIT 1"
    row = db.conn.execute(sql, [run.id]).fetchone()
    if row is None or not row[2] or row[0] != run.edits:
        return None
    if run.estimate_usd is None or row[1] is None:
        return row[3] if run.estimate_usd == row[1] else None
    return row[3] if run.estimate_usd <= row[1] * PRICE_MARGIN + 1e-9 else None


def latest(db: Database, person: str, limit: int) -> list[Decision]:
    """The latest decisions about runs of this person or made by them ("" sees all), the newest first."""
    sql = (
        "SELECT a.* FROM approvals a JOIN runs r ON r.id = a.run WHERE ? IN ('', r.owner, a.by) "
        "ORDER BY a.seq DESC LIMIT ?"
    )
    return [
        Decision(r["run"], bool(r["approved"]), r["by"], r["reason"], r["usd"], r["covers"],
                 datetime.fromisoformat(r["at"])) for r in fetch(db, sql, [person, limit])
    ]  # fmt: skip

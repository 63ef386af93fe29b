"""Runs that were billed, or may have been, without a usable result: what to claim back, and what came of the claim.

A row belongs to one attempt of a run and outlives the run, so that emptying the trash loses no receipt. It is written
in the transaction that ends or holds the run, and taken away when the result arrives after all or nothing was billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlite_utils import Database

from studio.domain import Run
from studio.errors import NotFound
from studio.messages import Message, restore, stored
from studio.store.mapping import fetch, stamp

Cause = Literal["failed", "moderated", "expired", "lost", "broken", "cancelled"]
"""failed: at the provider. moderated: refused after rendering. expired: task or result are gone. lost: the answer to
the submit, or all signs of the task. broken: the file cannot be used. cancelled: while the provider went on."""
State = Literal["open", "claimed", "refunded", "rejected"]
STATES: tuple[State, ...] = ("open", "claimed", "refunded", "rejected")
TITLE_CHARS = 200


@dataclass(frozen=True)
class RefundClaim:
    """One attempt of a run. usd: None where no price is known. reported: the provider named the amount, else it is the
    estimate. booked: it counts as spent; not, where the provider may have billed but does not say so."""

    seq: int
    run: str
    attempt: int
    owner: str
    provider: str
    model: str
    title: str
    cause: Cause
    why: str
    handle: str | None
    usd: float | None
    reported: bool
    booked: bool
    submitted_at: datetime | None
    at: datetime
    state: State
    refunded_usd: float


@dataclass(frozen=True)
class RefundEvent:
    """One step of a claim. usd: what came back with it; note: in the user's words."""

    at: datetime
    actor: str
    from_state: State
    to_state: State
    usd: float | None
    note: str


def record(
    db: Database, run: Run, cause: Cause, why: str, *, usd: float | None, reported: bool = False, booked: bool = True
) -> None:
    """Note that this attempt was or may have been billed for nothing. Another of the attempt replaces an open one."""
    submitted_at = fetch(db, "SELECT submitted_at FROM runs WHERE id = ?", [run.id])[0]["submitted_at"]
    values = {
        "run": run.id, "attempt": run.attempt, "owner": run.owner, "provider": run.provider, "model": run.model,
        "title": run.request.prompt[:TITLE_CHARS], "cause": cause, "why": str(why), "why_message": stored(why),
        "handle": run.handle, "usd": usd, "reported": int(reported), "booked": int(booked),
        "submitted_at": submitted_at, "at": stamp(),
    }  # fmt: skip
    changed = ("cause", "why", "why_message", "handle", "usd", "reported", "booked")
    later = ", ".join(f"{name} = excluded.{name}" for name in changed)
    db.conn.execute(
        f"INSERT INTO refund_claims ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "
        f"ON CONFLICT (run, attempt) DO UPDATE SET {later} WHERE state = 'open'",
        list(values.values()),
    )


def withdraw(db: Database, run: Run) -> None:
    """The attempt brought its result after all, or was certainly not billed: there is nothing to claim for it."""
    db.conn.execute("DELETE FROM refund_claims WHERE run = ? AND attempt = ? AND state = 'open'", [run.id, run.attempt])


def is_claimed(db: Database, run: Run) -> bool:
    """Whether there is a claim for this attempt already."""
    sql = "SELECT 1 FROM refund_claims WHERE run = ? AND attempt = ?"
    return db.conn.execute(sql, [run.id, run.attempt]).fetchone() is not None


def claims(db: Database, owner: str = "", limit: int = 1000) -> list[RefundClaim]:
    """The claims that this owner may see, the newest first. Owner "" sees everybody's."""
    sql = "SELECT * FROM refund_claims WHERE ? IN ('', owner) ORDER BY seq DESC LIMIT ?"
    return [_as_claim(row) for row in fetch(db, sql, [owner, limit])]


def get(db: Database, seq: int, owner: str = "") -> RefundClaim:
    """One claim. Raises NotFound where there is none that this owner may see."""
    rows = fetch(db, "SELECT * FROM refund_claims WHERE seq = ? AND ? IN ('', owner)", [seq, owner])
    if not rows:
        raise NotFound(Message("refund.unknown"))
    return _as_claim(rows[0])


def set_state(db: Database, claim: RefundClaim, state: State, *, refunded_usd: float, actor: str, note: str) -> None:
    """Put the claim into another state, with the step in its history."""
    moment, change = stamp(), refunded_usd - claim.refunded_usd
    db.conn.execute(
        "UPDATE refund_claims SET state = ?, refunded_usd = ? WHERE seq = ?", [state, refunded_usd, claim.seq]
    )
    db.conn.execute(
        "INSERT INTO refund_events (claim, at, actor, from_state, to_state, usd, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [claim.seq, moment, actor, claim.state, state, change or None, note],
    )


def history(db: Database, seqs: list[int]) -> dict[int, list[RefundEvent]]:
    """The steps of these claims, oldest first."""
    marks = ", ".join("?" * len(seqs))
    found: dict[int, list[RefundEvent]] = {}
    for row in fetch(db, f"SELECT * FROM refund_events WHERE claim IN ({marks}) ORDER BY seq", seqs):
        at = datetime.fromisoformat(row["at"])
        event = RefundEvent(at, row["actor"], row["from_state"], row["to_state"], row["usd"], row["note"])
        found.setdefault(row["claim"], []).append(event)
    return found


def _as_claim(row: Mapping[str, Any]) -> RefundClaim:
    submitted_at = row["submitted_at"] and datetime.fromisoformat(row["submitted_at"])
    names = ("seq", "run", "attempt", "owner", "provider", "model", "title", "cause", "handle", "usd", "state")
    return RefundClaim(
        **{name: row[name] for name in names},
        why=restore(row["why"], row["why_message"]) or "",
        reported=bool(row["reported"]),
        booked=bool(row["booked"]),
        submitted_at=submitted_at or None,
        at=datetime.fromisoformat(row["at"]),
        refunded_usd=row["refunded_usd"],
    )

"""Guests of share links as rows: a name, and the hash of the token in their cookie.

A guest counts while the link does, its review is not in the trash, and its password is the one they entered with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from studio.store.mapping import fetch, stamp
from studio.store.review_links import LIVES
from studio.store.visibility import ITEM_SHOWN

_JOINED = "guests g JOIN review_links l ON l.id = g.link JOIN reviews rv ON rv.id = l.review"
_COUNTS = f"{LIVES} AND g.entered_at >= l.password_at AND rv.trashed_at IS NULL"

_OF_RUN = (
    "(SELECT a.id FROM runs r JOIN run_assets ra ON ra.run = r.seq AND ra.role = 'output' JOIN assets a ON "
    "a.seq = ra.asset WHERE r.id = w.run AND r.trashed_at IS NULL AND a.kind IN ('image', 'video', 'audio') "
    "ORDER BY ra.idx LIMIT 1)"
)
_SHOWN = (
    f"SELECT coalesce(w.asset, f.asset, {_OF_RUN}) AS asset FROM {_JOINED} JOIN review_items i ON i.review = rv.seq "
    "JOIN review_versions w ON w.item = i.seq LEFT JOIN films f ON f.id = w.film WHERE g.id = ? AND "
    f"{ITEM_SHOWN}"
)


@dataclass(frozen=True)
class Guest:
    """Somebody who came by a link. created_at: when they first did."""

    id: str
    link: str
    name: str
    created_at: datetime


def add(db: Database, guest_id: str, *, link: str, name: str, session_hash: str) -> None:
    """Store a guest under the hash of the session's token."""
    sql = "INSERT INTO guests (id, link, name, hash, created_at, entered_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.conn.execute(sql, [guest_id, link, name, session_hash, stamp(), stamp(), stamp()])


def enter_again(db: Database, guest_id: str, *, name: str, session_hash: str) -> None:
    """The guest has given name and password once more: another session in the place of the one before."""
    sql = "UPDATE guests SET name = ?, hash = ?, entered_at = ?, seen_at = ? WHERE id = ?"
    db.conn.execute(sql, [name, session_hash, stamp(), stamp(), guest_id])


def with_session(db: Database, session_hash: str) -> Guest | None:
    """The guest of this session, also where it counts no more."""
    rows = fetch(db, "SELECT id, link, name, created_at FROM guests WHERE hash = ?", [session_hash])
    return _guest(rows[0]) if rows else None


def key_of(db: Database, session_hash: str) -> tuple[str, datetime] | None:
    """The id of the guest whose session counts, and when they were last seen."""
    sql = f"SELECT g.id, g.seen_at FROM {_JOINED} WHERE g.hash = ? AND {_COUNTS}"
    row = db.conn.execute(sql, [session_hash, stamp()]).fetchone()
    return (row[0], datetime.fromisoformat(row[1])) if row else None


def counting(db: Database, guest_id: str) -> Guest | None:
    """The guest, where they count now."""
    rows = fetch(
        db,
        f"SELECT g.id, g.link, g.name, g.created_at FROM {_JOINED} WHERE g.id = ? AND {_COUNTS}",
        [guest_id, stamp()],
    )
    return _guest(rows[0]) if rows else None


def shown_assets(db: Database, guest_id: str, *, only: str = "") -> set[str]:
    """Files of the versions that the guest's link shows: of a run its first picture, clip or sound. only: look for this
    one alone."""
    rows = db.conn.execute(f"SELECT asset FROM ({_SHOWN}) WHERE ? IN ('', asset)", [guest_id, only]).fetchall()
    return {row[0] for row in rows if row[0]}


def touch(db: Database, guest_id: str) -> None:
    """Note that the guest was here."""
    db.conn.execute("UPDATE guests SET seen_at = ? WHERE id = ?", [stamp(), guest_id])


def end_session(db: Database, guest_id: str, nobody: str) -> None:
    """Nothing in a browser stands for the guest any more. nobody: a hash of no token."""
    db.conn.execute("UPDATE guests SET hash = ? WHERE id = ?", [nobody, guest_id])


def count(db: Database, link: str) -> int:
    """How many came by a link."""
    return db.conn.execute("SELECT count(*) FROM guests WHERE link = ?", [link]).fetchone()[0]


def _guest(row: dict[str, str]) -> Guest:
    return Guest(row["id"], row["link"], row["name"], datetime.fromisoformat(row["created_at"]))

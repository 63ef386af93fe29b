"""Visitors as rows: an id that owns runs and files, and until when its cookie counts."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from studio.store.mapping import stamp


def add(db: Database, visitor_id: str, token_hash: str, expires_at: datetime) -> None:
    """Store a visitor under the hash of the token."""
    db.conn.execute("INSERT INTO visitors VALUES (?, ?, ?, ?)", [visitor_id, token_hash, stamp(), stamp(expires_at)])


def with_hash(db: Database, token_hash: str) -> str | None:
    """The id of a visitor whose cookie counts."""
    sql = "SELECT id FROM visitors WHERE hash = ? AND expires_at > ?"
    row = db.conn.execute(sql, [token_hash, stamp()]).fetchone()
    return row[0] if row else None


def exists(db: Database, visitor_id: str) -> bool:
    """Whether this visitor's cookie counts."""
    sql = "SELECT 1 FROM visitors WHERE id = ? AND expires_at > ?"
    return db.conn.execute(sql, [visitor_id, stamp()]).fetchone() is not None


def forget_expired(db: Database) -> None:
    """Drop visitors whose cookie counts no more; what they own is not touched."""
    db.conn.execute("DELETE FROM visitors WHERE expires_at <= ?", [stamp()])

"""Schema of visitors: people without an account, on a public Space. Of their cookie only the hash is kept."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

VISITORS = """
CREATE TABLE visitors (
    id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX visitors_expiry ON visitors (expires_at)
"""


@MIGRATIONS(name="m022_visitors")
def _visitors(db: Database) -> None:
    """Visitors by the hash of the token in their cookie."""
    for statement in VISITORS.split(";"):
        db.conn.execute(statement)

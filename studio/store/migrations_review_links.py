"""Schema of share links of reviews, and of the guests who came by one. Tokens and sessions are kept as hashes alone."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store import migrations_reviews
from studio.store.migrations import MIGRATIONS

AFTER = migrations_reviews
"""A table of it gets a column here: importing it puts its step first."""

TABLES = """
CREATE TABLE review_links (
    id TEXT NOT NULL PRIMARY KEY, review TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, label TEXT NOT NULL DEFAULT '',
    created_by TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT,
    can_comment INTEGER NOT NULL, can_download INTEGER NOT NULL, watermark INTEGER NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '', password_at TEXT NOT NULL, all_items INTEGER NOT NULL DEFAULT 1,
    opened_at TEXT
) WITHOUT ROWID;
CREATE INDEX review_links_review ON review_links (review);
CREATE TABLE review_link_items (
    link TEXT NOT NULL REFERENCES review_links (id) ON DELETE CASCADE, item TEXT NOT NULL, PRIMARY KEY (link, item)
) WITHOUT ROWID;
CREATE TABLE guests (
    id TEXT NOT NULL PRIMARY KEY, link TEXT NOT NULL REFERENCES review_links (id) ON DELETE CASCADE,
    name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, entered_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX guests_link ON guests (link);
ALTER TABLE review_items ADD COLUMN titled INTEGER NOT NULL DEFAULT 0
"""


@MIGRATIONS(name="m026_review_links")
def _review_links(db: Database) -> None:
    """password_at, entered_at: who entered before the password last changed has to enter again."""
    for statement in TABLES.split(";"):
        db.conn.execute(statement)

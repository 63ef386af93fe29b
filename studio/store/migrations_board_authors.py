"""Who made each version of a board, so that nobody takes back another's change unawares."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS


@MIGRATIONS(name="m023_board_authors")
def _board_authors(db: Database) -> None:
    """person: who made the version; "" before there were accounts."""
    db.conn.execute("ALTER TABLE storyboard_versions ADD COLUMN person TEXT NOT NULL DEFAULT ''")

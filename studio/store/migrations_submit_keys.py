"""Keys of submits, so that what is sent twice under one key is stored once, also after a restart."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

TABLE = """
CREATE TABLE submit_keys (
    owner TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, runs TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID
"""


@MIGRATIONS(name="m023_submit_keys")
def _submit_keys(db: Database) -> None:
    """digest: of what was asked under the key. runs: a JSON list of their ids."""
    db.conn.execute(TABLE)
    db.conn.execute("CREATE INDEX submit_keys_at ON submit_keys (at)")

"""Indexes of the waiting runs that hold all that order, times and sums are made of, so that no run itself is read."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

INDEXES = """
DROP INDEX runs_lane;
CREATE INDEX runs_lane ON runs (provider, account, owner, priority DESC, place, seq, expected_s, status)
    WHERE status = 'queued';
CREATE INDEX runs_active ON runs (status, provider, task, owner, expected_s, estimate_usd, created_at)
    WHERE status IN ('queued','running','held');
DROP INDEX runs_open;
"""


@MIGRATIONS(name="m029_queue")
def _queue(db: Database) -> None:
    for statement in INDEXES.split(";"):
        db.conn.execute(statement)

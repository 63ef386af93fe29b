"""Money that no run has cost, such as a language model's answers, in the same ledger as that of runs."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS


@MIGRATIONS(name="m030_expenses")
def _expenses(db: Database) -> None:
    """token: the access token that answers for it; of runs it stands in the row of the run."""
    db.conn.execute("ALTER TABLE ledger ADD COLUMN token TEXT NOT NULL DEFAULT ''")
    db.conn.execute("CREATE INDEX ledger_token ON ledger (token) WHERE token != ''")

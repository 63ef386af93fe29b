"""The schema of budgets, approvals, keys of people and projects, and of the fair queue."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

FAIR_QUEUE = """
ALTER TABLE runs ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE TABLE fair_queue (
    provider TEXT NOT NULL, account TEXT NOT NULL, owner TEXT NOT NULL, start REAL NOT NULL, finish REAL NOT NULL,
    PRIMARY KEY (provider, account, owner)
) WITHOUT ROWID;
CREATE INDEX fair_queue_time ON fair_queue (provider, account, start);
CREATE TABLE fair_weights (person TEXT NOT NULL PRIMARY KEY, weight REAL NOT NULL) WITHOUT ROWID;
DROP INDEX runs_queue;
DROP INDEX runs_queue_models;
CREATE INDEX runs_lane ON runs (provider, account, owner, priority DESC, place) WHERE status = 'queued';
CREATE INDEX runs_lane_models ON runs (provider, account, owner, model, priority DESC, place)
    WHERE status = 'queued'
"""

BUDGETS = """
CREATE TABLE budgets (
    scope TEXT NOT NULL CHECK (scope IN ('person','project')), subject TEXT NOT NULL,
    run_usd REAL, day_usd REAL, month_usd REAL, PRIMARY KEY (scope, subject)
) WITHOUT ROWID;
CREATE TABLE approval_limits (
    project TEXT NOT NULL, role TEXT NOT NULL, over_usd REAL NOT NULL, PRIMARY KEY (project, role)
) WITHOUT ROWID;
CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, edits INTEGER NOT NULL, usd REAL,
    approved INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', at TEXT NOT NULL
);
CREATE INDEX approvals_run ON approvals (run);
CREATE INDEX runs_token ON runs (token) WHERE token != '';
CREATE INDEX ledger_owner ON ledger (owner, day);
INSERT INTO approvals (run, edits, usd, approved, by, at)
    SELECT id, edits, estimate_usd, 1, '', created_at FROM runs WHERE budget_waived AND finished_at IS NULL
"""


@MIGRATIONS(name="m019_budgets")
def _budgets(db: Database) -> None:
    """account: the keys that a run is sent with, "" for the studio's. token: the access token that submitted it.
    start and finish: see store.fair_queue. approvals: see jobs.approvals."""
    for statement in (FAIR_QUEUE + ";" + BUDGETS).split(";"):
        db.conn.execute(statement)


@MIGRATIONS(name="m023_approvals_cover")
def _approvals_cover(db: Database) -> None:
    """covers: every limit, or those of the run's project only, by the rights of who approved."""
    db.conn.execute("ALTER TABLE approvals ADD COLUMN covers TEXT NOT NULL DEFAULT 'all'")


KEY_SETS = """
CREATE TABLE key_sets (
    id TEXT NOT NULL PRIMARY KEY, provider TEXT NOT NULL, scope TEXT NOT NULL CHECK (scope IN ('person','project')),
    subject TEXT NOT NULL, names TEXT NOT NULL, created_at TEXT NOT NULL, removed_at TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX key_sets_current ON key_sets (provider, scope, subject) WHERE removed_at IS NULL;
CREATE INDEX runs_account ON runs (account) WHERE account != '';
ALTER TABLE ledger ADD COLUMN paid_by TEXT NOT NULL DEFAULT ''
"""


@MIGRATIONS(name="m024_key_sets")
def _key_sets(db: Database) -> None:
    """Keys of people and projects, without the keys. ledger.paid_by: the kind of account, "" for the studio's keys."""
    for statement in KEY_SETS.split(";"):
        db.conn.execute(statement)

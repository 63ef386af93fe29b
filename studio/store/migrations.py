"""The schema, as numbered steps that are applied once and never edited afterwards.

Times are UTC in ISO 8601 with microseconds, so that text order is time order. `runs.seq` rises and is never used
twice: it is the key of pages and of the other tables. `counts` is kept by triggers, so that totals cost one look-up.
Partial indices leave the trash out and all end in seq (the rowid), which is the order of the gallery.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("studio")

RUNS = """
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL DEFAULT '',
    batch TEXT NOT NULL DEFAULT '', task TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued','running','held','succeeded','failed','cancelled')),
    phase TEXT, held_reason TEXT, error TEXT, error_code TEXT, note TEXT,
    request TEXT NOT NULL, words TEXT NOT NULL DEFAULT '', seed INTEGER, handle TEXT, usage TEXT,
    prompt TEXT GENERATED ALWAYS AS (json_extract(request, '$.prompt')) VIRTUAL,
    priority INTEGER NOT NULL DEFAULT 0, place REAL NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
    cancel_wanted INTEGER NOT NULL DEFAULT 0, budget_waived INTEGER NOT NULL DEFAULT 0,
    pace TEXT NOT NULL DEFAULT '', expected_s REAL, took_s REAL, estimate_usd REAL, cost_usd REAL,
    created_at TEXT NOT NULL, started_at TEXT, submitted_at TEXT, finished_at TEXT,
    retry_of TEXT, rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5), trashed_at TEXT,
    CHECK ((status = 'held') = (held_reason IS NOT NULL)),
    CHECK ((status IN ('succeeded','failed','cancelled')) = (finished_at IS NOT NULL))
)"""

INDICES = """
CREATE INDEX runs_queue ON runs (provider, priority DESC, place) WHERE status = 'queued';
CREATE INDEX runs_place ON runs (place) WHERE status = 'queued';
CREATE INDEX runs_open ON runs (status) WHERE status IN ('queued','running','held');
CREATE INDEX runs_ended ON runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_handle ON runs (provider, handle) WHERE handle IS NOT NULL;
CREATE INDEX runs_created ON runs (created_at);
CREATE INDEX runs_batch ON runs (batch);
CREATE INDEX runs_pace ON runs (pace) WHERE took_s IS NOT NULL;
CREATE INDEX runs_task ON runs (task, rating) WHERE trashed_at IS NULL;
CREATE INDEX runs_task_newest ON runs (task) WHERE trashed_at IS NULL;
CREATE INDEX runs_kind ON runs (kind) WHERE trashed_at IS NULL;
CREATE INDEX runs_model ON runs (model) WHERE trashed_at IS NULL;
CREATE INDEX runs_model_task ON runs (model, task, rating) WHERE trashed_at IS NULL;
CREATE INDEX runs_status ON runs (status) WHERE trashed_at IS NULL;
CREATE INDEX runs_owner ON runs (owner) WHERE trashed_at IS NULL;
CREATE INDEX runs_owner_rating ON runs (owner, rating) WHERE trashed_at IS NULL;
CREATE INDEX runs_rating ON runs (rating) WHERE trashed_at IS NULL;
CREATE INDEX runs_seed ON runs (seed) WHERE trashed_at IS NULL AND seed IS NOT NULL;
CREATE INDEX runs_trash ON runs (trashed_at) WHERE trashed_at IS NOT NULL;
"""

FILES = """
CREATE TABLE assets (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, mime TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '', width INTEGER, height INTEGER, duration_s REAL, fps REAL,
    has_audio INTEGER, has_alpha INTEGER, owner TEXT NOT NULL DEFAULT '', origin TEXT, text TEXT,
    created_at TEXT NOT NULL, trashed_at TEXT
);
CREATE INDEX assets_sha256 ON assets (sha256, owner);
CREATE INDEX assets_path ON assets (path);
CREATE TABLE run_assets (
    run INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE, role TEXT NOT NULL, idx INTEGER NOT NULL,
    asset INTEGER NOT NULL REFERENCES assets (seq), PRIMARY KEY (run, role, idx)
) WITHOUT ROWID;
CREATE INDEX run_assets_asset ON run_assets (asset);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    at TEXT NOT NULL, from_status TEXT, to_status TEXT NOT NULL, phase TEXT, why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX events_run ON events (run);
"""

LEDGER_AND_SETTINGS = """
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, owner TEXT NOT NULL, model TEXT NOT NULL,
    day TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('reserve','settle','release')),
    usd REAL NOT NULL
);
CREATE INDEX ledger_day ON ledger (day);
CREATE INDEX ledger_run ON ledger (run);
CREATE TABLE presets (
    owner TEXT NOT NULL, task TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (owner, task, name)
) WITHOUT ROWID;
CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE run_words USING fts5(words, content='', tokenize='porter unicode61', prefix='2 3');
CREATE TABLE counts (
    facet TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (facet, key, owner)
) WITHOUT ROWID;
"""

ON_RUN_INSERT = """
INSERT INTO run_words (rowid, words) VALUES (NEW.seq, NEW.words);
INSERT INTO events (run, at, from_status, to_status, phase, why)
VALUES (NEW.seq, NEW.created_at, NULL, NEW.status, NULL, coalesce(NEW.error, 'Submitted.'));
"""
"""A new run is searchable and has its first event by the same statement: one call stores it all, which keeps submits
quick while other threads search (each call into SQLite gives up Python's lock and has to win it back)."""
ON_RUN_DELETE = "INSERT INTO run_words (run_words, rowid, words) VALUES ('delete', OLD.seq, OLD.words);"

FACETS = {"all": "''", "status": "{r}.status", "task": "{r}.task", "kind": "{r}.kind", "model": "{r}.model"}
"""Facet -> its key as SQL over a row of runs; runs in the trash count only under `trash`."""


def _count(row: str, step: int) -> str:
    """SQL that adds `step` to every counter the row (NEW or OLD) belongs to."""
    live = " UNION ALL ".join(
        f"SELECT '{facet}', {key.format(r=row)}, {row}.owner, {step} WHERE {row}.trashed_at IS NULL"
        for facet, key in FACETS.items()
    )
    trash = f"SELECT 'trash', '', {row}.owner, {step} WHERE {row}.trashed_at IS NOT NULL"
    return (
        f"INSERT INTO counts (facet, key, owner, n) {live} UNION ALL {trash} "
        "ON CONFLICT DO UPDATE SET n = n + excluded.n;"
    )


@MIGRATIONS(name="m001_runs_assets_money")
def _first(db: Database) -> None:
    for script in (RUNS, INDICES, FILES, LEDGER_AND_SETTINGS):
        for statement in filter(str.strip, script.split(";")):
            db.conn.execute(statement)
    db.conn.execute(f"CREATE TRIGGER runs_born AFTER INSERT ON runs BEGIN {ON_RUN_INSERT} {_count('NEW', 1)} END")
    db.conn.execute(f"CREATE TRIGGER runs_gone AFTER DELETE ON runs BEGIN {ON_RUN_DELETE} {_count('OLD', -1)} END")
    db.conn.execute(
        "CREATE TRIGGER runs_recounted AFTER UPDATE OF status, trashed_at, owner ON runs "
        "WHEN OLD.status IS NOT NEW.status OR OLD.trashed_at IS NOT NEW.trashed_at OR OLD.owner IS NOT NEW.owner "
        f"BEGIN {_count('OLD', -1)} {_count('NEW', 1)} END"
    )


BOARDS = """
CREATE TABLE storyboards (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL, body TEXT NOT NULL, head INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, trashed_at TEXT
);
CREATE INDEX storyboards_updated ON storyboards (updated_at) WHERE trashed_at IS NULL;
CREATE TABLE storyboard_versions (
    board INTEGER NOT NULL REFERENCES storyboards (seq) ON DELETE CASCADE, n INTEGER NOT NULL,
    body TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (board, n)
) WITHOUT ROWID;
CREATE TABLE shots (
    board INTEGER NOT NULL REFERENCES storyboards (seq) ON DELETE CASCADE, idx INTEGER NOT NULL, id TEXT NOT NULL,
    prompt TEXT, model TEXT, duration_s REAL, status TEXT, chosen TEXT, PRIMARY KEY (board, idx)
) WITHOUT ROWID;
"""


@MIGRATIONS(name="m002_storyboards")
def _boards(db: Database) -> None:
    for statement in filter(str.strip, BOARDS.split(";")):
        db.conn.execute(statement)


FILMS = """
CREATE TABLE films (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, board TEXT NOT NULL, owner TEXT NOT NULL DEFAULT '',
    form TEXT NOT NULL, options TEXT NOT NULL, status TEXT NOT NULL
        CHECK (status IN ('running','succeeded','failed','cancelled')),
    error TEXT, asset TEXT, path TEXT, report TEXT, created_at TEXT NOT NULL, finished_at TEXT
);
CREATE INDEX films_board ON films (board)
"""


@MIGRATIONS(name="m003_films")
def _films(db: Database) -> None:
    for statement in filter(str.strip, FILMS.split(";")):
        db.conn.execute(statement)


@MIGRATIONS(name="m004_uploads")
def _uploads(db: Database) -> None:
    """The uploads of an owner by age, without the millions of results beside them."""
    db.conn.execute("CREATE INDEX IF NOT EXISTS assets_uploads ON assets (owner, seq) WHERE origin IS NULL")


@MIGRATIONS(name="m005_file_notes")
def _file_notes(db: Database) -> None:
    """What the user should know of a file, a sentence a line."""
    db.conn.execute("ALTER TABLE assets ADD COLUMN notes TEXT NOT NULL DEFAULT ''")


@MIGRATIONS(name="m006_exports_resume")
def _exports(db: Database) -> None:
    """plan: the board as it stood when the export was asked for. starts: how often it was begun."""
    db.conn.execute("ALTER TABLE films ADD COLUMN plan TEXT")
    db.conn.execute("ALTER TABLE films ADD COLUMN starts INTEGER NOT NULL DEFAULT 0")


ON_RUN_INSERT_WITH_MESSAGE = ON_RUN_INSERT.replace("phase, why)", "phase, why, why_message)").replace(
    "'Submitted.'))",
    '\'Submitted.\'), iif(NEW.error IS NULL, \'{"id": "event.submitted", "values": {}, "text": "Submitted."}\', '
    "NEW.error_message))",
)


@MIGRATIONS(name="m007_messages")
def _messages(db: Database) -> None:
    """Sentences with the id and values they were made from, as JSON; null for those of earlier versions."""
    for table, column in (
        ("runs", "error"),
        ("runs", "note"),
        ("events", "why"),
        ("assets", "notes"),
        ("films", "error"),
    ):
        db.conn.execute(f"ALTER TABLE {table} ADD COLUMN {column}_message TEXT")
    db.conn.execute("DROP TRIGGER runs_born")
    db.conn.execute(
        f"CREATE TRIGGER runs_born AFTER INSERT ON runs BEGIN {ON_RUN_INSERT_WITH_MESSAGE} {_count('NEW', 1)} END"
    )


REVISED_BY = (
    ("runs", "UPDATE"),
    ("runs", "DELETE"),
    ("run_assets", "INSERT"),
    ("assets", "UPDATE"),
    ("assets", "DELETE"),
)
"""What changes runs, with their output files, that somebody may have read before."""


@MIGRATIONS(name="m008_revisions")
def _revisions(db: Database) -> None:
    """A number that rises with every change of what was there: who read before can tell by it that nothing changed."""
    db.conn.execute("CREATE TABLE revisions (name TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID")
    db.conn.execute("INSERT INTO revisions (name, n) VALUES ('runs', 0)")
    for table, event in REVISED_BY:
        db.conn.execute(
            f"CREATE TRIGGER {table}_revised_by_{event.lower()} AFTER {event} ON {table} "
            "BEGIN UPDATE revisions SET n = n + 1 WHERE name = 'runs'; END"
        )


MODEL_HOLDS = """
CREATE TABLE model_holds (
    model TEXT NOT NULL PRIMARY KEY, cause TEXT NOT NULL, failures INTEGER NOT NULL, why TEXT NOT NULL,
    why_message TEXT, failed_at TEXT NOT NULL, held_at TEXT, trial TEXT
) WITHOUT ROWID;
CREATE INDEX runs_queue_models ON runs (provider, model, priority DESC, place) WHERE status = 'queued'
"""


@MIGRATIONS(name="m009_model_holds")
def _model_holds(db: Database) -> None:
    """Failures in a row of each model; and the first waiting run of a model without a look at those of others."""
    for statement in MODEL_HOLDS.split(";"):
        db.conn.execute(statement)


@MIGRATIONS(name="m010_webhooks")
def _webhooks(db: Database) -> None:
    """The hash of the token in the address where the provider may call about a run; null where there is none."""
    db.conn.execute("ALTER TABLE runs ADD COLUMN webhook_hash TEXT")


@MIGRATIONS(name="m011_edits")
def _edits(db: Database) -> None:
    """edits: how often the request of a run was changed. Search words and counters follow such a change."""
    db.conn.execute("ALTER TABLE runs ADD COLUMN edits INTEGER NOT NULL DEFAULT 0")
    db.conn.execute(
        "CREATE TRIGGER runs_reworded AFTER UPDATE OF words ON runs WHEN OLD.words IS NOT NEW.words BEGIN "
        f"{ON_RUN_DELETE} INSERT INTO run_words (rowid, words) VALUES (NEW.seq, NEW.words); END"
    )
    db.conn.execute("DROP TRIGGER runs_recounted")
    counted = ("status", "trashed_at", "owner", "task", "kind", "model")
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in counted)
    db.conn.execute(
        f"CREATE TRIGGER runs_recounted AFTER UPDATE OF {', '.join(counted)} ON runs WHEN {changed} "
        f"BEGIN {_count('OLD', -1)} {_count('NEW', 1)} END"
    )


COMPARISONS = """
CREATE TABLE comparisons (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL DEFAULT '', key TEXT,
    same_request INTEGER NOT NULL, created_at TEXT NOT NULL, UNIQUE (owner, key)
);
CREATE TABLE comparison_runs (
    comparison INTEGER NOT NULL REFERENCES comparisons (seq) ON DELETE CASCADE, place INTEGER NOT NULL,
    run TEXT NOT NULL, changes TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (comparison, place)
) WITHOUT ROWID;
CREATE TABLE comparison_votes (
    comparison INTEGER NOT NULL REFERENCES comparisons (seq) ON DELETE CASCADE, voter TEXT NOT NULL, task TEXT NOT NULL,
    winner TEXT NOT NULL, loser TEXT NOT NULL, winner_model TEXT NOT NULL, loser_model TEXT NOT NULL,
    winner_usd REAL, loser_usd REAL, tie INTEGER NOT NULL, blind INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (comparison, voter, winner, loser)
) WITHOUT ROWID
"""


@MIGRATIONS(name="m012_comparisons")
def _comparisons(db: Database) -> None:
    """key: names the press that made the comparison, so that the same press makes no second one."""
    for statement in filter(str.strip, COMPARISONS.split(";")):
        db.conn.execute(statement)


NOTIFICATIONS = """
CREATE TABLE notifications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, target TEXT NOT NULL, body TEXT NOT NULL,
    created_at TEXT NOT NULL, next_at TEXT, sent_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, error TEXT,
    error_message TEXT,
    UNIQUE (id, target)
);
CREATE INDEX notifications_due ON notifications (next_at) WHERE next_at IS NOT NULL
"""


@MIGRATIONS(name="m013_notifications")
def _notifications(db: Database) -> None:
    """Messages about runs to the user: next_at is null once they are sent or given up."""
    for statement in NOTIFICATIONS.split(";"):
        db.conn.execute(statement)


REFUNDS = """
CREATE TABLE ledger_with_refunds (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, owner TEXT NOT NULL, model TEXT NOT NULL,
    day TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('reserve','settle','release','refund')),
    usd REAL NOT NULL
);
INSERT INTO ledger_with_refunds SELECT * FROM ledger;
DROP TABLE ledger;
ALTER TABLE ledger_with_refunds RENAME TO ledger;
CREATE INDEX ledger_day ON ledger (day);
CREATE INDEX ledger_run ON ledger (run);
CREATE TABLE refund_claims (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, attempt INTEGER NOT NULL, owner TEXT NOT NULL,
    provider TEXT NOT NULL, model TEXT NOT NULL, title TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL CHECK (cause IN ('failed','moderated','expired','lost','broken','cancelled')),
    why TEXT NOT NULL DEFAULT '', why_message TEXT, handle TEXT, usd REAL, reported INTEGER NOT NULL DEFAULT 0,
    booked INTEGER NOT NULL DEFAULT 1, submitted_at TEXT, at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open','claimed','refunded','rejected')),
    refunded_usd REAL NOT NULL DEFAULT 0, UNIQUE (run, attempt)
);
CREATE INDEX refund_claims_owner ON refund_claims (owner);
CREATE TABLE refund_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, claim INTEGER NOT NULL REFERENCES refund_claims (seq) ON DELETE CASCADE,
    at TEXT NOT NULL, actor TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL, usd REAL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX refund_events_claim ON refund_events (claim);
INSERT INTO refund_claims (run, attempt, owner, provider, model, title, cause, why, why_message, handle, usd,
    submitted_at, at)
SELECT r.id, r.attempt, r.owner, r.provider, r.model, substr(coalesce(r.prompt, ''), 1, 200),
    CASE WHEN r.status = 'failed' THEN 'failed' WHEN r.status = 'cancelled' THEN 'cancelled'
         WHEN r.held_reason = 'broken_result' THEN 'broken' ELSE 'lost' END,
    coalesce(r.error, ''), r.error_message, r.handle, booked.usd, r.submitted_at, coalesce(r.finished_at, r.created_at)
FROM runs r JOIN (SELECT run, sum(usd) AS usd FROM ledger GROUP BY run HAVING sum(usd) > 0.000001) booked
    ON booked.run = r.id
WHERE r.status IN ('failed', 'cancelled') OR r.held_reason IN ('lost_submit', 'lost_task', 'broken_result')
ORDER BY r.seq
"""


@MIGRATIONS(name="m014_refunds")
def _refunds(db: Database) -> None:
    """Claims for what was billed without a result, with those of earlier runs; ledger rows for what was paid back."""
    for statement in REFUNDS.split(";"):
        db.conn.execute(statement)


@MIGRATIONS(name="m015_comparisons_of_a_run")
def _comparisons_of_a_run(db: Database) -> None:
    """The comparisons that a run is part of."""
    db.conn.execute("CREATE INDEX comparison_runs_run ON comparison_runs (run)")


@MIGRATIONS(name="m016_documents")
def _documents(db: Database) -> None:
    """The number of pages of a document."""
    db.conn.execute("ALTER TABLE assets ADD COLUMN pages INTEGER")

"""Schema of reviews: lists of items with their versions, comments at frames, statuses and their history.

The history keeps names and ids as they were, and outlives what it is about: it says who approved what.
"""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

TABLES = """
CREATE TABLE reviews (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, project TEXT NOT NULL DEFAULT '',
    shared INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, trashed_at TEXT
);
CREATE INDEX reviews_owner ON reviews (owner);
CREATE INDEX reviews_shared ON reviews (project) WHERE shared = 1;
CREATE TABLE review_items (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    review INTEGER NOT NULL REFERENCES reviews (seq) ON DELETE CASCADE,
    title TEXT NOT NULL, position INTEGER NOT NULL, board TEXT, shot TEXT
);
CREATE INDEX review_items_review ON review_items (review, position);
CREATE INDEX review_items_shot ON review_items (board, shot) WHERE board IS NOT NULL;
CREATE TABLE review_versions (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    item INTEGER NOT NULL REFERENCES review_items (seq) ON DELETE CASCADE, number INTEGER NOT NULL,
    label TEXT NOT NULL DEFAULT '', run TEXT, asset TEXT, film TEXT, person TEXT NOT NULL, added_at TEXT NOT NULL,
    status TEXT NOT NULL, answers TEXT, rate_num INTEGER, rate_den INTEGER, frames INTEGER,
    UNIQUE (item, number), CHECK ((run IS NOT NULL) + (asset IS NOT NULL) + (film IS NOT NULL) = 1)
);
CREATE INDEX review_versions_run ON review_versions (run) WHERE run IS NOT NULL;
CREATE INDEX review_versions_asset ON review_versions (asset) WHERE asset IS NOT NULL;
CREATE INDEX review_versions_film ON review_versions (film) WHERE film IS NOT NULL;
CREATE TABLE comments (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    review INTEGER NOT NULL REFERENCES reviews (seq) ON DELETE CASCADE,
    version INTEGER NOT NULL REFERENCES review_versions (seq) ON DELETE CASCADE, parent TEXT, author TEXT NOT NULL,
    author_name TEXT NOT NULL, text TEXT NOT NULL, frame_in INTEGER, frame_out INTEGER,
    internal INTEGER NOT NULL DEFAULT 0, mentions TEXT NOT NULL DEFAULT '[]', drawing TEXT, created_at TEXT NOT NULL,
    edited_at TEXT, resolved_at TEXT, resolved_by TEXT NOT NULL DEFAULT '', retake_run TEXT,
    CHECK (frame_in IS NULL = (frame_out IS NULL) AND coalesce(frame_out >= frame_in, 1))
);
CREATE INDEX comments_review ON comments (review);
CREATE INDEX comments_version ON comments (version);
CREATE INDEX comments_retake ON comments (retake_run) WHERE retake_run IS NOT NULL;
CREATE TABLE review_statuses (
    id TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL, name TEXT NOT NULL DEFAULT '', short TEXT NOT NULL,
    color TEXT NOT NULL, is_default INTEGER NOT NULL DEFAULT 0, is_wip INTEGER NOT NULL DEFAULT 0,
    is_feedback_request INTEGER NOT NULL DEFAULT 0, is_retake INTEGER NOT NULL DEFAULT 0,
    is_done INTEGER NOT NULL DEFAULT 0, least_role TEXT NOT NULL, guests_may_set INTEGER NOT NULL DEFAULT 0,
    retired_at TEXT
) WITHOUT ROWID;
CREATE TABLE review_status_history (
    seq INTEGER PRIMARY KEY, review TEXT NOT NULL, item TEXT NOT NULL, version TEXT NOT NULL,
    from_status TEXT NOT NULL, to_status TEXT NOT NULL, to_name TEXT NOT NULL, done INTEGER NOT NULL,
    person TEXT NOT NULL, person_name TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX review_status_history_version ON review_status_history (version)
"""

STATUSES = (
    # id, short, color, the flag it has, least role, whether guests may set it
    ("none", "–", "#7a7f87", "is_default", "reviewer", 1),
    ("wip", "WIP", "#4c8dff", "is_wip", "creator", 0),
    ("feedback", "FB", "#e0a100", "is_feedback_request", "creator", 0),
    ("retake", "RTK", "#e5484d", "is_retake", "reviewer", 1),
    ("approved", "OK", "#30a46c", "is_done", "producer", 0),
)

REVISED_BY = (
    "UPDATE OF owner, project, shared, trashed_at ON reviews", "INSERT ON review_versions",
    "DELETE ON review_versions",
)  # fmt: skip
"""What changes which runs somebody may see, as in migrations_projects."""


@MIGRATIONS(name="m025_reviews")
def _reviews(db: Database) -> None:
    for statement in TABLES.split(";"):
        db.conn.execute(statement)
    for position, (id_, short, color, flag, role, guests) in enumerate(STATUSES):
        db.conn.execute(
            f"INSERT INTO review_statuses (id, position, short, color, {flag}, least_role, guests_may_set) "
            "VALUES (?, ?, ?, ?, 1, ?, ?)",
            [id_, position, short, color, role, guests],
        )
    for number, event in enumerate(REVISED_BY, 1):
        db.conn.execute(
            f"CREATE TRIGGER reviews_revised_{number} AFTER {event} "
            "BEGIN UPDATE revisions SET n = n + 1 WHERE name = 'runs'; END"
        )

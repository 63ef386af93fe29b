"""The audit log's tables. Rows are only ever added; what retention removes is noted before it goes.

`audit.hash` covers the row and the hash before it, so that a changed, missing or inserted row breaks the chain from
there on; see studio.store.audit. `audit_words` finds rows by their words, ids among them, and in `tags` by
person and action: one index in the place of four, because each index costs every submit a little.
"""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

TABLES = """
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT NOT NULL, name TEXT NOT NULL,
    via TEXT NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done','refused')), detail TEXT NOT NULL, words TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE TABLE audit_removals (
    through_seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, rows INTEGER NOT NULL, at TEXT NOT NULL,
    months INTEGER NOT NULL
);
CREATE TABLE audit_facets (
    facet TEXT NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (facet, key)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE audit_words USING fts5(words, tags, content='', tokenize='unicode61')
"""

TAGS = "'a' || hex({r}.actor) || ' m' || hex({r}.action)"
"""The words in the column `tags` as SQL over a row; see studio.store.audit.tag."""


@MIGRATIONS(name="m020_audit")
def _audit(db: Database) -> None:
    """The rows, their words, the persons and actions in them, and the notes of what retention removed."""
    for statement in TABLES.split(";"):
        db.conn.execute(statement)
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    db.conn.execute(f"CREATE TRIGGER audit_kept BEFORE UPDATE ON audit {refuse}")
    db.conn.execute(
        "CREATE TRIGGER audit_kept_whole BEFORE DELETE ON audit "
        f"WHEN OLD.seq > (SELECT coalesce(max(through_seq), 0) FROM audit_removals) {refuse}"
    )
    for event in ("UPDATE", "DELETE"):
        db.conn.execute(f"CREATE TRIGGER audit_removals_{event.lower()} BEFORE {event} ON audit_removals {refuse}")
    db.conn.execute(
        "CREATE TRIGGER audit_added AFTER INSERT ON audit BEGIN "
        f"INSERT INTO audit_words (rowid, words, tags) VALUES (NEW.seq, NEW.words, {TAGS.format(r='NEW')}); "
        "INSERT INTO audit_facets VALUES ('actor', NEW.actor, NEW.name), ('action', NEW.action, '') "
        "ON CONFLICT DO NOTHING; END"
    )
    db.conn.execute(
        "CREATE TRIGGER audit_removed AFTER DELETE ON audit BEGIN "
        "INSERT INTO audit_words (audit_words, rowid, words, tags) "
        f"VALUES ('delete', OLD.seq, OLD.words, {TAGS.format(r='OLD')}); END"
    )

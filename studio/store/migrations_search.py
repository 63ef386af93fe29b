"""Schema of searches in any combination: the text index holds the facets of a run as terms; see store.search_terms."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store import migrations_projects as projects
from studio.store import search_terms as terms
from studio.store.migrations import MIGRATIONS, ON_RUN_DELETE, ON_RUN_INSERT_WITH_MESSAGE

AT_ONCE = 20_000
"""So many runs get their terms while the studio opens, in a third of a second; beyond, it is done while it works."""
TABLES = """
CREATE TABLE search_terms (
    id INTEGER PRIMARY KEY, facet TEXT NOT NULL, key TEXT NOT NULL, UNIQUE (facet, key)
);
CREATE TABLE search_fill (through INTEGER NOT NULL, until INTEGER NOT NULL);
INSERT INTO search_fill SELECT 0, coalesce(max(seq), 0) FROM runs;
DROP TRIGGER runs_born;
DROP TRIGGER runs_gone;
DROP TRIGGER runs_reworded
"""
WORDS_ALONE = "VALUES (NEW.seq, NEW.words)"
CHANGES = {
    column: f"OLD.{column} IS NOT NEW.{column}" for column in terms.TERMS if column not in ("status", "trashed_at")
} | {
    "shared": "OLD.shared IS NOT NEW.shared OR OLD.project IS NOT NEW.project",
    "status": " IS NOT ".join(terms.TERMS["status"].format(r=row) for row in ("OLD", "NEW")),
    "trashed_at": "(OLD.trashed_at IS NULL) IS NOT (NEW.trashed_at IS NULL)",
}
"""Column -> when its term changes."""
HAS_TERMS = "(SELECT OLD.seq <= through OR OLD.seq > until FROM search_fill)"
"""Whether a run has its terms: one of an earlier version that waits for them gets those it has then."""


def _numbers(row: str) -> str:
    """SQL that gives a number to what the row is the first to have."""
    keys = ", ".join(f"('{facet}', {key})" for facet, key in terms.keys_of(row))
    return f"INSERT OR IGNORE INTO search_terms (facet, key) VALUES {keys};"


def _changed(row: str) -> str:
    """SQL for what the index has to lose (OLD) or to get (NEW): terms that changed, and all where the words have."""
    changed = " || ' ' || ".join(
        f"iif(OLD.words IS NOT NEW.words OR {change}, {terms.TERMS[column].format(r=row)}, '')"
        for column, change in CHANGES.items()
    )
    words = f"iif(OLD.words IS NOT NEW.words, {row}.words, '')"
    return f"iif({HAS_TERMS}, {changed}, '') || ' ' || {words}"


@MIGRATIONS(name="m028_search_terms")
def _search_terms(db: Database) -> None:
    """search_fill: runs after `through` up to `until` have no terms yet."""
    for statement in TABLES.split(";"):
        db.conn.execute(statement)
    born = _numbers("NEW") + ON_RUN_INSERT_WITH_MESSAGE.replace(
        WORDS_ALONE, f"VALUES (NEW.seq, {terms.all_of('NEW')} || ' ' || NEW.words)"
    )
    gone = ON_RUN_DELETE.replace("OLD.words", f"iif({HAS_TERMS}, {terms.all_of('OLD')}, '') || ' ' || OLD.words")
    watched = ", ".join(("words", *terms.TERMS))
    changes = " OR ".join(("OLD.words IS NOT NEW.words", *CHANGES.values()))
    for trigger in (
        f"runs_born AFTER INSERT ON runs BEGIN {born} {projects.count('NEW', 1)} END",
        f"runs_gone AFTER DELETE ON runs BEGIN {gone} {projects.count('OLD', -1)} END",
        f"runs_reindexed AFTER UPDATE OF {watched} ON runs WHEN {changes} BEGIN {_numbers('NEW')} "
        f"INSERT INTO run_words (run_words, rowid, words) VALUES ('delete', OLD.seq, {_changed('OLD')}); "
        f"INSERT INTO run_words (rowid, words) VALUES (NEW.seq, {_changed('NEW')}); END",
    ):
        db.conn.execute(f"CREATE TRIGGER {trigger}")
    if db.conn.execute("SELECT until FROM search_fill").fetchone()[0] <= AT_ONCE:
        while terms.fill(db):
            pass

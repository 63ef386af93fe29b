"""Projects with members, and what belongs to one: runs, storyboards, money, and which runs and files a board names.

`runs.shared`, `storyboards.shared`: the members of the row's project may see it. `storyboard_refs` holds the ids that a
board's body names, or (current = 0) named before; `person` put the id there, and only what is that person's own becomes
visible by it. `counts` are kept for each owner, project and sharing, so that every scope of the gallery has its totals.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from studio.store.migrations import FACETS, MIGRATIONS, ON_RUN_DELETE, ON_RUN_INSERT_WITH_MESSAGE
from studio.store.storyboard_refs import ids_in

TABLES = """
CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, archived_at TEXT,
    settings TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE TABLE members (
    project TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE, person TEXT NOT NULL, role TEXT NOT NULL
        CHECK (role IN ('viewer','reviewer','creator','producer','admin')),
    PRIMARY KEY (project, person)
) WITHOUT ROWID;
CREATE INDEX members_person ON members (person);
ALTER TABLE runs ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE storyboards ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE storyboards ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN project TEXT NOT NULL DEFAULT '';
CREATE INDEX ledger_project ON ledger (project, day) WHERE project != '';
CREATE INDEX runs_shared ON runs (project) WHERE shared = 1 AND trashed_at IS NULL;
CREATE INDEX runs_owner_project ON runs (owner, project) WHERE project != '' AND trashed_at IS NULL;
CREATE INDEX storyboards_shared ON storyboards (project) WHERE shared = 1;
CREATE TABLE storyboard_refs (
    ref TEXT NOT NULL, board INTEGER NOT NULL REFERENCES storyboards (seq) ON DELETE CASCADE,
    person TEXT NOT NULL, current INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (ref, board)
) WITHOUT ROWID;
CREATE INDEX storyboard_refs_board ON storyboard_refs (board);
DROP TRIGGER runs_born;
DROP TRIGGER runs_gone;
DROP TRIGGER runs_recounted;
DROP TABLE counts;
CREATE TABLE counts (
    facet TEXT NOT NULL, key TEXT NOT NULL, owner TEXT NOT NULL, project TEXT NOT NULL DEFAULT '',
    shared INTEGER NOT NULL DEFAULT 0, n INTEGER NOT NULL, PRIMARY KEY (facet, key, owner, project, shared)
) WITHOUT ROWID
"""

COUNTED = ("status", "trashed_at", "owner", "task", "kind", "model", "project", "shared")
"""Columns of runs that decide which counters a run belongs to."""


def count(row: str, step: int) -> str:
    """SQL that adds `step` to every counter the row (NEW or OLD) belongs to."""
    whose = f"{row}.owner, {row}.project, {row}.shared, {step}"
    live = " UNION ALL ".join(
        f"SELECT '{facet}', {key.format(r=row)}, {whose} WHERE {row}.trashed_at IS NULL"
        for facet, key in FACETS.items()
    )
    trash = f"SELECT 'trash', '', {whose} WHERE {row}.trashed_at IS NOT NULL"
    return (
        f"INSERT INTO counts (facet, key, owner, project, shared, n) {live} UNION ALL {trash} "
        "ON CONFLICT DO UPDATE SET n = n + excluded.n;"
    )


def _recounts() -> Iterable[str]:
    """Fills the counters from the runs that are there."""
    whose = "owner, project, shared, count(*) FROM runs"
    for facet, key in FACETS.items():
        key = key.format(r="runs")
        yield (
            f"INSERT INTO counts (facet, key, owner, project, shared, n) SELECT '{facet}', {key}, {whose} "
            "WHERE trashed_at IS NULL GROUP BY 2, 3, 4, 5"
        )
    yield (
        f"INSERT INTO counts (facet, key, owner, project, shared, n) SELECT 'trash', '', {whose} "
        "WHERE trashed_at IS NOT NULL GROUP BY 2, 3, 4, 5"
    )


REVISED_BY = (
    "INSERT ON members", "UPDATE ON members", "DELETE ON members", "UPDATE OF archived_at ON projects",
    "UPDATE OF owner, project, shared, trashed_at ON storyboards", "INSERT ON storyboard_refs",
    "UPDATE ON storyboard_refs",
)  # fmt: skip
"""What changes which runs somebody may see: who read before has to read again, as after a change of a run."""


@MIGRATIONS(name="m018_projects")
def _projects(db: Database) -> None:
    for statement in TABLES.split(";"):
        db.conn.execute(statement)
    for statement in _recounts():
        db.conn.execute(statement)
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in COUNTED)
    for trigger in (
        f"runs_born AFTER INSERT ON runs BEGIN {ON_RUN_INSERT_WITH_MESSAGE} {count('NEW', 1)} END",
        f"runs_gone AFTER DELETE ON runs BEGIN {ON_RUN_DELETE} {count('OLD', -1)} END",
        f"runs_recounted AFTER UPDATE OF {', '.join(COUNTED)} ON runs WHEN {changed} "
        f"BEGIN {count('OLD', -1)} {count('NEW', 1)} END",
    ):
        db.conn.execute(f"CREATE TRIGGER {trigger}")
    for number, event in enumerate(REVISED_BY, 1):
        db.conn.execute(
            f"CREATE TRIGGER visibility_revised_{number} AFTER {event} "
            "BEGIN UPDATE revisions SET n = n + 1 WHERE name = 'runs'; END"
        )
    for seq, owner, body in db.conn.execute("SELECT seq, owner, body FROM storyboards").fetchall():
        rows = [(ref, seq, owner) for ref in ids_in(body)]
        db.conn.executemany("INSERT INTO storyboard_refs (ref, board, person) VALUES (?, ?, ?)", rows)

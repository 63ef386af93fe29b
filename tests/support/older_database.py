"""The database of an earlier version, with the rows of a newer one: what an update finds."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from studio.store.db import MIGRATIONS

MADE_BY_TRIGGERS = ("counts", "revisions")


def made_older(path: Path, *, before: str) -> None:
    """Put in the place of the database one without the schema step `before` and all later ones.

    Its rows are there as far as the older tables and columns have room for them.
    """
    newer = path.with_name("newer.db")
    path.replace(newer)
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    db = Database(path)
    MIGRATIONS.apply(db, stop_before=[m.name for m in MIGRATIONS.pending(db) if m.name >= before])
    db.conn.execute("ATTACH DATABASE ? AS newer", [str(newer)])
    for table in db.table_names():
        if table.startswith(("_sqlite", "sqlite_", "run_words")) or table in MADE_BY_TRIGGERS:
            continue
        there = {row[1] for row in db.conn.execute(f"PRAGMA newer.table_info({table})")}
        columns = ", ".join(column.name for column in db[table].columns if column.name in there)
        db.conn.execute(f"INSERT OR IGNORE INTO {table} ({columns}) SELECT {columns} FROM newer.{table}")
    db.conn.commit()
    db.conn.execute("DETACH DATABASE newer")
    db.close()

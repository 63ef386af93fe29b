"""Exports of boards: what was asked, what became of it. One that ran when the studio stopped has failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotFound
from studio.store.rows import stamp

STOPPED = "The studio was stopped during the export. Start it again."


@dataclass(frozen=True)
class FilmRow:
    """One export. path: relative to the data folder. asset: set for films, which the gallery's player can show."""

    id: str
    board: str
    owner: str
    form: str
    options: JSON
    status: str
    error: str | None
    asset: str | None
    path: str | None
    report: JSON | None
    created_at: str
    finished_at: str | None


def add(db: Database, film_id: str, board: str, owner: str, form: str, options: JSON) -> None:
    """A new export, running."""
    sql = "INSERT INTO films (id, board, owner, form, options, status, created_at) VALUES (?, ?, ?, ?, ?, 'running', ?)"
    db.execute(sql, [film_id, board, owner, form, json.dumps(options), stamp()])


def end(db: Database, film_id: str, status: str, **columns: Any) -> None:
    """The export has ended this way; columns: error, asset, path, report (JSON)."""
    if "report" in columns:
        columns["report"] = json.dumps(columns["report"])
    sets = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE films SET status = ?, finished_at = ?{', ' if sets else ''}{sets} WHERE id = ?"
    db.execute(sql, [status, stamp(), *columns.values(), film_id])


def get(db: Database, film_id: str, owner: str) -> FilmRow:
    """The export, or NotFound."""
    for row in db.query("SELECT * FROM films WHERE id = ? AND ? IN ('', owner)", [film_id, owner]):
        return _film(row)
    raise NotFound("There is no such export.")


def of_board(db: Database, board: str, owner: str) -> list[FilmRow]:
    """Exports of this board, newest first."""
    sql = "SELECT * FROM films WHERE board = ? AND ? IN ('', owner) ORDER BY seq DESC"
    return [_film(row) for row in db.query(sql, [board, owner])]


def any_running(db: Database) -> bool:
    """Whether an export was running when the studio last stopped."""
    return db.execute("SELECT 1 FROM films WHERE status = 'running' LIMIT 1").fetchone() is not None


def stop_all(db: Database) -> None:
    """At start: whatever was running has failed with the last stop."""
    sql = "UPDATE films SET status = 'failed', error = ?, finished_at = ? WHERE status = 'running'"
    db.execute(sql, [STOPPED, stamp()])


def _film(row: dict[str, Any]) -> FilmRow:
    report = json.loads(row["report"]) if row["report"] else None
    values = {name: row[name] for name in FilmRow.__dataclass_fields__}
    return FilmRow(**values | {"options": json.loads(row["options"]), "report": report})

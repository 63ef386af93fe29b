"""Exports of boards: what was asked, what became of it. One that ran when the studio stopped is begun again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotFound
from studio.messages import Message, packed, restore, stored, unpacked
from studio.store import visibility
from studio.store.mapping import fetch, stamp


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


@dataclass(frozen=True)
class Unfinished:
    """An export that has not ended. plan: the board when it was asked for. starts: how often it was begun."""

    id: str
    board: str
    owner: str
    form: str
    options: JSON
    plan: JSON | None
    starts: int


def add(
    db: Database, film_id: str, board: str, owner: str, form: str, options: JSON, plan: JSON, cut: str = ""
) -> None:
    """A new export, running. plan: the board as it is now. cut: the fingerprint of what the film shows."""
    sql = (
        "INSERT INTO films (id, board, owner, form, options, plan, cut, status, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)"
    )
    db.conn.execute(sql, [film_id, board, owner, form, json.dumps(options), json.dumps(plan), cut, stamp()])


def count_start(db: Database, film_id: str, change: int = 1) -> None:
    """The export is begun (1), or was interrupted in peace and so does not count as begun (-1)."""
    db.conn.execute("UPDATE films SET starts = max(0, starts + ?) WHERE id = ?", [change, film_id])


def end(db: Database, film_id: str, status: str, **columns: Any) -> None:
    """The export has ended this way; columns: error, asset, path, report (JSON)."""
    if "error" in columns:
        columns["error_message"] = stored(columns["error"])
    if "report" in columns:
        columns["report"] = json.dumps(packed(columns["report"]))
    sets = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE films SET status = ?, finished_at = ?, plan = NULL{', ' if sets else ''}{sets} WHERE id = ?"
    db.conn.execute(sql, [status, stamp(), *columns.values(), film_id])


def get(db: Database, film_id: str, viewer: str) -> FilmRow:
    """The export, or NotFound where there is none that the viewer may see."""
    sql = f"SELECT * FROM films f WHERE f.id = ? AND {visibility.visible('films')}"
    for row in fetch(db, sql, [film_id, viewer]):
        return _film(row)
    raise NotFound(Message("export.unknown"))


def of_board(db: Database, board: str, viewer: str) -> list[FilmRow]:
    """Exports of this board that the viewer may see, newest first."""
    sql = f"SELECT * FROM films f WHERE f.board = ? AND {visibility.visible('films')} ORDER BY f.seq DESC"
    return [_film(row) for row in fetch(db, sql, [board, viewer])]


def unfinished(db: Database) -> list[Unfinished]:
    """Exports that have not ended, the least often begun first."""
    sql = (
        "SELECT id, board, owner, form, options, plan, starts FROM films WHERE status = 'running' ORDER BY starts, seq"
    )
    return [
        Unfinished(
            id=row["id"], board=row["board"], owner=row["owner"], form=row["form"], options=json.loads(row["options"]),
            plan=json.loads(row["plan"]) if row["plan"] else None, starts=row["starts"],
        )
        for row in fetch(db, sql)
    ]  # fmt: skip


def _film(row: dict[str, Any]) -> FilmRow:
    return FilmRow(
        id=row["id"], board=row["board"], owner=row["owner"], form=row["form"], options=json.loads(row["options"]),
        status=row["status"], error=restore(row["error"], row["error_message"]), asset=row["asset"], path=row["path"],
        report=unpacked(json.loads(row["report"])) if row["report"] else None, created_at=row["created_at"],
        finished_at=row["finished_at"],
    )  # fmt: skip

"""What reviews decided about runs, files and films, by the last change of status that each has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sqlite_utils import Database

from studio.store import visibility

Subject = Literal["run", "asset", "film"]
Decision = tuple[int, bool]
"""The number of a change of status, which rises with time, and whether it approves."""


def decisions(db: Database, subject: Subject, ids: Iterable[str], project: str) -> dict[str, Decision]:
    """The last decision about each of these that has one. project: only of reviews of this project; "" of any."""
    wanted = list(dict.fromkeys(ids))
    sql = (
        f"SELECT {subject}, seq, done FROM review_status_history WHERE {subject} IN ({_marks(wanted)}) "
        "AND (project = ? OR ? = '') ORDER BY seq"
    )
    rows = db.conn.execute(sql, [*wanted, project, project]).fetchall()
    return {found: (seq, bool(done)) for found, seq, done in rows}


def films_of_cut(db: Database, board: str, cut: str) -> list[str]:
    """Ids of finished films of the board that show this cut; half a fingerprint matches any choices."""
    match = "cut = ?" if "." in cut else "cut LIKE ? || '.%'"
    sql = f"SELECT id FROM films WHERE board = ? AND {match} AND cut != '' AND asset IS NOT NULL"
    return [row[0] for row in db.conn.execute(sql, [board, cut]).fetchall()]


def reviews_of_board(db: Database, board: str, viewer: str, limit: int = 20) -> list[tuple[str, str]]:
    """Id and title of reviews that have shots or films of the board and that the viewer sees, last changed first."""
    sql = (
        "SELECT rv.id, rv.title FROM reviews rv WHERE rv.trashed_at IS NULL AND EXISTS (SELECT 1 FROM review_items i "
        "WHERE i.review = rv.seq AND (i.board = ? OR EXISTS (SELECT 1 FROM review_versions w JOIN films f ON "
        f"f.id = w.film WHERE w.item = i.seq AND f.board = ?))) AND {visibility.visible('reviews')} "
        "ORDER BY rv.updated_at DESC LIMIT ?"
    )
    return [(row[0], row[1]) for row in db.conn.execute(sql, [board, board, viewer, limit]).fetchall()]


def reviews_of_films(db: Database, films: Iterable[str], viewer: str, limit: int) -> list[str]:
    """Titles of reviews that have one of these films and that the viewer sees, last changed first."""
    ids = list(films)
    sql = (
        "SELECT rv.title FROM reviews rv WHERE rv.trashed_at IS NULL AND EXISTS (SELECT 1 FROM review_items i JOIN "
        f"review_versions w ON w.item = i.seq WHERE i.review = rv.seq AND w.film IN ({_marks(ids)})) "
        f"AND {visibility.visible('reviews')} ORDER BY rv.updated_at DESC LIMIT ?"
    )
    return [row[0] for row in db.conn.execute(sql, [*ids, viewer, limit]).fetchall()]


def _marks(ids: list[str]) -> str:
    return ", ".join("?" * len(ids))

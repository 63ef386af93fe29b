"""What has happened in reviews since the last look, for the messages to people. `cursor` is where that look ended.

Rows are numbered as they are written; where the newest were deleted, the cursor goes back to the newest that is left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.store import settings
from studio.store.mapping import fetch

CURSOR = "review_news_cursor"


@dataclass(frozen=True)
class Place:
    """Where in a review something happened. frame: None for the whole version."""

    review: str
    title: str
    item: str
    item_title: str
    version: str
    number: int
    frame: int | None = None


@dataclass(frozen=True)
class Written:
    """A comment. mentions: ids of people; answered: who wrote the comment that it answers, None where it is none."""

    place: Place
    author: str
    author_name: str
    text: str
    mentions: tuple[str, ...]
    answered: str | None


@dataclass(frozen=True)
class Marked:
    """A status that was set on a version. makers: who added the version, and whose run it is."""

    place: Place
    person: str
    person_name: str
    status: str
    status_name: str
    makers: frozenset[str]


@dataclass(frozen=True)
class Answered:
    """A retake that is ready. owner: of its run. author, mentions: of the comment that it answers."""

    place: Place
    run: str
    owner: str
    author: str
    mentions: tuple[str, ...]


_PLACE = "rv.id AS review, rv.title, i.id AS item, i.title AS item_title, w.id AS version, w.number"
_REVIEWS = "JOIN review_items i ON i.seq = w.item JOIN reviews rv ON rv.seq = i.review AND rv.trashed_at IS NULL"


def begin(db: Database) -> None:
    """Tell what happens from now on, unless an earlier start has left off somewhere."""
    if not has_begun(db):
        settings.put(db, CURSOR, {"comments": _newest(db, "comments"), "marks": _newest(db, "review_status_history")})


def has_begun(db: Database) -> bool:
    """Whether there is somebody to tell since an earlier look."""
    return settings.get(db, CURSOR) is not None


def forget(db: Database) -> None:
    """There is nobody to tell."""
    if has_begun(db):
        settings.put(db, CURSOR, None)


def take(db: Database, limit: int) -> tuple[list[Written], list[Marked]]:
    """At most so many of each that came since the last look, in order; the cursor stands behind them."""
    seen = settings.get(db, CURSOR)
    if seen is None:
        return [], []
    comments, comments_seen = _written(db, seen["comments"], limit)
    marks, marks_seen = _marked(db, seen["marks"], limit)
    now = {"comments": comments_seen, "marks": marks_seen}
    if now != seen:
        settings.put(db, CURSOR, now)
    return comments, marks


def answered(db: Database, run_ids: Sequence[str]) -> list[Answered]:
    """The comments that these runs were made for."""
    if not run_ids:
        return []
    sql = (
        f"SELECT {_PLACE}, w.run, r.owner, c.author, c.mentions FROM review_versions w {_REVIEWS} "
        "JOIN comments c ON c.id = w.answers JOIN runs r ON r.id = w.run "
        f"WHERE w.run IN ({', '.join('?' * len(run_ids))})"
    )
    return [
        Answered(_place(row), row["run"], row["owner"], row["author"], tuple(json.loads(row["mentions"])))
        for row in fetch(db, sql, list(run_ids))
    ]


def _written(db: Database, seen: int, limit: int) -> tuple[list[Written], int]:
    if (newest := _newest(db, "comments")) <= seen:
        return [], newest
    sql = (
        f"SELECT c.seq, {_PLACE}, c.frame_in AS frame, c.author, c.author_name, c.text, c.mentions, "
        f"p.author AS answered FROM comments c JOIN review_versions w ON w.seq = c.version {_REVIEWS} "
        "LEFT JOIN comments p ON p.id = c.parent WHERE c.seq > ? ORDER BY c.seq LIMIT ?"
    )
    rows = fetch(db, sql, [seen, limit])
    found = [
        Written(
            _place(row), row["author"], row["author_name"], row["text"], tuple(json.loads(row["mentions"])),
            row["answered"],
        )
        for row in rows
    ]  # fmt: skip
    return found, rows[-1]["seq"] if len(rows) == limit else newest


def _marked(db: Database, seen: int, limit: int) -> tuple[list[Marked], int]:
    if (newest := _newest(db, "review_status_history")) <= seen:
        return [], newest
    sql = (
        f"SELECT h.seq, {_PLACE}, h.person, h.person_name, h.to_status, h.to_name, w.person AS added_by, r.owner "
        f"FROM review_status_history h JOIN review_versions w ON w.id = h.version {_REVIEWS} "
        "LEFT JOIN runs r ON r.id = w.run WHERE h.seq > ? ORDER BY h.seq LIMIT ?"
    )
    rows = fetch(db, sql, [seen, limit])
    found = [
        Marked(
            _place(row), row["person"], row["person_name"], row["to_status"], row["to_name"],
            frozenset(one for one in (row["added_by"], row["owner"]) if one is not None),
        )
        for row in rows
    ]  # fmt: skip
    return found, rows[-1]["seq"] if len(rows) == limit else newest


def _newest(db: Database, table: str) -> int:
    return db.conn.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()[0]


def _place(row: dict[str, object]) -> Place:
    return Place(**{name: row.get(name) for name in Place.__dataclass_fields__})  # pyright: ignore[reportArgumentType]

"""Comments of reviews as rows. Their drawings are read apart: a list of comments needs none of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from studio.errors import NotFound
from studio.messages import Message
from studio.review.model import Comment, NewComment
from studio.store import visibility
from studio.store.mapping import fetch, new_id, stamp

_COLUMNS = (
    "c.id, w.id AS version, c.parent, c.author, c.author_name, c.text, c.frame_in, c.frame_out, c.internal, "
    "c.mentions, c.drawing IS NOT NULL AS has_drawing, c.created_at, c.edited_at, c.resolved_at, c.resolved_by, "
    "c.retake_run"
)
_FROM = (
    "comments c JOIN review_versions w ON w.seq = c.version JOIN review_items i ON i.seq = w.item "
    "JOIN reviews rv ON rv.seq = i.review"
)
_SHOWN = visibility.visible("review_items")


def add(db: Database, review: int, version: int, new: NewComment, *, author: str, author_name: str) -> str:
    """Keep a comment on a version (both by seq); its id."""
    comment_id = new_id("rc_")
    sql = (
        "INSERT INTO comments (id, review, version, parent, author, author_name, text, frame_in, frame_out, internal, "
        f"mentions, drawing, created_at) VALUES ({', '.join('?' * 13)})"
    )
    db.conn.execute(
        sql,
        [
            *(comment_id, review, version, new.parent, author, author_name, new.text, new.frame_in, new.frame_out),
            *(int(new.internal), json.dumps(new.mentions), new.drawing, stamp()),
        ],
    )
    return comment_id


def get(db: Database, review: int, comment_id: str, viewer: str) -> Comment:
    """One comment of a review (its seq), or NotFound where there is none on an item that the viewer sees."""
    sql = f"SELECT {_COLUMNS} FROM {_FROM} WHERE c.review = ? AND c.id = ? AND {_SHOWN}"
    for row in fetch(db, sql, [review, comment_id, viewer]):
        return _comment(row)
    raise NotFound(Message("review.comment_unknown"))


def of_review(db: Database, review: int, viewer: str, *, internal: bool) -> list[Comment]:
    """All comments of a review (its seq) on items that the viewer sees, oldest first; internal ones only if wanted."""
    sql = f"SELECT {_COLUMNS} FROM {_FROM} WHERE c.review = ? AND c.internal <= ? AND {_SHOWN} ORDER BY c.seq"
    return [_comment(row) for row in fetch(db, sql, [review, int(internal), viewer])]


def count(db: Database, review: int) -> int:
    """How many comments the review (its seq) has."""
    return db.conn.execute("SELECT count(*) FROM comments WHERE review = ?", [review]).fetchone()[0]


def drawings(db: Database, version: int, *, internal: bool) -> dict[str, Any]:
    """Drawings of the comments on a version (its seq), by comment."""
    sql = "SELECT id, drawing FROM comments WHERE version = ? AND drawing IS NOT NULL AND internal <= ?"
    return {row[0]: json.loads(row[1]) for row in db.conn.execute(sql, [version, int(internal)]).fetchall()}


def drawing(db: Database, comment_id: str) -> Any:
    """The drawing of a comment as JSON; None where it has none."""
    row = db.conn.execute("SELECT drawing FROM comments WHERE id = ?", [comment_id]).fetchone()
    return json.loads(row[0]) if row and row[0] else None


def set_text(db: Database, comment_id: str, text: str, mentions: Sequence[str]) -> None:
    """Give the comment another text."""
    sql = "UPDATE comments SET text = ?, mentions = ?, edited_at = ? WHERE id = ?"
    db.conn.execute(sql, [text, json.dumps(list(mentions)), stamp(), comment_id])


def set_drawing(db: Database, comment_id: str, drawing: str | None) -> None:
    """Give the comment another drawing (JSON), or none."""
    db.conn.execute("UPDATE comments SET drawing = ?, edited_at = ? WHERE id = ?", [drawing, stamp(), comment_id])


def set_resolved(db: Database, comment_id: str, by: str | None) -> None:
    """Mark the comment as resolved by somebody (their name), or with None as open again."""
    sql = "UPDATE comments SET resolved_at = ?, resolved_by = ? WHERE id = ?"
    db.conn.execute(sql, [None if by is None else stamp(), by or "", comment_id])


def set_retake(db: Database, comment_id: str, run: str) -> None:
    """Note the run that answers the comment."""
    db.conn.execute("UPDATE comments SET retake_run = ? WHERE id = ?", [run, comment_id])


def remove(db: Database, comment_id: str) -> None:
    """Take the comment away, with its answers."""
    db.conn.execute("DELETE FROM comments WHERE id = ? OR parent = ?", [comment_id, comment_id])


def _comment(row: dict[str, Any]) -> Comment:
    values: dict[str, Any] = row | {name: bool(row[name]) for name in ("internal", "has_drawing")}
    values["mentions"] = tuple(json.loads(row["mentions"]))
    return Comment(**values)

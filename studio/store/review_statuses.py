"""Statuses of versions under review, and the history of who set which."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from studio.errors import NotFound
from studio.messages import Message
from studio.permissions import Role
from studio.review.model import Status, StatusChange
from studio.store.mapping import fetch, stamp

_FLAGS = ("is_default", "is_wip", "is_feedback_request", "is_retake", "is_done", "guests_may_set")
_COLUMNS = ", ".join(("id", "position", "name", "short", "color", *_FLAGS, "least_role", "retired_at"))


def all_of(db: Database) -> list[Status]:
    """Every status in its order, retired ones last."""
    sql = f"SELECT {_COLUMNS} FROM review_statuses ORDER BY retired_at IS NOT NULL, position, id"
    return [_status(row) for row in fetch(db, sql)]


def get(db: Database, status_id: str) -> Status:
    """One status. Raises NotFound."""
    for row in fetch(db, f"SELECT {_COLUMNS} FROM review_statuses WHERE id = ?", [status_id]):
        return _status(row)
    raise NotFound(Message("review.status_unknown"))


def add_change(
    db: Database, *, review: str, item: str, version: str, before: str, after: Status, name: str, person: str,
    person_name: str, note: str,
) -> None:  # fmt: skip
    """Write down that somebody gave a version another status. name: the status's name as it is read now."""
    sql = (
        "INSERT INTO review_status_history (review, item, version, from_status, to_status, to_name, done, person, "
        f"person_name, at, note) VALUES ({', '.join('?' * 11)})"
    )
    db.conn.execute(
        sql,
        [review, item, version, before, after.id, name, int(after.is_done), person, person_name, stamp(), note],
    )


def history(db: Database, version_id: str) -> list[StatusChange]:
    """Changes of a version's status, oldest first."""
    sql = (
        "SELECT version, from_status, to_status, to_name, done, person, person_name, at, note "
        "FROM review_status_history WHERE version = ? ORDER BY seq"
    )
    return [_change(row) for row in fetch(db, sql, [version_id])]


def _change(row: dict[str, Any]) -> StatusChange:
    values: dict[str, Any] = row | {"done": bool(row["done"])}
    return StatusChange(**values)


def _status(row: dict[str, Any]) -> Status:
    values: dict[str, Any] = row | {name: bool(row[name]) for name in _FLAGS}
    values |= {"least_role": Role(row["least_role"]), "retired": values.pop("retired_at") is not None}
    return Status(**values)

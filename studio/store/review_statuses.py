"""Statuses of versions under review, and the history of who set which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from studio.errors import NotFound
from studio.messages import Message
from studio.permissions import Role
from studio.review.model import Status, StatusChange
from studio.store.mapping import fetch, stamp

_OWN = ("none", "wip", "feedback", "retake", "approved")
"""Ids of the statuses that every studio begins with; without a name they are worded in the reader's language."""
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


@dataclass(frozen=True)
class StatusFields:
    """What can be set of a status. name: "" for the studio's own word."""

    name: str
    short: str
    color: str
    least_role: Role
    is_default: bool = False
    is_wip: bool = False
    is_feedback_request: bool = False
    is_retake: bool = False
    is_done: bool = False
    guests_may_set: bool = False


def is_own(status_id: str) -> bool:
    """Whether the status is one that every studio begins with."""
    return status_id in _OWN


def add(db: Database, status_id: str, fields: StatusFields) -> None:
    """A new status behind the others."""
    sql = (
        "INSERT INTO review_statuses (id, position, short, color, least_role) "
        "SELECT ?, coalesce(max(position) + 1, 0), '', '', '' FROM review_statuses"
    )
    db.conn.execute(sql, [status_id])
    change(db, status_id, fields)


def change(db: Database, status_id: str, fields: StatusFields) -> None:
    """Set all of it, and offer it where it was retired. A new default takes the place of the one before."""
    values = {name: int(v) if isinstance(v, bool) else str(v) for name, v in vars(fields).items()}
    if fields.is_default:
        db.conn.execute("UPDATE review_statuses SET is_default = 0")
    sets = ", ".join(f"{name} = ?" for name in values)
    sql = f"UPDATE review_statuses SET {sets}, retired_at = NULL WHERE id = ?"
    db.conn.execute(sql, [*values.values(), status_id])


def order(db: Database, status_ids: Sequence[str]) -> None:
    """Put these first, in this order."""
    db.conn.execute("UPDATE review_statuses SET position = position + ?", [len(status_ids)])
    rows = [(place, status_id) for place, status_id in enumerate(status_ids)]
    db.conn.executemany("UPDATE review_statuses SET position = ? WHERE id = ?", rows)


def is_used(db: Database, status_id: str) -> bool:
    """Whether a version has the status, or the history names it."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM review_versions WHERE status = :id) OR "
        "EXISTS (SELECT 1 FROM review_status_history WHERE :id IN (from_status, to_status))"
    )
    return bool(db.conn.execute(sql, {"id": status_id}).fetchone()[0])


def retire(db: Database, status_id: str) -> None:
    """Do not offer it any more."""
    db.conn.execute("UPDATE review_statuses SET retired_at = ? WHERE id = ?", [stamp(), status_id])


def delete(db: Database, status_id: str) -> None:
    """Take it away."""
    db.conn.execute("DELETE FROM review_statuses WHERE id = ?", [status_id])


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

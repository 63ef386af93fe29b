"""What a fresh form starts with, per owner and task: a model, and a size where its row has one."""

from __future__ import annotations

from sqlite_utils import Database

from studio.domain import JSON
from studio.store import settings


def _key(owner: str, task: str) -> str:
    return f"form_default.{task}.{owner}"


def get(db: Database, task: str, owner: str) -> JSON | None:
    """The request parts that were set as default, or None."""
    return settings.get(db, _key(owner, task))


def put(db: Database, task: str, body: JSON, owner: str) -> None:
    """Set the default of this task; an empty body takes it away."""
    if body:
        settings.put(db, _key(owner, task), body)
    else:
        db.conn.execute("DELETE FROM settings WHERE key = ?", [_key(owner, task)])


def give_ownerless(db: Database, person: str) -> None:
    """The defaults that were set before there were accounts are this person's from now on."""
    db.conn.execute("UPDATE OR IGNORE settings SET key = key || ? WHERE key GLOB 'form_default.*.'", [person])


def has_ownerless(db: Database) -> bool:
    """Whether defaults were set before there were accounts."""
    return db.conn.execute("SELECT EXISTS (SELECT 1 FROM settings WHERE key GLOB 'form_default.*.')").fetchone()[0]

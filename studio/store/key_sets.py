"""Keys of people and projects beside the studio's: which exist, for whom, never the keys.

A run's account is "person:" or "project:" and the id of the set that it is sent with; a set never changes, and a
replaced one gets a successor.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from studio.domain import HeldReason, Run
from studio.store.mapping import RUN_COLUMNS, as_runs, fetch, new_id, stamp

Scope = Literal["person", "project"]


@dataclass(frozen=True)
class KeySet:
    """The keys of one person or project for one provider. names: environment names of its keys."""

    id: str
    provider: str
    scope: Scope
    subject: str
    names: tuple[str, ...]

    @property
    def account(self) -> str:
        """What the runs that are sent with it have in their column."""
        return f"{self.scope}:{self.id}"


def add(db: Database, provider: str, scope: Scope, subject: str, names: Sequence[str]) -> KeySet:
    """A new set, which takes the place of the one before."""
    made = KeySet(new_id("k_"), provider, scope, subject, tuple(names))
    remove(db, provider, scope, subject)
    sql = "INSERT INTO key_sets (id, provider, scope, subject, names, created_at) VALUES (?, ?, ?, ?, ?, ?)"
    db.conn.execute(sql, [made.id, provider, scope, subject, json.dumps(made.names), stamp()])
    return made


def remove(db: Database, provider: str, scope: Scope, subject: str) -> None:
    """Take the current set away; its row stays, for the runs that name it."""
    sql = "UPDATE key_sets SET removed_at = ? WHERE provider = ? AND scope = ? AND subject = ? AND removed_at IS NULL"
    db.conn.execute(sql, [stamp(), provider, scope, subject])


def current(db: Database) -> list[KeySet]:
    """Every set that is in use."""
    return [_key_set(row) for row in fetch(db, "SELECT * FROM key_sets WHERE removed_at IS NULL ORDER BY id")]


def get(db: Database, set_id: str) -> KeySet | None:
    """The set of this id, also a removed one; None for "" and for unknown ids."""
    return next((_key_set(row) for row in fetch(db, "SELECT * FROM key_sets WHERE id = ?", [set_id])), None)


def replace_unsent(db: Database, old: str, new: str, unsent: Sequence[HeldReason]) -> None:
    """Let runs that were not sent go with another set of the same payer."""
    marks = ", ".join("?" * len(unsent))
    sql = (
        "UPDATE runs SET account = ? WHERE account = ? AND handle IS NULL "
        f"AND (status = 'queued' OR (status = 'held' AND held_reason IN ({marks})))"
    )
    db.conn.execute(sql, [new, old, *(reason.value for reason in unsent)])


def waiting_for(db: Database, one: KeySet) -> list[Run]:
    """Runs that are held because a key of this payer is missing or was refused."""
    sql = (
        f"SELECT {RUN_COLUMNS} FROM runs WHERE status = 'held' AND held_reason = ? AND account IN "
        "(SELECT scope || ':' || id FROM key_sets WHERE provider = ? AND scope = ? AND subject = ?) ORDER BY seq"
    )
    values = [HeldReason.NOT_CONFIGURED.value, one.provider, one.scope, one.subject]
    return as_runs(db, fetch(db, sql, values))


def _key_set(row: dict[str, str]) -> KeySet:
    scope: Scope = row["scope"]  # pyright: ignore[reportAssignmentType] - checked by the table
    return KeySet(row["id"], row["provider"], scope, row["subject"], tuple(json.loads(row["names"])))

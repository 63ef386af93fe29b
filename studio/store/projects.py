"""Projects of a team and their members. A person is an id of the people table; a role is one of permissions.Role."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from studio.domain import JSON
from studio.errors import NotFound
from studio.messages import Message
from studio.store import settings
from studio.store.mapping import fetch, new_id, stamp

CURRENT_PROJECT = "current_project."
"""Under this and a person's id the settings table keeps the project that the person's new runs go to."""


@dataclass(frozen=True)
class Project:
    """One project. settings: what a service keeps with it, under a name of its own."""

    id: str
    name: str
    created_at: datetime
    archived_at: datetime | None = None
    settings: JSON = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Member:
    """A person in a project, with the role there."""

    project: str
    person: str
    role: str


def add(db: Database, name: str) -> Project:
    """A new project without members."""
    project_id = new_id("pr_")
    db.conn.execute("INSERT INTO projects (id, name, created_at) VALUES (?, ?, ?)", [project_id, name, stamp()])
    return get(db, project_id)


def get(db: Database, project_id: str, person: str = "") -> Project:
    """The project. person: raises NotFound, as for an unknown id, where that person is no member; "" sees all."""
    sql = (
        "SELECT * FROM projects p WHERE id = ? AND (? = '' OR EXISTS "
        "(SELECT 1 FROM members m WHERE m.project = p.id AND m.person = ?))"
    )
    for row in fetch(db, sql, [project_id, person, person]):
        return _project(row)
    raise NotFound(Message("project.unknown"))


def all_of(db: Database, person: str = "") -> list[Project]:
    """Every project of this person ("" sees all), archived ones last, else by name."""
    sql = (
        "SELECT * FROM projects p WHERE ? = '' OR EXISTS (SELECT 1 FROM members m WHERE m.project = p.id "
        "AND m.person = ?) ORDER BY archived_at IS NOT NULL, name COLLATE NOCASE, id"
    )
    return [_project(row) for row in fetch(db, sql, [person, person])]


def rename(db: Database, project_id: str, name: str) -> None:
    """Give the project another name. Raises NotFound."""
    _update(db, project_id, "name", name)


def set_archived(db: Database, project_id: str, *, archived: bool) -> None:
    """Close the project to changes, or open it again. Raises NotFound."""
    _update(db, project_id, "archived_at", stamp() if archived else None)


def put_setting(db: Database, project_id: str, name: str, value: Any) -> None:
    """Keep a JSON value with the project, under a name; None takes it away. Raises NotFound."""
    kept = {**get(db, project_id).settings, name: value}
    body = {key: one for key, one in kept.items() if one is not None}
    _update(db, project_id, "settings", json.dumps(body, ensure_ascii=False))


def _update(db: Database, project_id: str, column: str, value: str | None) -> None:
    cursor = db.conn.execute(f"UPDATE projects SET {column} = ? WHERE id = ?", [value, project_id])
    if not cursor.rowcount:
        raise NotFound(Message("project.unknown"))


def set_member(db: Database, project_id: str, person: str, role: str) -> None:
    """Make the person a member, or give a member another role."""
    sql = "INSERT OR REPLACE INTO members (project, person, role) VALUES (?, ?, ?)"
    db.conn.execute(sql, [project_id, person, role])


def remove_member(db: Database, project_id: str, person: str) -> bool:
    """Take the person out of the project; whether there was one."""
    cursor = db.conn.execute("DELETE FROM members WHERE project = ? AND person = ?", [project_id, person])
    db.conn.execute(
        "DELETE FROM settings WHERE key = ? AND value = ?", [CURRENT_PROJECT + person, json.dumps(project_id)]
    )
    return bool(cursor.rowcount)


def role_of(db: Database, project_id: str, person: str) -> str | None:
    """The person's role in the project; None for whoever is no member."""
    sql = "SELECT role FROM members WHERE project = ? AND person = ?"
    row = db.conn.execute(sql, [project_id, person]).fetchone()
    return row[0] if row else None


def roles_of(db: Database, person: str) -> dict[str, str]:
    """The person's role by project, archived ones among them."""
    return dict(db.conn.execute("SELECT project, role FROM members WHERE person = ?", [person]).fetchall())


def members(db: Database, project_id: str) -> list[Member]:
    """The members, by person."""
    sql = "SELECT project, person, role FROM members WHERE project = ? ORDER BY person"
    return [Member(**row) for row in fetch(db, sql, [project_id])]


def current(db: Database, person: str) -> str:
    """The project that the person's new runs go to; "" for none, also where it was archived or left meanwhile."""
    chosen = settings.get(db, CURRENT_PROJECT + person, "")
    return chosen if chosen and is_open(db, chosen, person) else ""


def set_current(db: Database, person: str, project_id: str) -> None:
    """Choose the project of the person's new runs; "" for none. Raises NotFound where the person may not use it."""
    if project_id and not is_open(db, project_id, person):
        raise NotFound(Message("project.unknown"))
    settings.put(db, CURRENT_PROJECT + person, project_id)


def is_open(db: Database, project_id: str, person: str) -> bool:
    """Whether the person is a member of the project and it is not archived."""
    sql = (
        "SELECT 1 FROM members m JOIN projects p ON p.id = m.project "
        "WHERE p.id = ? AND m.person = ? AND p.archived_at IS NULL"
    )
    return db.conn.execute(sql, [project_id, person]).fetchone() is not None


def latest_shared(db: Database, project_id: str, limit: int = 200) -> list[str]:
    """Ids of the newest runs that the members see."""
    sql = "SELECT id FROM runs WHERE shared = 1 AND project = ? AND trashed_at IS NULL ORDER BY seq DESC LIMIT ?"
    return [row[0] for row in db.conn.execute(sql, [project_id, limit]).fetchall()]


def _project(row: dict[str, Any]) -> Project:
    archived_at = row["archived_at"] and datetime.fromisoformat(row["archived_at"])
    created_at = datetime.fromisoformat(row["created_at"])
    return Project(row["id"], row["name"], created_at, archived_at, json.loads(row["settings"]))

"""The role in which a person spends and decides, in the studio or a project, and the names that limits are shown by."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.permissions import LEAST_ROLE, Action, Role


@dataclass(frozen=True)
class SpendingRole:
    """A role with where it comes from. of_project: from the membership, rather than from the studio."""

    role: Role
    of_project: bool = False

    @property
    def may_spend(self) -> bool:
        """Whether paid runs of this role start without a decision, as far as no limit keeps them back."""
        return self.role.includes(LEAST_ROLE[Action.CREATE])

    @property
    def may_approve(self) -> bool:
        """Whether this role decides about runs of others."""
        return self.role.includes(LEAST_ROLE[Action.APPROVE])


def has_people(db: Database) -> bool:
    """Whether the studio has accounts at all."""
    return db.conn.execute("SELECT 1 FROM people LIMIT 1").fetchone() is not None


def of_person(db: Database, person: str, project: str = "") -> SpendingRole | None:
    """The role that counts in this project ("" for none); None for somebody without an account, or a closed one.

    An administrator of the studio is one everywhere; else the membership counts in a project.
    """
    row = db.conn.execute("SELECT role FROM people WHERE id = ? AND disabled_at IS NULL", [person]).fetchone()
    if row is None:
        return None
    role = Role(row[0])
    if not project or role == Role.ADMIN:
        return SpendingRole(role)
    sql = "SELECT role FROM members WHERE project = ? AND person = ?"
    member = db.conn.execute(sql, [project, person]).fetchone()
    return SpendingRole(Role(member[0]), of_project=True) if member else SpendingRole(role)


def others_who_approve(db: Database, person: str, project: str = "") -> bool:
    """Whether somebody else with an open account may approve what this person asks for. project: as its member too."""
    decide = [role.value for role in Role if role.includes(LEAST_ROLE[Action.APPROVE])]
    marks = ", ".join("?" * len(decide))
    sql = (
        f"SELECT 1 FROM people p WHERE p.disabled_at IS NULL AND p.id != ? AND (p.role IN ({marks}) OR EXISTS "
        f"(SELECT 1 FROM members m WHERE m.person = p.id AND m.project = ? AND m.role IN ({marks}))) LIMIT 1"
    )
    return db.conn.execute(sql, [person, *decide, project, *decide]).fetchone() is not None


def name_of(db: Database, subject: str) -> str:
    """The name that people see of a person, a project or an access token; "" for none, the id where it is gone."""
    if not subject:
        return ""
    queries = (
        "SELECT coalesce(nullif(name, ''), login) FROM people WHERE id = ?",
        "SELECT name FROM projects WHERE id = ?",
        "SELECT name FROM access_tokens WHERE id = ?",
    )
    found = (db.conn.execute(sql, [subject]).fetchone() for sql in queries)
    return next((row[0] for row in found if row), subject)


def token_limit(db: Database, token: str) -> float | None:
    """Dollars that an access token may spend in all; None is no limit of its own."""
    row = db.conn.execute("SELECT usd_limit FROM access_tokens WHERE id = ?", [token]).fetchone()
    return row[0] if row else None

"""How much people and projects may spend, and who spends only with approval. Amounts are US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from studio.store.ledger import MOST_USD

Scope = Literal["person", "project"]


@dataclass(frozen=True)
class SpendLimits:
    """Most dollars for one run, a day and a calendar month (UTC); None: no limit."""

    run_usd: float | None = None
    day_usd: float | None = None
    month_usd: float | None = None

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return self != SpendLimits()


def get(db: Database, scope: Scope, subject: str) -> SpendLimits:
    """The budget of a person or project; without limits where none was set."""
    sql = "SELECT run_usd, day_usd, month_usd FROM budgets WHERE scope = ? AND subject = ?"
    row = db.conn.execute(sql, [scope, subject]).fetchone()
    return SpendLimits(*row) if row else SpendLimits()


def put(db: Database, scope: Scope, subject: str, limits: SpendLimits) -> None:
    """Set a budget; limits without any take it away."""
    db.conn.execute("DELETE FROM budgets WHERE scope = ? AND subject = ?", [scope, subject])
    if limits.any:
        sql = "INSERT INTO budgets (scope, subject, run_usd, day_usd, month_usd) VALUES (?, ?, ?, ?, ?)"
        db.conn.execute(sql, [scope, subject, limits.run_usd, limits.day_usd, limits.month_usd])


def all_of(db: Database, scope: Scope) -> dict[str, SpendLimits]:
    """Every budget of a kind by person or project."""
    sql = "SELECT subject, run_usd, day_usd, month_usd FROM budgets WHERE scope = ?"
    return {row[0]: SpendLimits(*row[1:]) for row in db.conn.execute(sql, [scope]).fetchall()}


def spent(db: Database, scope: Scope | Literal["token"], subject: str, since_day: str) -> float:
    """Dollars spent and set aside by a person, a project or an access token from this day (ISO date, UTC) on.

    What people pay themselves, with keys of their own or of their session, counts for a token only.
    """
    where = {
        "person": "owner = :subject AND day >= :since AND paid_by IN ('', 'project')",
        "project": "project = :subject AND project != '' AND day >= :since AND paid_by IN ('', 'project')",
        "token": "(run IN (SELECT id FROM runs WHERE token = :subject AND token != '')"
        " OR (token = :subject AND token != '')) AND day >= :since",
    }[scope]
    sql = f"SELECT coalesce(sum(usd), 0) FROM ledger WHERE {where} AND abs(usd) < {MOST_USD}"
    return db.conn.execute(sql, {"subject": subject, "since": since_day}).fetchone()[0]


def approval_limit(db: Database, project: str, role: str) -> float | None:
    """Above how many dollars a press of this role in this project ("" for none) needs approval; None: never.

    What is set for the project counts before what is set for the whole studio.
    """
    sql = "SELECT over_usd FROM approval_limits WHERE project IN (?, '') AND role = ? ORDER BY project DESC LIMIT 1"
    row = db.conn.execute(sql, [project, role]).fetchone()
    return row[0] if row else None


def set_approval_limit(db: Database, project: str, role: str, over_usd: float | None) -> None:
    """Set or (None) take away such a limit; 0 makes every paid press wait."""
    db.conn.execute("DELETE FROM approval_limits WHERE project = ? AND role = ?", [project, role])
    if over_usd is not None:
        sql = "INSERT INTO approval_limits (project, role, over_usd) VALUES (?, ?, ?)"
        db.conn.execute(sql, [project, role, over_usd])


def approval_limits(db: Database, project: str) -> dict[str, float]:
    """What is set for this project itself ("" for the studio), by role."""
    sql = "SELECT role, over_usd FROM approval_limits WHERE project = ?"
    return dict(db.conn.execute(sql, [project]).fetchall())

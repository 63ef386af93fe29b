"""Money: a row when it is set aside for a run (reserve), one when the true amount is known (settle) or nothing was
spent (release), and one for what the provider paid back (refund; above zero where that was noted by mistake).

Rows are only ever added, and `usd` is the change each one makes, so that spent money is always the plain sum, with
what is set aside counted as spent. Every row of a run carries the day of its reservation. project: the one the run was
in when the row was written. paid_by: whose keys it was sent with, "" for the studio's. What no run has cost, such as an
answer of a language model, is an Expense in the same rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlite_utils import Database

from studio.domain import Run
from studio.store.mapping import stamp

MOST_USD = 1e6
"""More than any run can cost. Rows beyond it, of an older version, are left out of sums."""
_INSERT = (
    "INSERT INTO ledger (run, owner, project, model, day, at, kind, usd, paid_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
    "coalesce((SELECT substr(account, 1, max(0, instr(account, ':') - 1)) FROM runs WHERE runs.id = ?), ''))"
)
_INSERT_EXPENSE = (
    "INSERT INTO ledger (run, owner, project, model, day, at, kind, usd, paid_by, token) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
GROUPS = {"model": "model", "owner": "owner", "project": "project"}


@dataclass(frozen=True)
class Expense:
    """Something else than a run that costs money. id: of its own. model: what it is summed under. account: of the keys
    that pay, as in runs. token: the access token that answers for it, "" for none."""

    id: str
    owner: str
    project: str
    model: str
    account: str = ""
    token: str = ""


def is_amount(usd: float | None) -> bool:
    """Whether this can be an amount of money: a finite number, not below zero, not beyond reason."""
    return usd is not None and math.isfinite(usd) and 0 <= usd < MOST_USD


def reserve(db: Database, run: Run | Expense, usd: float) -> None:
    """Set money aside for a run that is about to be submitted. Nothing happens where some is set aside already."""
    if is_amount(usd) and reserved(db, run.id) is None:
        _add(db, run, "reserve", usd, stamp()[:10])


def settle(db: Database, run: Run | Expense, usd: float | None) -> None:
    """Book the true cost in the place of what was set aside; None keeps the estimate, since it may have been billed.

    What is no amount of money (not finite, below zero) counts as None.
    """
    usd = usd if is_amount(usd) else None
    if (open_reservation := reserved(db, run.id)) is not None:
        day, amount = open_reservation
        _add(db, run, "settle", 0.0 if usd is None else usd - amount, day)
    elif usd:
        _add(db, run, "settle", usd, stamp()[:10])


def release(db: Database, run: Run | Expense) -> None:
    """Give back what was set aside: nothing was billed."""
    if (open_reservation := reserved(db, run.id)) is not None:
        _add(db, run, "release", -open_reservation[1], open_reservation[0])


def refund(db: Database, run_id: str, owner: str, model: str, usd: float) -> None:
    """Take off what the provider paid back for a run, on the day of its spending; below zero puts it back."""
    sql = "SELECT day, project FROM ledger WHERE run = ? ORDER BY seq DESC LIMIT 1"
    day, project = db.conn.execute(sql, [run_id]).fetchone() or (stamp()[:10], "")
    db.conn.execute(_INSERT, [run_id, owner, project, model, day, stamp(), "refund", -usd, run_id])


def booked(db: Database, run_id: str) -> float:
    """Dollars that count as spent for the run, set aside or settled."""
    sql = f"SELECT coalesce(sum(usd), 0) FROM ledger WHERE run = ? AND abs(usd) < {MOST_USD}"
    return round(db.conn.execute(sql, [run_id]).fetchone()[0], 6)


def reserved(db: Database, run_id: str) -> tuple[str, float] | None:
    """Day and dollars of the open reservation of the run, if there is one."""
    row = db.conn.execute(
        "SELECT kind, day, usd FROM ledger WHERE run = ? ORDER BY seq DESC LIMIT 1", [run_id]
    ).fetchone()
    return (row[1], row[2] if is_amount(row[2]) else 0.0) if row and row[0] == "reserve" else None


def spent(db: Database, since_day: str) -> float:
    """Dollars spent and set aside with the studio's keys from this day (ISO date, UTC) on."""
    sql = f"SELECT coalesce(sum(usd), 0) FROM ledger WHERE day >= ? AND paid_by = '' AND abs(usd) < {MOST_USD}"
    return db.conn.execute(sql, [since_day]).fetchone()[0]


def spend_by(db: Database, group: str, since_day: str = "") -> list[tuple[str, float, int]]:
    """Key, dollars and number of runs for each model, owner or project, sorted by key."""
    column = GROUPS[group]
    sql = (
        f"SELECT {column}, round(sum(usd), 6), count(DISTINCT run) FROM ledger "
        f"WHERE day >= ? AND abs(usd) < {MOST_USD} "
        f"GROUP BY {column} ORDER BY {column}"
    )
    return [(r[0], r[1], r[2]) for r in db.conn.execute(sql, [since_day]).fetchall()]


def spend_by_day(db: Database, zone: tzinfo, since: date | None) -> list[tuple[str, float, int]]:
    """ISO date, dollars and number of runs for each day in this time zone from `since` on (None: ever), sorted by day.

    A run counts on the day on which money was first set aside for it.
    """
    sql = f"SELECT min(at), sum(usd) FROM ledger WHERE day >= ? AND abs(usd) < {MOST_USD} GROUP BY run"  # day is in UTC
    days: dict[str, tuple[float, int]] = {}
    for at, usd in db.conn.execute(sql, [(since - timedelta(days=1)).isoformat() if since else ""]).fetchall():
        day = datetime.fromisoformat(at).astimezone(zone).date()
        if since is None or day >= since:
            total, runs = days.get(day.isoformat(), (0.0, 0))
            days[day.isoformat()] = (total + usd, runs + 1)
    return [(day, round(usd, 6), runs) for day, (usd, runs) in sorted(days.items())]


def _add(db: Database, run: Run | Expense, kind: str, usd: float, day: str) -> None:
    if isinstance(run, Expense):
        payer = run.account.partition(":")[0]
        values = [run.id, run.owner, run.project, run.model, day, stamp(), kind, usd, payer, run.token]
        db.conn.execute(_INSERT_EXPENSE, values)
        return
    db.conn.execute(_INSERT, [run.id, run.owner, run.project, run.model, day, stamp(), kind, usd, run.id])

"""Spending limits, checked in the transaction that claims a run; money set aside for others counts as spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlite_utils import Database

from studio.domain import Run
from studio.messages import Message
from studio.store import ledger, runs, settings
from studio.store.mapping import stamp

SETTINGS_KEY = "limits"


@dataclass(frozen=True)
class SpendLimits:
    """Most dollars for one run, a day and a calendar month (UTC); None: no limit."""

    run_usd: float | None = None
    day_usd: float | None = None
    month_usd: float | None = None


def read(db: Database) -> SpendLimits:
    """The limits as they were last set."""
    return SpendLimits(**settings.get(db, SETTINGS_KEY, {}))


def write(db: Database, limits: SpendLimits) -> None:
    """Keep new limits; they count from the next run on."""
    settings.put(db, SETTINGS_KEY, asdict(limits))


def has_limits(db: Database) -> bool:
    """Whether any limit is set."""
    return read(db) != SpendLimits()


def exceeded_limit(db: Database, run: Run) -> str | None:
    """A sentence when this run would pass a limit, unless a person has let it through."""
    usd = run.estimate_usd or 0.0
    if not usd or not has_limits(db) or runs.job_columns(db, run.id)["budget_waived"]:
        return None
    return exceeded_by(db, [usd])


def exceeded_by(db: Database, amounts: Sequence[float]) -> str | None:
    """A sentence when runs of these prices in dollars, all of them together, would pass a limit."""
    limits, total = read(db), sum(amounts)
    dearest = max(amounts, default=0.0)
    if limits.run_usd is not None and dearest > limits.run_usd:
        return Message("budget.one_run", usd=f"{dearest:.2f}", limit=f"{limits.run_usd:.2f}")
    today = stamp()[:10]
    for name, limit, first_day in (("day", limits.day_usd, today), ("month", limits.month_usd, today[:8] + "01")):
        if limit is None:
            continue
        spent = ledger.spent(db, first_day)
        if total and spent + total > limit + 1e-9:
            used = Message(f"budget.used_{name}", spent=f"{spent:.2f}", limit=f"{limit:.2f}")
            if len(amounts) > 1:
                return Message("budget.period_several", count=len(amounts), usd=f"{total:.2f}", used=used)
            return Message("budget.period", usd=f"{total:.2f}", used=used)
    return None

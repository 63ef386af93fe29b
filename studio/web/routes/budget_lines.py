"""What is left of a budget, in words."""

from __future__ import annotations

from studio.jobs.budget import Budget
from studio.messages import Message


def budget_line(one: Budget) -> str:
    """What is left of a budget, as a sentence: "12.40 of 50.00 left in Coffee film this month"."""
    limits = one.limits
    month = limits.month_usd is not None
    limit, spent = (limits.month_usd, one.spent_month_usd) if month else (limits.day_usd, one.spent_day_usd)
    if limit is None:
        return Message("budget.left_run", name=_owner(one), limit=f"{limits.run_usd or 0.0:.2f}")
    values = {"left": f"{max(0.0, limit - spent):.2f}", "limit": f"{limit:.2f}", "name": _owner(one)}
    if one.kind == "token":
        return Message("budget.left_all", **values)
    period = "month" if month else "day"
    return Message(f"budget.left_{period}{'_person' if one.kind == 'person' else ''}", **values)


def _owner(one: Budget) -> str:
    return one.name or Message("budget.the_studio")

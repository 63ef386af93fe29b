"""Spending limits of the studio, of people, projects and access tokens, and what needs approval.

Checked in the transaction that claims a run and sets its money aside, so that two runs never both fit into what is
left for one; money set aside for others counts as spent. What a limit keeps back waits for a person (jobs.approval).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlite_utils import Database

from studio.domain import HeldReason, Run
from studio.messages import Message, Text, term
from studio.store import approvals, budgets, ledger, roles, settings
from studio.store.budgets import SpendLimits
from studio.store.mapping import stamp

SETTINGS_KEY = "limits"
Kind = Literal["studio", "person", "project", "token"]


@dataclass(frozen=True)
class Spender:
    """Who spends: owner is a person ("" for the local user), project and token are "" for none. account: of the keys
    that are used, "" for the studio's."""

    owner: str = ""
    project: str = ""
    token: str = ""
    account: str = ""

    @property
    def is_own_money(self) -> bool:
        """Whether the person pays, by a key of their own or of their session: limits of the studio do not count."""
        return bool(self.account) and not self.account.startswith("project:")

    @classmethod
    def of(cls, run: Run) -> Spender:
        """Whoever this run belongs to."""
        return cls(run.owner, run.project, run.token, run.account)


@dataclass(frozen=True)
class Budget:
    """Limits with what is spent or set aside of them. subject: a person, project or token; "" for the studio."""

    kind: Kind
    subject: str
    name: str
    limits: SpendLimits
    spent_day_usd: float
    spent_month_usd: float

    @property
    def left_usd(self) -> float | None:
        """The least that is left, not below 0; None without a limit."""
        pairs = ((self.limits.day_usd, self.spent_day_usd), (self.limits.month_usd, self.spent_month_usd))
        left = [limit - spent for limit, spent in pairs if limit is not None]
        return max(0.0, min(left)) if left else None


@dataclass(frozen=True)
class Excess:
    """Why a run may not start without a decision. local: members of the run's project decide, as it is their limit."""

    kind: Kind | Literal["role"]
    reason: HeldReason
    why: Text
    local: bool = False


def read(db: Database) -> SpendLimits:
    """The studio's limits as they were last set."""
    return SpendLimits(**settings.get(db, SETTINGS_KEY, {}))


def write(db: Database, limits: SpendLimits) -> None:
    """Keep new limits of the studio; they count from the next run on."""
    settings.put(db, SETTINGS_KEY, asdict(limits))


def has_rules(db: Database) -> bool:
    """Whether anything may keep runs back: cheap to ask before every claim."""
    if read(db).any:
        return True
    sql = "SELECT EXISTS (SELECT 1 FROM people) OR EXISTS (SELECT 1 FROM budgets)"
    return bool(db.conn.execute(sql).fetchone()[0])


def of_spender(db: Database, who: Spender) -> list[Budget]:
    """The budgets that this spending counts against and that limit anything: the project's first, the studio's last."""
    limits: list[tuple[Kind, str, SpendLimits]] = []
    if who.project and not who.is_own_money:
        limits.append(("project", who.project, budgets.get(db, "project", who.project)))
    if who.owner and not who.is_own_money:
        limits.append(("person", who.owner, budgets.get(db, "person", who.owner)))
    if not who.account:
        limits.append(("studio", "", read(db)))
    found = [_budget(db, kind, subject, one) for kind, subject, one in limits if one.any]
    if who.token and (most := roles.token_limit(db, who.token)) is not None:
        spent = budgets.spent(db, "token", who.token, "")
        name = roles.name_of(db, who.token)
        found.insert(0, Budget("token", who.token, name, SpendLimits(month_usd=most), 0.0, spent))
    return found


def _budget(db: Database, kind: Kind, subject: str, limits: SpendLimits) -> Budget:
    today = stamp()[:10]
    day, month = (_spent(db, kind, subject, since) for since in (today, today[:8] + "01"))
    return Budget(kind, subject, roles.name_of(db, subject), limits, day, month)


def _spent(db: Database, kind: Kind, subject: str, since_day: str) -> float:
    return ledger.spent(db, since_day) if kind == "studio" else budgets.spent(db, kind, subject, since_day)


def excess_of_run(db: Database, run: Run) -> Excess | None:
    """Why this run may not start now, unless it was approved as it is. For the transaction that reserves its money."""
    return next(iter(excesses_of_run(db, run)), None)


def excesses_of_run(db: Database, run: Run) -> Iterator[Excess]:
    """Everything that keeps this run back and is not approved."""
    if run.estimate_usd == 0.0:
        return
    covered = approvals.covered(db, run)
    if covered == "all":
        return
    amounts = _batch_amounts(db, run)
    found = [needs_approval(db, Spender.of(run), amounts), *exceeded(db, Spender.of(run), [run.estimate_usd or 0.0])]
    yield from (one for one in found if one and not (covered == "project" and one.local))


def _batch_amounts(db: Database, run: Run) -> list[float | None]:
    """Prices of the run's whole press of Generate, which is one question."""
    sql = "SELECT estimate_usd FROM runs WHERE batch = ? AND batch != '' AND status != 'cancelled' AND id != ?"
    return [run.estimate_usd, *(row[0] for row in db.conn.execute(sql, [run.batch, run.id]).fetchall())]


def needs_approval(db: Database, who: Spender, amounts: Sequence[float | None]) -> Excess | None:
    """Why a press of these prices needs approval, by the role of its person. None for the local user."""
    if not who.owner or who.is_own_money or not any(usd is None or usd > 0 for usd in amounts):
        return None
    role = roles.of_person(db, who.owner, who.project)
    if role is None and not roles.has_people(db):
        return None
    limit = budgets.approval_limit(db, who.project, role.role) if role and role.may_spend else 0.0
    if limit is None:
        return None
    unpriced, total = any(usd is None for usd in amounts), sum(usd or 0.0 for usd in amounts)
    if not unpriced and total <= limit + 1e-9:
        return None
    values = {"role": term(role.role.value if role else "guest"), "usd": f"{total:.2f}", "limit": f"{limit:.2f}"}
    if unpriced:
        why = Message("approval.unpriced", role=values["role"])
    elif not limit:
        why = Message("approval.every_paid", count=len(amounts), role=values["role"], usd=values["usd"])
    else:
        why = Message("approval.over", count=len(amounts), **values)
    local = bool(who.project) and role is not None and role.of_project
    return Excess("role", HeldReason.APPROVAL, why, local=local)


def exceeded_by(db: Database, amounts: Sequence[float], who: Spender | None = None) -> str | None:
    """A sentence when runs of these prices in dollars, all of them together, would pass a limit."""
    return next((one.why for one in exceeded(db, who or Spender(), amounts)), None)


def exceeded(db: Database, who: Spender, amounts: Sequence[float]) -> Iterator[Excess]:
    """Every limit that runs of these prices in dollars, all of them together, would pass.

    The one check of money: call it in the transaction that books or stores the runs. Budgets of the person, the
    project, the access token (its own dollars, in all) and the studio count.
    """
    total = sum(amounts)
    if total <= 0:
        return
    for budget in of_spender(db, who):
        if why := _excess(budget, amounts, total):
            yield Excess(budget.kind, HeldReason.BUDGET, why, local=budget.kind == "project")


def _excess(budget: Budget, amounts: Sequence[float], total: float) -> str | None:
    limits, dearest = budget.limits, max(amounts)
    name = budget.name
    if limits.run_usd is not None and dearest > limits.run_usd + 1e-9:
        values = {"usd": f"{dearest:.2f}", "limit": f"{limits.run_usd:.2f}"}
        return Message("budget.one_run_of", name=name, **values) if budget.name else Message("budget.one_run", **values)
    periods = (("day", limits.day_usd, budget.spent_day_usd), ("month", limits.month_usd, budget.spent_month_usd))
    for period, limit, spent in periods:
        if limit is None or spent + total <= limit + 1e-9:
            continue
        period = "all" if budget.kind == "token" else period
        used = Message(f"budget.used_{period}", spent=f"{spent:.2f}", limit=f"{limit:.2f}")
        if budget.name:
            used = Message("budget.of", name=name, used=used)
        if len(amounts) > 1:
            return Message("budget.period_several", count=len(amounts), usd=f"{total:.2f}", used=used)
        return Message("budget.period", usd=f"{total:.2f}", used=used)
    return None

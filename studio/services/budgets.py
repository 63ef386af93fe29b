"""What people and projects may spend and have spent, who needs approval above what, and turns in the queue."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass

from studio.catalogue import Model
from studio.errors import CapabilityError, NotConfigured
from studio.jobs import budget
from studio.jobs.budget import Budget, Spender
from studio.messages import Message
from studio.permissions import Action, Actor, Role
from studio.services.context import Context
from studio.store import budgets, fair_queue, people, projects, roles
from studio.store.budgets import Scope, SpendLimits
from studio.store.mapping import stamp

MAX_USD = 1e6


@dataclass(frozen=True)
class SpendingRow:
    """One person or project: limits, and dollars spent or set aside. weight: of a person's turns in the queue."""

    subject: str
    name: str
    limits: SpendLimits
    spent_day_usd: float
    spent_month_usd: float
    weight: float = 1.0


@dataclass(frozen=True)
class Spending:
    """Everybody's and every project's; approval: dollars above which a role needs one, by project ("" the studio)."""

    people: tuple[SpendingRow, ...]
    projects: tuple[SpendingRow, ...]
    approval: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Affordable:
    """What a press of these prices meets. budgets: those that count. why: what keeps it waiting, None for nothing.

    payer: whose key it is sent with, in words; "" in a studio without accounts.
    """

    budgets: tuple[Budget, ...]
    why: str | None
    payer: str = ""


class Budgets:
    """As one actor may see and set them."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor = context, actor

    @property
    def may_set(self) -> bool:
        """Whether the actor may set limits."""
        return self._actor.may(Action.MANAGE_STUDIO)

    def affordable(
        self, amounts: list[float | None], model: Model | None = None, project: str | None = None
    ) -> Affordable:
        """What is left for the actor, and what would make runs of these prices wait, without booking anything.

        project: None is the one that new runs go to.
        """
        with self._context.store.read() as db:
            project = projects.current(db, self._actor.id) if project is None else project
            account = self._account(model, project)
            who = Spender(self._actor.id, project, self._actor.token, account)
            needs = budget.needs_approval(db, who, amounts)
            over = next(budget.exceeded(db, who, [usd or 0.0 for usd in amounts]), None)
            found = budget.of_spender(db, who)
            payer = "" if self._actor.is_local else _payer(account, roles.name_of(db, project))
        why = needs or over
        return Affordable(tuple(found), why.why if why else None, payer)

    def _account(self, model: Model | None, project: str) -> str:
        """With whose keys a press goes; "" also where nobody's may be used, which the press says itself."""
        if model is not None:
            with suppress(NotConfigured):
                return self._context.accounts.choose(self._actor.id, model, project)
        return ""

    def spending(self) -> Spending:
        """Every person and project with limits and spending of today and this month (UTC)."""
        today = stamp()[:10]
        with self._context.store.read() as db:
            weights, limits = fair_queue.weights(db), budgets.all_of(db, "person")
            accounts = [p for p in people.everyone(db) if not p.disabled_at or p.id in limits]
            of_projects = budgets.all_of(db, "project")
            found = projects.all_of(db, "" if self._actor.may(Action.SEE_SPENDING) else self._actor.id)

            def row(scope: Scope, subject: str, name: str, set_: SpendLimits | None) -> SpendingRow:
                day, month = (budgets.spent(db, scope, subject, since) for since in (today, today[:8] + "01"))
                return SpendingRow(
                    subject, name, set_ or SpendLimits(), round(day, 6), round(month, 6), weights.get(subject, 1.0)
                )

            return Spending(
                tuple(row("person", p.id, p.shown_name, limits.get(p.id)) for p in accounts),
                tuple(row("project", p.id, p.name, of_projects.get(p.id)) for p in found if not p.archived_at),
                {project: budgets.approval_limits(db, project) for project in ("", *(p.id for p in found))},
            )

    def set_budget(
        self, scope: Scope, subject: str, *, run_usd: float | None = None, day_usd: float | None = None,
        month_usd: float | None = None,
    ) -> SpendLimits:  # fmt: skip
        """Set all three limits of a person or a project; None means no limit.

        Raises CapabilityError (field), NotFound.
        """
        limits = SpendLimits(run_usd, day_usd, month_usd)
        for field, usd in asdict(limits).items():
            _check_amount(field, usd)
        with self._context.store.write() as db:
            if scope == "person":
                people.get(db, subject)
            else:
                projects.get(db, subject)
            budgets.put(db, scope, subject, limits)
        self._context.notify_changed()
        return limits

    def set_approval_limit(self, role: str, over_usd: float | None, project: str = "") -> None:
        """Above how many dollars a press of this role waits for approval; 0: every paid one, None: none.

        project: "" for the whole studio. Raises CapabilityError, NotFound.
        """
        if role not in set(Role):
            raise CapabilityError(Message("approval.no_role"), field="role", value=role)
        _check_amount("over_usd", over_usd)
        with self._context.store.write() as db:
            if project:
                projects.get(db, project)
            budgets.set_approval_limit(db, project, role, over_usd)
        self._context.notify_changed()

    def set_weight(self, person: str, weight: float) -> None:
        """How many starts a person gets in the queue for each of somebody with weight 1."""
        low, high = fair_queue.MIN_WEIGHT, fair_queue.MAX_WEIGHT
        if not low <= weight <= high:
            raise CapabilityError(Message("queue.weight_range", low=low, high=high), field="weight", value=weight)
        with self._context.store.write() as db:
            people.get(db, person)
            fair_queue.set_weight(db, person, weight)
        self._context.notify_changed()


def _payer(account: str, project: str) -> Message:
    if account.startswith("project:"):
        return Message("ownkey.pays_project", name=project)
    if not account:
        return Message("ownkey.pays_studio")
    if account.startswith("hub:"):
        return Message("sessionkey.hub_pays")
    return Message("ownkey.pays_person") if account.startswith("person:") else Message("ownkey.pays_session")


def _check_amount(field: str, usd: float | None) -> None:
    if usd is not None and not 0 <= usd <= MAX_USD:
        raise CapabilityError(Message("budget.not_dollars", field=field, usd=usd), field=field, value=usd)

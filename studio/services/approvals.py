"""Runs that wait for a decision about money: who asks for what, which limit keeps it back, and the decisions.

The runs of one press are one question. Decisions about several questions are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from studio.domain import Run
from studio.errors import NotAllowed, NotFound
from studio.jobs import approval, budget
from studio.jobs.budget import Budget, Spender
from studio.messages import Message
from studio.permissions import Action, Actor
from studio.services.context import Context
from studio.store import approvals, roles, runs


@dataclass(frozen=True)
class Question:
    """The waiting runs of one press. id: of the batch. usd: of all of them, None where a price is not known.

    left: the budgets that they count against. refusal: why the actor may not decide, None where they may.
    """

    id: str
    runs: tuple[Run, ...]
    person: str
    person_name: str
    project: str
    project_name: str
    asked_at: datetime
    usd: float | None
    why: str
    left: tuple[Budget, ...]
    refusal: str | None


@dataclass(frozen=True)
class Decided:
    """A decision about a run. decided_by: the name; "" for the local user."""

    run: Run
    approved: bool
    decided_by: str
    reason: str
    at: datetime


class Approvals:
    """As one actor sees them: what they may decide about, and what they themselves wait for."""

    def __init__(self, context: Context, actor: Actor) -> None:
        self._context, self._actor = context, actor

    def pending(self) -> list[Question]:
        """Every question that the actor may decide, or has asked, the oldest first."""
        with self._context.store.read() as db:
            return self._pending(db)

    @property
    def concerned(self) -> bool:
        """Whether there is, or lately was, a question that the actor may decide or has asked."""
        return bool(self.pending() or self.decided(1))

    def _pending(self, db: Database) -> list[Question]:
        presses: dict[str, list[Run]] = {}
        for run in runs.held_for(db, approval.MONEY_HOLDS):
            presses.setdefault(run.batch or run.id, []).append(run)
        found = [self._question(db, press, its_runs) for press, its_runs in presses.items()]
        return [one for one in found if one.refusal is None or one.person == self._actor.id]

    def _question(self, db: Database, press: str, its_runs: list[Run]) -> Question:
        first, prices = its_runs[0], [run.estimate_usd for run in its_runs]
        usd = None if None in prices else round(sum(price or 0.0 for price in prices), 6)
        return Question(
            id=press, runs=tuple(its_runs), person=first.owner, person_name=roles.name_of(db, first.owner),
            project=first.project, project_name=roles.name_of(db, first.project), asked_at=first.created_at, usd=usd,
            why=first.error or "", left=tuple(budget.of_spender(db, Spender.of(first))),
            refusal=self._refusal(db, first),
        )  # fmt: skip

    def _refusal(self, db: Database, run: Run) -> Message | None:
        if self._actor.scope != "full":
            return Message("approval.not_by_token")
        return approval.refusal(db, self._actor.id, run)

    def refusal(self, run: Run) -> Message | None:
        """Why the actor may not decide about this run; None where they may."""
        with self._context.store.read() as db:
            return self._refusal(db, run)

    def decide(self, questions: Sequence[str], *, approve: bool, reason: str = "") -> list[Run]:
        """Approve or reject every waiting run of these presses; the runs as they are then.

        Raises NotFound for a question that the actor does not see or that is answered already, NotAllowed where it is
        not theirs to decide; then nothing was decided.
        """
        with self._context.store.write() as db:
            asked = {one.id: one for one in self._pending(db)}
            decided: list[Run] = []
            for question in dict.fromkeys(questions):
                if question not in asked:
                    raise NotFound(Message("approval.gone"))
                of_press = asked[question].runs
                decided += [self._decide(db, run, approve=approve, reason=reason.strip()) for run in of_press]
        self._context.notify_changed(*(run.id for run in decided))
        return decided

    def _decide(self, db: Database, run: Run, *, approve: bool, reason: str) -> Run:
        if why := self._refusal(db, run):
            raise NotAllowed(why)
        return (approval.approve if approve else approval.reject)(db, run, self._actor.id, reason)

    def decided(self, limit: int = 30) -> list[Decided]:
        """Decisions about the actor's runs and those that they made, the latest first; a producer sees everybody's."""
        whose = "" if self._actor.is_local or self._actor.may(Action.APPROVE) else self._actor.id
        with self._context.store.read() as db:
            rows = approvals.latest(db, whose, limit)
            found = {run.id: run for run in runs.several(db, [row.run for row in rows])}
            return [
                Decided(found[row.run], row.approved, roles.name_of(db, row.by), row.reason, row.at)
                for row in rows
                if row.run in found
            ]

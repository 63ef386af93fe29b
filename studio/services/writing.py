"""Writing with the studio's language model, as one actor may use it: what it would cost, and the answer itself.

Money is set aside before a question is sent, in the transaction that looks at every limit, and settled with what the
answer cost. A question that needs an approval is refused: it cannot wait for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from studio.errors import BudgetError, StudioError
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.llm import prices
from studio.llm.endpoint import Endpoint, Source
from studio.messages import Message, joined, of_error, term
from studio.payload import Payload
from studio.permissions import Actor
from studio.services import writing_tasks
from studio.services.context import Context
from studio.services.language_model import LanguageModel
from studio.services.storyboards import Storyboards
from studio.services.token_spending import TokenSpending
from studio.services.writing_calls import WritingCall, WritingCalls
from studio.services.writing_tasks import WritingTask
from studio.store import ledger, projects
from studio.store.ledger import Expense
from studio.store.mapping import new_id

LEDGER_MODEL = "language-model/"
"""What answers are summed under, before the model's name."""


@dataclass(frozen=True)
class Availability:
    """Whether the actor can write with a language model. why: what keeps them from it, or None. local: it costs
    nothing."""

    available: bool
    source: Source | Literal[""] = ""
    model: str = ""
    models: tuple[str, ...] = ()
    local: bool = False
    why: str | None = None


@dataclass(frozen=True)
class Estimate:
    """The most that an answer can cost, in dollars; None where the price is not known. sentence: for people."""

    usd: float | None
    sentence: str


class Writing:
    """As one actor may use it. Nothing here waits for the model but the call that `start` returns."""

    def __init__(
        self, context: Context, actor: Actor, model: LanguageModel, calls: WritingCalls, spending: TokenSpending,
        storyboards: Storyboards,
    ) -> None:  # fmt: skip
        self._context, self._actor, self._model, self._calls = context, actor, model, calls
        self._spending, self._storyboards = spending, storyboards

    def available(self) -> Availability:
        """Whether there is a model that the actor may use. Asks nobody."""
        try:
            endpoint = self._model.endpoint(self._actor.id, self._project())
        except StudioError as error:
            return Availability(False, why=of_error(error))
        models = self._model.known_models(endpoint)
        return Availability(True, endpoint.source, endpoint.model, models, endpoint.local)

    def estimate(self, body: Payload) -> Estimate:
        """What the answer to this costs at most. Raises NotConfigured, NotFound, CapabilityError."""
        endpoint = self._model.endpoint(self._actor.id, self._project())
        usd = _most_usd(endpoint, self._work(body))
        return Estimate(usd, _price_sentence(endpoint, usd))

    def start(self, body: Payload) -> WritingCall:
        """Set the money aside and begin; whoever reads the call's events gets the answer, and must close it.

        Raises NotConfigured, NotFound, CapabilityError, BudgetError, NotAllowed, and Conflict while another answer of
        this actor is under way.
        """
        project = self._project()
        endpoint = self._model.endpoint(self._actor.id, project)
        work = self._work(body)
        owner = self._actor.id
        self._calls.enter(owner)
        try:
            expense = Expense(
                new_id("w_"),
                owner,
                project,
                f"{LEDGER_MODEL}{endpoint.model}",
                endpoint.account,
                self._actor.token,
            )
            self._reserve(expense, _most_usd(endpoint, work))

            def settle(usd: float | None, sent: bool) -> None:
                try:
                    self._settle(expense, usd, sent=sent)
                finally:
                    self._calls.leave(owner)

            call = WritingCall(endpoint, work, self._model.capabilities, settle=settle)
            self._calls.add(owner, call)
            return call
        except BaseException:
            self._calls.leave(owner)
            raise

    def _project(self) -> str:
        with self._context.store.read() as db:
            return projects.current(db, self._actor.id)

    def _work(self, body: Payload) -> WritingTask:
        return writing_tasks.build(body, self._context.catalogue, lambda board: self._storyboards.get(board).board)

    def _reserve(self, expense: Expense, usd: float | None) -> None:
        """Hold every limit, and set the money aside. Free answers touch no ledger."""
        if usd == 0:
            return
        with self._context.store.write() as db:
            self._hold_limits(db, expense, usd)
            if usd is not None:
                ledger.reserve(db, expense, usd)
            self._spending.charge_expense(db, usd)

    def _hold_limits(self, db: Database, expense: Expense, usd: float | None) -> None:
        who = Spender(expense.owner, expense.project, expense.token, expense.account)
        if excess := budget.needs_approval(db, who, [usd]):
            raise BudgetError(joined(excess.why, Message("writing.no_approval")))
        if excess := next(budget.exceeded(db, who, [usd or 0.0]), None):
            raise BudgetError(excess.why)

    def _settle(self, expense: Expense, usd: float | None, *, sent: bool) -> None:
        with self._context.store.write() as db:
            if ledger.reserved(db, expense.id) is None:
                return
            if sent:
                ledger.settle(db, expense, usd)
            else:
                ledger.release(db, expense)


def _most_usd(endpoint: Endpoint, work: WritingTask) -> float | None:
    return prices.usd(endpoint, endpoint.model, work.tokens_in, work.question.max_tokens)


def _price_sentence(endpoint: Endpoint, usd: float | None) -> str:
    model = term(endpoint.model)
    if endpoint.local:
        return Message("writing.free", model=model)
    if usd is None:
        return Message("writing.unpriced", model=model)
    shown = f"{usd:.4f}" if usd < 0.1 else f"{usd:.2f}"
    return Message("writing.price", model=model, usd=shown) if usd >= 0.0001 else Message("writing.tiny", model=model)

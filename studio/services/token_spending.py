"""What a program may spend by its access token: nothing, up to the token's own limit, or whatever its person may.

Held in the transaction that stores or releases runs, so that two calls at once cannot both have the last dollar. The
studio's limits and those of people hold beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.domain import Run
from studio.errors import BudgetError, NotAllowed
from studio.messages import Message
from studio.permissions import LOCAL_ACTOR, Actor
from studio.services.context import Context
from studio.store import people, token_spending

ROUNDING_USD = 1e-9


@dataclass(frozen=True)
class Allowance:
    """Dollars of an access token with a limit. spent_usd counts what runs under way may still cost."""

    limit_usd: float
    spent_usd: float

    @property
    def left_usd(self) -> float:
        """What may still be spent."""
        return max(0.0, round(self.limit_usd - self.spent_usd, 6))


class TokenSpending:
    """The spending of the token by which an actor acts; of one without a token nothing is asked."""

    def __init__(self, context: Context, actor: Actor = LOCAL_ACTOR) -> None:
        self._context, self._actor = context, actor

    @property
    def token(self) -> str:
        """Id of the token; "" without one."""
        return self._actor.token

    def allowance(self) -> Allowance | None:
        """What is left; None where the actor has no token, or one without a limit."""
        if not self.token:
            return None
        with self._context.store.read() as db:
            return _allowance(db, self.token)

    def charge(self, db: Database, runs: Sequence[Run], *, later_usd: Sequence[float | None] = ()) -> None:
        """Let the token answer for runs that were just stored, changed or released in this transaction.

        later_usd: prices of runs that will follow by themselves. Raises NotAllowed for a token of the scope `drafts`
        and BudgetError beyond the token's limit, where whatever has no price is refused, too.
        """
        if not self.token:
            return
        prices = [*(run.estimate_usd for run in runs), *later_usd]
        if self._actor.scope == "drafts" and any(usd is None or usd > 0 for usd in prices):
            raise NotAllowed(Message("token.drafts_only"))
        charge(db, self.token, runs, later_usd=later_usd)

    def charge_expense(self, db: Database, usd: float | None) -> None:
        """Let the token answer for an expense whose money is set aside in this transaction. usd: its price, None where
        it is not known. Raises as `charge` does."""
        if not self.token:
            return
        if self._actor.scope == "drafts" and usd != 0:
            raise NotAllowed(Message("token.drafts_only"))
        allowance = _allowance(db, self.token)
        if allowance is None or usd == 0:
            return
        if usd is None:
            raise BudgetError(Message("token.unpriced", limit=f"{allowance.limit_usd:.2f}"))
        if allowance.spent_usd > allowance.limit_usd + ROUNDING_USD:
            left_usd = max(0.0, allowance.limit_usd - (allowance.spent_usd - usd))
            limits = {"left": f"{left_usd:.2f}", "limit": f"{allowance.limit_usd:.2f}"}
            raise BudgetError(Message("token.limit", usd=f"{usd:.2g}", **limits))


def charge(db: Database, token: str, runs: Sequence[Run], *, later_usd: Sequence[float | None] = ()) -> None:
    """Let a token answer for these runs. Raises BudgetError beyond its limit."""
    token_spending.take_on(db, token, [run.id for run in runs])
    allowance = _allowance(db, token)
    if allowance is None:
        return
    prices = [*(run.estimate_usd for run in runs), *later_usd]
    if any(usd is None for usd in prices):
        raise BudgetError(Message("token.unpriced", limit=f"{allowance.limit_usd:.2f}"))
    spent_usd = allowance.spent_usd + sum(usd or 0.0 for usd in later_usd)
    if any(prices) and spent_usd > allowance.limit_usd + ROUNDING_USD:
        asked_usd = sum(usd or 0.0 for usd in prices)
        left_usd = max(0.0, allowance.limit_usd - (spent_usd - asked_usd))
        raise BudgetError(
            Message("token.limit", usd=f"{asked_usd:.2f}", left=f"{left_usd:.2f}", limit=f"{allowance.limit_usd:.2f}")
        )


def _allowance(db: Database, token_id: str) -> Allowance | None:
    token = people.token(db, token_id)
    if token is None or token.usd_limit is None:
        return None
    return Allowance(token.usd_limit, token_spending.spent(db, token_id))

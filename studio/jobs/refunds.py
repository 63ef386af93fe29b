"""Which ends of a run leave something to claim back: those that were billed, or may have been, without a result.

What certainly cost nothing never becomes a claim: free runs, runs that were not accepted, failures that the provider
does not bill, runs of engines that may be repeated for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.domain import HeldReason, Run
from studio.engines.addresses import LinkGone
from studio.engines.base import EngineInfo
from studio.errors import EngineError, MediaError, Moderated, UnknownHandle
from studio.store import refunds
from studio.store.refunds import Cause

HELD_CAUSES: dict[HeldReason, Cause] = {
    HeldReason.LOST_SUBMIT: "lost",
    HeldReason.LOST_TASK: "lost",
    HeldReason.BROKEN_RESULT: "broken",
}
"""Holds of runs that may have been billed."""


@dataclass(frozen=True)
class Bill:
    """What is known of the bill of a run without a result. usd: as the provider named it; None: the estimate counts.
    certain: the provider said that it bills; else it may have billed."""

    cause: Cause
    usd: float | None = None
    certain: bool = True


def bill_of(error: Exception, run: Run, info: EngineInfo) -> Bill | None:
    """The bill of a run that ended with this error; None where it certainly costs nothing."""
    if info.repeatable or run.handle is None:
        return None
    if isinstance(error, EngineError) and (error.billed or error.maybe_billed):
        cause: Cause = "moderated" if isinstance(error, Moderated) else "failed"
        return Bill(cause, error.cost_usd, certain=error.billed)
    return None


def held_cause(reason: HeldReason | None, error: Exception | None = None) -> Cause | None:
    """Why a held run may have been billed for nothing; None for holds of runs that were not sent, or go on."""
    cause = HELD_CAUSES.get(reason) if reason else None
    if cause and isinstance(error, UnknownHandle | LinkGone):
        return "expired"
    return "broken" if cause and isinstance(error, MediaError) else cause


def record(db: Database, run: Run, bill: Bill, why: str, *, booked: bool) -> None:
    """Note the bill, unless the run was free of charge."""
    usd = run.estimate_usd if bill.usd is None else bill.usd
    if usd is None or usd > 0:
        refunds.record(db, run, bill.cause, why, usd=usd, reported=bill.usd is not None, booked=booked)

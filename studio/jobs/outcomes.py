"""Maps an error to the run's next status: failed for good, held for a person, or queued again. One place, for every
engine."""

from __future__ import annotations

import logging
from typing import Any, Literal

from studio.domain import HeldReason, Phase, Run, Status
from studio.engines.addresses import LinkGone
from studio.engines.base import EngineInfo
from studio.errors import (
    MediaError,
    NotConfigured,
    OutOfCredit,
    StudioError,
    Unauthorised,
    UnknownHandle,
    UnknownOutcome,
    WorkerLost,
)
from studio.jobs import model_holds, refunds
from studio.jobs.refunds import Bill
from studio.messages import Message, joined, of_error, term

log = logging.getLogger(__name__)
MAX_CRASHES = 2
"""After so many crashes of the process that works on a run, only a person can start it again."""
MAX_ATTEMPTS = 5
"""How often a run of a repeatable engine is started while its work is lost each time."""

FETCH_PHASES = (Phase.DOWNLOADING, Phase.FINISHING)
"""Phases after the provider's work, which is billed by then."""

Money = Literal["keep", "release", "settle"]
"""What happens to reserved money: kept while the outcome is open, released, or booked as billed."""


class Outcome(Exception):
    """The run leaves `running` for another state. why is a sentence; reason is a HeldReason.

    note: shown beside the run afterwards. crashes: number of workers the run has lost, where that changed. cause: what
    counts towards a hold of the model's queue, see model_holds. bill: of a run without a result, see refunds.
    """

    def __init__(
        self, to: Status, why: str, *, reason: HeldReason | None = None, code: str | None = None, money: Money = "keep",
        note: str | None = None, crashes: int | None = None, cause: str | None = None, bill: Bill | None = None,
    ) -> None:  # fmt: skip
        super().__init__(why)
        self.to, self.why, self.reason, self.code = to, why, reason, code
        self.money: Money = money
        self.note, self.crashes, self.cause, self.bill = note, crashes, cause, bill

    @property
    def can_cancel_instead(self) -> bool:
        """Whether a request to cancel may be granted instead, because nothing at the provider is left in doubt."""
        return self.to == Status.QUEUED or (self.to == Status.HELD and self.money == "release")

    def columns(self) -> dict[str, Any]:
        """Columns of the run that go with the move."""
        columns: dict[str, Any] = {"note": self.note}
        if self.crashes is not None:
            columns |= {"crashes": self.crashes}
        if self.to == Status.FAILED:
            columns |= {"error": self.why, "error_code": self.code}
        if self.to == Status.HELD:
            columns |= {"held_reason": self.reason, "error": self.why, "error_code": self.code, "cancel_wanted": 0}
        if self.to == Status.QUEUED:
            columns |= {"handle": None}
        return columns


def from_error(error: Exception, run: Run, info: EngineInfo) -> Outcome:
    """The outcome of a run that ended with this error."""
    outcome = _from_error(error, run, info)
    outcome.cause = model_holds.cause_of(error, run)
    if outcome.to == Status.FAILED:
        outcome.bill = refunds.bill_of(error, run, info)
    elif held_for := refunds.held_cause(outcome.reason, error):
        outcome.bill = Bill(held_for, certain=False)
    return outcome


def _from_error(error: Exception, run: Run, info: EngineInfo) -> Outcome:
    why, code = of_error(error), getattr(error, "code", "") or None
    accepted = run.handle is not None
    money: Money = "keep" if accepted else "release"
    if isinstance(error, Unauthorised | NotConfigured):
        return Outcome(Status.HELD, why, reason=HeldReason.NOT_CONFIGURED, code=code, money=money)
    if isinstance(error, OutOfCredit):
        return Outcome(Status.HELD, why, reason=HeldReason.CREDIT, code=code, money=money)
    if isinstance(error, UnknownHandle):
        return lost_work(run, why, code) if info.repeatable else _in_doubt(why, code)
    if accepted and isinstance(error, MediaError | LinkGone) and run.phase in FETCH_PHASES:
        return _broken_result(why, code, info)
    if accepted and (isinstance(error, LinkGone | UnknownOutcome) or getattr(error, "transient", False)):
        return _unreachable(why, code, info)
    if isinstance(error, StudioError):
        billed = accepted and getattr(error, "billed", False)
        return Outcome(Status.FAILED, why, code=code, money="settle" if billed else "release")
    log.error("run %s broke in %s", run.id, run.phase, exc_info=error)
    message = Message("run.broke", error=type(error).__name__)
    if accepted and not info.repeatable:
        return Outcome(Status.HELD, message, reason=HeldReason.LOST_TASK, money="keep")
    return Outcome(Status.FAILED, message, money=money if accepted else "release")


def lost_work(run: Run, why: str, code: str | None = None) -> Outcome:
    """For a run of an engine that is free to repeat, whose work was lost: queued again, up to MAX_ATTEMPTS times."""
    if run.attempt < MAX_ATTEMPTS:
        return Outcome(Status.QUEUED, joined(why, Message("hold.restarts")), money="release")
    message = joined(why, Message("hold.started_often", attempt=run.attempt))
    return Outcome(Status.HELD, message, reason=HeldReason.CRASHED_TWICE, code=code, money="release")


def lost_worker(error: WorkerLost, crashes: int) -> Outcome:
    """For a run whose worker crashed or hung: restarted automatically once. crashes: earlier crashes of this run."""
    if crashes + 1 < MAX_CRASHES:
        why = joined(of_error(error), Message("hold.starts_again"))
        return Outcome(Status.QUEUED, why, note=why, crashes=crashes + 1, money="release")
    twice = joined(of_error(error), Message("hold.happened_twice"))
    if error.hung:
        return Outcome(Status.FAILED, twice, code=error.code, money="release", cause=error.code)
    return Outcome(
        Status.HELD, twice, reason=HeldReason.CRASHED_TWICE, code=error.code, crashes=crashes + 1, money="release",
        cause=error.code,
    )  # fmt: skip


def _in_doubt(why: str, code: str | None) -> Outcome:
    return Outcome(Status.HELD, why, reason=HeldReason.LOST_TASK, code=code)


def _unreachable(why: str, code: str | None, info: EngineInfo) -> Outcome:
    if info.repeatable:
        return Outcome(Status.FAILED, why, code=code, money="release")
    message = joined(why, Message("hold.may_be_billed"))
    return Outcome(Status.HELD, message, reason=HeldReason.LOST_TASK, code=code)


def _broken_result(why: str, code: str | None, info: EngineInfo) -> Outcome:
    """A paid result that cannot be used: the provider still has it, so it may be fetched again."""
    if info.local and info.repeatable:
        return Outcome(Status.FAILED, why, code=code, money="settle")
    advice = Message("hold.paid_result", provider=term(info.label))
    if info.repeatable:
        advice = Message("hold.maybe_there", provider=term(info.label))
    return Outcome(Status.HELD, joined(why, advice), reason=HeldReason.BROKEN_RESULT, code=code)


def stalled(info: EngineInfo) -> Outcome:
    """For a run without progress for too long."""
    message = Message("hold.no_progress", provider=term(info.label))
    if info.repeatable:
        return Outcome(Status.FAILED, message, money="release", cause="stalled")
    bill = Bill("lost", certain=False)
    return Outcome(Status.HELD, message, reason=HeldReason.LOST_TASK, cause="stalled", bill=bill)

"""What an error means for its run: failed for good, held for a person, or queued again. One place, for every engine."""

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
from studio.messages import Message, joined, of_error, term

log = logging.getLogger(__name__)
MOST_CRASHES = 2
"""So many deaths of the process that works on a run, and it is not started again without a person's word."""
MOST_ATTEMPTS = 5
"""How often a run of a repeatable engine is started when its work is lost each time."""

FETCHING = (Phase.DOWNLOADING, Phase.FINISHING)
"""Phases in which the work is done, and billed."""

Money = Literal["keep", "release", "settle"]
"""What happens to money set aside: kept while the outcome is open, given back, or booked as if billed."""


class Outcome(Exception):
    """The run leaves `running` for another state. why is a sentence; reason is a HeldReason.

    note: stands beside the run afterwards. crashes: how many workers the run has lost by now, where that changed.
    """

    def __init__(
        self, to: Status, why: str, *, reason: HeldReason | None = None, code: str | None = None, money: Money = "keep",
        note: str | None = None, crashes: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(why)
        self.to, self.why, self.reason, self.code = to, why, reason, code
        self.money: Money = money
        self.note, self.crashes = note, crashes

    @property
    def harmless(self) -> bool:
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


def of(error: Exception, run: Run, info: EngineInfo) -> Outcome:
    """Where this error takes the run."""
    why, code = of_error(error), getattr(error, "code", "") or None
    accepted = run.handle is not None
    money: Money = "keep" if accepted else "release"
    if isinstance(error, Unauthorised | NotConfigured):
        return Outcome(Status.HELD, why, reason=HeldReason.NOT_CONFIGURED, code=code, money=money)
    if isinstance(error, OutOfCredit):
        return Outcome(Status.HELD, why, reason=HeldReason.CREDIT, code=code, money=money)
    if isinstance(error, UnknownHandle):
        return lost_work(run, why, code) if info.repeatable else _doubt(why, code)
    if accepted and isinstance(error, MediaError | LinkGone) and run.phase in FETCHING:
        return _broken(why, code, info)
    if accepted and (isinstance(error, LinkGone | UnknownOutcome) or getattr(error, "transient", False)):
        return _unreachable(why, code, info)
    if isinstance(error, StudioError):
        billed = accepted and getattr(error, "billed", False)
        return Outcome(Status.FAILED, why, code=code, money="settle" if billed else "release")
    log.error("run %s broke in %s", run.id, run.phase, exc_info=error)
    said = Message("run.broke", error=type(error).__name__)
    if accepted and not info.repeatable:
        return Outcome(Status.HELD, said, reason=HeldReason.LOST_TASK, money="keep")
    return Outcome(Status.FAILED, said, money=money if accepted else "release")


def lost_work(run: Run, why: str, code: str | None = None) -> Outcome:
    """For a run of an engine that is free to repeat, whose work was lost: it starts again, but not for ever."""
    if run.attempt < MOST_ATTEMPTS:
        return Outcome(Status.QUEUED, joined(why, Message("hold.restarts")), money="release")
    said = joined(why, Message("hold.started_often", attempt=run.attempt))
    return Outcome(Status.HELD, said, reason=HeldReason.CRASHED_TWICE, code=code, money="release")


def lost_worker(error: WorkerLost, crashes: int) -> Outcome:
    """For a run whose worker died or hung: once it starts again by itself. crashes: such ends before this one."""
    if crashes + 1 < MOST_CRASHES:
        why = joined(of_error(error), Message("hold.starts_again"))
        return Outcome(Status.QUEUED, why, note=why, crashes=crashes + 1, money="release")
    twice = joined(of_error(error), Message("hold.happened_twice"))
    if error.hung:
        return Outcome(Status.FAILED, twice, code=error.code, money="release")
    return Outcome(
        Status.HELD, twice, reason=HeldReason.CRASHED_TWICE, code=error.code, crashes=crashes + 1, money="release"
    )


def _doubt(why: str, code: str | None) -> Outcome:
    return Outcome(Status.HELD, why, reason=HeldReason.LOST_TASK, code=code)


def _unreachable(why: str, code: str | None, info: EngineInfo) -> Outcome:
    if info.repeatable:
        return Outcome(Status.FAILED, why, code=code, money="release")
    said = joined(why, Message("hold.may_be_billed"))
    return Outcome(Status.HELD, said, reason=HeldReason.LOST_TASK, code=code)


def _broken(why: str, code: str | None, info: EngineInfo) -> Outcome:
    """A result that is paid and cannot be used as it came: the provider still has it, so it may be fetched again."""
    if info.local and info.repeatable:
        return Outcome(Status.FAILED, why, code=code, money="settle")
    advice = Message("hold.paid_result", provider=term(info.label))
    if info.repeatable:
        advice = Message("hold.maybe_there", provider=term(info.label))
    return Outcome(Status.HELD, joined(why, advice), reason=HeldReason.BROKEN_RESULT, code=code)


def overdue(info: EngineInfo) -> Outcome:
    """For a run that gave no sign for too long."""
    said = Message("hold.no_progress", provider=term(info.label))
    if info.repeatable:
        return Outcome(Status.FAILED, said, money="release")
    return Outcome(Status.HELD, said, reason=HeldReason.LOST_TASK)

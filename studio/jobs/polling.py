"""Polls one accepted run until its result is ready: bears faults on the way, passes on a request to cancel."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from studio.domain import Phase, Progress, Status, now
from studio.engines.base import Cancels
from studio.errors import EngineError, Unavailable, UnknownOutcome
from studio.jobs import outcomes
from studio.jobs.durations import backoff_s, next_look_s
from studio.jobs.outcomes import Outcome
from studio.jobs.run_context import RunContext
from studio.messages import Message, joined, of_error, term
from studio.store import runs

log = logging.getLogger(__name__)
MOST_UNREADABLE = 30
"""Looks in a row that may break before a person is asked; about 25 minutes."""


class Poller:
    """The waiting phase of one run. Times count from when the provider began, where it tells; else from the submit."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._began = now()
        self._in_queue = self._refused = False
        self._last_sign, self._faults = time.monotonic(), 0

    async def until_ready(self) -> Progress:
        """The look that found the result. Leaves when the run is cancelled or gave no sign for too long."""
        handle = self.context.run.handle or ""
        self._began = await self._submitted_at()
        self.context.lane.updates[handle] = self.context.woken
        try:
            return await self._until_ready(handle)
        finally:
            self.context.lane.updates.pop(handle, None)

    async def _until_ready(self, handle: str) -> Progress:
        context = self.context
        while True:
            if await context.cancel_requested_within(self._pause_s()):
                await self._cancel()
            await context.lane.polls.acquire()
            try:
                seen = await context.answer(context.engine.poll(handle))
            except EngineError as error:
                await self._tolerate(error)
                continue
            except Exception as error:
                await self._tolerate(self._unreadable(error))
                continue
            await self._recovered()
            if seen.status == Status.SUCCEEDED:
                self._remember_time()
                return seen
            if seen.status == Status.CANCELLED:
                raise Outcome(
                    Status.CANCELLED, Message("event.cancelled_at", provider=term(context.info.label)), money="release"
                )
            self._follow(seen)

    def _pause_s(self) -> float:
        context, kind = self.context, self.context.run.request.task.makes
        expected = context.jobs.history.expect(
            context.pace, context.model
        )  # runs that ended meanwhile tell about this one
        return next_look_s(context.timing, expected, self._elapsed_s(), kind, local=context.info.local)

    def _elapsed_s(self) -> float:
        return (now() - self._began).total_seconds()

    async def _submitted_at(self) -> datetime:
        at = await self.context.jobs.read(lambda db: runs.inner(db, self.context.run.id)["submitted_at"])
        return datetime.fromisoformat(at) if at else now()

    def _follow(self, seen: Progress) -> None:
        if self._in_queue and seen.status == Status.RUNNING:
            self._began = now()
        self._in_queue = seen.status == Status.QUEUED
        if self.context.show(seen) or (self._in_queue and self.context.info.local):
            self._last_sign = time.monotonic()  # to wait behind other work of this machine is not to be silent
        silent_s = time.monotonic() - self._last_sign
        if silent_s > (self.context.timing.local_for if self.context.info.local else self.context.timing.watch_for):
            raise outcomes.overdue(self.context.info)

    async def _tolerate(self, error: EngineError) -> None:
        """Wait out a passing fault; anything else, or one that lasts too long, is raised."""
        if not error.transient or time.monotonic() - self._last_sign > self.context.timing.watch_for:
            raise error
        seconds = backoff_s(self.context.timing, self._faults, error.retry_after_s)
        self._faults += 1
        if error.retry_after_s:
            self.context.lane.polls.pause_for(error.retry_after_s)
        await self.context.note(joined(of_error(error), Message("note.looking_again", seconds=f"{seconds:.0f}")))
        if await self.context.cancel_requested_within(seconds):
            await self._cancel()

    def _unreadable(self, error: Exception) -> EngineError:
        """What a look that broke means: a provider may answer anything, and the task is still there. Raises the error
        itself for an engine on this machine, and an UnknownOutcome when it lasts."""
        info = self.context.info
        if info.local or isinstance(error, OSError):
            raise error
        if not self._faults:
            log.exception("the look at run %s broke", self.context.run.id)
        said = Message("run.unreadable_answer", provider=term(info.label))
        if self._faults >= MOST_UNREADABLE:
            raise UnknownOutcome(said, code=type(error).__name__) from error
        return Unavailable(said, code=type(error).__name__)

    async def _recovered(self) -> None:
        if self._faults:
            self._faults = 0
            await self.context.note(None)

    async def _cancel(self) -> None:
        """Ask the provider to stop. Where it cannot any more the result is billed, and so it is kept; the second wish
        ends the run nevertheless."""
        context, label = self.context, self.context.info.label
        if self._refused:
            raise Outcome(Status.CANCELLED, Message("event.cancelled_may_bill", provider=term(label)), money="settle")
        try:
            engine = context.engine
            stopped = isinstance(engine, Cancels) and await context.answer(engine.cancel(context.run.handle or ""))
        except EngineError as error:
            log.warning("cancel of run %s: %s", context.run.id, error)
            stopped = False
        except Exception:  # a fault of the engine's own: what the user wants is known nevertheless
            log.exception("cancel of run %s broke", context.run.id)
            stopped = False
        if stopped or context.info.repeatable:
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money="release")
        self._refused = True
        context.cancelled = False
        said = Message("note.too_late_to_stop", provider=term(label))
        await context.enter(Phase.WAITING, said, cancel_wanted=0, note=said)

    def _remember_time(self) -> None:
        seconds = round(max(0.01, self._elapsed_s()), 3)
        self.context.jobs.history.add(self.context.pace, seconds)
        self.context.took_s = seconds

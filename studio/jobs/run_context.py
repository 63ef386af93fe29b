"""What every step of a run needs: its row, kept up to date on the disk, and ways to wait for its engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from studio.domain import Phase, Progress, Run, Status
from studio.errors import EngineError, Unavailable
from studio.jobs.context import EngineLane, JobContext
from studio.jobs.durations import backoff_s, pace_of
from studio.jobs.outcomes import Outcome
from studio.messages import Message, joined, of_error, term
from studio.store import runs

T = TypeVar("T")


class RunContext:
    """One running run. `run` is the row as it was last written; `cancelled`: the user wants it ended.

    woken: set when there is something to see before the next look is due. took_s: from submit to result, once known.
    """

    def __init__(self, jobs: JobContext, lane: EngineLane, run: Run) -> None:
        self.jobs, self.lane, self.run = jobs, lane, run
        self.engine, self.info, self.timing = lane.engine, lane.info, jobs.timing
        self.model = jobs.catalogue.get(run.model)
        self.cancelled = run.cancel_wanted
        self.woken = asyncio.Event()
        self.took_s: float | None = None
        self._droppable: asyncio.Future[Any] | None = None
        self.pace = pace_of(run.request)

    def request_cancel(self) -> None:
        """The user wants the run ended: whatever may be dropped is dropped, and who waits wakes."""
        self.cancelled = True
        self.woken.set()
        if self._droppable:
            self._droppable.cancel()

    async def enter(self, phase: Phase, why: str, **columns: Any) -> None:
        """Put the phase on the disk, before its first step."""
        self.run = await self.jobs.enter(self.run, phase, why, **columns)

    async def note(self, text: str | None) -> None:
        """Say beside the run what it waits for; None takes it away."""
        await self.jobs.write(lambda db: runs.note(db, self.run.id, note=text))
        self.jobs.feed.publish([self.run.id])

    def show(self, progress: Progress) -> bool:
        """Keep the look for the pages; True when something moved since the last one."""
        newer = self.jobs.previews.look(self.run.id, progress)
        if not newer and progress == self.jobs.live.get(self.run.id):
            return False
        self.jobs.live[self.run.id] = progress
        self.jobs.feed.publish([self.run.id])
        return True

    async def answer(self, call: Awaitable[T]) -> T:
        """The engine's answer; too late counts as a passing fault. Not for submits, which may not be repeated."""
        try:
            async with asyncio.timeout(self.timing.call_for):
                return await call
        except TimeoutError:
            raise Unavailable(Message("run.no_answer", provider=term(self.info.label))) from None

    async def insist(self, call: Callable[[], Awaitable[T]], limit_s: float) -> T:
        """The answer, asked for again after passing faults until limit_s is over; a request to cancel ends it."""
        start, tries = time.monotonic(), 0
        while True:
            try:
                return await self.unless_cancelled(self.answer(call()))
            except EngineError as error:
                if not error.transient or time.monotonic() - start > limit_s:
                    raise
                await self.pause(backoff_s(self.timing, tries, error.retry_after_s), error)
                tries += 1

    async def pause(self, seconds: float, error: EngineError) -> None:
        """Wait before the next try, and say why."""
        await self.note(joined(of_error(error), Message("note.trying_again", seconds=f"{seconds:.0f}")))
        await self.unless_cancelled(asyncio.sleep(seconds))
        await self.note(None)

    async def unless_cancelled(self, awaitable: Awaitable[T]) -> T:
        """Its result, or Outcome as soon as the run is to be cancelled: only around steps that may be dropped."""
        work = self._droppable = asyncio.ensure_future(awaitable)
        try:
            if self.cancelled:
                work.cancel()
            return await work
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if not self.cancelled or (me and me.cancelling()):
                raise
            money = "settle" if self.run.handle else "release"
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money=money) from None
        finally:
            self._droppable = None

    async def cancel_requested_within(self, seconds: float) -> bool:
        """Wait so long, or until there is a request to cancel, or news of the run; whether there is a request."""
        if not self.cancelled:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.woken.wait()
        self.woken.clear()
        return self.cancelled

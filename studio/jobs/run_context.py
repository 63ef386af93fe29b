"""Shared by every step of a run: its row, kept up to date on the disk, and ways to wait for its engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlite_utils import Database

from studio.domain import Phase, Progress, Run, Status
from studio.engines.base import Engine, EngineInfo
from studio.errors import Conflict, EngineError, Unavailable
from studio.jobs.context import EngineLane, JobContext
from studio.jobs.durations import backoff_s, duration_key
from studio.jobs.outcomes import Outcome
from studio.messages import Message, joined, of_error, term
from studio.store import runs

T = TypeVar("T")
FOLLOW_UP_POLLS = 4
"""Polls that follow a webhook soon, in case the provider's own answer lags behind its call."""


class RunContext:
    """One running run. `run` is the row as it was last written; `cancelled`: the user wants it ended; `withdrawn`: it
    was taken back to be edited, before anything was sent.

    wake: set when a poll is worth it before the next one is due. took_s: from submit to result, once known.
    submitted_at: when it was sent, where that was in this execution.
    expects_webhook: the provider was given an address and has not called it. follow_ups: polls that are due soon.
    webhook_task: the task that its call named.
    """

    def __init__(self, jobs: JobContext, lane: EngineLane, run: Run) -> None:
        self.jobs, self.lane, self.run = jobs, lane, run
        self.timing = jobs.timing
        self.model = jobs.catalogue.get(run.model)
        self.cancelled, self.withdrawn = run.cancel_wanted, False
        self.wake = asyncio.Event()
        self.expects_webhook, self.follow_ups, self.webhook_task = False, 0, ""
        self.took_s: float | None = None
        self.submitted_at: datetime | None = None
        self._cancellable: asyncio.Future[Any] | None = None
        self._pause: asyncio.Timeout | None = None
        self.duration_key = duration_key(run.request)

    @property
    def engine(self) -> Engine:
        """The engine as it is set up now; calls to it belong into `lane.in_use`."""
        return self.lane.engine

    @property
    def info(self) -> EngineInfo:
        """What the engine says of itself, as it is set up now."""
        return self.lane.info

    def engine_in_use(self) -> AbstractContextManager[Engine]:
        """The engine, kept open until the block is left."""
        return self.lane.in_use()

    def request_cancel(self) -> None:
        """The user cancelled the run: cancel the step that may be cancelled, and wake waiting ones."""
        self.cancelled = True
        self.wake.set()
        if self._cancellable:
            self._cancellable.cancel()

    def webhook_called(self, task: str) -> None:
        """The provider called the run's address: poll now, and again soon where it does not say so itself yet."""
        self.webhook_task = task
        self.lane.webhooks_arrive = True
        self.expects_webhook, self.follow_ups = False, FOLLOW_UP_POLLS
        self.wake.set()

    def withdraw(self) -> None:
        """The run is in the queue again, with another request: stop what is done for the one before."""
        self.withdrawn = True
        self.wake.set()
        if self._cancellable:
            self._cancellable.cancel()

    async def enter_phase(self, phase: Phase, why: str, **columns: Any) -> None:
        """Put the phase on the disk, before its first step."""
        self.run = await self.jobs.enter_phase(self.run, phase, why, **columns)

    async def enter_phases(self, steps: Sequence[tuple[Phase, str, datetime]], **columns: Any) -> None:
        """Put phases on the disk that began at these moments, the last of them with the columns, in one transaction."""

        def enter(db: Database) -> Run:
            run = self.run
            for phase, why, at in steps:
                last = columns if phase is steps[-1][0] else {}
                run = runs.enter(db, run, phase, why, at=at, **last)
            return run

        self.run = await self.jobs.write(enter)
        self.jobs.feed.publish([self.run.id])

    async def set_note(self, text: str | None) -> None:
        """Show beside the run what it waits for; None removes the note."""
        await self.jobs.write(lambda db: runs.note_attempt(db, self.run, text))
        self.jobs.feed.publish([self.run.id])

    def show_progress(self, progress: Progress) -> bool:
        """Publish progress; True when something changed since the last one."""
        new_preview = self.jobs.previews.update(self.run.id, progress)
        if not new_preview and progress == self.jobs.latest_progress.get(self.run.id):
            return False
        self.jobs.latest_progress[self.run.id] = progress
        self.jobs.feed.publish([self.run.id])
        return True

    async def with_timeout(self, call: Awaitable[T]) -> T:
        """The engine's answer; a timeout counts as transient. Not for submits, which may not be repeated."""
        try:
            async with asyncio.timeout(self.timing.call_timeout_s):
                return await call
        except TimeoutError:
            raise Unavailable(Message("run.no_answer", provider=term(self.info.label))) from None

    async def retry_transient(self, call: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """The answer, retried after transient faults for up to timeout_s. A request to cancel ends it."""
        started_at, attempts = time.monotonic(), 0
        while True:
            try:
                return await self.unless_cancelled(self.with_timeout(call()))
            except EngineError as error:
                if not error.transient or time.monotonic() - started_at > timeout_s:
                    raise
                await self.pause_before_retry(backoff_s(self.timing, attempts, error.retry_after_s), error)
                attempts += 1

    async def pause_before_retry(self, seconds: float, error: EngineError) -> None:
        """Wait before the next attempt, and note why."""
        await self.set_note(joined(of_error(error), Message("note.trying_again", seconds=f"{seconds:.0f}")))
        await self.unless_cancelled(asyncio.sleep(seconds))
        await self.set_note(None)

    async def unless_cancelled(self, awaitable: Awaitable[T]) -> T:
        """Its result; raises Outcome as soon as the run is cancelled, Conflict once it is withdrawn. Only around steps
        that may be cancelled."""
        work = self._cancellable = asyncio.ensure_future(awaitable)
        try:
            if self.cancelled or self.withdrawn:
                work.cancel()
            return await work
        except asyncio.CancelledError:
            this_task = asyncio.current_task()
            if not (self.cancelled or self.withdrawn) or (this_task and this_task.cancelling()):
                raise
            if self.withdrawn:
                raise Conflict(Message("run.changed")) from None
            money = "settle" if self.run.handle else "release"
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money=money) from None
        finally:
            self._cancellable = None

    def shorten_pause(self, seconds: float) -> None:
        """Let the pause of `cancel_requested_within` end so soon, if it would last longer. On the loop."""
        pause, end = self._pause, asyncio.get_running_loop().time() + max(0.0, seconds)
        if pause and not pause.expired() and end < (pause.when() or 0.0):
            pause.reschedule(end)

    async def cancel_requested_within(self, seconds: float) -> bool:
        """Wait this long, or until a request to cancel or an update; whether there is a request to cancel. Raises
        Conflict for a run that was withdrawn."""
        if not (self.cancelled or self.withdrawn):
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds) as self._pause:
                    await self.wake.wait()
            self._pause = None
        self.wake.clear()
        if self.withdrawn:
            raise Conflict(Message("run.changed"))
        return self.cancelled

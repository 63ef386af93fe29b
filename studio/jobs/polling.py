"""Polls one accepted run until its result is ready: tolerates transient faults, forwards a request to cancel."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from studio.domain import HeldReason, Phase, Progress, Status, now
from studio.engines.base import Cancels, Engine
from studio.errors import EngineError, Unauthorised, Unavailable, UnknownOutcome
from studio.jobs import outcomes
from studio.jobs.durations import backoff_s, beside_webhook_s, next_poll_s
from studio.jobs.outcomes import Outcome
from studio.jobs.refunds import Bill
from studio.jobs.run_context import RunContext
from studio.messages import Message, joined, of_error, term
from studio.store import runs

log = logging.getLogger(__name__)
MAX_UNREADABLE_POLLS = 30
"""Consecutive polls that may fail before a person is asked; about 25 minutes."""


class Poller:
    """The waiting phase of one run. Times count from when the provider started it, where known, else from the
    submit."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._started_at = now()
        self._in_queue = self._cancel_refused = self._pausing = False
        self._looked_at_s = 0.0
        self._last_progress_at, self._failed_polls = time.monotonic(), 0
        self._ready_engine: Engine | None = None

    async def until_ready(self) -> Progress:
        """The poll result that reports success. Raises Outcome when the run is cancelled or stalls."""
        handle = self.context.run.handle or ""
        self._started_at = await self._submitted_at()
        self.context.lane.updates[handle] = self.context.wake
        try:
            with self.context.jobs.history.watched(self.context.duration_key, self._replan):
                return await self._until_ready(handle)
        finally:
            self.context.lane.updates.pop(handle, None)

    async def _until_ready(self, handle: str) -> Progress:
        context = self.context
        while True:
            self._looked_at_s, self._pausing = self._elapsed_s(), True
            cancel_wanted = await context.cancel_requested_within(self._pause_s())
            self._pausing = False
            if cancel_wanted:
                await self._cancel()
            await context.lane.polls.acquire()
            try:
                progress = await self._look(handle)
            except Outcome:
                raise
            except EngineError as error:
                await self._back_off(error)
                continue
            except Exception as error:
                await self._back_off(self._as_engine_error(error))
                continue
            if progress is None:
                continue
            await self._clear_failures()
            if progress.status == Status.SUCCEEDED:
                self._record_duration()
                return progress
            if progress.status == Status.CANCELLED:
                raise self._cancelled(progress)
            self._check_progress(progress)

    def _cancelled(self, progress: Progress) -> Outcome:
        """For a run that ended as cancelled at the provider, by whomever."""
        label = term(self.context.info.label)
        if not progress.billed:
            return Outcome(Status.CANCELLED, Message("event.cancelled_at", provider=label), money="release")
        message = Message("event.cancelled_may_bill", provider=label)
        return Outcome(Status.CANCELLED, message, money="settle", bill=Bill("cancelled", certain=False))

    async def _look(self, handle: str) -> Progress | None:
        """One poll; None where the key that was refused has been replaced meanwhile. Without a key nothing is asked:
        raises Outcome, which holds the run until there is one."""
        context = self.context
        with context.lane.in_use() as engine:
            if engine is not self._ready_engine and not engine.info.local and (missing := engine.missing()):
                message = joined(missing, Message("hold.task_kept", provider=term(engine.info.label)))
                raise Outcome(Status.HELD, message, reason=HeldReason.NOT_CONFIGURED)
            self._ready_engine = engine
            try:
                return await context.with_timeout(engine.poll(handle))
            except Unauthorised:
                if engine is context.lane.engine:
                    raise
                return None

    def _pause_s(self) -> float:
        """Seconds to the next poll, from now."""
        context, pause = self.context, self._planned_s()
        if context.follow_ups:
            context.follow_ups -= 1
            return min(pause, context.timing.first_backoff_s)
        return pause

    def _planned_s(self) -> float:
        """Seconds from the last look to the next. Runs that ended meanwhile improve the estimate."""
        context, kind = self.context, self.context.run.request.task.makes
        history, key, local = context.jobs.history, context.duration_key, context.info.local
        expected, worth = history.fit_for(key, context.model), history.poll_worth(key, self._replan)
        pause = next_poll_s(context.timing, expected, self._looked_at_s, kind, local=local, worth=worth)
        beside_webhook = context.expects_webhook and context.lane.webhooks_arrive
        return beside_webhook_s(context.timing, pause) if beside_webhook else pause

    def _replan(self) -> None:
        """More is known of how long such runs take: poll sooner, if that says so and this is the pause before it."""
        if self._pausing:
            self.context.shorten_pause(self._looked_at_s + self._planned_s() - self._elapsed_s())

    def _elapsed_s(self) -> float:
        return (now() - self._started_at).total_seconds()

    async def _submitted_at(self) -> datetime:
        if self.context.submitted_at:
            return self.context.submitted_at
        submitted_at = await self.context.jobs.read(
            lambda db: runs.job_columns(db, self.context.run.id)["submitted_at"]
        )
        return datetime.fromisoformat(submitted_at) if submitted_at else now()

    def _check_progress(self, progress: Progress) -> None:
        if self._in_queue and progress.status == Status.RUNNING:
            self._started_at = now()
        self._in_queue = progress.status == Status.QUEUED
        if self.context.show_progress(progress) or (self._in_queue and self.context.info.local):
            self._last_progress_at = time.monotonic()  # waiting behind other work of this machine is no stall
        stalled_s = time.monotonic() - self._last_progress_at
        if stalled_s > (
            self.context.timing.local_stall_timeout_s
            if self.context.info.local
            else self.context.timing.result_timeout_s
        ):
            raise outcomes.stalled(self.context.info)

    async def _back_off(self, error: EngineError) -> None:
        """Wait after a transient fault; any other error, or one that lasts too long, is raised."""
        if not error.transient or time.monotonic() - self._last_progress_at > self.context.timing.result_timeout_s:
            raise error
        seconds = backoff_s(self.context.timing, self._failed_polls, error.retry_after_s)
        self._failed_polls += 1
        if error.retry_after_s:
            self.context.lane.polls.pause_for(error.retry_after_s)
        await self.context.set_note(joined(of_error(error), Message("note.looking_again", seconds=f"{seconds:.0f}")))
        if await self.context.cancel_requested_within(seconds):
            await self._cancel()

    def _as_engine_error(self, error: Exception) -> EngineError:
        """The engine error for a poll that failed unexpectedly: whatever the provider answered, the task still exists.

        Raises the original error for an engine on this machine, and UnknownOutcome when it persists.
        """
        info = self.context.info
        if info.local or isinstance(error, OSError):
            raise error
        if not self._failed_polls:
            log.exception("polling run %s failed", self.context.run.id)
        message = Message("run.unreadable_answer", provider=term(info.label))
        if self._failed_polls >= MAX_UNREADABLE_POLLS:
            raise UnknownOutcome(message, code=type(error).__name__) from error
        return Unavailable(message, code=type(error).__name__)

    async def _clear_failures(self) -> None:
        if self._failed_polls:
            self._failed_polls = 0
            await self.context.set_note(None)

    async def _cancel(self) -> None:
        """Ask the provider to stop. Where that is too late the result is billed and therefore kept; a second request
        ends the run anyway."""
        context, label = self.context, self.context.info.label
        if self._cancel_refused:
            message = Message("event.cancelled_may_bill", provider=term(label))
            raise Outcome(Status.CANCELLED, message, money="settle", bill=Bill("cancelled", certain=False))
        try:
            with context.lane.in_use() as engine:
                stopped = isinstance(engine, Cancels) and await context.with_timeout(
                    engine.cancel(context.run.handle or "")
                )
        except EngineError as error:
            log.warning("cancel of run %s: %s", context.run.id, error)
            stopped = False
        except Exception:  # a bug in the engine must not lose the user's request
            log.exception("cancelling run %s failed", context.run.id)
            stopped = False
        if stopped or context.info.repeatable:
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money="release")
        self._cancel_refused = True
        context.cancelled = False
        message = Message("note.too_late_to_stop", provider=term(label))
        await context.enter_phase(Phase.WAITING, message, cancel_wanted=0, note=message)

    def _record_duration(self) -> None:
        seconds = round(max(0.01, self._elapsed_s()), 3)
        self.context.jobs.history.add(self.context.duration_key, seconds)
        self.context.took_s = seconds

"""One run on its way through one engine: prepare, submit, watch, deliver.

Each phase is on disk before its first step is taken, and the handle the moment submit returns, so that whatever dies,
the row says how far the run came. Errors become the run's next state in outcomes.py.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Progress, Run, Status
from studio.engines.addresses import LinkGone
from studio.engines.base import Cancels, Input, Job
from studio.errors import Conflict, EngineError, MediaError, StudioError, UnknownOutcome, WorkerLost
from studio.jobs import disk, inputs, outcomes, reconcile
from studio.jobs.context import EngineLane, JobContext
from studio.jobs.durations import backoff_s
from studio.jobs.outcomes import Outcome
from studio.jobs.polling import Poller
from studio.jobs.results import ResultFetcher
from studio.jobs.run_context import RunContext
from studio.messages import Message, of_error, term
from studio.storage import Reason, reason_of
from studio.store import ledger, runs
from studio.store.mapping import stamp

log = logging.getLogger(__name__)
RECEIPT_RETRY_S = 0.1
"""Longest pause between tries to write a handle: it goes before whatever else waits for the database."""
NOTES: dict[Reason, str] = {
    "full": "wait.disk_full",
    "read_only": "wait.read_only",
    "unreachable": "wait.unreachable",
    "locked": "wait.locked",
}
DELIVERIES = 3
"""How often a result is fetched whole when its link is dead or its file broken."""


class Executor:
    """Drives one running run to its next rest. submitting: the answer of a submit is awaited, so do not interrupt."""

    def __init__(
        self, jobs: JobContext, lane: EngineLane, run: Run, http: httpx.AsyncClient, on_room: Callable[[], None]
    ) -> None:
        self.context, self._http, self._on_room = RunContext(jobs, lane, run), http, on_room
        self.submitting = False
        self._holds_room, self._stopping = True, False

    async def run(self) -> None:
        """Until the run has ended, is held, or is queued again. Raises only CancelledError, when the studio closes."""
        context = self.context
        try:
            while await self._interrupted():
                pass
        finally:
            context.jobs.live.pop(context.run.id, None)
            context.jobs.previews.end(context.run.id)

    async def _interrupted(self) -> bool:
        """Take the steps that are left; True when the disk was away meanwhile, and is back."""
        context = self.context
        try:
            try:
                await self._steps()
            except Exception as error:
                if (reason := reason_of(error, context.jobs.data)) is None:
                    raise
                await self._outlast(error, reason)
                return True
        except Outcome as outcome:
            await self._apply(outcome)
        except Conflict:
            log.info("run %s was changed by somebody else", context.run.id)
        except WorkerLost as error:
            await self._apply(outcomes.lost_worker(error, await self._crashes()))
        except Exception as error:
            await self._apply(outcomes.of(error, context.run, context.info))
        return False

    async def _outlast(self, error: Exception, reason: Reason) -> None:
        """Wait until the disk takes files again. What was made for nothing is made again, what was paid for is kept."""
        context = self.context
        log.warning("run %s waits for the disk (%s: %s)", context.run.id, reason, error)
        with context.jobs.storage.waiting(reason):
            await context.note(Message(NOTES[reason]))
            await disk.wait_until_back(context, reason)
            await context.note(None)
        if context.run.handle is None and context.run.phase == Phase.SUBMITTING and context.info.repeatable:
            await context.enter(Phase.PREPARING, Message("event.nothing_sent"))
        if context.run.handle is not None and context.run.phase == Phase.WAITING and context.info.repeatable:
            raise Outcome(Status.QUEUED, Message("event.disk_was_away"), money="release")

    def make_room(self) -> None:
        """Let the next run of this engine start; later calls do nothing."""
        if self._holds_room:
            self._holds_room = False
            self.context.lane.free_room(self.context.run)
            self._on_room()

    def stop(self) -> None:
        """The studio closes: go no further than to a stored handle."""
        self._stopping = True

    async def _steps(self) -> None:
        context = self.context
        if context.run.handle is None and context.run.phase == Phase.SUBMITTING:
            await self._settle_lost()
        if context.run.handle is None:
            await self._submit(await self._prepare())
        for delivery in range(1, DELIVERIES + 1):
            if context.run.phase != Phase.WAITING:
                await context.enter(Phase.WAITING, Message("event.checking_again"))
            progress = await Poller(context).until_ready()
            self.make_room()
            try:
                await ResultFetcher(context, self._http).all(progress)
                return
            except (LinkGone, MediaError) as error:
                if delivery == DELIVERIES or not _may_get_better(progress):
                    raise
                log.warning("run %s: %s Fetching it again.", context.run.id, error)
                await asyncio.sleep(backoff_s(context.timing, delivery))

    async def _prepare(self) -> Job:
        context = self.context
        if said := context.engine.missing():
            raise Outcome(Status.HELD, said, reason=HeldReason.NOT_CONFIGURED, money="release")
        job = await context.jobs.job(context.run, local=context.info.local)
        if job.inputs and not context.info.maps_hdr:
            job = replace(job, inputs=await self._readable(job))
        uploads = await context.insist(lambda: context.engine.prepare(job), context.timing.submit_for)
        return replace(job, uploads=dict(uploads))

    async def _readable(self, job: Job) -> dict[str, Input]:
        """The inputs in forms that every model reads; a cancelled run stops the encoder."""
        stop, cache = threading.Event(), self.context.jobs.data / "cache" / "inputs"
        work = asyncio.to_thread(inputs.in_common_forms, job.inputs, cache, stop.is_set)
        try:
            return await self.context.unless_cancelled(work)
        finally:
            stop.set()

    async def _submit(self, job: Job) -> None:
        """Send the run, again only after an answer that is certain to mean "not accepted"."""
        context, start, tries = self.context, time.monotonic(), 0
        while True:
            await context.unless_cancelled(context.lane.may_submit(context.model))
            await context.enter(
                Phase.SUBMITTING, Message("event.sent", provider=term(context.info.label)), submitted_at=stamp()
            )
            self.submitting = True
            try:
                handle = await self._submit_once(job)
                await self._keep_handle(handle, Message("event.accepted", provider=term(context.info.label)))
                return
            except EngineError as error:
                if not error.transient or time.monotonic() - start > context.timing.submit_for:
                    raise
                refusal = error
            finally:
                self.submitting = False
            await context.enter(Phase.PREPARING, Message("event.not_accepted", why=refusal))
            if refusal.retry_after_s:
                context.lane.pause_submits(refusal.retry_after_s)
            await context.pause(backoff_s(context.timing, tries, refusal.retry_after_s), refusal)
            tries += 1

    async def _submit_once(self, job: Job) -> str:
        """The handle. What cannot be told apart from a lost answer is treated as one."""
        context = self.context
        try:
            async with asyncio.timeout(context.timing.call_for):
                return await context.engine.submit(job)
        except UnknownOutcome as error:
            why = of_error(error)
        except TimeoutError:
            why = Message("event.no_answer")
        except StudioError:
            raise
        except Exception as error:
            if context.info.repeatable:
                raise
            log.exception("submit of run %s broke", context.run.id)
            why = Message("event.unreadable_answer", error=type(error).__name__, why=f"{error}")
        return await reconcile.found_handle(context, job, why)

    async def _settle_lost(self) -> None:
        """After a restart, or on "look again": a submit of which no answer is on file."""
        context = self.context
        handle = await reconcile.found_handle(
            context,
            await context.jobs.job(context.run, local=context.info.local),
            Message("event.stopped_before_answer"),
        )
        await self._keep_handle(handle, Message("event.task_found", provider=term(context.info.label)))

    async def _keep_handle(self, handle: str, why: str) -> None:
        """Store the handle, the receipt for money: kept here until the database takes it, and before all else then."""
        await self.context.enter(Phase.WAITING, why, handle=handle, most_s=RECEIPT_RETRY_S)
        if self._stopping:
            raise asyncio.CancelledError

    async def _apply(self, outcome: Outcome) -> None:
        """Take the run to where the error or the wish leads."""
        await self.context.jobs.write(lambda db: self._write_outcome(db, outcome))
        if outcome.to == Status.FAILED:
            await self._stop_work()
        if outcome.to != Status.HELD:
            self.context.jobs.clear_work(self.context.run.id)
        self.context.jobs.feed.publish([self.context.run.id])

    async def _stop_work(self) -> None:
        """A failed run's work on this machine ends as well, so that its place there is free for the next."""
        context = self.context
        if not (context.info.local and context.info.repeatable and context.run.handle):
            return
        try:
            if isinstance(context.engine, Cancels):
                await context.answer(context.engine.cancel(context.run.handle))
        except Exception:
            log.exception("the work of run %s could not be stopped", context.run.id)

    async def _crashes(self) -> int:
        """How many workers and studios have died with the run before."""
        return await self.context.jobs.read(lambda db: runs.inner(db, self.context.run.id)["crashes"])

    def _write_outcome(self, db: Database, outcome: Outcome) -> None:
        """The move and its money."""
        run = self.context.run
        if outcome.harmless and runs.inner(db, run.id)["cancel_wanted"]:
            outcome = Outcome(Status.CANCELLED, Message("event.cancelled"), money=outcome.money)
        runs.move(db, run, outcome.to, outcome.why, **outcome.columns())
        if outcome.money == "release":
            ledger.release(db, run)
        elif outcome.money == "settle":
            ledger.settle(db, run, None)


def _may_get_better(progress: Progress) -> bool:
    """Whether fetching again can help: not for a file the engine itself put on this disk."""
    return any(output.url for output in progress.outputs)

"""One run on its way through one engine: prepare, submit, poll, deliver.

Each phase is on disk before its first step is taken, and the handle the moment submit returns, so that after
any crash the row says how far the run got. Errors become the run's next state in outcomes.py.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import httpx
from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Progress, Run, Status, now
from studio.engines.addresses import LinkGone
from studio.engines.base import Cancels, Engine, Input, Job
from studio.errors import Conflict, EngineError, MediaError, StudioError, Unauthorised, UnknownOutcome, WorkerLost
from studio.jobs import disk, inputs, model_holds, outcomes, reconcile, refunds
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
from studio.store.refunds import withdraw

log = logging.getLogger(__name__)
MAX_HANDLE_RETRY_S = 0.1
"""Longest pause between attempts to write a handle, which takes precedence over other writes."""
WAIT_NOTES: dict[Reason, str] = {
    "full": "wait.disk_full",
    "read_only": "wait.read_only",
    "unreachable": "wait.unreachable",
    "locked": "wait.locked",
}
MAX_DELIVERIES = 3
"""How often a result is fetched again when its link is dead or its file broken."""


class Executor:
    """Drives one running run until it ends, is held or is queued again. submitting: do not interrupt, a submit is in
    flight."""

    def __init__(
        self, jobs: JobContext, lane: EngineLane, run: Run, http: httpx.AsyncClient, on_slot_free: Callable[[], None]
    ) -> None:
        self.context, self._http, self._on_slot_free = RunContext(jobs, lane, run), http, on_slot_free
        self.submitting = False
        self._holds_slot, self._stopping = True, False

    async def run(self) -> None:
        """Until the run has ended, is held, or is queued again. Raises only CancelledError, when the studio closes."""
        context = self.context
        try:
            while await self._attempt():
                pass
        finally:
            context.jobs.webhooks.remove(context)
            context.jobs.latest_progress.pop(context.run.id, None)
            context.jobs.previews.remove(context.run.id)

    async def _attempt(self) -> bool:
        """Take the remaining steps; True when the disk was unavailable meanwhile and the steps must be repeated."""
        context = self.context
        try:
            try:
                await self._steps()
            except Exception as error:
                if (reason := reason_of(error, context.jobs.data)) is None:
                    raise
                await self._wait_for_disk(error, reason)
                return True
        except Outcome as outcome:
            await self._apply(outcome)
        except Conflict:
            log.info("run %s was changed by somebody else", context.run.id)
        except WorkerLost as error:
            await self._apply(outcomes.lost_worker(error, await self._crash_count()))
        except Exception as error:
            await self._apply(outcomes.from_error(error, context.run, context.info))
        return False

    async def _wait_for_disk(self, error: Exception, reason: Reason) -> None:
        """Wait until the disk accepts files again. Free work is repeated, paid work is kept."""
        context = self.context
        log.warning("run %s waits for the disk (%s: %s)", context.run.id, reason, error)
        with context.jobs.storage.waiting(reason):
            await context.set_note(Message(WAIT_NOTES[reason]))
            await disk.wait_until_writable(context, reason)
            await context.set_note(None)
        if context.run.handle is None and context.run.phase == Phase.SUBMITTING and context.info.repeatable:
            await context.enter_phase(Phase.PREPARING, Message("event.nothing_sent"))
        if context.run.handle is not None and context.run.phase == Phase.WAITING and context.info.repeatable:
            raise Outcome(Status.QUEUED, Message("event.disk_was_away"), money="release")

    def release_slot(self) -> None:
        """Let the next run of this engine start. Later calls do nothing."""
        if self._holds_slot:
            self._holds_slot = False
            self.context.lane.release_slot(self.context.run)
            self._on_slot_free()

    def stop(self) -> None:
        """The studio closes: stop once a handle is stored."""
        self._stopping = True

    async def _steps(self) -> None:
        context = self.context
        if context.run.handle is not None or context.run.phase == Phase.SUBMITTING:
            await self._restore_webhook()
        if context.run.handle is None and context.run.phase == Phase.SUBMITTING:
            await self._recover_handle()
        if context.run.handle is None:
            await self._start()
        for delivery in range(1, MAX_DELIVERIES + 1):
            if context.run.phase != Phase.WAITING:
                await context.enter_phase(Phase.WAITING, Message("event.checking_again"))
            progress = await Poller(context).until_ready()
            self.release_slot()
            try:
                await ResultFetcher(context, self._http).fetch_all(progress)
                return
            except (LinkGone, MediaError) as error:
                if delivery == MAX_DELIVERIES or not _can_refetch(progress):
                    raise
                log.warning("run %s: %s Fetching it again.", context.run.id, error)
                await asyncio.sleep(backoff_s(context.timing, delivery))

    async def _start(self) -> None:
        """Prepare and submit with one and the same engine; anew where it was replaced before the run was accepted."""
        context = self.context
        while context.run.handle is None:
            with context.lane.in_use() as engine:
                try:
                    await self._submit(engine, await self._prepare(engine))
                except Unauthorised as error:  # certainly not accepted
                    if engine is context.lane.engine:
                        raise
                    await context.enter_phase(Phase.PREPARING, Message("event.not_accepted", why=error))

    async def _prepare(self, engine: Engine) -> Job:
        context = self.context
        if missing := engine.missing():
            reason = HeldReason.NOT_CONFIGURED
            raise Outcome(Status.HELD, missing, reason=reason, money="release", cause=reason.value)
        job = await context.jobs.build_job(context.run, local=context.info.local)
        if job.inputs and not context.info.maps_hdr:
            job = replace(job, inputs=await self._converted_inputs(job))
        uploads = await context.retry_transient(lambda: engine.prepare(job), context.timing.submit_timeout_s)
        return replace(job, uploads=dict(uploads))

    async def _converted_inputs(self, job: Job) -> dict[str, Input]:
        """The inputs in formats that every model reads. A cancelled run stops the encoder."""
        stop, cache = threading.Event(), self.context.jobs.data / "cache" / "inputs"
        work = asyncio.to_thread(inputs.converted, job.inputs, cache, stop.is_set)
        try:
            return await self.context.unless_cancelled(work)
        finally:
            stop.set()

    async def _submit(self, engine: Engine, job: Job) -> None:
        """Send the run, again only after an answer that is certain to mean "not accepted". Sends nothing once the
        engine has been replaced."""
        context, started_at, attempts = self.context, time.monotonic(), 0
        url, webhook_hash = context.jobs.webhooks.issue(context)
        job = replace(job, webhook_url=url)
        while True:
            await context.unless_cancelled(context.lane.wait_to_submit(context.model))
            if engine is not context.lane.engine:
                return
            sent = Message("event.sent", provider=term(context.info.label))
            context.submitted_at = now()
            submitted_at = stamp(context.submitted_at)
            await context.enter_phase(Phase.SUBMITTING, sent, submitted_at=submitted_at, webhook_hash=webhook_hash)
            self.submitting = True
            try:
                handle = await self._submit_once(engine, job)
                await self._store_handle(handle, Message("event.accepted", provider=term(context.info.label)))
                return
            except EngineError as error:
                if not error.transient or time.monotonic() - started_at > context.timing.submit_timeout_s:
                    raise
                refusal = error
            finally:
                self.submitting = False
            await context.enter_phase(Phase.PREPARING, Message("event.not_accepted", why=refusal))
            if refusal.retry_after_s:
                context.lane.pause_submits(refusal.retry_after_s)
            await context.pause_before_retry(backoff_s(context.timing, attempts, refusal.retry_after_s), refusal)
            attempts += 1

    async def _submit_once(self, engine: Engine, job: Job) -> str:
        """The handle. Any error that may be a lost answer is treated as one."""
        context = self.context
        try:
            async with asyncio.timeout(context.timing.call_timeout_s):
                return await engine.submit(job)
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
        return await reconcile.find_handle(context, job, why)

    async def _restore_webhook(self) -> None:
        """Listen again at the address that an earlier start of the studio gave to the provider."""
        context = self.context
        stored = await context.jobs.read(lambda db: runs.job_columns(db, context.run.id)["webhook_hash"])
        context.jobs.webhooks.add(context, stored)

    async def _recover_handle(self) -> None:
        """After a restart or on "check again": find the handle of a submit whose answer was not stored."""
        context = self.context
        job, why = await context.jobs.build_job(context.run, local=context.info.local), "event.stopped_before_answer"
        try:
            handle = await reconcile.find_handle(context, job, Message(why))
        except Outcome as outcome:
            outcome.cause = None  # the studio had stopped: it says nothing about the model
            raise
        await self._store_handle(handle, Message("event.task_found", provider=term(context.info.label)))

    async def _store_handle(self, handle: str, why: str) -> None:
        """Store the handle, the receipt for money: retried until the database accepts it, before any other write."""
        await self.context.enter_phase(Phase.WAITING, why, handle=handle, max_pause_s=MAX_HANDLE_RETRY_S)
        if self._stopping:
            raise asyncio.CancelledError

    async def _apply(self, outcome: Outcome) -> None:
        """Move the run to the outcome's status. Nothing happens where somebody else has moved it meanwhile."""
        with suppress(Conflict):
            await self._write(outcome)

    async def _write(self, outcome: Outcome) -> None:
        await self.context.jobs.write(lambda db: self._write_outcome(db, outcome))
        self.context.jobs.held_models.changed()
        if outcome.to == Status.FAILED:
            await self._stop_local_work()
        if outcome.to != Status.HELD:
            self.context.jobs.clear_work(self.context.run.id)
        self.context.jobs.feed.publish([self.context.run.id])

    async def _stop_local_work(self) -> None:
        """Cancel a failed run's work on this machine, so that the next run can start."""
        context = self.context
        if not (context.info.local and context.info.repeatable and context.run.handle):
            return
        try:
            with context.lane.in_use() as engine:
                if isinstance(engine, Cancels):
                    await context.with_timeout(engine.cancel(context.run.handle))
        except Exception:
            log.exception("the work of run %s could not be stopped", context.run.id)

    async def _crash_count(self) -> int:
        """How many workers and studios have crashed with this run."""
        return await self.context.jobs.read(lambda db: runs.job_columns(db, self.context.run.id)["crashes"])

    def _write_outcome(self, db: Database, outcome: Outcome) -> None:
        """The move and its money."""
        run = self.context.run
        if outcome.can_cancel_instead and runs.job_columns(db, run.id)["cancel_wanted"]:
            outcome = Outcome(Status.CANCELLED, Message("event.cancelled"), money=outcome.money)
        runs.move(db, run, outcome.to, outcome.why, **outcome.columns())
        if outcome.money == "release":
            ledger.release(db, run)
        elif outcome.money == "settle":
            ledger.settle(db, run, outcome.bill.usd if outcome.bill else None)
        if outcome.bill:
            refunds.record(db, run, outcome.bill, outcome.why, booked=outcome.money != "release")
        elif outcome.money == "release":
            withdraw(db, run)
        own_keys = bool(run.account)  # what their account is refused says nothing about everybody's runs
        if outcome.cause and outcome.to in (Status.FAILED, Status.HELD) and not own_keys:
            model_holds.record_failure(db, run, outcome.cause, outcome.why)


def _can_refetch(progress: Progress) -> bool:
    """Whether fetching again can help: not for a file that the engine wrote to this disk."""
    return any(output.url for output in progress.outputs)

"""One run on its way through one engine: prepare, submit, watch, deliver.

Each phase is on disk before its first step is taken, and the handle the moment submit returns, so that whatever dies,
the row says how far the run came. Errors become the run's next state in verdict.py.
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
from studio.engines.base import Input, Job
from studio.errors import Conflict, EngineError, MediaError, StudioError, UnknownOutcome, WorkerLost
from studio.jobs import disk, inputs, outcomes, reconcile
from studio.jobs.bring import Bring
from studio.jobs.context import House, Lane
from studio.jobs.durations import backoff_s
from studio.jobs.outcomes import Leave
from studio.jobs.polling import Watch
from studio.jobs.run_context import Way
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


class Drive:
    """Drives one running run to its next rest. submitting: the answer of a submit is awaited, so do not interrupt."""

    def __init__(
        self, house: House, lane: Lane, run: Run, http: httpx.AsyncClient, on_room: Callable[[], None]
    ) -> None:
        self.way, self._http, self._on_room = Way(house, lane, run), http, on_room
        self.submitting = False
        self._holds_room, self._stopping = True, False

    async def go(self) -> None:
        """Until the run has ended, is held, or is queued again. Raises only CancelledError, when the studio closes."""
        way = self.way
        try:
            while await self._interrupted():
                pass
        finally:
            way.house.live.pop(way.run.id, None)
            way.house.previews.end(way.run.id)

    async def _interrupted(self) -> bool:
        """Take the steps that are left; True when the disk was away meanwhile, and is back."""
        way = self.way
        try:
            try:
                await self._steps()
            except Exception as error:
                if (reason := reason_of(error, way.house.data)) is None:
                    raise
                await self._outlast(error, reason)
                return True
        except Leave as leave:
            await self._leave(leave)
        except Conflict:
            log.info("run %s was changed by somebody else", way.run.id)
        except WorkerLost as error:
            await self._leave(outcomes.lost_worker(error, await self._crashes()))
        except Exception as error:
            await self._leave(outcomes.of(error, way.run, way.facts))
        return False

    async def _outlast(self, error: Exception, reason: Reason) -> None:
        """Wait until the disk takes files again. What was made for nothing is made again, what was paid for is kept."""
        way = self.way
        log.warning("run %s waits for the disk (%s: %s)", way.run.id, reason, error)
        with way.house.storage.waiting(reason):
            await way.note(Message(NOTES[reason]))
            await disk.returned(way, reason)
            await way.note(None)
        if way.run.handle is None and way.run.phase == Phase.SUBMITTING and way.facts.repeatable:
            await way.enter(Phase.PREPARING, Message("event.nothing_sent"))
        if way.run.handle is not None and way.run.phase == Phase.WAITING and way.facts.repeatable:
            raise Leave(Status.QUEUED, Message("event.disk_was_away"), money="release")

    def make_room(self) -> None:
        """Let the next run of this engine start; later calls do nothing."""
        if self._holds_room:
            self._holds_room = False
            self.way.lane.room += 1
            self._on_room()

    def stop(self) -> None:
        """The studio closes: go no further than to a stored handle."""
        self._stopping = True

    async def _steps(self) -> None:
        way = self.way
        if way.run.handle is None and way.run.phase == Phase.SUBMITTING:
            await self._settle_lost()
        if way.run.handle is None:
            await self._submit(await self._prepare())
        for delivery in range(1, DELIVERIES + 1):
            if way.run.phase != Phase.WAITING:
                await way.enter(Phase.WAITING, Message("event.checking_again"))
            progress = await Watch(way).until_ready()
            self.make_room()
            try:
                await Bring(way, self._http).all(progress)
                return
            except (LinkGone, MediaError) as error:
                if delivery == DELIVERIES or not _may_get_better(progress):
                    raise
                log.warning("run %s: %s Fetching it again.", way.run.id, error)
                await asyncio.sleep(backoff_s(way.timing, delivery))

    async def _prepare(self) -> Job:
        way = self.way
        if said := way.engine.missing():
            raise Leave(Status.HELD, said, reason=HeldReason.NOT_CONFIGURED, money="release")
        job = await way.house.job(way.run, local=way.facts.local)
        if job.inputs and not way.facts.maps_hdr:
            job = replace(job, inputs=await self._readable(job))
        uploads = await way.insist(lambda: way.engine.prepare(job), way.timing.submit_for)
        return replace(job, uploads=dict(uploads))

    async def _readable(self, job: Job) -> dict[str, Input]:
        """The inputs in forms that every model reads; a cancelled run stops the encoder."""
        stop, cache = threading.Event(), self.way.house.data / "cache" / "inputs"
        work = asyncio.to_thread(inputs.in_common_forms, job.inputs, cache, stop.is_set)
        try:
            return await self.way.unless_cancelled(work)
        finally:
            stop.set()

    async def _submit(self, job: Job) -> None:
        """Send the run, again only after an answer that is certain to mean "not accepted"."""
        way, start, tries = self.way, time.monotonic(), 0
        while True:
            await way.unless_cancelled(way.lane.submits.acquire())
            await way.enter(
                Phase.SUBMITTING, Message("event.sent", provider=term(way.facts.label)), submitted_at=stamp()
            )
            self.submitting = True
            try:
                handle = await self._submit_once(job)
                await self._keep_handle(handle, Message("event.accepted", provider=term(way.facts.label)))
                return
            except EngineError as error:
                if not error.transient or time.monotonic() - start > way.timing.submit_for:
                    raise
                refusal = error
            finally:
                self.submitting = False
            await way.enter(Phase.PREPARING, Message("event.not_accepted", why=refusal))
            if refusal.retry_after_s:
                way.lane.submits.pause_for(refusal.retry_after_s)
            await way.pause(backoff_s(way.timing, tries, refusal.retry_after_s), refusal)
            tries += 1

    async def _submit_once(self, job: Job) -> str:
        """The handle. What cannot be told apart from a lost answer is treated as one."""
        way = self.way
        try:
            async with asyncio.timeout(way.timing.call_for):
                return await way.engine.submit(job)
        except UnknownOutcome as error:
            why = of_error(error)
        except TimeoutError:
            why = Message("event.no_answer")
        except StudioError:
            raise
        except Exception as error:
            if way.facts.repeatable:
                raise
            log.exception("submit of run %s broke", way.run.id)
            why = Message("event.unreadable_answer", error=type(error).__name__, why=f"{error}")
        return await reconcile.found_handle(way, job, why)

    async def _settle_lost(self) -> None:
        """After a restart, or on "look again": a submit of which no answer is on file."""
        way = self.way
        handle = await reconcile.found_handle(
            way, await way.house.job(way.run, local=way.facts.local), Message("event.stopped_before_answer")
        )
        await self._keep_handle(handle, Message("event.task_found", provider=term(way.facts.label)))

    async def _keep_handle(self, handle: str, why: str) -> None:
        """Store the handle, the receipt for money: kept here until the database takes it, and before all else then."""
        await self.way.enter(Phase.WAITING, why, handle=handle, most_s=RECEIPT_RETRY_S)
        if self._stopping:
            raise asyncio.CancelledError

    async def _leave(self, leave: Leave) -> None:
        """Take the run to where the error or the wish leads."""
        await self.way.house.write(lambda db: self._write_leave(db, leave))
        if leave.to == Status.FAILED:
            await self._stop_work()
        if leave.to != Status.HELD:
            self.way.house.clear_work(self.way.run.id)
        self.way.house.feed.publish([self.way.run.id])

    async def _stop_work(self) -> None:
        """A failed run's work on this machine ends as well, so that its place there is free for the next."""
        way = self.way
        if not (way.facts.local and way.facts.repeatable and way.run.handle):
            return
        try:
            await way.answer(way.engine.cancel(way.run.handle))
        except Exception:
            log.exception("the work of run %s could not be stopped", way.run.id)

    async def _crashes(self) -> int:
        """How many workers and studios have died with the run before."""
        return await self.way.house.read(lambda db: runs.inner(db, self.way.run.id)["crashes"])

    def _write_leave(self, db: Database, leave: Leave) -> None:
        """The move and its money."""
        run = self.way.run
        if leave.harmless and runs.inner(db, run.id)["cancel_wanted"]:
            leave = Leave(Status.CANCELLED, Message("event.cancelled"), money=leave.money)
        runs.move(db, run, leave.to, leave.why, **leave.columns())
        if leave.money == "release":
            ledger.release(db, run)
        elif leave.money == "settle":
            ledger.settle(db, run, None)


def _may_get_better(progress: Progress) -> bool:
    """Whether fetching again can help: not for a file the engine itself put on this disk."""
    return any(output.url for output in progress.outputs)

"""One run on its way through one engine: prepare, submit, watch, deliver.

Each phase is on disk before its first step is taken, and the handle the moment submit returns, so that whatever dies,
the row says how far the run came. Errors become the run's next state in verdict.py.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import httpx

from studio.domain import Asset, Output, Phase, Progress, Run, Status, now
from studio.engines.base import Job
from studio.errors import Conflict, EngineError, MediaError, StudioError, Unavailable, UnknownOutcome
from studio.jobs import deliver, download, lost, verdict
from studio.jobs.house import House, Lane
from studio.jobs.pace import backoff_s, next_look_s
from studio.jobs.verdict import Leave
from studio.store import assets, ledger, runs
from studio.store.rows import stamp

log = logging.getLogger(__name__)
T = TypeVar("T")


class Drive:
    """Drives one running run to its next rest. submitting: the answer of a submit is awaited, so do not interrupt."""

    def __init__(
        self, house: House, lane: Lane, run: Run, http: httpx.AsyncClient, on_room: Callable[[], None]
    ) -> None:
        self.house, self.lane, self.run, self.http = house, lane, run, http
        self.cancelled = asyncio.Event()
        self.submitting = False
        self._holds_room, self._on_room, self._stopping = True, on_room, False
        self.model = house.catalogue.get(run.model)
        with house.store.read() as db:
            self.inner = runs.inner(db, run.id)

    async def go(self) -> None:
        """Until the run has ended, is held, or is queued again. Never raises but CancelledError (the studio closes)."""
        try:
            if self.run.cancel_wanted:
                self.cancelled.set()
            await self._steps()
        except Leave as leave:
            self._leave(leave)
        except Conflict:
            log.info("run %s was changed by somebody else", self.run.id)
        except Exception as error:
            self._leave(verdict.of(error, self.run, self.lane.facts))
        finally:
            self.house.live.pop(self.run.id, None)

    async def _steps(self) -> None:
        if self.run.handle is None and self.run.phase == Phase.SUBMITTING:
            await self._settle_lost()
        if self.run.handle is None:
            await self._submit(await self._prepare())
        progress = await self._watch()
        self.make_room()
        await self._deliver(progress)

    # preparing ------------------------------------------------------------------------------------------------

    async def _prepare(self) -> Job:
        if said := self.lane.engine.missing():
            raise Leave(Status.HELD, said, reason="not_configured", money="release")
        job = self.house.job(self.run)
        uploads = await self._insist(lambda: self.lane.engine.prepare(job), self.house.timing.submit_for)
        return self.house.job(self.run, dict(uploads))

    async def _insist(self, call: Any, limit_s: float) -> Any:
        """The call's answer, tried again after passing faults until limit_s is over; a wish to cancel ends it."""
        start, tries = time.monotonic(), 0
        while True:
            try:
                return await self._unless_cancelled(self._answer(call()))
            except EngineError as error:
                if not error.transient or time.monotonic() - start > limit_s:
                    raise
                await self._pause(backoff_s(self.house.timing, tries, error.retry_after_s), error)
                tries += 1

    async def _pause(self, seconds: float, error: EngineError) -> None:
        self._note(f"{error} Trying again in {seconds:.0f} s.")
        await self._unless_cancelled(asyncio.sleep(seconds))
        self._note(None)

    async def _answer(self, call: Awaitable[T]) -> T:
        """The engine's answer within the time limit; too late counts as a passing fault."""
        try:
            async with asyncio.timeout(self.house.timing.call_for):
                return await call
        except TimeoutError:
            raise Unavailable(f"{self.lane.facts.label} did not answer.") from None

    async def _unless_cancelled(self, awaitable: Awaitable[T]) -> T:
        """Its result, or Leave as soon as the run is to be cancelled: only for steps that cost nothing."""
        work, wish = asyncio.ensure_future(awaitable), asyncio.ensure_future(self.cancelled.wait())
        try:
            await asyncio.wait({work, wish}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise Leave(
                Status.CANCELLED, "Cancelled on your wish.", money="release" if not self.run.handle else "settle"
            )
        finally:
            wish.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    # submitting -----------------------------------------------------------------------------------------------

    async def _submit(self, job: Job) -> None:
        start, tries = time.monotonic(), 0
        label = self.lane.facts.label
        while True:
            await self._unless_cancelled(self.lane.submits.turn())
            self._enter(Phase.SUBMITTING, f"Sent to {label}.", submitted_at=stamp())
            self.submitting = True
            try:
                handle = await self._submit_once(job)
            except EngineError as error:
                if not error.transient or time.monotonic() - start > self.house.timing.submit_for:
                    raise
                self._enter(Phase.PREPARING, f"Not accepted: {error}")
                seconds = backoff_s(self.house.timing, tries, error.retry_after_s)
                if error.retry_after_s:
                    self.lane.submits.close_for(error.retry_after_s)
                self.submitting = False
                await self._pause(seconds, error)
                tries += 1
                continue
            finally:
                self.submitting = False
            await self._keep_handle(handle, f"{label} took it.")
            return

    async def _submit_once(self, job: Job) -> str:
        """The engine's submit. What cannot be told apart from a lost answer counts as one."""
        try:
            async with asyncio.timeout(self.house.timing.call_for):
                return await self.lane.engine.submit(job)
        except UnknownOutcome as error:
            return await lost.found_handle(self.house, self.lane, self.run, job, str(error))
        except TimeoutError:
            return await lost.found_handle(self.house, self.lane, self.run, job, "No answer came in time.")
        except (StudioError, OSError):
            raise
        except Exception as error:
            log.exception("submit of run %s broke", self.run.id)
            return await lost.found_handle(
                self.house, self.lane, self.run, job, f"The answer was unreadable ({error!r})."
            )

    async def _settle_lost(self) -> None:
        """After a restart, or on "look again": a submit of which no answer is on file."""
        why = "The studio stopped before the answer came."
        handle = await lost.found_handle(self.house, self.lane, self.run, self.house.job(self.run), why)
        await self._keep_handle(handle, "The task was found again at the provider.")

    async def _keep_handle(self, handle: str, why: str) -> None:
        """Store the handle. It is the receipt for money, so a full disk is waited out rather than losing it."""
        while True:
            try:
                self._enter(Phase.WAITING, why, handle=handle)
                break
            except sqlite3.OperationalError as error:
                log.critical("run %s: its handle %s cannot be stored (%s); trying again", self.run.id, handle, error)
                await asyncio.sleep(1)
        if self._stopping:
            raise asyncio.CancelledError

    # waiting --------------------------------------------------------------------------------------------------

    async def _watch(self) -> Progress:
        if self.run.phase != Phase.WAITING:
            self._enter(Phase.WAITING, "Looking at it again.")
        timing, facts, kind = self.house.timing, self.lane.facts, self.run.request.task.makes
        expected = self.house.history.expect(self.inner["pace"], self.model)
        began = self._submitted_at()
        last_sign, tries, asked = time.monotonic(), 0, False
        while True:
            elapsed = (now() - began).total_seconds()
            wait = next_look_s(timing, expected, elapsed, kind, local=facts.local)
            if await self._wish_within(wait) and not asked:
                asked = True
                await self._cancel_there()
            await self.lane.looks.turn()
            try:
                progress = await self._answer(self.lane.engine.poll(self.run.handle or ""))
            except EngineError as error:
                if not error.transient or time.monotonic() - last_sign > timing.watch_for:
                    raise
                await self._pause_watch(backoff_s(timing, tries, error.retry_after_s), error)
                tries += 1
                continue
            if tries:
                self._note(None)
            tries = 0
            if progress.status == Status.SUCCEEDED:
                self._took((now() - began).total_seconds())
                return progress
            if progress.status == Status.CANCELLED:
                raise Leave(Status.CANCELLED, "Cancelled at the provider.", money="release")
            if self._show(progress):
                last_sign = time.monotonic()
            if time.monotonic() - last_sign > (timing.local_for if facts.local else timing.watch_for):
                raise verdict.overdue(facts)

    async def _pause_watch(self, seconds: float, error: EngineError) -> None:
        self._note(f"{error} Looking again in {seconds:.0f} s.")
        await self._wish_within(seconds)

    async def _wish_within(self, seconds: float) -> bool:
        """Wait so long; True at once when a wish to cancel comes. A wish already acted on no longer shortens it."""
        if self.cancelled.is_set():
            return True
        try:
            async with asyncio.timeout(seconds):
                await self.cancelled.wait()
        except TimeoutError:
            return False
        return True

    async def _cancel_there(self) -> None:
        """Ask the provider to stop. Where it cannot any more the result is paid for, and kept."""
        stopped = await self._insist_once(self.run.handle or "")
        if stopped or self.lane.facts.repeatable:
            raise Leave(Status.CANCELLED, "Cancelled on your wish.", money="release")
        self.cancelled = asyncio.Event()
        said = f"{self.lane.facts.label} cannot stop it any more; the result is kept, since it is billed."
        self._enter(Phase.WAITING, said, cancel_wanted=0, note=said)

    async def _insist_once(self, handle: str) -> bool:
        try:
            return await self._answer(self.lane.engine.cancel(handle))
        except EngineError as error:
            log.warning("cancel of run %s: %s", self.run.id, error)
            return False

    def _submitted_at(self) -> datetime:
        with self.house.store.read() as db:
            at = runs.inner(db, self.run.id)["submitted_at"]
        return datetime.fromisoformat(at) if at else now()

    def _took(self, seconds: float) -> None:
        self.house.history.add(self.inner["pace"], seconds)
        with self.house.store.write() as db:
            runs.note(db, self.run.id, took_s=round(seconds, 3))

    def _show(self, progress: Progress) -> bool:
        """Keep the look for the pages; True when something moved since the last."""
        if progress == self.house.live.get(self.run.id):
            return False
        self.house.live[self.run.id] = progress
        self.house.feed.publish([self.run.id])
        return True

    # downloading and finishing --------------------------------------------------------------------------------

    async def _deliver(self, progress: Progress) -> None:
        if not progress.outputs:
            raise MediaError(f"{self.lane.facts.label} says it is done but gave no file.")
        seed = {"seed": progress.seed} if progress.seed is not None else {}
        self._enter(Phase.DOWNLOADING, "The result is ready.", **seed)
        async with self.lane.downloads:
            await asyncio.gather(*(self._bring(i, o) for i, o in enumerate(progress.outputs) if o.text is None))
        self._enter(Phase.FINISHING, "The files are here.")
        made: list[Asset] = []
        for idx, output in enumerate(progress.outputs):
            if output.text is not None:
                made.append(deliver.text_asset(self.run, output))
                continue
            settle = partial(deliver.settle_file, self.house.data, self.run, idx, output, drawn=self.model.draft)
            made.append(await asyncio.to_thread(settle))
        self._succeed(progress, made)

    async def _bring(self, idx: int, output: Output) -> None:
        part = deliver.part_path(self.house.data, self.run, idx)
        if output.path is not None:
            await asyncio.to_thread(deliver.take_local, output.path, part)
            return
        near = self.lane.facts.local or await self._provider_is_near()
        source = download.Source(output.url or "", output.headers, output.expected_bytes, near)
        await self._insist(
            lambda: download.fetch(self.http, source, part, lambda *_: None), self.house.timing.submit_for
        )

    async def _provider_is_near(self) -> bool:
        base = self.lane.facts.base_url
        return bool(base) and await download.is_private(httpx.URL(base).host)

    def _succeed(self, progress: Progress, made: list[Asset]) -> None:
        with self.house.store.write() as db:
            for idx, asset in enumerate(made):
                assets.add(db, asset)
                runs.attach(db, self.run.seq, "output", idx, asset.id)
            cost = progress.cost_usd if progress.cost_usd is not None or self.run.estimate_usd else 0.0
            runs.move(db, self.run, Status.SUCCEEDED, "Done.", cost_usd=cost, note=progress.note)
            ledger.settle(db, self.run, progress.cost_usd)
        self.house.clear_work(self.run.id)
        self.house.feed.publish([self.run.id])

    # rows -----------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, why: str, **columns: Any) -> None:
        self.run = self.house.enter(self.run, phase, why, **columns)

    def _note(self, text: str | None) -> None:
        with self.house.store.write() as db:
            runs.note(db, self.run.id, note=text)
        self.house.feed.publish([self.run.id])

    def make_room(self) -> None:
        """Let the next run of this engine start; later calls do nothing."""
        if self._holds_room:
            self._holds_room = False
            self.lane.room += 1
            self._on_room()

    def stop(self) -> None:
        """The studio closes: go no further than to a stored handle."""
        self._stopping = True

    def _leave(self, leave: Leave) -> None:
        """Take the run to where the error or the wish leads, and the money with it."""
        with self.house.store.write() as db:
            runs.move(db, self.run, leave.to, leave.why, **leave.columns())
            if leave.money == "release":
                ledger.release(db, self.run)
            elif leave.money == "settle":
                ledger.settle(db, self.run, None)
        if leave.to != Status.HELD:
            self.house.clear_work(self.run.id)
        self.house.feed.publish([self.run.id])

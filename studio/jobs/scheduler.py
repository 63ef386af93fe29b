"""The job manager: one event loop on a thread of its own, which takes runs from the queue and drives each.

Nothing else claims runs. Other threads change rows in their own transactions and then call `wake`, `drive` or
`request_cancel`, all safe from anywhere. Engines are separate lanes: a slow or unreachable one holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from studio.domain import HeldReason, Run, Status
from studio.engines.base import Engine, EngineInfo
from studio.errors import NotFound, StorageUnavailable
from studio.jobs import budget, download, recovery
from studio.jobs.context import EngineLane, JobContext
from studio.jobs.execution import Executor
from studio.messages import Message, of_error
from studio.storage import pause_s
from studio.store import ledger, queue, runs, settings

log = logging.getLogger(__name__)
PAUSED = "paused"
ENGINE_CLOSE_S = 1.0
"""Time for an engine to give back what it holds, when the studio closes."""
HANDS = max(2, os.cpu_count() or 2)
"""Threads that decode results and look up names. More would decode no faster, and each keeps memory of its own."""
SWEEP_S = 30.0
"""The queue is looked at this often even if nobody called `wake`."""
PATIENCE_S = 2.0
"""How long the start waits for a database that cannot be written, before the pages are opened nevertheless."""
SHOWN_AFTER = 7
"""So many tries to claim a run fail, in about a second, before the pages tell of it."""


class Scheduler:
    """Started once, stopped once. engines: by provider name; a lookup may build the engine."""

    def __init__(self, jobs: JobContext, engines: Mapping[str, Engine]) -> None:
        self.jobs, self._engines = jobs, engines
        self._lanes: dict[str, EngineLane] = {}
        self._executions: dict[str, tuple[Executor, asyncio.Task[None]]] = {}
        self._holding: set[asyncio.Task[Run]] = set()
        self._stopping = self._woken = False
        self._tries = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    def start(self) -> None:
        """Put right what the last stop left, then begin. Returns when the runner takes calls."""
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """End within five seconds, most of them left to a submit under way. Everything can go on later."""
        if self._ready.is_set() and self._thread.is_alive():
            self._call(self._begin_stop)
            self._thread.join(self.jobs.timing.close_for + 2.0)

    def wake(self) -> None:
        """Look at the queue soon. Cheap when many call at once: only the first has to reach the loop."""
        if not self._woken:
            self._woken = True
            self._call(lambda: self._wake.set())

    def execute(self, run: Run) -> None:
        """Execute a run that a decision has set to running."""
        self._call(lambda: self._begin(run))

    def request_cancel(self, run_id: str) -> None:
        """Tell the run's executor that the user wants it cancelled (the request is on file already)."""

        def tell() -> None:
            if found := self._executions.get(run_id):
                found[0].context.request_cancel()

        self._call(tell)

    def _call(self, what: Callable[[], object]) -> None:
        """Have it called on the loop; nothing happens where the runner was not started or has stopped."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # closed since
                self._loop.call_soon_threadsafe(what)

    # on the loop ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failure = error
            if not isinstance(error, Exception):
                raise
            log.exception("the runner stopped")
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(HANDS, "runner-hand"))
        async with download.client() as self._http:
            if await self._recovered():
                while not self._stopping:
                    self._woken = False
                    pause_s = self._claim_safely()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause_s):
                            await self._wake.wait()
                    self._wake.clear()
            await self._end()

    async def _recovered(self) -> bool:
        """Put right what the last stop left; False when the studio was closed before the storage let it.

        The pages do not wait for a database that another program holds: they are there to say so.
        """
        task = asyncio.ensure_future(self.jobs.write(lambda db: recovery.recover(db, self._info)))
        await asyncio.wait([task], timeout=PATIENCE_S)
        with suppress(StorageUnavailable):
            self.jobs.sweep()
        if not task.done():
            self._ready.set()
        while not task.done():
            if self._stopping:
                task.cancel()
                return False
            await asyncio.wait([task], timeout=0.2)
        for run in task.result():
            self._begin(run)
        self._ready.set()
        return True

    def _info(self, provider: str) -> EngineInfo | None:
        lane = self._lane(provider)
        return lane.info if lane else None

    def _lane(self, provider: str) -> EngineLane | None:
        """The engine's lane; None where the studio has no such engine, or it cannot be loaded."""
        if provider not in self._lanes:
            try:
                self._lanes[provider] = EngineLane(self._engines[provider], self.jobs.catalogue)
            except KeyError:
                return None
            except Exception:
                log.exception("the engine %s cannot be loaded", provider)
                return None
        return self._lanes[provider]

    def _claim_safely(self) -> float:
        """Seconds to the next look at the queue. Nothing that goes wrong with one claim may end the runner."""
        try:
            self._claim_all()
            self._tries = 0
            return SWEEP_S
        except StorageUnavailable as error:
            self._tries += 1
            if self._tries > SHOWN_AFTER:
                self.jobs.storage.failed(error.reason)
            return pause_s(self._tries)
        except Exception:
            log.exception("runs could not be claimed")
            return SWEEP_S

    def _claim_all(self) -> None:
        """Start whatever may start: for every engine with work, as many runs as it has room for."""
        with self.jobs.store.read() as db:
            if settings.get(db, PAUSED, False):
                return
            providers = queue.waiting_providers(db)
        for provider in providers:
            lane = self._lane(provider)
            if lane is None:
                self._hold_all(provider)
                continue
            while lane.room > 0 and (run := self._claim(provider, lane.full_models())):
                lane.take_room(run)
                self._begin(run, room=True)

    def _hold_all(self, provider: str) -> None:
        """Runs of an engine that is not there wait for a person, not for ever in the queue."""
        why = Message("run.no_engine", provider=provider)
        held: list[str] = []
        with self.jobs.store.write(patience_s=0) as db:
            while first := queue.next_up(db, provider):
                reason = HeldReason.NOT_CONFIGURED.value
                runs.move(db, first, Status.HELD, why, held_reason=reason, error=why)
                held.append(first.id)
        self.jobs.feed.publish(held)

    def _claim(self, provider: str, full: Sequence[str]) -> Run | None:
        """The next run of this provider, set to running. full: models that must wait."""
        held: list[str] = []
        with self.jobs.store.write(patience_s=0) as db:
            if budget.limited(db):
                while (first := queue.next_up(db, provider, full)) and (why := budget.over(db, first)):
                    runs.move(db, first, Status.HELD, why, held_reason=HeldReason.BUDGET.value, error=why)
                    held.append(first.id)
            run = queue.claim(db, provider, full)
            if run and run.estimate_usd:
                ledger.reserve(db, run, run.estimate_usd)
        self.jobs.feed.publish([*held, run.id] if run else held)
        return run

    def _begin(self, run: Run, *, room: bool = False) -> None:
        """Start the executor of a running run. room: it was counted against its lane already."""
        lane = self._lane(run.provider)
        if lane is None or self._stopping:
            return
        if run.id in self._executions:  # the executor before has just ended, and is forgotten by the next callback
            self._executions[run.id][1].add_done_callback(lambda _: self._begin(run, room=room))
            return
        if not room:
            lane.take_room(run)
        try:
            executor = Executor(self.jobs, lane, run, self._http, self._wake.set)
        except NotFound as error:
            lane.free_room(run)
            self._hold(run, of_error(error))
            return
        task = asyncio.get_running_loop().create_task(executor.run(), name=run.id)
        self._executions[run.id] = (executor, task)
        task.add_done_callback(lambda done: self._finished(run.id, done))

    def _hold(self, run: Run, why: str) -> None:
        """A run whose model is gone waits for a person."""
        reason = HeldReason.NOT_CONFIGURED.value
        task = asyncio.ensure_future(self.jobs.move(run, Status.HELD, why, held_reason=reason, error=why))
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    def _finished(self, run_id: str, task: asyncio.Task[None]) -> None:
        executor, _ = self._executions.pop(run_id)
        executor.make_room()
        if not task.cancelled() and (error := task.exception()):
            log.error("the executor of run %s broke", run_id, exc_info=error)
        self._wake.set()

    def _begin_stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _end(self) -> None:
        """Interrupt every executor, except that one in the middle of a submit may first store its handle."""
        for executor, task in list(self._executions.values()):
            executor.stop()
            if not executor.submitting:
                task.cancel()
        tasks = [task for _, task in self._executions.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.jobs.timing.close_for)
            for task in late:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in self._holding:
            task.cancel()
        self._note_clean()
        await asyncio.gather(*(self._close(lane) for lane in self._lanes.values()))

    def _note_clean(self) -> None:
        try:
            recovery.closed(self.jobs.store)
        except StorageUnavailable as error:
            log.warning("that the studio was closed in peace could not be noted (%s)", error)

    async def _close(self, lane: EngineLane) -> None:
        try:
            async with asyncio.timeout(ENGINE_CLOSE_S):
                await lane.engine.close()
        except Exception:
            log.exception("%s did not close", lane.info.name)

"""The job manager: one event loop on a thread of its own, which claims runs from the queue and executes each.

Nothing else claims runs. Other threads change rows in their own transactions and then call `wake`, `execute`
or `request_cancel`, all safe from any thread. Engines are separate lanes: a slow or unreachable one holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from studio import memory
from studio.domain import HeldReason, Run, Status
from studio.engines.base import Engine, EngineInfo
from studio.errors import NotFound, StorageUnavailable
from studio.jobs import budget, download, recovery
from studio.jobs.context import EngineLane, JobContext
from studio.jobs.execution import Executor
from studio.messages import Message, of_error
from studio.storage import pause_s
from studio.store import ledger, model_holds, queue, runs, settings
from studio.store.fair_queue import Lane

log = logging.getLogger(__name__)
T = TypeVar("T")
PAUSED = "paused"
WORKER_THREADS = max(2, os.cpu_count() or 2)
"""Threads that decode results and look up names. More would decode no faster, and each keeps memory of its own."""
CLAIM_INTERVAL_S = 30.0
"""The queue is checked this often even without a call of `wake`."""
STARTUP_WAIT_S = 2.0
"""How long the start waits for a database that cannot be written before the pages open anyway."""
ACCOUNT_IDLE_S = 60.0
"""An engine with somebody's own keys is closed after so long without a run."""
GIVE_BACK_AFTER_S = 20.0
"""Memory is given back so long after the last run."""
REPORT_AFTER_CLAIMS = 7
"""Failed claims, in about a second, before the pages report it."""


class AccountEngines(Protocol):
    """Engines by provider name and account; a lookup may build the engine."""

    def of_account(self, provider: str, account: str) -> Engine:
        """The engine that works with the keys of this account, "" for the studio's. Raises KeyError."""
        ...

    def replace_account(self, provider: str, account: str) -> Engine | None:
        """Forget the engine of an account; the one before, which is still open."""
        ...


class Scheduler:
    """Started once, stopped once."""

    def __init__(self, jobs: JobContext, engines: AccountEngines) -> None:
        self.jobs, self._engines = jobs, engines
        self._lanes: dict[Lane, EngineLane] = {}
        self._executions: dict[str, tuple[Executor, asyncio.Task[None]]] = {}
        self._holding: set[asyncio.Task[Run]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._stopping = self._wake_pending = False
        self._giving_back: asyncio.TimerHandle | None = None
        self._waiting = True
        self._failed_claims = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        """Recover interrupted runs, then start. Returns when the scheduler takes calls."""
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Stop within five seconds, most of them left to a submit in flight. Everything resumes at the next start."""
        if self._ready.is_set() and self._thread.is_alive():
            self._call_on_loop(self._request_stop)
            self._thread.join(self.jobs.timing.close_timeout_s + 2.0)

    def wake(self) -> None:
        """Check the queue soon. Cheap when called often: only the first call has to reach the loop."""
        if not self._wake_pending:
            self._wake_pending = True
            self._call_on_loop(lambda: self._wake.set())

    def execute(self, run: Run) -> None:
        """Execute a run that a decision has set to running."""
        self._call_on_loop(lambda: self._start_executor(run))

    def request_cancel(self, run_id: str) -> None:
        """Forward a request to cancel, already stored, to the run's executor."""

        def forward() -> None:
            if execution := self._executions.get(run_id):
                execution[0].context.request_cancel()

        self._call_on_loop(forward)

    def run_on_loop(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Future[T] | None:
        """What the work comes to, done on the scheduler's loop; None where that has stopped or never started."""
        if self._loop is None or self._loop.is_closed():
            return None
        coroutine = work()
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # closed since
            coroutine.close()
            return None

    def withdraw(self, run_id: str, attempt: int) -> None:
        """Stop preparing this attempt of a run, which was taken back to be edited."""

        def forward() -> None:
            execution = self._executions.get(run_id)
            if execution and execution[0].context.run.attempt == attempt:
                execution[0].context.withdraw()

        self._call_on_loop(forward)

    def replace_engine(self, provider: str, replaced: Engine | None, account: str = "") -> Future[None] | None:
        """Go on with the engine that the mapping has now for this provider and account. replaced: the one before, which
        is closed once no call uses it.

        Once the future is done, what the old key was refused is stored, and later refusals of it lead to another try
        with the new one. None where the scheduler does not run.
        """

        async def switch() -> None:
            if lane := self._lane(Lane(provider, account)):
                lane.replace(self._engines.of_account(provider, account), replaced)
            self._wake.set()

        return self.run_on_loop(switch)

    def _call_on_loop(self, callback: Callable[[], object]) -> None:
        """Call back on the loop; does nothing where the scheduler was not started or has stopped."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # closed since
                self._loop.call_soon_threadsafe(callback)

    # on the loop ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failure = error
            if not isinstance(error, Exception):
                raise
            log.exception("the scheduler stopped")
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(WORKER_THREADS, "job-worker"))
        async with download.client() as self._http:
            if await self._recovered():
                while not self._stopping:
                    self._wake_pending = False
                    pause_s = self._claim_safely()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause_s):
                            await self._wake.wait()
                    self._wake.clear()
            await self._shut_down()

    async def _recovered(self) -> bool:
        """Recover interrupted runs; False when the studio was closed before the storage was writable.

        The pages do not wait for a database that another program holds: they report it.
        """
        task = asyncio.ensure_future(self.jobs.write(lambda db: recovery.recover(db, self._info)))
        await asyncio.wait([task], timeout=STARTUP_WAIT_S)
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
            self._start_executor(run)
        self._ready.set()
        return True

    def _info(self, provider: str) -> EngineInfo | None:
        lane = self._lane(Lane(provider))
        return lane.info if lane else None

    def _lane(self, key: Lane) -> EngineLane | None:
        """The engine's lane; None where the studio has no such engine, or it cannot be loaded."""
        if key not in self._lanes:
            try:
                engine = self._engines.of_account(key.provider, key.account)
                self._lanes[key] = EngineLane(engine, self.jobs.catalogue)
            except KeyError:
                return None
            except Exception:
                log.exception("the engine %s cannot be loaded", key.provider)
                return None
        return self._lanes[key]

    def _close_idle(self, waiting: Collection[Lane]) -> None:
        """Close engines of people, projects and sessions that nothing has used for a while."""
        in_use = {id(executor.context.lane) for executor, _ in self._executions.values()}
        for key, lane in list(self._lanes.items()):
            is_idle = id(lane) not in in_use and time.monotonic() - lane.used_at > ACCOUNT_IDLE_S
            if key.account and key not in waiting and is_idle:
                self._engines.replace_account(key.provider, key.account)
                closing = asyncio.get_running_loop().create_task(self._lanes.pop(key).close())
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    def _claim_safely(self) -> float:
        """Seconds to the next check of the queue. A failed claim must not end the scheduler."""
        try:
            self._claim_all()
            self._failed_claims = 0
            return CLAIM_INTERVAL_S
        except StorageUnavailable as error:
            self._failed_claims += 1
            if self._failed_claims > REPORT_AFTER_CLAIMS:
                self.jobs.storage.failed(error.reason)
            return pause_s(self._failed_claims)
        except Exception:
            log.exception("runs could not be claimed")
            return CLAIM_INTERVAL_S

    def _claim_all(self) -> None:
        """Start what can start: for every engine with queued runs, as many as it has free slots."""
        with self.jobs.store.read() as db:
            if settings.get(db, PAUSED, False):
                return
            lanes = queue.waiting_lanes(db)
        self._waiting = bool(lanes)
        self._close_idle(lanes)
        for waiting in lanes:
            lane = self._lane(waiting)
            if lane is None:
                self._hold_all(waiting)
                continue
            while lane.free_slots > 0 and (run := self._claim(waiting, lane.models_at_limit())):
                lane.acquire_slot(run)
                self._start_executor(run, holds_slot=True)

    def _hold_all(self, lane: Lane) -> None:
        """Hold runs of an engine that does not exist, instead of leaving them in the queue for ever."""
        why = Message("run.no_engine", provider=lane.provider)
        held: list[str] = []
        with self.jobs.store.write(patience_s=0) as db:
            while first := queue.next_up(db, lane):
                reason = HeldReason.NOT_CONFIGURED.value
                runs.move(db, first, Status.HELD, why, held_reason=reason, error=why)
                held.append(first.id)
        self.jobs.feed.publish(held)

    def _claim(self, lane: Lane, full_models: Sequence[str]) -> Run | None:
        """The next run of this engine and account, set to running. full_models: at their limit."""
        held: list[str] = []
        with self.jobs.store.write(patience_s=0) as db:
            full_models = [*full_models, *model_holds.blocked(db)]
            if budget.has_rules(db):
                while (first := queue.next_up(db, lane, full_models)) and (over := budget.excess_of_run(db, first)):
                    runs.move(db, first, Status.HELD, over.why, held_reason=over.reason.value, error=over.why)
                    held.append(first.id)
            run = queue.claim(db, lane, full_models)
            if run:
                model_holds.begin_trial(db, run.model, run.id)
            if run and run.estimate_usd:
                ledger.reserve(db, run, run.estimate_usd)
        self.jobs.feed.publish([*held, run.id] if run else held)
        return run

    def _start_executor(self, run: Run, *, holds_slot: bool = False) -> None:
        """Start the executor of a running run. holds_slot: the run was counted against its lane already."""
        lane = self._lane(Lane(run.provider, run.account))
        if lane is None or self._stopping:
            return
        if run.id in self._executions:  # the previous executor has just ended, and the next callback removes it
            self._executions[run.id][1].add_done_callback(lambda _: self._start_executor(run, holds_slot=holds_slot))
            return
        if not holds_slot:
            lane.acquire_slot(run)
        try:
            executor = Executor(self.jobs, lane, run, self._http, self._slot_is_free)
        except NotFound as error:
            lane.release_slot(run)
            self._hold(run, of_error(error))
            return
        if self._giving_back is not None:
            self._giving_back.cancel()
        run_id = run.id  # the callback keeps this alone: the row as it was claimed would live as long as the run
        task = asyncio.get_running_loop().create_task(executor.run(), name=run_id)
        self._executions[run_id] = (executor, task)
        task.add_done_callback(lambda done: self._finished(run_id, done))

    def _slot_is_free(self) -> None:
        """Check the queue where runs waited at the last check: each that came since has called `wake`."""
        if self._waiting:
            self._wake.set()

    def _hold(self, run: Run, why: str) -> None:
        """Hold a run whose model is gone."""
        reason = HeldReason.NOT_CONFIGURED.value
        task = asyncio.ensure_future(self.jobs.move(run, Status.HELD, why, held_reason=reason, error=why))
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    def _finished(self, run_id: str, task: asyncio.Task[None]) -> None:
        executor, _ = self._executions.pop(run_id)
        executor.release_slot()
        executor.context.lane.used_at = time.monotonic()
        if not task.cancelled() and (error := task.exception()):
            log.error("the executor of run %s failed", run_id, exc_info=error)
        if not self._executions and not self._stopping:
            self._giving_back = asyncio.get_running_loop().call_later(GIVE_BACK_AFTER_S, self._give_back_memory)
        self._wake.set()

    def _give_back_memory(self) -> None:
        def give_back() -> None:
            self.jobs.store.drop_readers()
            memory.trim()

        if not self._stopping:
            asyncio.get_running_loop().run_in_executor(None, give_back)

    def _request_stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _shut_down(self) -> None:
        """Interrupt every executor, except that one in the middle of a submit may first store its handle."""
        for executor, task in list(self._executions.values()):
            executor.stop()
            if not executor.submitting:
                task.cancel()
        tasks = [task for _, task in self._executions.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.jobs.timing.close_timeout_s)
            for task in late:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in self._holding:
            task.cancel()
        self._mark_closed()
        await asyncio.gather(*self._closing, *(lane.close() for lane in self._lanes.values()))

    def _mark_closed(self) -> None:
        try:
            recovery.mark_closed(self.jobs.store)
        except StorageUnavailable as error:
            log.warning("the clean shutdown could not be recorded (%s)", error)

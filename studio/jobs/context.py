"""What every part of the job manager shares, and one lane per engine."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from studio.catalogue import Catalogue
from studio.domain import Asset, Phase, Progress, Run, Status
from studio.engines.addresses import ANYWHERE, Home
from studio.engines.base import Announces, Engine, Input, Job
from studio.engines.rate_limit import RateLimiter
from studio.errors import NotFound, StorageUnavailable
from studio.jobs.durations import History, Timing
from studio.jobs.events import Feed
from studio.jobs.previews import Previews
from studio.messages import Message
from studio.storage import pause_s
from studio.store import Store, assets, runs

log = logging.getLogger(__name__)
T = TypeVar("T")

DOWNLOADS_AT_ONCE = 6
"""Per engine; a run that downloads no longer counts against the engine's own limit."""
SHOWN_AFTER_S = 1.0
"""A database that is held for a shorter time is nobody's concern."""


@dataclass
class JobContext:
    """The store and everything that is alive only while the studio runs. live: the last look at each running run."""

    store: Store
    catalogue: Catalogue
    data: Path
    timing: Timing
    feed: Feed = field(default_factory=Feed)
    live: dict[str, Progress] = field(default_factory=dict[str, Progress])
    previews: Previews = field(default_factory=Previews)

    def __post_init__(self) -> None:
        def load(pace: str) -> list[float]:
            with self.store.read() as db:
                return runs.times(db, pace, 30)

        self.history = History(load)
        self.storage = self.store.health

    async def write(self, work: Callable[[Database], T], *, most_s: float = 1.0) -> T:
        """What `work` returns, in one transaction: tried until the storage takes it, however long that is.

        Nothing else is held up meanwhile. most_s: longest pause between two tries.
        """

        def attempt() -> T:
            with self.store.write(patience_s=0) as db:
                return work(db)

        return await self._patiently(attempt, most_s)

    async def read(self, work: Callable[[Database], T]) -> T:
        """What `work` returns from the database; tried again while it cannot be read."""

        def attempt() -> T:
            with self.store.read() as db:
                return work(db)

        return await self._patiently(attempt, 1.0)

    async def _patiently(self, attempt: Callable[[], T], most_s: float) -> T:
        began, tries = time.monotonic(), 0
        while True:
            try:
                return attempt()
            except StorageUnavailable as error:
                if time.monotonic() - began > SHOWN_AFTER_S:
                    if self.storage.database is None:
                        log.warning("the job manager waits for the storage: %s", error)
                    self.storage.failed(error.reason)
            await asyncio.sleep(pause_s(tries, most_s))
            tries += 1

    async def move(self, run: Run, to: Status, why: str, **columns: Any) -> Run:
        """store.runs.move in its own transaction, and everybody is told."""
        moved = await self.write(lambda db: runs.move(db, run, to, why, **columns))
        self.feed.publish([run.id])
        return moved

    async def enter(self, run: Run, phase: Phase, why: str, *, most_s: float = 1.0, **columns: Any) -> Run:
        """store.runs.enter in its own transaction, and everybody is told."""
        entered = await self.write(lambda db: runs.enter(db, run, phase, why, **columns), most_s=most_s)
        self.feed.publish([run.id])
        return entered

    def work_dir(self, run_id: str) -> Path:
        """The run's own folder for files the engine makes; it may not exist yet."""
        return self.data / "cache" / "work" / run_id

    def clear_work(self, run_id: str) -> None:
        """Remove that folder."""
        shutil.rmtree(self.work_dir(run_id), ignore_errors=True)

    def sweep(self) -> None:
        """At the start: remove what a studio that was killed left of runs that are over, every preview, and the copies
        of inputs that were made for engines."""
        with self.store.read() as db:
            for folder in (self.data / "cache" / "work").glob("*"):
                if not runs.unended(db, [folder.name]):
                    shutil.rmtree(folder, ignore_errors=True)
                for left in folder.glob("preview.*"):
                    with suppress(OSError):  # on a read-only disk it stays
                        left.unlink()
        for folder in ("previews", "inputs"):
            shutil.rmtree(self.data / "cache" / folder, ignore_errors=True)

    def unended(self, run_id: str) -> bool:
        """Whether something may still happen to the run."""
        with self.store.read() as db:
            return bool(runs.unended(db, [run_id]))

    async def job(self, run: Run, *, local: bool) -> Job:
        """What the engine needs for this run. Raises NotFound when an input file or the model is gone, OSError.

        local: the engine works on this machine, and gets its folder.
        """
        ids = [i for group in run.request.media().values() for i in group]
        found: dict[str, Asset] = {}
        if ids:
            found = await self.read(lambda db: assets.several(db, ids))
        inputs = {i: Input(self._there(i, found), self.data / found[i].path) for i in ids}
        folder = self.work_dir(run.id)
        if local:
            folder.mkdir(parents=True, exist_ok=True)
        model = self.catalogue.get(run.model)
        return Job(run.id, run.request, model, run.seed, folder, inputs)

    def _there(self, asset_id: str, found: dict[str, Asset]) -> Asset:
        if asset_id not in found or not (self.data / found[asset_id].path).is_file():
            name = found[asset_id].name if asset_id in found else asset_id
            raise NotFound(Message("run.input_gone", name=name))
        return found[asset_id]


class EngineLane:
    """One engine with its limits. Made on the event loop; lanes never wait for one another.

    home: the provider's own host and port. news: by handle, set when a look is worth it.
    """

    def __init__(self, engine: Engine) -> None:
        limits = engine.facts.limits
        self.engine, self.facts = engine, engine.facts
        self.room = limits.concurrent
        self.submits = RateLimiter(limits.submits_per_s)
        self.polls = RateLimiter(limits.polls_per_s)
        self.downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self.home = ANYWHERE if self.facts.local else Home.of(self.facts.base_url)
        self.news: dict[str, asyncio.Event] = {}
        if isinstance(engine, Announces):
            engine.announce(self._tell)

    def _tell(self, handle: str) -> None:
        """Something may have happened to the run with this handle."""
        if event := self.news.get(handle):
            event.set()

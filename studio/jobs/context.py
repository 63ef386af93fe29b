"""What every part of the job manager shares, and one lane per engine."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from studio.catalogue import Catalogue, Model
from studio.domain import Asset, Phase, Progress, Run, Status
from studio.engines.addresses import ANYWHERE, AllowedHosts
from studio.engines.base import Engine, Input, Job, Notifications, account_limits
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

    room: how many more runs the account may have under way. home: the provider's own hosts and ports. updates: by
    handle, set when a look is worth it.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        limits = account_limits(engine, catalogue)
        self.engine, self.info, self._catalogue = engine, engine.info, catalogue
        self.room = limits.concurrent
        self._submits, self.polls = RateLimiter(limits.submits_per_s), RateLimiter(limits.polls_per_s)
        self._of_model: dict[str, RateLimiter] = {}
        self._under_way: dict[str, str] = {}
        self.downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self.home = ANYWHERE if self.info.local else AllowedHosts.of(self.info.base_url, *self.info.hosts)
        self.updates: dict[str, asyncio.Event] = {}
        if isinstance(engine, Notifications):
            engine.subscribe(self._notify)

    def take_room(self, run: Run) -> None:
        """The run is under way."""
        self.room -= 1
        self._under_way[run.id] = self._shared(run.model)

    def free_room(self, run: Run) -> None:
        """It does not count any more."""
        self.room += 1
        self._under_way.pop(run.id, None)

    def full_models(self) -> list[str]:
        """Ids of models of which no more runs may be under way, though the account has room."""
        limited = [m for m in self._catalogue if m.provider == self.info.name and m.limits.concurrent]
        count: Counter[str] = Counter(self._under_way.values() if limited else ())
        return [m.id for m in limited if count[self._shared(m.id)] >= (m.limits.concurrent or 0)]

    async def may_submit(self, model: Model) -> None:
        """Wait until a run of this model may be sent: first for the model's own rate, then for the account's."""
        if per_s := self.info.model_submits_per_s or model.limits.submits_per_s:
            await self._of_model.setdefault(self._shared(model.id), RateLimiter(per_s)).acquire()
        await self._submits.acquire()

    def pause_submits(self, seconds: float) -> None:
        """Send nothing for so long: the provider asked for it."""
        self._submits.pause_for(seconds)

    def _shared(self, model_id: str) -> str:
        """What counts together with this model. One that left the catalogue counts alone."""
        with suppress(NotFound):
            return self._catalogue.get(model_id).limits.shared or model_id
        return model_id

    def _notify(self, handle: str) -> None:
        """Something may have happened to the run with this handle."""
        if event := self.updates.get(handle):
            event.set()

"""What every part of the job manager shares, and one lane per engine."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from studio.catalogue import Catalogue, Model
from studio.domain import Asset, Phase, Progress, Run, Status
from studio.engines.addresses import ANYWHERE, AllowedHosts
from studio.engines.base import Engine, EngineInfo, Input, Job, Notifications, account_limits
from studio.engines.rate_limit import RateLimiter
from studio.errors import NotFound, StorageUnavailable
from studio.jobs.durations import History, Timing
from studio.jobs.engine_uses import EngineUses
from studio.jobs.events import Feed
from studio.jobs.previews import Previews
from studio.jobs.webhooks import WebhookRegistry
from studio.messages import Message
from studio.storage import pause_s
from studio.store import Store, assets, model_holds, runs
from studio.store.mirror import Mirror
from studio.store.model_holds import ModelHold

log = logging.getLogger(__name__)
T = TypeVar("T")

DOWNLOADS_AT_ONCE = 6
"""Per engine; a run that downloads no longer counts against the engine's own limit."""
REPORT_OUTAGE_AFTER_S = 1.0
"""A database that is locked for less time is not reported."""


class HeldModels:
    """The models whose queue is held, by id, read again only after a change. Safe from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes = 0
        self._kept: tuple[int, dict[str, ModelHold]] = (-1, {})

    def get(self) -> dict[str, ModelHold]:
        """As they are in the database."""
        changes = self._changes
        if self._kept[0] != changes:
            with self._store.read() as db:
                self._kept = changes, {hold.model: hold for hold in model_holds.held(db)}
        return self._kept[1]

    def changed(self) -> None:
        """A transaction that may have changed them was committed."""
        self._changes += 1


@dataclass
class JobContext:
    """The store and everything that is alive only while the studio runs. latest_progress: by run id."""

    store: Store
    catalogue: Catalogue
    data: Path
    timing: Timing
    feed: Feed = field(default_factory=Feed)
    latest_progress: dict[str, Progress] = field(default_factory=dict[str, Progress])
    previews: Previews = field(default_factory=Previews)
    webhooks: WebhookRegistry = field(default_factory=WebhookRegistry)
    mirror: Mirror | None = None

    def __post_init__(self) -> None:
        def load(pace: str) -> list[float]:
            with self.store.read() as db:
                return runs.times(db, pace, 30)

        self.history = History(load)
        self.storage = self.store.health
        self.held_models = HeldModels(self.store)

    async def write(self, work: Callable[[Database], T], *, max_pause_s: float = 1.0) -> T:
        """The result of `work` in one transaction, retried until the storage accepts it.

        Blocks nothing else. max_pause_s: longest pause between two attempts.
        """

        def attempt() -> T:
            with self.store.write(patience_s=0) as db:
                return work(db)

        return await self._retry_until_available(attempt, max_pause_s)

    async def read(self, work: Callable[[Database], T]) -> T:
        """The result of `work` on a read connection, retried while the database cannot be read."""

        def attempt() -> T:
            with self.store.read() as db:
                return work(db)

        return await self._retry_until_available(attempt, 1.0)

    async def _retry_until_available(self, attempt: Callable[[], T], max_pause_s: float) -> T:
        started_at, attempts = time.monotonic(), 0
        while True:
            try:
                return attempt()
            except StorageUnavailable as error:
                if time.monotonic() - started_at > REPORT_OUTAGE_AFTER_S:
                    if self.storage.database is None:
                        log.warning("the job manager waits for the storage: %s", error)
                    self.storage.failed(error.reason)
            await asyncio.sleep(pause_s(attempts, max_pause_s))
            attempts += 1

    async def move(self, run: Run, to: Status, why: str, **columns: Any) -> Run:
        """store.runs.move in its own transaction; subscribers are notified."""
        moved = await self.write(lambda db: runs.move(db, run, to, why, **columns))
        self.feed.publish([run.id])
        return moved

    async def enter_phase(self, run: Run, phase: Phase, why: str, *, max_pause_s: float = 1.0, **columns: Any) -> Run:
        """store.runs.enter in its own transaction; subscribers are notified."""
        entered = await self.write(lambda db: runs.enter(db, run, phase, why, **columns), max_pause_s=max_pause_s)
        self.feed.publish([run.id])
        return entered

    def work_dir(self, run_id: str) -> Path:
        """The run's own folder for files the engine makes; it may not exist yet."""
        return self.data / "cache" / "work" / run_id

    def clear_work(self, run_id: str) -> None:
        """Remove that folder, where there is one."""
        if (folder := self.work_dir(run_id)).is_dir():
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """At the start: remove what a studio that was killed left of runs that are over, every preview, and the copies
        of inputs that were made for engines."""
        with self.store.read() as db:
            for folder in (self.data / "cache" / "work").glob("*"):
                if not runs.unended(db, [folder.name]):
                    shutil.rmtree(folder, ignore_errors=True)
                for preview in folder.glob("preview.*"):
                    with suppress(OSError):  # on a read-only disk it stays
                        preview.unlink()
        for folder in ("previews", "inputs"):
            shutil.rmtree(self.data / "cache" / folder, ignore_errors=True)

    def is_active(self, run_id: str) -> bool:
        """Whether the run has not ended."""
        with self.store.read() as db:
            return bool(runs.unended(db, [run_id]))

    async def build_job(self, run: Run, *, local: bool) -> Job:
        """The run with its inputs, as the engine needs it. Raises NotFound when an input file or the model is gone,
        OSError.

        local: the engine works on this machine, and gets its folder.
        """
        ids = [i for group in run.request.media().values() for i in group]
        assets_by_id: dict[str, Asset] = {}
        if ids:
            assets_by_id = await self.read(lambda db: assets.several(db, ids))
        inputs = {i: Input(self._existing_asset(i, assets_by_id), self.data / assets_by_id[i].path) for i in ids}
        folder = self.work_dir(run.id)
        if local:
            folder.mkdir(parents=True, exist_ok=True)
        model = self.catalogue.get(run.model)
        return Job(run.id, run.request, model, run.seed, folder, inputs)

    def file(self, relative: str) -> Path:
        """Where a file of the library lies, brought back from the mirror where it is missing here."""
        if self.mirror is not None:
            self.mirror.fetch(relative)
        return self.data / relative

    def remove_file(self, relative: str) -> None:
        """Delete a file of the library, here and in the mirror."""
        (self.data / relative).unlink(missing_ok=True)
        if self.mirror is not None:
            self.mirror.remove(relative)

    def _existing_asset(self, asset_id: str, assets_by_id: dict[str, Asset]) -> Asset:
        if asset_id not in assets_by_id or not self.file(assets_by_id[asset_id].path).is_file():
            name = assets_by_id[asset_id].name if asset_id in assets_by_id else asset_id
            raise NotFound(Message("run.input_gone", name=name))
        return assets_by_id[asset_id]


class EngineLane:
    """One engine with its limits. Made on the event loop; lanes never wait for one another.

    free_slots: how many more runs the account may have under way; below 0 where the limit was lowered since. updates:
    by handle, set when a poll is worth it. used_at: when a run last ended. webhooks_arrive: a call of the provider has
    come, so that runs which expect one may be polled less often.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self._uses, self._catalogue = EngineUses(engine), catalogue
        self.free_slots = account_limits(engine, catalogue).concurrent
        self._active_groups: dict[str, str] = {}
        self._limited: tuple[int, list[Model]] = (-1, [])
        self.downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self.updates: dict[str, asyncio.Event] = {}
        self.webhooks_arrive = False
        self.used_at = time.monotonic()
        self._follow(engine)

    @property
    def engine(self) -> Engine:
        """The engine as it is set up now; calls to it belong into `in_use`."""
        return self._uses.current

    @property
    def info(self) -> EngineInfo:
        """What the engine says of itself, as it is set up now."""
        return self._uses.current.info

    def in_use(self) -> AbstractContextManager[Engine]:
        """The current engine, kept open until the block is left."""
        return self._uses.in_use()

    def replace(self, engine: Engine, replaced: Engine | None) -> None:
        """Use this engine, set up anew, from the next call on, and look at every run at once. replaced: the one before,
        which may never have come here."""
        if engine is not self.engine:
            before = account_limits(self.engine, self._catalogue).concurrent
            self.free_slots += account_limits(engine, self._catalogue).concurrent - before
            self._uses.replace(engine)
            self._follow(engine)
            for event in self.updates.values():
                event.set()
        if replaced is not None:
            self._uses.retire(replaced)

    async def close(self) -> None:
        """Let the engine give back what it holds."""
        await self._uses.close()

    def _follow(self, engine: Engine) -> None:
        """Keep to the limits of this engine, and hear of its runs."""
        limits = account_limits(engine, self._catalogue)
        self._submits, self.polls = RateLimiter(limits.submits_per_s), RateLimiter(limits.polls_per_s)
        self._model_submits: dict[str, RateLimiter] = {}
        self.provider_hosts = ANYWHERE if self.info.local else AllowedHosts.of(self.info.base_url, *self.info.hosts)
        if isinstance(engine, Notifications):
            engine.subscribe(self._notify)

    def acquire_slot(self, run: Run) -> None:
        """Count the run against the account's limit."""
        self.free_slots -= 1
        self._active_groups[run.id] = self._limit_group(run.model)

    def release_slot(self, run: Run) -> None:
        """The run no longer counts."""
        self.free_slots += 1
        self._active_groups.pop(run.id, None)

    def models_at_limit(self) -> list[str]:
        """Ids of models that have reached their own limit, though the account has free slots."""
        if self._limited[0] != self._catalogue.revision:
            limited = [m for m in self._catalogue if m.provider == self.info.name and m.limits.concurrent]
            self._limited = self._catalogue.revision, limited
        limited = self._limited[1]
        count: Counter[str] = Counter(self._active_groups.values() if limited else ())
        return [m.id for m in limited if count[self._limit_group(m.id)] >= (m.limits.concurrent or 0)]

    async def wait_to_submit(self, model: Model) -> None:
        """Wait until a run of this model may be sent: first for the model's own rate, then for the account's."""
        if per_s := self.info.model_submits_per_s or model.limits.submits_per_s:
            await self._model_submits.setdefault(self._limit_group(model.id), RateLimiter(per_s)).acquire()
        await self._submits.acquire()

    def pause_submits(self, seconds: float) -> None:
        """Submit nothing for this long, as the provider asked."""
        self._submits.pause_for(seconds)

    def _limit_group(self, model_id: str) -> str:
        """Models with the same key share a limit. A model that left the catalogue has a limit of its own."""
        with suppress(NotFound):
            return self._catalogue.get(model_id).limits.shared or model_id
        return model_id

    def _notify(self, handle: str) -> None:
        """Something may have happened to the run with this handle."""
        if event := self.updates.get(handle):
            event.set()

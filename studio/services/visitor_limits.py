"""Limits for visitors of a public Space: how many runs wait and start, what is brought in, what is kept and how long.

Every check takes the id of who acts, and lets everybody through who is no visitor. Rates are counted in memory: a
restart forgets them, waiting runs and stored files are counted in the database.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from limits import RateLimitItem, RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from studio.background_thread import BackgroundThread
from studio.catalogue import Model
from studio.domain import now
from studio.errors import LimitReached, StorageUnavailable
from studio.jobs.context import JobContext
from studio.messages import Message, term
from studio.permissions import VISITOR_PREFIX
from studio.space_settings import VisitorLimits
from studio.store import visitor_usage
from studio.store.mapping import stamp

log = logging.getLogger(__name__)

MB = 1_000_000
FREE_PROVIDERS = frozenset({"draft"})
"""Engines whose runs cost the studio nothing."""
SWEEP_S = 60.0
"""Between two looks at what is old."""
MAX_SWEEP_STEPS = 1000


def is_visitor(actor_id: str) -> bool:
    """Whether who acts is a visitor of a Space, without an account here."""
    return actor_id.startswith(VISITOR_PREFIX)


class VisitorLimiter:
    """Safe from any thread. free: providers whose runs cost the studio nothing."""

    def __init__(self, limits: VisitorLimits, jobs: JobContext, *, free: frozenset[str] = FREE_PROVIDERS) -> None:
        self.limits, self._jobs, self._store, self.free = limits, jobs, jobs.store, free
        self._rates = MovingWindowRateLimiter(MemoryStorage())
        self._submitting = threading.Lock()

    @contextmanager
    def submitting(self, actor_id: str, count: int) -> Iterator[None]:
        """Inside, so many runs may be stored. Visitors store one after another, so that no two of them fill the same
        place. Raises LimitReached."""
        if not is_visitor(actor_id):
            yield
            return
        with self._submitting:
            self._check_waiting(actor_id, count)
            self._check_stored(actor_id)
            self._take(RateLimitItemPerHour(self.limits.runs_per_hour), "runs", actor_id, count)
            yield

    def refusal(self, owner: str, model: Model) -> Message | None:
        """Why a visitor may not use the studio's own keys for this model; None for everybody else, and where they may.
        For RunAccounts, which looks for keys of the visitor's first."""
        if not is_visitor(owner) or model.provider in self.free:
            return None
        return Message("visitor.model", model=term(model.label))

    def check_upload(self, actor_id: str, size_bytes: int) -> None:
        """Count an upload, or raise LimitReached."""
        if not is_visitor(actor_id):
            return
        self._check_stored(actor_id, size_bytes)
        megabytes = max(1, math.ceil(size_bytes / MB))
        self._take(RateLimitItemPerHour(self.limits.upload_mb), "upload_mb", actor_id, megabytes)

    def check_export(self, actor_id: str) -> None:
        """Raise LimitReached where there is no room for another file."""
        if is_visitor(actor_id):
            self._check_stored(actor_id)

    def _check_waiting(self, actor_id: str, count: int) -> None:
        with self._store.read() as db:
            own, everybody = visitor_usage.waiting_runs(db, actor_id), visitor_usage.waiting_runs(db)
        if own + count > self.limits.waiting_runs:
            raise LimitReached(Message("visitor.waiting", most=self.limits.waiting_runs, waiting=own))
        if everybody + count > self.limits.all_waiting_runs:
            raise LimitReached(Message("visitor.all_waiting", waiting=everybody))

    def _check_stored(self, actor_id: str, more_bytes: int = 0) -> None:
        if self._stored(actor_id) + more_bytes <= self.limits.stored_mb * MB:
            return
        self.forget(stamp(now() - timedelta(hours=self.limits.keep_hours)), owner=actor_id)  # what is in the trash
        if self._stored(actor_id) + more_bytes > self.limits.stored_mb * MB:
            raise LimitReached(Message("visitor.stored", most=self.limits.stored_mb, hours=self.limits.keep_hours))

    def _stored(self, actor_id: str = "") -> int:
        with self._store.read() as db:
            return visitor_usage.stored_bytes(db, actor_id)

    def _take(self, item: RateLimitItem, name: str, actor_id: str, count: int) -> None:
        if count > item.amount:
            raise LimitReached(Message(f"visitor.{name}_at_once", most=item.amount, count=count))
        if self._rates.hit(item, name, actor_id, cost=count):
            return
        reset = self._rates.get_window_stats(item, name, actor_id).reset_time
        minutes = max(1, math.ceil((reset - time.time()) / 60))
        raise LimitReached(Message(f"visitor.{name}", most=item.amount, minutes=minutes), retry_after_s=minutes * 60)

    def sweep(self, at: datetime | None = None) -> int:
        """Delete what visitors made more than keep_hours ago, then the oldest until all fits; how many files went."""
        end = at or now()
        gone = self.forget(stamp(end - timedelta(hours=self.limits.keep_hours)))
        for _ in range(MAX_SWEEP_STEPS):
            if self._stored() <= self.limits.all_stored_mb * MB:
                break
            with self._store.read() as db:
                oldest = visitor_usage.oldest_end(db)
            if oldest is None:
                break
            gone += self.forget(stamp(datetime.fromisoformat(oldest) + timedelta(microseconds=1000)))
        return gone

    def forget(self, before: str, *, owner: str = "") -> int:
        """Delete what visitors, or this one, made before this moment; how many files went."""
        count = 0
        while True:
            with self._store.write() as db:
                gone = visitor_usage.forget(db, before, owner=owner)
            for path in gone.paths:
                with suppress(OSError):
                    self._jobs.remove_file(path)
            for asset_id in gone.asset_ids:
                for preview in (self._jobs.data / "cache" / "thumbs" / asset_id[-2:]).glob(f"{asset_id}-*"):
                    with suppress(OSError):
                        preview.unlink(missing_ok=True)
            count += len(gone.paths)
            if not gone.more:
                return count


class VisitorSweeper(BackgroundThread):
    """Calls sweep every minute."""

    def __init__(self, limiter: VisitorLimiter, *, every_s: float = SWEEP_S) -> None:
        super().__init__("visitors")
        self._limiter, self._every_s = limiter, every_s

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._limiter.sweep()
            except StorageUnavailable as error:  # the next sweep tries again
                log.warning("old results of visitors were not deleted: %s", error)
            except Exception:
                log.exception("old results of visitors were not deleted")
            self._stop.wait(self._every_s)

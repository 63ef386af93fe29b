"""Writes the audit log. Entries wait in memory for a moment, so that a storm of submits becomes a few transactions.

What is written with a change, `add_now` gives to the transaction of that change. The rest is on disk within BATCH_S: a
crash loses no more than that of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from datetime import timedelta

from sqlite_utils import Database

from studio.domain import now
from studio.errors import StorageUnavailable, StudioError
from studio.store import Store, audit, settings
from studio.store.audit import Entry
from studio.store.mapping import stamp

log = logging.getLogger(__name__)

BATCH_S = 0.25
MERGED_FROM, MERGED_MOST = 8, 50
"""Calls of one kind in a batch from which on they share rows, and how many share one."""
MAX_WAITING = 20_000
"""Entries kept in memory while the disk takes none; what comes beyond them is counted."""
REFUSALS_PER_MINUTE = 10
"""Refusals of one person from one address that are recorded one by one."""
RETENTION_KEY = "audit_months"
RETENTION_EVERY_S = 24 * 3600.0
MONTH_DAYS = 30.44


class AuditLog:
    """Safe from any thread; close it once, before the store."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._waiting: deque[Entry] = deque()
        self._dropped = 0
        self._refusals: dict[tuple[str, str], tuple[float, int]] = {}
        self._storms: dict[Hashable, _Storm] = {}
        self._writing, self._starting, self._adding = threading.Lock(), threading.Lock(), threading.Lock()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def record(self, entry: Entry) -> None:
        """Write the entry soon. Never waits and never raises."""
        if len(self._waiting) >= MAX_WAITING:
            self._dropped += 1
            return
        self._waiting.append(entry)
        self._wake_up()

    def record_call(self, key: Hashable, object_id: str, make: Callable[[], Entry]) -> None:
        """Write the entry of a call soon. Of a storm, calls with the same key within one batch, the first MERGED_FROM
        have rows of their own; of the others MERGED_MOST share one, with the ids of their objects: a program that
        submits hundreds of requests a second would else make each dearer by a twentieth."""
        with self._adding:
            storm = self._storms.get(key)
            if storm is None:
                storm = self._storms[key] = _Storm()
            if len(storm.entries) >= MERGED_FROM:
                storm.at = storm.at or stamp()
                storm.ids.append(object_id)
                return
            storm.entries.append(make())
        self._wake_up()

    def refused(self, entry: Entry) -> None:
        """Record a refusal, but only the first few of a person and address in a minute: a program that asks a thousand
        times would else drown what matters."""
        key, moment = (entry.actor, entry.address), self._clock()
        since, count = self._refusals.get(key, (moment, 0))
        if moment - since >= 60:
            since, count = moment, 0
        if len(self._refusals) > 1000:
            self._refusals.clear()
        self._refusals[key] = (since, count + 1)
        if count < REFUSALS_PER_MINUTE:
            self.record(entry)

    def add_now(self, db: Database, entry: Entry) -> None:
        """Write the entry in the caller's transaction: with the change, or not at all."""
        audit.add(db, [entry])

    def flush(self) -> None:
        """Write what waits; when this returns, everything recorded before is readable. Raises StorageUnavailable."""
        with self._writing:
            self._write(self._in_transaction)

    def months(self) -> int:
        """How many months rows are kept; 0 keeps them for good."""
        with self._store.read() as db:
            return int(settings.get(db, RETENTION_KEY, 0))

    def set_months(self, months: int) -> None:
        """Keep rows for so many months from now on; 0: for good. What is older goes within a day."""
        with self._store.write() as db:
            settings.put(db, RETENTION_KEY, months)

    def remove_old(self) -> int:
        """Remove what is older than it shall be kept, noted in the log and beside it; how many rows went."""
        if not (months := self.months()):
            return 0
        with self._writing, self._store.write() as db:
            count = audit.remove_older(db, now() - timedelta(days=months * MONTH_DAYS), months)
            if count:
                audit.add(db, [Entry("audit.removed", detail={"rows": str(count), "months": str(months)})])
        return count

    def start(self) -> None:
        """Start the thread that writes; it also keeps to the retention."""
        with self._starting:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._loop, name="audit", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write the rest and stop."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5)
        try:
            self.flush()
        except StudioError:
            log.warning("%d entries of the audit log were not written: the storage is away", len(self._waiting))

    def _wake_up(self) -> None:
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self.start()

    def _loop(self) -> None:
        next_look = self._clock()
        while not self._closing.is_set():
            if self._clock() >= next_look:
                next_look = self._clock() + RETENTION_EVERY_S
                self._keep_to_retention()
            if not self._wake.wait(60) or self._closing.wait(BATCH_S):
                continue
            self._wake.clear()
            try:
                with self._writing:
                    self._write(self._store.insist)
            except StorageUnavailable:  # the studio closes
                return

    def _keep_to_retention(self) -> None:
        try:
            self.remove_old()
        except StorageUnavailable:
            log.info("Old rows of the audit log stay until tomorrow: the storage is away")

    def _write(self, in_transaction: Callable[[Callable[[Database], None]], object]) -> None:
        """Give what waits to one transaction; it waits on where that fails."""
        with self._adding:
            storms, self._storms = self._storms, {}
        entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
        entries += [row for storm in storms.values() for row in storm.rows()]
        entries.sort(key=lambda entry: entry.at)
        if dropped := self._dropped:
            entries.append(Entry("audit.dropped", detail={"rows": str(dropped)}))
        if not entries:
            return
        try:
            in_transaction(lambda db: audit.add(db, entries))
        except BaseException:
            self._waiting.extendleft(reversed(entries[: len(entries) - bool(dropped)]))
            raise
        self._dropped -= dropped

    def _in_transaction(self, work: Callable[[Database], None]) -> None:
        with self._store.write() as db:
            work(db)


class _Storm:
    """Calls of one kind within a batch. entries: the first of them. at, ids: of those beyond, by their objects."""

    __slots__ = ("at", "entries", "ids")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.at, self.ids = "", list[str]()

    def rows(self) -> Iterator[Entry]:
        """The rows to write."""
        yield from self.entries
        for start in range(0, len(self.ids), MERGED_MOST):
            part = self.ids[start : start + MERGED_MOST]
            detail = {"times": str(len(part)), "ids": " ".join(dict.fromkeys(i for i in part if i))}
            yield replace(self.entries[0], object=part[0], detail=detail, at=self.at)

"""One press of a button, one batch: what came of a press is kept for a while under the key that the page gave it.

A browser, a proxy or an impatient hand may send the same press twice; the second gets the answer of the first.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

TTL_S = 3600.0
MAX_ENTRIES = 2000
MAX_KEY_CHARS = 64
T = TypeVar("T")


@dataclass
class _Entry:
    at: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False
    result: Any = None


class IdempotencyCache:
    """Results by key; safe from any thread. Of callers with one key only one does the work; the others wait."""

    def __init__(
        self, *, ttl_s: float = TTL_S, max_entries: int = MAX_ENTRIES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl_s, self._max_entries, self._clock = ttl_s, max_entries, clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def once(self, actor: str, key: object, work: Callable[[], T]) -> T:
        """What `work` gave for this owner's key, now or before. Work that raised may be tried again under its key.

        A key that is no short text names nothing: then the work is simply done.
        """
        if not isinstance(key, str) or not key or len(key) > MAX_KEY_CHARS:
            return work()
        entry = self._entry((actor, key))
        with entry.lock:
            if not entry.done:
                entry.result = work()
                entry.done = True
            return entry.result

    def _entry(self, key: tuple[str, str]) -> _Entry:
        now = self._clock()
        with self._lock:
            while self._entries and next(iter(self._entries.values())).at < now - self._ttl_s:
                self._entries.popitem(last=False)
            if key not in self._entries and len(self._entries) >= self._max_entries:
                self._entries.popitem(last=False)
            return self._entries.setdefault(key, _Entry(now))

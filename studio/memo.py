"""Values that are derived again and again, made anew only where what they are derived from has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
T = TypeVar("T")


class Memo(Generic[Key, T]):
    """A bounded cache that is never wrong: each value lies beside its source, and counts only for an equal one.

    Sources are compared with ==; a tuple of objects that are the very same is equal without looking into them, so
    frozen values that are kept from call to call make a look-up cheap. Safe from any thread.
    """

    def __init__(self, limit: int) -> None:
        """limit: values kept; beyond it those go that were made first."""
        self._limit = limit
        self._entries: OrderedDict[Key, tuple[object, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, source: object, make: Callable[[], T]) -> T:
        """The value under this key, made anew where it was made from something else."""
        known = self._entries.get(key)
        if known is not None and known[0] == source:
            return known[1]
        value = make()
        self.put(key, source, value)
        return value

    def find(self, key: Key, source: object) -> T | None:
        """The value under this key where it was made from the same."""
        known = self._entries.get(key)
        return known[1] if known is not None and known[0] == source else None

    def put(self, key: Key, source: object, value: T) -> None:
        """Keep a value in the place of the one before."""
        with self._lock:
            self._entries[key] = (source, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)

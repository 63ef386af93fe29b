"""Who wants to know that runs changed is told which, from any thread to any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType


class Feed:
    """Publishes ids of changed runs to every open subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[Subscription] = set()
        self.closed = False

    def subscribe(self) -> Subscription:
        """A new subscription, which sees every change from now on. Close it, or use it in `with`."""
        made = Subscription(self)
        with self._lock:
            self._open.add(made)
        return made

    def publish(self, run_ids: Iterable[str]) -> None:
        """Tell everybody; never waits."""
        ids = list(run_ids)
        with self._lock:
            for one in self._open:
                one.add(ids)

    def close(self) -> None:
        """Wake everybody who waits, so that a studio that closes keeps no thread."""
        self.closed = True
        self.publish(())

    def forget(self, one: Subscription) -> None:
        with self._lock:
            self._open.discard(one)


class Subscription:
    """Ids of runs that changed since the last `get`, each once, in the order of their first change."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ids: dict[str, None] = {}
        self._some = threading.Condition()

    def get(self, timeout_s: float) -> list[str]:
        """Wait up to timeout_s for a change. Empty when time is up or the studio closes."""
        until = time.monotonic() + timeout_s
        with self._some:
            while not self._ids and not self._feed.closed:
                if not self._some.wait(max(0.0, until - time.monotonic())):
                    break
            ids = list(self._ids)
            self._ids.clear()
        return ids

    def close(self) -> None:
        """Stop collecting."""
        self._feed.forget(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, ids: Iterable[str]) -> None:
        with self._some:
            told = bool(self._ids)
            self._ids.update(dict.fromkeys(ids))
            if not told:
                self._some.notify_all()

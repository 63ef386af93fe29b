"""Publishes which runs, boards and reviews changed to subscribers, from any thread to any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType

BOARD_PREFIX = "board:"
"""Stands before the id of a board in the feed."""
REVIEW_PREFIX = "review:"
"""Stands before the id of a review in the feed; ids without a prefix are of runs."""


COLLECT_S = 0.03
"""After a change was taken, the next ones are collected for so long: with a thousand runs under way every change would
wake each subscriber's thread. A change after a quiet moment is never delayed."""


class Feed:
    """Publishes ids of changed runs, and of boards and reviews behind their prefixes, to every open subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self.closed = False

    def subscribe(self, notify: Callable[[], None] | None = None) -> Subscription:
        """A new subscription, which sees every change from now on. Close it, or use it in `with`.

        notify: called, by whoever publishes, when there is something to take where nothing was; it must not wait.
        """
        subscription = Subscription(self, notify)
        with self._lock:
            self._subscriptions.add(subscription)
        return subscription

    def publish(self, run_ids: Iterable[str]) -> None:
        """Notify every subscription; never waits."""
        ids = list(run_ids)
        with self._lock:
            for subscription in self._subscriptions:
                subscription.add(ids)

    def close(self) -> None:
        """Wake every waiting subscriber, so that no thread outlives the studio."""
        self.closed = True
        self.publish(())

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)


class Subscription:
    """Ids of runs that changed since the last `get`, each once, in the order of their first change."""

    def __init__(self, feed: Feed, notify: Callable[[], None] | None = None) -> None:
        self._feed, self._notify = feed, notify
        self._ids: dict[str, None] = {}
        self._available = threading.Condition()
        self._taken_at = 0.0

    def get(self, timeout_s: float) -> list[str]:
        """Wait up to timeout_s for a change. Empty when time is up or the studio closes."""
        deadline = time.monotonic() + timeout_s
        if (collect_s := min(self._taken_at + COLLECT_S - time.monotonic(), timeout_s)) > 0:
            time.sleep(collect_s)  # and not on the condition, which every change would wake
        with self._available:
            while not self._ids and not self._feed.closed:
                if not self._available.wait(max(0.0, deadline - time.monotonic())):
                    break
            ids = list(self._ids)
            self._ids.clear()
        self._taken_at = time.monotonic() if ids else 0.0
        return ids

    def take(self) -> list[str]:
        """As `get`, without waiting."""
        with self._available:
            ids = list(self._ids)
            self._ids.clear()
        return ids

    def close(self) -> None:
        """Stop collecting."""
        self._feed.unsubscribe(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, ids: Iterable[str]) -> None:
        with self._available:
            had_ids = bool(self._ids)
            self._ids.update(dict.fromkeys(ids))
            if not had_ids:
                self._available.notify_all()
        if self._notify and not had_ids:
            self._notify()

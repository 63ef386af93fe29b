"""Regular checks of worker processes. Ticks are counted rather than clock time, so a studio that itself was stopped for
a while (a laptop asleep, a debugger) does not take its workers for hung when it goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Ticker:
    """Calls `check` every `every_s` seconds on a thread of its own, from `start` until `stop`."""

    def __init__(self, every_s: float, check: Callable[[], None], name: str) -> None:
        self.every_s, self._check, self._name = every_s, check, name
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; later calls do nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """No check begins any more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self.every_s):
            try:
                self._check()
            except Exception:
                log.exception("a check of workers failed")

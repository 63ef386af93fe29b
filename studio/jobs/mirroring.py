"""Keeps the mirror up to date, on a thread of its own: each finished file at once, the database on a schedule."""

from __future__ import annotations

import logging
import threading
import time

from studio.errors import StorageUnavailable
from studio.jobs.durations import Timing, backoff_s
from studio.store import Store
from studio.store.mirror import Mirror, new_files

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
FILES_AT_ONCE = 50
CLOSE_TIMEOUT_S = 5.0
"""What the last copy of the database may take at the stop; a mirror that hangs does not hold the studio up longer."""
SAYING_EVERY_S = 600.0
"""A mirror that stays away is in the log no more often."""


class Mirroring:
    """minutes: between copies of the database, made only where something was written since the last."""

    def __init__(self, mirror: Mirror, store: Store, timing: Timing, *, minutes: float) -> None:
        self._mirror, self._store, self._timing, self._every_s = mirror, store, timing, minutes * 60
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        self._reached = (0, 0)
        self._copied_at = time.monotonic()
        self._copied_state: tuple[float, ...] = ()
        self._said_at = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Copy what is new and the database once more, within CLOSE_TIMEOUT_S, and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CLOSE_TIMEOUT_S)
            if self._thread.is_alive():
                log.warning("the mirror did not take the last copy of the database in time")

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            failures = 0 if self._step() else failures + 1
            self._stop.wait(backoff_s(self._timing, failures) if failures else LOOK_EVERY_S)
        self._step(last=True)

    def _step(self, *, last: bool = False) -> bool:
        """Whether everything that was due is in the mirror."""
        try:
            if not self._mirror.claim(self._store):
                self._say("the mirror belongs to another studio: nothing is copied there")
                return False
            self._put_files()
            if last or time.monotonic() - self._copied_at >= self._every_s:
                self._put_database()
        except OSError as error:
            self._say(f"the mirror cannot be used now: {error.strerror or error}")
            return False
        except StorageUnavailable as error:
            self._say(f"the mirror waits for the database: {error}")
            return False
        except Exception:
            log.exception("the mirror was not brought up to date")
            return False
        return True

    def _put_files(self) -> None:
        while True:
            with self._store.read() as db:
                paths, reached = new_files(db, self._reached, FILES_AT_ONCE)
            for path in paths:
                try:
                    self._mirror.put(path)
                except FileNotFoundError:
                    if not self._mirror.folder.parent.is_dir():
                        raise
                    # it was deleted meanwhile, or is in the mirror only
            if reached == self._reached:
                return
            self._reached = reached

    def _put_database(self) -> None:
        self._copied_at = time.monotonic()
        state = tuple(p.stat().st_mtime for p in sorted(self._store.path.parent.glob("studio.db*")))
        if state != self._copied_state:
            self._mirror.put_database(self._store)
            self._copied_state = state

    def _say(self, sentence: str) -> None:
        if time.monotonic() - self._said_at >= SAYING_EVERY_S or not self._said_at:
            log.warning("%s", sentence)
            self._said_at = time.monotonic()

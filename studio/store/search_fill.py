"""Gives the runs of an earlier version their terms of the text index while the studio works; see store.search_terms."""

from __future__ import annotations

import logging

from studio.background_thread import BackgroundThread
from studio.errors import StorageUnavailable
from studio.store import search_terms
from studio.store.db import Store

log = logging.getLogger(__name__)
PAUSE_S = 0.05
"""Between two steps: whoever writes has its turn."""


class SearchFill(BackgroundThread):
    """Fills once, and goes on after a restart where it stood."""

    def __init__(self, store: Store, *, pause_s: float = PAUSE_S) -> None:
        super().__init__("search terms")
        self._store, self._pause_s = store, pause_s

    def start(self) -> None:
        """Begin, where there is anything to do."""
        with self._store.read() as db:
            complete = search_terms.are_complete(db)
        if not complete:
            super().start()

    def _run(self) -> None:
        try:
            while self._store.insist(search_terms.fill):
                if self._stop.wait(self._pause_s):
                    return
        except StorageUnavailable:  # the studio closes; the next start goes on
            return
        except Exception:
            log.exception("searches stay slow: runs of an earlier version could not be added to the index")

"""Whether anything in the database has changed since: one number, asked in microseconds."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from itertools import count
from pathlib import Path


class Changes:
    """The database's own counter of commits. Safe from any thread; close it once.

    A connection counts what others have committed, in this program and in any other. So it is a connection of its own,
    and its number means nothing beside another's: each has a number as well. Source: SQLite, PRAGMA data_version.
    """

    _connections = count(1)

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._number = 0

    def version(self) -> tuple[int, int]:
        """Another one after every commit; never one that was there before. Raises sqlite3.Error."""
        with self._lock:
            if self._reader is None:
                uri = f"{self._path.resolve().as_uri()}?mode=ro"
                self._reader = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
                self._number = next(Changes._connections)
            with closing(self._reader.execute("PRAGMA data_version")) as cursor:
                return self._number, cursor.fetchone()[0]

    def close(self) -> None:
        """Close the connection. The next question opens another."""
        with self._lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

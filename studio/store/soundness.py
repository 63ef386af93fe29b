"""Whether the database file is whole, which takes seconds to find out where it is large: 5 s for a gigabyte.

A file is looked through at the start when the last stop leaves a doubt, and before anything is changed in it. A small
one always is: that takes milliseconds. A copy is looked through when it is made and before it is put back.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from sqlite_utils import Database

from studio.errors import StoreError
from studio.messages import Message
from studio.storage import pause_s, reason_of
from studio.store import settings
from studio.store.migrations import MIGRATIONS

log = logging.getLogger(__name__)

IN_USE = "database_in_use"
"""Kept while a studio has the database open, and on after one that did not close it."""
BEFORE_IN_USE = "closed_cleanly"
"""What says so in a database that no studio with IN_USE has opened yet."""
SMALL_BYTES = 16 * 2**20
"""A file up to this size is looked through in less than a tenth of a second."""


def check(db: Database, path: Path) -> None:
    """Raise StoreError when the file is damaged or was written by a newer version of the studio."""
    check_whole(db, path)
    check_version(db, path)


def check_whole(db: Database, path: Path) -> None:
    """Raise StoreError when the file is damaged."""
    if (result := db.conn.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StoreError(Message("store.damaged", path=path, why=result, advice=Message("store.advice")))


def check_version(db: Database, path: Path) -> None:
    """Raise StoreError when the file was written by a newer version of the studio."""
    known_migrations = {m.name for m in MIGRATIONS.pending(Database(memory=True))}
    newer = sorted(m.name for m in MIGRATIONS.applied(db) if m.name not in known_migrations)
    if newer:
        raise StoreError(Message("store.newer", folder=path.parent, newer=newer[-1]))


def is_doubtful(db: Database) -> bool:
    """Whether the last studio that had the database open did not close it."""
    if not db["settings"].exists():
        return True
    return bool(settings.get(db, IN_USE, not settings.get(db, BEFORE_IN_USE, True)))


def mark(db: Database, *, in_use: bool) -> None:
    """Keep whether a studio has the database open. Reading first spares a start its wait for the disk."""
    if settings.get(db, IN_USE) != in_use:
        settings.put(db, IN_USE, in_use)


class BackgroundCheck:
    """Looks through the file at `path` on a thread and a connection of its own.

    on_end: called on that thread with the StoreError that says what is wrong, or None; not after `stop`. A disk that is
    away meanwhile is waited for.
    """

    def __init__(self, path: Path, on_end: Callable[[StoreError | None], None]) -> None:
        self._path, self._on_end = path, on_end
        self._stopped = threading.Event()
        url = f"{path.resolve().as_uri()}?mode=ro"
        self._conn = sqlite3.connect(url, uri=True, check_same_thread=False, isolation_level=None)
        self._thread = threading.Thread(target=self._run, name="database-check", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give up, where it has not ended."""
        self._stopped.set()
        while self._thread.is_alive() and self._thread is not threading.current_thread():
            with suppress(sqlite3.ProgrammingError):  # closed since
                self._conn.interrupt()
            self._thread.join(0.05)

    def _run(self) -> None:
        with closing(self._conn):
            tries = 0
            while not self._stopped.wait(pause_s(tries) if tries else 0):
                try:
                    found = self._look()
                except sqlite3.DatabaseError as error:  # interrupted, or the disk is away
                    if not self._stopped.is_set():
                        log.warning("the database could not be looked through (%s)", error)
                    tries += 1
                else:
                    self._on_end(found)
                    return

    def _look(self) -> StoreError | None:
        try:
            check_whole(Database(self._conn), self._path)
        except StoreError as error:
            return error
        except sqlite3.DatabaseError as error:
            if reason_of(error, self._path.parent) or error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise
            return StoreError(Message("store.cannot_open", path=self._path, why=error, advice=Message("store.advice")))
        return None

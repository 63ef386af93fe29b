"""A look at a data folder that changes nothing in it: beside a studio that uses it, or where there is none yet."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from studio.errors import StoreError
from studio.messages import Message
from studio.storage import StorageHealth, storing
from studio.store.db import Store
from studio.store.folder import NAME
from studio.store.migrations import MIGRATIONS
from studio.store.soundness import SMALL_BYTES, check_version, check_whole

T = TypeVar("T")


class ReadOnlyStore(Store):
    """The database as it is; what is written raises StoreError. Safe from any thread.

    A folder without a database reads as an empty one. A database of an older version is copied into memory and brought
    to this version there.
    """

    def __init__(self, data: Path) -> None:  # pyright: ignore[reportMissingSuperCall] - it would take the folder
        self.folder, self.path = data, data / NAME
        self.health = StorageHealth()
        self._lock = threading.RLock()
        with storing(data):
            self._database = _opened(self.path)

    @contextmanager
    def read(self) -> Generator[Database, None, None]:
        """The one connection, which nobody else has meanwhile."""
        with self._lock, storing(self.folder):
            yield self._database

    @contextmanager
    def write(self, *, patience_s: float = 0) -> Generator[Database, None, None]:
        """Raises StoreError."""
        raise StoreError(Message("batch.read_only"))
        yield self._database

    def write_one(self, work: Callable[[Database], T]) -> T:
        """Raises StoreError."""
        raise StoreError(Message("batch.read_only"))

    def insist(self, work: Callable[[Database], T]) -> T:
        """Raises StoreError."""
        raise StoreError(Message("batch.read_only"))

    def drop_readers(self) -> None:
        """There is none but the one."""

    def stop_waiting(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()


def _opened(path: Path) -> Database:
    if not path.is_file() or path.stat().st_size == 0:
        return _in_memory(None)
    # without a log nobody writes, and SQLite need not make the files that readers and a writer share
    quiet = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    url = f"{path.resolve().as_uri()}?mode=ro{quiet}"
    try:
        db = Database(sqlite3.connect(url, uri=True, check_same_thread=False, isolation_level=None, timeout=2))
        check_version(db, path)
        if path.stat().st_size <= SMALL_BYTES:  # a large one is read as it is: nothing is changed in it
            check_whole(db, path)
        if not MIGRATIONS.pending(db):
            return db
        with closing(db.conn):
            return _in_memory(db)
    except sqlite3.DatabaseError as error:
        raise StoreError(Message("store.cannot_open", path=path, why=error, advice=Message("store.advice"))) from error


def _in_memory(source: Database | None) -> Database:
    memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    if source is not None:
        source.conn.backup(memory)
    db = Database(memory)
    MIGRATIONS.apply(db)
    return db

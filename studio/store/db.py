"""Opens the studio's database: one writer behind a lock, and read-only connections that never wait for it.

Always true: WAL, foreign keys on, one transaction a `write()`, readers see whole transactions. A database of a newer
version or a damaged one is refused before anything is changed. Only one program may hold a data folder at a time.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from studio.errors import StoreError
from studio.store.lock import FolderLock
from studio.store.migrations import MIGRATIONS

NAME = "studio.db"
TIDY_EVERY_S = 2.0
LOG_TIDY_BYTES, LOG_LIMIT_BYTES = 4 * 2**20, 128 * 2**20
"""The log is copied into the database from the first size on; beyond the second, writers wait until it is empty."""
BUSY_MS = 5000
"""How long a statement waits for another program that reads or copies the file, in milliseconds."""


class Store:
    """The database of one data folder. Safe from any thread; close it once."""

    def __init__(self, data: Path) -> None:
        """Open or make `data`/studio.db and bring it to this version.

        Raises StoreError, in one sentence, when the folder is in use, the file is damaged or newer than this program.
        """
        data.mkdir(parents=True, exist_ok=True)
        self.path = data / NAME
        self._lock = threading.RLock()
        self._idle: list[Database] = []
        self._closed = False
        self._folder = FolderLock(data / "studio.lock")
        try:
            self._writer = _writer(self.path)
        except BaseException:
            self._folder.release()
            raise
        self._enough = threading.Event()
        self._tidier = threading.Thread(target=self._tidy, name="checkpoints", daemon=True)
        self._tidier.start()

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction on the only writing connection; rolled back when the block raises. Keep it short."""
        with self._lock:
            if self._closed:
                raise StoreError("The studio is closed.")
            if self._writer.conn.in_transaction:  # a block inside a block is part of the outer transaction
                yield self._writer
                return
            self._writer.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.conn.rollback()
                raise
            self._writer.conn.commit()

    @contextmanager
    def write_one(self) -> Iterator[Database]:
        """The writing connection for exactly one statement, which is a transaction by itself.

        Spares the calls that begin and commit: each call into SQLite gives up Python's lock, and a submit that has to
        win it back five times while four threads search takes three times as long as one that does so twice.
        """
        with self._lock:
            if self._closed:
                raise StoreError("The studio is closed.")
            yield self._writer

    @contextmanager
    def read(self) -> Iterator[Database]:
        """A read-only connection that no other thread has meanwhile.

        Taken from a pool rather than bound to the thread: servers start and end threads, and a pool is closed whole.
        """
        try:
            db = self._idle.pop()
        except IndexError:
            db = _reader(self.path)
        try:
            yield db
        finally:
            if self._closed:
                db.close()
            else:
                self._idle.append(db)

    def close(self) -> None:
        """Close every connection and give the folder back."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._enough.set()
        self._tidier.join()
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            self._writer.execute("PRAGMA optimize")
            self._writer.close()
            self._folder.release()

    def _tidy(self) -> None:
        """Copy the log into the database file now and then, on a thread and a connection of its own.

        SQLite would do it inside a commit, and while somebody always reads inside nearly every commit, with a sync of
        the disk each time: 20 to 100 ms for whoever happens to submit.
        """
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("PRAGMA busy_timeout=500")  # writers wait as long; the next round tries again
        log = self.path.with_name(self.path.name + "-wal")
        while not self._enough.wait(TIDY_EVERY_S):
            size = log.stat().st_size if log.exists() else 0
            try:
                if size > LOG_LIMIT_BYTES:
                    with self._lock:  # readers are waited for, writers wait: the only way to begin the log anew
                        db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                elif size > LOG_TIDY_BYTES:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.OperationalError as error:
                logging.getLogger(__name__).warning("the log could not be copied into the database (%s)", error)
        db.close()


def _writer(path: Path) -> Database:
    try:
        conn = sqlite3.connect(path, check_same_thread=False, isolation_level=None, cached_statements=512)
        conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        db = Database(conn)
        check(db, path)
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=NORMAL")
        conn.execute("PRAGMA wal_autocheckpoint=0")
        conn.execute("PRAGMA foreign_keys=ON")
        MIGRATIONS.apply(db)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"The database {path} cannot be opened ({error}). {ADVICE}") from error
    return db


def _reader(path: Path) -> Database:
    conn = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None,
        cached_statements=512,
    )  # fmt: skip
    conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    conn.execute("PRAGMA mmap_size=1073741824")
    return Database(conn)


ADVICE = "Put back a copy from the folder's backups/, or start with another data folder."


def check(db: Database, path: Path) -> None:
    """Raise StoreError when the file is damaged or was written by a newer version of the studio."""
    if (said := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise StoreError(f"The database {path} is damaged ({said}). {ADVICE}")
    known = {m.name for m in MIGRATIONS.pending(Database(memory=True))}
    newer = sorted(m.name for m in MIGRATIONS.applied(db) if m.name not in known)
    if newer:
        raise StoreError(
            f"The data folder {path.parent} was used by a newer Wan Studio (it knows {newer[-1]}): "
            "start that version, or put back an older copy from backups/."
        )

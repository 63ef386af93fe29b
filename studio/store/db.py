"""Opens the studio's database: one writer behind a lock, and read-only connections that never wait for it.

Always true: WAL, foreign keys on, one transaction a `write()`, readers see whole transactions. A database of a newer
version or a damaged one is refused before anything is changed; a large one after an unclean stop may be read while it
is looked through. Only one program may hold a data folder at a time.
A database that another program holds, or whose disk is full, read-only or away, raises StorageUnavailable and nothing
else: who writes on somebody's behalf waits a little, who works in the background waits until it is over. No file is
memory-mapped: an input/output error on a mapped page would end the process.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from studio.errors import StorageUnavailable, StoreError
from studio.messages import Message
from studio.storage import StorageHealth, pause_s, reason_of, storing, unavailable
from studio.store import (
    migrations_audit,
    migrations_board_authors,
    migrations_budgets,
    migrations_expenses,
    migrations_people,
    migrations_projects,
    migrations_push,
    migrations_queue,
    migrations_review_links,
    migrations_reviews,
    migrations_reviews_rules,
    migrations_search,
    migrations_submit_keys,
    migrations_visitors,
    settings,
    soundness,
)
from studio.store.changes import Changes
from studio.store.folder import NAME, opened_folder, refuse_lost_database
from studio.store.lock import FolderLock
from studio.store.migrations import MIGRATIONS
from studio.store.soundness import BackgroundCheck

CHECKPOINT_EVERY_S = 2.0
WAL_CHECKPOINT_BYTES, WAL_RESTART_BYTES = 4 * 2**20, 128 * 2**20
"""The log is copied into the database from the first size on; beyond the second, writers wait until it is empty."""
PATIENCE_S = 5.0
"""How long somebody who waits for an answer is kept waiting for a database that cannot be written."""
READ_BUSY_MS = 1000
"""How long a reader waits where another program puts the file in order, in milliseconds; else it never waits."""
CACHE_KIB = 16 * 1024
"""Memory that each reader may use for pages of the file."""

SCHEMA = (
    migrations_people,
    migrations_projects,
    migrations_budgets,
    migrations_submit_keys,
    migrations_push,
    migrations_visitors,
    migrations_board_authors,
    migrations_audit,
    migrations_reviews,
    migrations_reviews_rules,
    migrations_review_links,
    migrations_search,
    migrations_queue,
    migrations_expenses,
)
"""Modules whose import adds their steps to MIGRATIONS, in this order."""

T = TypeVar("T")


class Store:
    """The database of one data folder. Safe from any thread; close it once."""

    def __init__(self, data: Path, *, anew: bool = False, beside: bool = False, check_later: bool = False) -> None:
        """Open or make `data`/studio.db and bring it to this version.

        anew: begin with an empty database though the folder holds files of an older one. beside: also where a studio
        runs on the folder, for a command that changes a row or two of what that studio only reads. check_later: where
        a large file has to be looked through first, it is read meanwhile, and writing raises StorageUnavailable; see
        `when_checked`. Raises StoreError, in one sentence, when the folder is in use or no folder, or the file is
        damaged, newer than this program, or gone while its library is still there; StorageUnavailable when the disk or
        the database cannot be written now.
        """
        self.folder = opened_folder(data)
        self.path = data / NAME
        self.health = StorageHealth()
        self._lock = threading.RLock()
        self._idle: list[Database] = []
        self.changes = Changes(self.path)
        self._closed = self._closing = False
        self._damage: StoreError | None = None
        self._check: BackgroundCheck | None = None
        self._on_checked: list[Callable[[StoreError | None], None]] = []
        self._is_beside, self._is_marked = beside, False
        self._lock_file = None if beside else FolderLock(data / "studio.lock")
        try:
            with storing(data):
                if not anew:
                    refuse_lost_database(data)
                self._writer, is_checked = _wait_for_writer(self.path, check_later=check_later)
            if is_checked:
                self._mark(in_use=True)
        except BaseException:
            self._release_folder()
            raise
        self._stopped = threading.Event()
        self._checkpointer = threading.Thread(target=self._checkpoint_loop, name="checkpoints", daemon=True)
        if is_checked:
            self._checkpointer.start()
        else:
            self.health.is_checking = True
            self._check = BackgroundCheck(self.path, self._end_check)

    def when_checked(self, call: Callable[[StoreError | None], None]) -> None:
        """Call with None once the file is known to be whole: at once, or on the check's thread when that has ended.

        Where the file is damaged, `call` gets the error, and nothing is written any more.
        """
        with self._lock:
            if self.health.is_checking and self._damage is None:
                self._on_checked.append(call)
                return
        call(self._damage)

    def _end_check(self, error: StoreError | None) -> None:
        with self._lock:
            if self._closed:
                return
            self._damage = error
            calls, self._on_checked = self._on_checked, []
            if error is None:
                self.health.is_checking = False
                self._mark(in_use=True)
                self._checkpointer.start()
        for call in calls:
            call(error)

    def _mark(self, *, in_use: bool) -> None:
        """Keep for the next start whether the database is in use. Where that fails, the checkpoints try again."""
        if self._is_beside:
            return
        with suppress(StorageUnavailable), self.write(patience_s=0) as db:
            soundness.mark(db, in_use=in_use)
            self._is_marked = in_use

    @contextmanager
    def write(self, *, patience_s: float = PATIENCE_S) -> Generator[Database, None, None]:
        """One transaction on the only writing connection; rolled back when the block raises. Keep it short.

        Raises StorageUnavailable, and then nothing was stored: at once where the disk cannot take it, after patience_s
        where another program holds the database. Nobody else is kept waiting meanwhile.
        """
        nested = self._begin(patience_s)
        try:
            if nested:  # a block inside a block is part of the outer transaction
                yield self._writer
                return
            with self._stored():
                try:
                    yield self._writer
                    self._writer.conn.commit()
                except BaseException:
                    with suppress(sqlite3.Error):  # SQLite itself has taken back what met a full disk
                        self._writer.conn.rollback()
                    if self._writer.conn.in_transaction:
                        self._reconnect()
                    raise
            self.health.worked()
        finally:
            self._lock.release()

    def write_one(self, work: Callable[[Database], T]) -> T:
        """What `work` returns, given the writing connection for exactly one statement, a transaction by itself.

        Spares the calls that begin and commit: each call into SQLite gives up Python's lock, and a submit that has to
        win it back five times while four threads search takes three times as long as one that does so twice.
        Waits and raises as `write` does.
        """
        until, tries = time.monotonic() + PATIENCE_S, 0
        while True:
            try:
                with self._lock:
                    self._check_open()
                    with self._stored(shown=False):
                        done = work(self._writer)
                    self.health.worked()
                    return done
            except StorageUnavailable as error:
                self._wait(error, until, tries)
                tries += 1

    def insist(self, work: Callable[[Database], T]) -> T:
        """What `work` returns, in one transaction, tried until the storage takes it: for work in the background.

        Raises StorageUnavailable only when the studio closes meanwhile.
        """
        tries = 0
        while True:
            try:
                with self.write() as db:
                    return work(db)
            except StorageUnavailable:
                if self._closing:
                    raise
                time.sleep(pause_s(tries))
                tries += 1

    def _begin(self, patience_s: float) -> bool:
        """Begin a transaction, with the lock held from then on; whether there was one already."""
        until, tries = time.monotonic() + patience_s, 0
        while True:
            self._lock.acquire()
            try:
                self._check_open()
                if self._writer.conn.in_transaction:
                    return True
                with self._stored(shown=False):
                    self._writer.conn.execute("BEGIN IMMEDIATE")
                return False
            except StorageUnavailable as error:
                self._lock.release()
                self._wait(error, until, tries, shown=patience_s > 0)
                tries += 1
            except BaseException:
                self._lock.release()
                raise

    def _wait(self, error: StorageUnavailable, until: float, tries: int, *, shown: bool = True) -> None:
        """Before the next try, without the lock. Raises the error when there shall be none."""
        left_s = until - time.monotonic()
        if left_s <= 0 or self._closing or error.reason != "locked":
            if shown:
                self.health.failed(error.reason)
            raise error
        time.sleep(min(pause_s(tries, 0.1), left_s))

    @contextmanager
    def _stored(self, *, shown: bool = True) -> Generator[None, None, None]:
        """Says in StudioErrors what keeps SQLite from writing. A connection whose file was away is made anew."""
        try:
            with storing(self.folder):
                yield
        except StorageUnavailable as error:
            if shown:
                self.health.failed(error.reason)
            if error.reason == "unreachable":
                self._reconnect()
            raise

    def _reconnect(self) -> None:
        with suppress(sqlite3.Error):
            fresh = _connected(self.path)
            self._writer.close()
            self._writer = fresh
            self.changes.close()
            while self._idle:
                self._idle.pop().close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(Message("store.closed"))
        if self._damage is not None:
            raise StoreError(*self._damage.args)
        if self.health.is_checking:
            raise unavailable("checking", self.folder)

    @contextmanager
    def read(self) -> Generator[Database, None, None]:
        """A read-only connection that no other thread has meanwhile.

        Taken from a pool rather than bound to the thread: servers start and end threads, and a pool is closed whole.
        """
        with storing(self.folder):
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

    def drop_readers(self) -> None:
        """Close the connections that nobody reads on now, with up to CACHE_KIB each."""
        with suppress(IndexError):  # others take from it meanwhile
            while True:
                self._idle.pop().close()

    def stop_waiting(self) -> None:
        """The studio closes: writers that wait for the storage get their error now, and no check goes on."""
        self._closing = True
        if self._check is not None:
            self._check.stop()

    def close(self) -> None:
        """Close every connection and give the folder back."""
        self.stop_waiting()
        with self._lock:
            if self._closed:
                return
            is_whole = not self.health.is_checking and self._damage is None
            if is_whole:
                self._mark(in_use=False)
            self._closed = True
        self._stopped.set()
        if self._checkpointer.ident is not None:
            self._checkpointer.join()
        self.changes.close()
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            if is_whole:
                with suppress(sqlite3.OperationalError):  # only good for speed, and not now
                    self._writer.conn.execute("PRAGMA optimize")
            self._writer.close()
            self._release_folder()

    def _release_folder(self) -> None:
        if self._lock_file is not None:
            self._lock_file.release()

    def _checkpoint_loop(self) -> None:
        """Copy the log into the database file now and then, on a thread and a connection of its own.

        SQLite would do it inside a commit, and while somebody always reads inside nearly every commit, with a sync of
        the disk each time: 20 to 100 ms for whoever happens to submit.
        """
        log = self.path.with_name(self.path.name + "-wal")
        last_error = ""
        while not self._stopped.wait(CHECKPOINT_EVERY_S):
            try:
                self._probe_storage()
                if not self._is_marked:
                    self._mark(in_use=True)
                size = log.stat().st_size if log.exists() else 0
                if size > WAL_CHECKPOINT_BYTES:
                    self._checkpoint(restart=size > WAL_RESTART_BYTES)
                last_error = ""
            except (sqlite3.OperationalError, OSError) as error:
                if last_error != (last_error := str(error)):
                    logging.getLogger(__name__).warning("the log could not be copied into the database (%s)", error)

    def _checkpoint(self, *, restart: bool) -> None:
        """restart: the log begins from the start afterwards; readers are waited for and writers wait, the only way."""
        db = sqlite3.connect(self.path, isolation_level=None)
        try:
            db.execute("PRAGMA busy_timeout=500")  # writers wait as long; the next round tries again
            if restart:
                with self._lock:
                    db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            else:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            db.close()

    def _probe_storage(self) -> None:
        """Whether a database that could not be written can be by now: pages shall hear of it though nobody writes."""
        if self.health.database is None:
            return
        with suppress(StorageUnavailable), self.write(patience_s=0) as db:
            settings.put(db, "storage_checked_at", time.time())


def _wait_for_writer(path: Path, *, check_later: bool) -> tuple[Database, bool]:
    """The writing connection, as soon as nobody else holds the database: a look from outside lasts milliseconds.

    And whether the file is known to be whole.
    """
    until, tries = time.monotonic() + PATIENCE_S, 0
    while True:
        try:
            return _writer(path, check_later=check_later)
        except StorageUnavailable as error:
            if error.reason != "locked" or time.monotonic() > until:
                raise
            time.sleep(pause_s(tries, 0.1))
            tries += 1


def _writer(path: Path, *, check_later: bool) -> tuple[Database, bool]:
    try:
        db = _connected(path)
        soundness.check_version(db, path)
        is_small = path.stat().st_size <= soundness.SMALL_BYTES
        has_doubt = is_small or soundness.is_doubtful(db)
        if has_doubt and check_later and not is_small and not MIGRATIONS.pending(db):
            return db, False
        if has_doubt:
            soundness.check_whole(db, path)
        db.conn.execute("PRAGMA journal_mode=WAL")
        MIGRATIONS.apply(db)
    except sqlite3.DatabaseError as error:
        if reason := reason_of(error, path.parent):
            raise unavailable(reason, path.parent) from error
        raise StoreError(Message("store.cannot_open", path=path, why=error, advice=Message("store.advice"))) from error
    return db, True


def _connected(path: Path) -> Database:
    """A writing connection. It waits for nobody: `Store.write` does, without keeping others from the lock."""
    conn = sqlite3.connect(path, check_same_thread=False, isolation_level=None, cached_statements=512, timeout=0)
    conn.execute("PRAGMA synchronous=NORMAL")
    conn.execute("PRAGMA wal_autocheckpoint=0")
    conn.execute("PRAGMA foreign_keys=ON")
    return Database(conn)


def _reader(path: Path) -> Database:
    conn = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None,
        cached_statements=512,
    )  # fmt: skip
    conn.execute(f"PRAGMA busy_timeout={READ_BUSY_MS}")
    conn.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return Database(conn)

"""The disk and the database as one thing that can be away for a while: held by another program, full, read-only, gone.

Whatever the system calls it (SQLITE_BUSY, ENOSPC, EROFS, EIO ...), it passes, and nothing that was asked for has failed
because of it. Work in the background waits until it has passed; a person gets one sentence.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from studio.errors import StorageUnavailable
from studio.messages import Message

Reason = Literal["locked", "full", "read_only", "unreachable", "checking"]

SQLITE_REASONS: dict[int, Reason] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "unreachable",
    sqlite3.SQLITE_IOERR: "unreachable",
}
"""By primary result code. Source: https://sqlite.org/rescode.html."""
ERRNO_REASONS: dict[int, Reason] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EIO: "unreachable",
    errno.ESTALE: "unreachable",
    errno.ENODEV: "unreachable",
}
NO_RIGHT = (errno.EACCES, errno.EPERM)
LITTLE_BYTES = 2**16
"""With less room than this, an input/output error means that the disk is full."""


def reason_of(error: BaseException, folder: Path | None) -> Reason | None:
    """Why the storage is away, where this error says that it is. folder: the data folder, where it is known."""
    if isinstance(error, StorageUnavailable):
        return error.reason
    found: Reason | None = None
    if isinstance(error, sqlite3.Error):
        found = SQLITE_REASONS.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
    elif isinstance(error, OSError):
        found = ERRNO_REASONS.get(error.errno or 0)
        if folder and error.errno in NO_RIGHT and _inside(error, folder):
            found = "read_only"
    if folder and found == "unreachable":  # SQLite says no more than that a file cannot be opened or grown
        return "full" if _free_bytes(folder) < LITTLE_BYTES else found if os.access(folder, os.W_OK) else "read_only"
    return found


def _inside(error: OSError, folder: Path) -> bool:
    """Whether the file that may not be written lies there. PyAV does not name it: then the folder itself is tried."""
    if not isinstance(error.filename, str):
        return not takes_files(folder)
    return Path(error.filename).absolute().is_relative_to(folder.absolute())


def takes_files(folder: Path) -> bool:
    """Whether a file can be made in the folder, by making one."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return LITTLE_BYTES


def unavailable(reason: Reason, data: Path | None) -> StorageUnavailable:
    """The error with its sentence. data: the data folder, where it is known."""
    folder = data.absolute() if data else Message("storage.the_data_folder")
    sentences: dict[Reason, str] = {
        "locked": Message("storage.locked"),
        "full": Message("storage.full", folder=folder),
        "read_only": Message("storage.read_only", folder=folder),
        "unreachable": Message("storage.unreachable", folder=folder),
        "checking": Message("storage.checking"),
    }
    return StorageUnavailable(sentences[reason], reason=reason)


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Errors of the disk or the database inside the block become StorageUnavailable. folder: the data folder."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if (reason := reason_of(error, folder)) is None:
            raise
        raise unavailable(reason, folder) from error


def pause_s(tries: int, most_s: float = 1.0) -> float:
    """Seconds before try number `tries` + 1: a lock of milliseconds costs milliseconds, a long one hardly any work."""
    return min(most_s, 0.01 * 2.0 ** min(tries, 20))


class StorageHealth:
    """What is known of the storage, for the pages. Thread-safe.

    The database is away from a failed write to the next that succeeds, and while it is looked through after an unclean
    stop (is_checking); files are, while any work waits for room.
    """

    def __init__(self) -> None:
        self.is_checking = False
        self._lock = threading.Lock()
        self._database: Reason | None = None
        self._waiting: Counter[Reason] = Counter()

    @property
    def reason(self) -> Reason | None:
        """Why the studio cannot write now; None when it can."""
        if self.is_checking:
            return "checking"
        with self._lock:
            return self._database or next((reason for reason, count in self._waiting.items() if count > 0), None)

    @property
    def database(self) -> Reason | None:
        """Why the database could not be written lately; None since a write succeeded."""
        return self._database

    def failed(self, reason: Reason) -> None:
        """A write to the database had to be given up, or still waits."""
        with self._lock:
            if reason != "checking":  # that is known, and known to end
                self._database = reason

    def worked(self) -> None:
        """A write to the database succeeded."""
        if self._database is not None:
            with self._lock:
                self._database = None

    @contextmanager
    def waiting(self, reason: Reason) -> Iterator[None]:
        """Work waits inside the block for the disk."""
        with self._lock:
            self._waiting[reason] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[reason] -= 1

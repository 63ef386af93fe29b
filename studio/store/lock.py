"""One studio per data folder: two of them would both take the same run and pay for it twice."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from studio.errors import FolderInUse, StoreError
from studio.messages import Message
from studio.storage import reason_of, unavailable


class FolderLock:
    """Held from construction to `release`, and given back by the system when the process dies, however it dies.

    A POSIX record lock, since child processes do not inherit it: a worker that outlives a killed studio must not keep
    the folder. Within one process it does not exclude a second Studio.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except IsADirectoryError:
            raise StoreError(Message("store.lock_is_folder", path=path)) from None
        except OSError as error:
            if reason := reason_of(error, path.parent):
                raise unavailable(reason, path.parent) from error
            raise StoreError(Message("store.cannot_open_lock", path=path, why=error.strerror)) from error
        try:
            _take(self._file)
        except OSError:
            os.close(self._file)
            raise FolderInUse(Message("store.in_use", folder=path.parent)) from None
        with suppress(OSError):  # a note for people: no disk need have room for it
            os.truncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others have the folder."""
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _take(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(fd: int) -> None:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

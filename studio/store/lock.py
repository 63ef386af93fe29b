"""One studio per data folder: two of them would both take the same run and pay for it twice."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from studio.errors import StoreError


class FolderLock:
    """Held from construction to `release`, and given back by the system when the process dies, however it dies.

    A POSIX record lock, since child processes do not inherit it: a worker that outlives a killed studio must not keep
    the folder. Within one process it does not exclude a second Studio.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+")
        try:
            _take(self._file.fileno())
        except OSError:
            self._file.close()
            raise StoreError(
                f"Another Wan Studio is using {path.parent}: stop it first, or start this one with another --data."
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others have the folder."""
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _take(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(fd: int) -> None:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

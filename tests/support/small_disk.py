"""A disk of a few megabytes for tests, mounted where they run as root; else the test is skipped with the reason."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """The folder as a disk of its own, of this size."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, timeout=10, check=False).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=10)


def fill(disk: Path, *, leave: int = 0) -> Path:
    """Take all room but `leave` bytes; the file that takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while (room := shutil.disk_usage(disk).free - leave) > 0:  # others may write meanwhile
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
    return ballast


def flag(folders: list[str], change: str) -> bool:
    """Set or clear the flag that keeps anybody from making files in them, root as well; whether that was possible."""
    if shutil.which("chattr") is None:
        return False
    done = subprocess.run(["chattr", change, *folders], capture_output=True, timeout=30, check=False)
    return done.returncode == 0

"""What a studio that was killed left half done: temporary files of work that nobody goes on with.

Only names that are temporary by their form are touched, and only where they are older than this start; a whole file is
never removed, whoever knows it. What a run under way still needs (the begun download of its result) stays.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)
DOWNLOAD = re.compile(r"^\.(r_\w+)-\d+\.part(\.json)?$")
"""Where a result grows: see deliver.part_path."""
HALF = re.compile(r"^\..*\.part(\.|$)|^studio-.*\.part(-\w+)?$|^\..*\.probe$")
WORK = ".film-"
"""Folders in which films are joined."""
OTHERS = ("local", "gradio", "work")
"""Folders of the cache that their own parts of the studio put in order."""
SLACK_S = 0.05
"""File systems note times by a coarser clock than ours."""


class Leftovers:
    """Sweeps once, on a thread of its own, since a library may be large. unended: whether a run may still go on."""

    def __init__(self, data: Path, unended: Callable[[str], bool]) -> None:
        self._data, self._unended, self._before = data, unended, time.time() - SLACK_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sweep, name="leftovers", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop, wherever it is."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _sweep(self) -> None:
        try:
            films = [folder for folder in (self._data / "library" / "films").glob("*") if self._old(folder)]
            for path in self._found():
                if self._stop.is_set():
                    return
                self._remove(path)
            for folder in films:
                with suppress(OSError):  # only an empty one goes
                    folder.rmdir()
        except Exception:
            log.exception("what an earlier studio left could not be removed")

    def _found(self) -> Iterator[Path]:
        """The temporary ones, scratch first: it is what can be large."""
        scratch = self._data / "cache" / "scratch"
        if scratch.is_dir():
            yield from scratch.iterdir()
        yield from self._below(self._data / "backups")
        yield from self._below(self._data / "library")
        yield from self._below(self._data / "cache", without=(*OTHERS, "scratch"))

    def _below(self, top: Path, *, without: tuple[str, ...] = ()) -> Iterator[Path]:
        for folder, folders, names in os.walk(top):
            if self._stop.is_set():
                return
            here = Path(folder)
            yield from (here / name for name in folders if name.startswith(WORK))
            folders[:] = [n for n in folders if not n.startswith(WORK) and not (here == top and n in without)]
            yield from (here / name for name in names if HALF.match(name) and not self._needed(name))

    def _needed(self, name: str) -> bool:
        found = DOWNLOAD.match(name)
        return found is not None and self._unended(found[1])

    def _old(self, path: Path) -> bool:
        return path.lstat().st_mtime < self._before

    def _remove(self, path: Path) -> None:
        try:
            if not self._old(path):
                return
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:  # the next start tries again
            log.warning("%s could not be removed (%s)", path, error.strerror)

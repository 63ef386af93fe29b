"""Removes temporary files of unfinished work after a studio was killed.

Only names with the form of a temporary file are touched, and only where they are older than this start; a complete file
is never removed. What an active run still needs (the partial download of its result) stays.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from studio.background_thread import BackgroundThread

log = logging.getLogger(__name__)
PARTIAL_DOWNLOAD = re.compile(r"^\.(r_\w+)-\d+\.part(\.json)?$")
"""A result while it downloads: see results.part_path."""
TEMPORARY_NAME = re.compile(r"^\..*\.part(\.|$)|^studio-.*\.part(-\w+)?$|^\..*\.probe$")
FILM_WORK_PREFIX = ".film-"
"""Folders in which films are joined."""
SKIPPED_FOLDERS = ("local", "gradio", "work")
"""Folders of the cache that other parts of the studio clean themselves."""
CLOCK_RESOLUTION_S = 0.05
"""File systems note times by a coarser clock than ours."""


class Leftovers(BackgroundThread):
    """Sweeps once, in the background, since a library may be large. is_active: whether a run has not ended."""

    def __init__(self, data: Path, is_active: Callable[[str], bool]) -> None:
        super().__init__("leftovers")
        self._data, self._is_active, self._started_at = data, is_active, time.time() - CLOCK_RESOLUTION_S

    def _run(self) -> None:
        try:
            films = [folder for folder in (self._data / "library" / "films").glob("*") if self._is_older(folder)]
            for path in self._temporary_paths():
                if self._stop.is_set():
                    return
                self._remove(path)
            for folder in films:
                with suppress(OSError):  # only an empty one goes
                    folder.rmdir()
        except Exception:
            log.exception("what an earlier studio left could not be removed")

    def _temporary_paths(self) -> Iterator[Path]:
        """Temporary files, scratch first: those can be large."""
        scratch = self._data / "cache" / "scratch"
        if scratch.is_dir():
            yield from scratch.iterdir()
        yield from self._temporary_below(self._data / "backups")
        yield from self._temporary_below(self._data / "library")
        yield from self._temporary_below(self._data / "cache", skipped=(*SKIPPED_FOLDERS, "scratch"))

    def _temporary_below(self, top: Path, *, skipped: tuple[str, ...] = ()) -> Iterator[Path]:
        for folder, folders, names in os.walk(top):
            if self._stop.is_set():
                return
            parent = Path(folder)
            yield from (parent / name for name in folders if name.startswith(FILM_WORK_PREFIX))
            folders[:] = [
                n for n in folders if not n.startswith(FILM_WORK_PREFIX) and not (parent == top and n in skipped)
            ]
            yield from (parent / name for name in names if TEMPORARY_NAME.match(name) and not self._in_use(name))

    def _in_use(self, name: str) -> bool:
        match = PARTIAL_DOWNLOAD.match(name)
        return match is not None and self._is_active(match[1])

    def _is_older(self, path: Path) -> bool:
        return path.lstat().st_mtime < self._started_at

    def _remove(self, path: Path) -> None:
        try:
            if not self._is_older(path):
                return
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:  # the next start tries again
            log.warning("%s could not be removed (%s)", path, error.strerror)

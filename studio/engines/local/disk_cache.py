"""What the workers keep on disk so that it need not be made twice: bounded in size and age.

Latents of runs that failed after denoising, prompt embeddings, encoded pictures. Who uses a file touches it first;
what was used last is thrown away last, and never what was touched a moment ago or belongs to a run that waits or runs.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

FOLDERS = ("latents", "embeds", "pictures")
MAX_GB = 10.0
MAX_DAYS = 30.0
IN_USE_S = 600.0
"""A file touched so lately may be in use at this moment."""
PRUNE_INTERVAL_S = 600.0


def touched(path: Path) -> bool:
    """Whether the file is there; from now on it counts as just used."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


class DiskCache:
    """The kept files under `folder`. max_bytes of all together; max_age_s since the last use."""

    def __init__(self, folder: Path, *, max_bytes: float = MAX_GB * 1e9, max_age_s: float = MAX_DAYS * 86400) -> None:
        self._folder, self._max_bytes, self._max_age_s = folder, max_bytes, max_age_s
        self._turn, self._pruned_at = threading.Lock(), 0.0

    def prune_soon(self, in_use: Collection[str]) -> None:
        """Prune on a thread of its own, unless that was done a moment ago. in_use: paths that must stay."""
        with self._turn:
            if time.monotonic() - self._pruned_at < PRUNE_INTERVAL_S and self._pruned_at:
                return
            self._pruned_at = time.monotonic()
        threading.Thread(target=self.prune, args=(frozenset(in_use),), name="kept-files", daemon=True).start()

    def prune(self, in_use: Collection[str] = ()) -> int:
        """Throw away what is too old or too much; the bytes freed."""
        found = sorted(self._files(), key=lambda entry: entry[1])  # the least recently used first
        left, freed, now = sum(size for _, _, size in found), 0, time.time()
        for path, used, size in found:
            if left <= self._max_bytes and now - used <= self._max_age_s:
                break
            if str(path) not in in_use and _removed(path, before=now - IN_USE_S):
                left, freed = left - size, freed + size
        if freed:
            log.info("%.1f GB of kept latents and embeddings were thrown away", freed / 1e9)
        return freed

    def _files(self) -> list[tuple[Path, float, int]]:
        """Every file with the time of its last use and its bytes."""
        found = []
        for name in FOLDERS:
            for path in (self._folder / name).glob("*"):
                try:
                    stat = path.stat()
                except OSError:  # gone since
                    continue
                found.append((path, stat.st_mtime, stat.st_size))
        return found


def _removed(path: Path, *, before: float) -> bool:
    """Remove the file if its last use, looked up this moment, was before that time."""
    try:
        if path.stat().st_mtime > before:
            return False
        path.unlink()
    except OSError:
        return False
    return True

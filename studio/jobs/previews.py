"""The small picture of a run under way: which file the engine last named, and which version of it that was.

A courtesy, kept only as long as the run is driven: when its executor ends, however it ends, the file is removed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from studio.domain import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A file that always holds one whole picture. version: another one for every new picture in it. false_colours:
    only shapes can be judged by it."""

    path: Path
    version: str
    false_colours: bool = False


class Previews:
    """The newest picture of each running run. Written by the runner's thread, read by any."""

    def __init__(self) -> None:
        self._seen: dict[str, Picture] = {}

    def look(self, run_id: str, progress: Progress) -> bool:
        """Whether there is a newer picture than at the last look. A look that names none leaves the last one."""
        path = progress.preview
        try:
            stat = path.stat() if path else None
        except OSError:  # not written yet, or gone
            stat = None
        if path is None or stat is None:
            return False
        found = Picture(path, f"{stat.st_mtime_ns:x}-{stat.st_size:x}", progress.false_colours)
        if found == self._seen.get(run_id):
            return False
        self._seen[run_id] = found
        return True

    def get(self, run_id: str) -> Picture | None:
        """The newest picture, None where there is none."""
        return self._seen.get(run_id)

    def end(self, run_id: str) -> None:
        """The run is not driven any more: forget its picture, and remove the file."""
        found = self._seen.pop(run_id, None)
        if found is None:
            return
        try:
            found.path.unlink(missing_ok=True)
        except OSError as error:  # the next start removes it
            log.warning("the preview of run %s stays for now (%s)", run_id, error)

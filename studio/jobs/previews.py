"""The preview of a running run: the file the engine last named, and its version.

Kept only while the run is executing: when its executor ends, the file is removed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from studio.domain import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A file that always holds one complete picture. version: changes with every new picture. false_colours: only
    shapes can be judged."""

    path: Path
    version: str
    false_colours: bool = False


class Previews:
    """The newest picture of each running run. Written by the runner's thread, read by any."""

    def __init__(self) -> None:
        self._pictures: dict[str, Picture] = {}

    def update(self, run_id: str, progress: Progress) -> bool:
        """Whether there is a newer picture than before. Progress without a preview keeps the last one."""
        path = progress.preview
        try:
            stat = path.stat() if path else None
        except OSError:  # not written yet, or gone
            stat = None
        if path is None or stat is None:
            return False
        picture = Picture(path, f"{stat.st_mtime_ns:x}-{stat.st_size:x}", progress.false_colours)
        if picture == self._pictures.get(run_id):
            return False
        self._pictures[run_id] = picture
        return True

    def get(self, run_id: str) -> Picture | None:
        """The newest picture, None where there is none."""
        return self._pictures.get(run_id)

    def remove(self, run_id: str) -> None:
        """Forget the picture of a run that is no longer executing, and remove the file."""
        picture = self._pictures.pop(run_id, None)
        if picture is None:
            return
        try:
            picture.path.unlink(missing_ok=True)
        except OSError as error:  # the next start removes it
            log.warning("the preview of run %s stays for now (%s)", run_id, error)

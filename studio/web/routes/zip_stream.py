"""Many files as one zip, written while it is sent: it takes neither disk nor memory for the whole."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Run
from studio.web.routes.files import download_name

if TYPE_CHECKING:
    from studio.studio import Studio

PIECE_BYTES = 1 << 20


class _Sink:
    """A file that only goes forward: what was written is handed on and forgotten."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a piece until it is taken."""
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        """What was written since the last take."""
        taken = b"".join(self.pieces)
        self.pieces.clear()
        return taken


def stream_files(files: Iterable[tuple[str, Path | bytes]]) -> Iterator[bytes]:
    """Files and texts under these names, stored as they are. A file that is no longer on disk is left out."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]  # needs only write, flush
        for name, content in files:
            if isinstance(content, bytes):
                archive.writestr(name, content)
                yield sink.take()
            elif content.is_file():
                yield from _written(archive, sink, content, name)
    yield sink.take()


def stream_zip(studio: Studio, runs: list[Run]) -> Iterator[bytes]:
    """The files of the runs, stored as they are, and `runs.json` with the full request of each.

    A file that is no longer on disk is left out and named in `missing.txt`.
    """
    sink = _Sink()
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]  # needs only write, flush
        for run in runs:
            for asset in run.assets:
                path = studio.library.path(asset)
                name = download_name(asset, run)
                if not asset.path or not path.is_file():
                    missing.append(name)
                    continue
                yield from _written(archive, sink, path, name)
        archive.writestr("runs.json", json.dumps([r.public() for r in runs], indent=2, ensure_ascii=False))
        if missing:
            archive.writestr("missing.txt", "\n".join(missing) + "\n")
    yield sink.take()


def _written(archive: zipfile.ZipFile, sink: _Sink, path: Path, name: str) -> Iterator[bytes]:
    with path.open("rb") as file, archive.open(zipfile.ZipInfo.from_file(path, name), "w") as entry:
        while piece := file.read(PIECE_BYTES):
            entry.write(piece)
            yield sink.take()

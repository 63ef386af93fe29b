"""A whole project as one zip (board, references, takes with their media), and back, treated as hostile.

Nothing is extracted by the archive's own paths: files are read one by one, by the names the manifest lists, with limits
on number, size and ratio, and are checked like any upload before they are used.
"""

from __future__ import annotations

import json
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.domain import JSON
from studio.errors import MediaError
from studio.storyboard.board import Board, Whole
from studio.validation import legible

MANIFEST, VERSION = "project.json", 1
MAX_FILES, MAX_FILE_BYTES, MAX_BYTES = 5_000, 4 * 10**9, 40 * 10**9
MAX_MANIFEST_BYTES = 50_000_000
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
)
"""What reading a damaged archive raises. OSError is not among them: the disk of this studio may be full."""
MAX_RATIO = 200
"""Media hardly compress: a file that unpacks to more than this many times its size is a bomb."""


class Manifest(BaseModel):
    """What an archive says of itself. files: asset id -> name in the archive. takes: run id -> request, assets."""

    model_config = ConfigDict(extra="forbid")

    version: int
    board: JSON
    files: dict[str, str]
    names: dict[str, str] = {}
    takes: dict[str, JSON] = {}


@dataclass(frozen=True)
class Unpacked:
    """An archive's board, and its files in a folder of ours by asset id."""

    board: Board
    manifest: Manifest
    files: dict[str, Path]


def pack(
    board: Board, files: Mapping[str, Path], names: Mapping[str, str], takes: Mapping[str, JSON], out: Path
) -> None:
    """Write the archive. files: by asset id. Media are stored, not compressed: they are compressed already."""
    inside = {i: f"media/{i}{path.suffix}" for i, path in files.items()}
    manifest = Manifest(
        version=VERSION, board=board.model_dump(mode="json"), files=inside, names=dict(names), takes=dict(takes)
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
        for asset_id, path in files.items():
            archive.write(path, inside[asset_id])


def unpack(path: Path, folder: Path) -> Unpacked:
    """Read an archive into `folder` under names of ours. Raises MediaError, in a sentence, for anything suspicious."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            wanted = _members(archive, manifest.files)
            files = {i: _copy(archive, member, folder / f"{n}.bin") for n, (i, member) in enumerate(wanted.items())}
    except DAMAGED as error:
        raise MediaError(f"This is not a readable zip file ({legible(str(error))[:80] or 'damaged'}).") from None
    try:
        board = Board.model_validate(manifest.board)
    except ValidationError:
        raise MediaError("The project's board cannot be read; was it made by a newer version?") from None
    return Unpacked(board, manifest, files)


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise MediaError("This zip is not a project of Wan Studio: it has no project.json.") from None
    if info.file_size > MAX_MANIFEST_BYTES:
        raise MediaError("The project's description is too large.")
    try:
        manifest = Manifest.model_validate(json.loads(archive.read(info)))
    except ValueError:
        raise MediaError("The project's description cannot be read.") from None
    if manifest.version > VERSION:
        raise MediaError("This project was made by a newer Wan Studio; update first.")
    return manifest


def _members(archive: zipfile.ZipFile, files: Mapping[str, str]) -> dict[str, zipfile.ZipInfo]:
    if len(files) > MAX_FILES:
        raise MediaError(f"The project lists {len(files):,} files; at most {MAX_FILES:,} are taken.")
    by_name = {info.filename: info for info in archive.infolist()}
    found = {}
    for asset_id, name in files.items():
        info = by_name.get(name)
        if info is None or info.is_dir() or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise MediaError("The project lists a file that is not in the archive.")
        if info.file_size > MAX_FILE_BYTES or info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise MediaError("A file of the project unpacks to more than a film would need; it was refused.")
        found[asset_id] = info
    _within(sum(i.file_size for i in found.values()))
    return found


def _within(total: int) -> None:
    if total > MAX_BYTES:
        raise MediaError(f"The project unpacks to {total / 1e9:.0f} GB; at most {MAX_BYTES / 1e9:.0f} GB are taken.")


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> Path:
    with archive.open(info) as source, target.open("wb") as out:  # zipfile stops at the size the header promised
        shutil.copyfileobj(source, out, 1 << 20)
    return target


def renamed(
    board: Board, assets: Mapping[str, str], runs: Mapping[str, str], new_ids: Iterable[str], *, lut: str = ""
) -> Board:
    """The board under new ids: assets and runs as this studio knows them; takes that did not come along are gone.

    lut: the colour table as it is kept here.
    """
    ids = iter(new_ids)
    own = [next(ids) for _ in board.shots]
    shot_ids = dict(zip((s.id for s in board.shots), own, strict=True))
    cast = [
        m.model_copy(
            update={
                "references": tuple(assets[r] for r in m.references if r in assets),
                "voice": assets.get(m.voice or ""),
            }
        )
        for m in board.cast
    ]
    shots = [
        s.model_copy(
            update={
                "id": new,
                "match": s.match.model_copy(update={"to": shot_ids.get(s.match.to, "")}),
                "takes": tuple(t.model_copy(update={"run": runs[t.run]}) for t in s.takes if t.run in runs),
                "chosen": runs.get(s.chosen or ""),
                "start": s.start.model_copy(update={"asset": assets.get(s.start.asset or "")}),
            }
        )
        for s, new in zip(board.shots, own, strict=True)
    ]
    parts = {
        "cast": tuple(cast),
        "shots": tuple(shots),
        "wholes": _wholes(board, runs, shot_ids),
        "shown": runs.get(board.shown or ""),
        "look": board.look.model_copy(update={"lut": lut}),
        "delivery": board.delivery.model_copy(update={"music": assets.get(board.delivery.music or "")}),
    }
    return board.model_copy(update={"id": next(ids), **parts})


def _wholes(board: Board, runs: Mapping[str, str], shots: Mapping[str, str]) -> tuple[Whole, ...]:
    """Films made in one run that came along."""
    return tuple(
        w.model_copy(
            update={
                "run": runs[w.run],
                "spans": tuple(s.model_copy(update={"shot": shots.get(s.shot, s.shot)}) for s in w.spans),
            }
        )
        for w in board.wholes
        if w.run in runs
    )

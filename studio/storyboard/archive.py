"""A whole storyboard as one zip (board, references, takes with their media), and back, treated as hostile.

Nothing is extracted by the archive's own paths: files are read one by one, by the names the manifest lists, with limits
on number, size and ratio, and are checked like any upload before they are used.
"""

from __future__ import annotations

import errno
import json
import lzma
import math
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.domain import JSON
from studio.errors import MediaError
from studio.field_errors import legible, require_whole, sentence
from studio.messages import Message
from studio.storyboard import limits
from studio.storyboard.model import Board, OneRunFilm, Shot, Start

MANIFEST, VERSION = "project.json", 1
MAX_FILES, MAX_FILE_BYTES, MAX_BYTES = 5_000, 4 * 10**9, 40 * 10**9
MAX_MANIFEST_BYTES, MAX_CONTAINERS = 50_000_000, 500_000
"""Of project.json: its bytes, and its lists and objects (brackets in texts count as well)."""
ARCHIVE_ERRORS = (
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


class ArchivedTake(BaseModel):
    """A finished run that comes along: what was asked, and the asset ids of what it made."""

    model_config = ConfigDict(extra="forbid")

    request: JSON
    assets: list[limits.Id] = Field(max_length=100)


class Manifest(BaseModel):
    """What an archive says of itself. files: asset id -> name in the archive. takes: run id -> request, assets."""

    model_config = ConfigDict(extra="forbid")

    version: int
    board: JSON
    files: dict[limits.Id, Annotated[str, Field(max_length=300)]]
    names: dict[limits.Id, Annotated[str, Field(max_length=1000)]] = {}
    takes: dict[limits.Id, ArchivedTake] = Field({}, max_length=MAX_FILES)


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
    archive_names = {i: f"media/{i}{path.suffix}" for i, path in files.items()}
    manifest = Manifest(
        version=VERSION, board=board.model_dump(mode="json"), files=archive_names, names=dict(names),
        takes={run: ArchivedTake.model_validate(facts) for run, facts in takes.items()},
    )  # fmt: skip
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
        for asset_id, path in files.items():
            archive.write(path, archive_names[asset_id])


def unpack(path: Path, folder: Path) -> Unpacked:
    """Read an archive into `folder` under names of ours. Raises MediaError, in a sentence, for anything suspicious."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive)
            board = _board(manifest.board)
            members = _members(archive, manifest.files)
            files = {i: _copy(archive, member, folder / f"{n}.bin") for n, (i, member) in enumerate(members.items())}
    except ARCHIVE_ERRORS as error:
        raise _damaged_error(error) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # which a place before the file's beginning gives
            raise
        raise _damaged_error(error) from None
    return Unpacked(board, manifest, files)


def _damaged_error(error: Exception) -> MediaError:
    return MediaError(Message("archive.bad_zip", why=legible(str(error))[:80] or "damaged"))


def _board(body: JSON) -> Board:
    try:
        return limits.parse_board(body)
    except ValidationError as error:
        first = dict(error.errors(include_url=False)[0])
        if first["type"] == "extra_forbidden":
            raise MediaError(Message("archive.board_unreadable")) from None
        raise MediaError(Message("archive.board_wrong", why=sentence(first))) from None


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise MediaError(Message("archive.not_ours")) from None
    if info.file_size > MAX_MANIFEST_BYTES:
        raise MediaError(Message("archive.description_too_large"))
    try:
        content = archive.read(info)
        if content.count(b"{") + content.count(b"[") > MAX_CONTAINERS:
            raise MediaError(Message("archive.description_too_many_parts"))
        content_ = json.loads(content, parse_constant=_finite, parse_float=_finite, parse_int=_int64)
    except (ValueError, RecursionError):
        raise MediaError(Message("archive.description_unreadable")) from None
    require_whole(content_)
    try:
        manifest = Manifest.model_validate(content_)
    except ValidationError as error:
        first = dict(error.errors(include_url=False)[0])
        raise MediaError(Message("archive.description_wrong", why=sentence(first))) from None
    if manifest.version > VERSION:
        raise MediaError(Message("archive.newer"))
    return manifest


def _finite(number: str) -> float:
    """A number of the description. Raises MediaError for NaN and for what no computer could hold."""
    if not math.isfinite(value := float(number)):
        raise MediaError(Message("archive.number_not_finite", number=number[:20]))
    return value


def _int64(number: str) -> int:
    """A whole number. Raises MediaError beyond 64 bits."""
    if len(number) > 20 or not -(2**63) <= (value := int(number)) < 2**64:
        raise MediaError(Message("archive.number_too_long", number=number[:20]))
    return value


def _members(archive: zipfile.ZipFile, files: Mapping[str, str]) -> dict[str, zipfile.ZipInfo]:
    if len(files) > MAX_FILES:
        raise MediaError(Message("archive.too_many_files", count=f"{len(files):,}", most=f"{MAX_FILES:,}"))
    by_name = {info.filename: info for info in archive.infolist()}
    members: dict[str, zipfile.ZipInfo] = {}
    for asset_id, name in files.items():
        info = by_name.get(name)
        if info is None or info.is_dir() or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise MediaError(Message("archive.file_missing"))
        if info.file_size > MAX_FILE_BYTES or info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise MediaError(Message("archive.file_too_large"))
        members[asset_id] = info
    _check_total_size(sum(i.file_size for i in members.values()))
    return members


def _check_total_size(total: int) -> None:
    if total > MAX_BYTES:
        raise MediaError(Message("archive.too_large", size=f"{total / 1e9:.0f}", most=f"{MAX_BYTES / 1e9:.0f}"))


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> Path:
    with archive.open(info) as source, target.open("wb") as out:  # zipfile stops at the size the header promised
        shutil.copyfileobj(source, out, 1 << 20)
    return target


def with_new_ids(
    board: Board, assets: Mapping[str, str], runs: Mapping[str, str], new_ids: Iterable[str], *, lut: str = ""
) -> Board:
    """The board under new ids: assets and runs as this studio knows them; takes that did not come along are gone.

    lut: the colour table as it is kept here.
    """
    ids = iter(new_ids)
    new_shot_ids = [next(ids) for _ in board.shots]
    shot_ids = dict(zip((s.id for s in board.shots), new_shot_ids, strict=True))
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
        _shot_with_new_ids(shot, assets, runs, shot_ids).model_copy(update={"id": new})
        for shot, new in zip(board.shots, new_shot_ids, strict=True)
    ]
    wholes = _films_with_new_ids(board, runs, shot_ids)
    shown = runs.get(board.shown or "")
    changes = {
        "cast": tuple(cast),
        "shots": tuple(shots),
        "wholes": wholes,
        "shown": shown if shown in {film.run for film in wholes} else None,
        "look": board.look.model_copy(update={"lut": lut}),
        "delivery": board.delivery.model_copy(update={"music": assets.get(board.delivery.music or "")}),
    }
    return board.model_copy(update={"id": next(ids), **changes})


def _shot_with_new_ids(
    shot: Shot, assets: Mapping[str, str], runs: Mapping[str, str], shots: Mapping[str, str]
) -> Shot:
    """The shot with what came along. As with edits, only one of its takes is chosen, and it starts from no missing
    picture."""
    takes = tuple(take.model_copy(update={"run": runs[take.run]}) for take in shot.takes if take.run in runs)
    chosen = runs.get(shot.chosen or "")
    picture = assets.get(shot.start.asset or "")
    missing = shot.start.kind == "asset" and not picture
    start = Start() if missing else shot.start.model_copy(update={"asset": picture})
    return shot.model_copy(
        update={
            "match": shot.match.model_copy(update={"to": shots.get(shot.match.to, "")}),
            "takes": takes,
            "chosen": chosen if chosen in {take.run for take in takes} else None,
            "start": start,
        }
    )


def _films_with_new_ids(board: Board, runs: Mapping[str, str], shots: Mapping[str, str]) -> tuple[OneRunFilm, ...]:
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

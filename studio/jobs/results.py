"""Results to assets: each file is verified by decoding, given its settings, and put under its final name.

The name follows from the run alone, so a delivery that is repeated after a crash replaces the same file instead of
adding one. Everything happens under a temporary name in the same folder; the rename comes last.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path

from studio.domain import JSON, Asset, Kind, Output, Run
from studio.errors import MediaError
from studio.store.mapping import new_id

log = logging.getLogger(__name__)
MESSAGES = (
    (b"<?xml", "an XML message"),
    (b"<error", "an XML message"),
    (b"<html", "a web page"),
    (b"<!doctype", "a web page"),
    (b"{", "a message"),
    (b"[", "a message"),
)
"""Beginnings of what file servers send in the place of a file."""
ADVICE_TO_OWNERS = re.compile(r" (?:Export|Upload|Give|Unpack)\b[^.]*\.?$")
"""Advice about an upload, which nobody can follow for a result."""


def part_path(data: Path, run: Run, idx: int) -> Path:
    """Where output number idx of the run grows until it is whole; its folder exists."""
    folder = data / "library" / run.created_at.strftime("%Y/%m/%d")
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f".{run.id}-{idx}.part"


def take_local(source: Path, part: Path) -> None:
    """A second name for the engine's own file, or a copy where the file system has no such thing.

    Raises MediaError where the engine left no file.
    """
    part.unlink(missing_ok=True)
    if not source.is_file():
        raise MediaError("The engine said that the result is done, but left no file.")
    try:
        os.link(source, part)
    except OSError:
        shutil.copyfile(source, part)


def text_asset(run: Run, output: Output) -> Asset:
    """The written part of an answer: an asset without a file."""
    text = output.text or ""
    size = len(text.encode())
    return Asset(
        id=new_id("a_"), kind=Kind.TEXT, mime="text/plain", text=text, bytes=size, owner=run.owner, origin=run.id
    )


def settle_file(data: Path, run: Run, idx: int, output: Output, *, drawn: bool) -> Asset:
    """Verify `part`, write the settings into it, rename it; the asset to register.

    Slow (decodes the file): call it outside the event loop. drawn: made by a program that is no model, and labelled so.
    Raises MediaError for a broken file or one of another kind than the engine said.
    """
    from studio.media import files, validate

    part = part_path(data, run, idx)
    _refuse_message(part)
    try:
        facts = validate.verify_decodes(part, name="The result")
    except MediaError as error:
        raise MediaError(ADVICE_TO_OWNERS.sub("", str(error))) from error
    if facts.kind != output.kind:
        raise MediaError(f"The result is {facts.kind}, not {output.kind} as it should be.")
    if output.size and (facts.width, facts.height) != output.size:
        wanted = f"{output.size[0]}x{output.size[1]}"
        raise MediaError(f"The result has {facts.width}x{facts.height} pixels, not {wanted} as it should.")
    target = part.with_name(f"{run.id}-{idx}{facts.suffix}")
    with files.replacing(target) as draft:
        _copy_with_settings(part, draft, run, drawn)
        digest, size = files.sha256(draft), draft.stat().st_size
    part.unlink(missing_ok=True)
    return Asset(
        id=new_id("a_"), kind=facts.kind, mime=facts.mime, name=target.name, path=target.relative_to(data).as_posix(),
        bytes=size, sha256=digest, width=facts.width, height=facts.height, duration_s=facts.duration_s, fps=facts.fps,
        has_audio=facts.has_audio, has_alpha=facts.has_alpha, owner=run.owner, origin=run.id,
    )  # fmt: skip


def _refuse_message(part: Path) -> None:
    """Raise MediaError for nothing at all, and for a message or page that came instead of the file."""
    with part.open("rb") as file:
        head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise MediaError("The provider sent an empty file (0 bytes).")
    for beginning, what in MESSAGES:
        if head.startswith(beginning):
            raise MediaError(f"The provider sent {what} instead of the file.")


def _copy_with_settings(part: Path, draft: Path, run: Run, drawn: bool) -> None:
    """Copy with prompt, seed and all else in the file. That it cannot carry them is no reason to lose the result."""
    from studio.media import metadata

    inputs = bool(run.request.media())
    origin = metadata.Origin.DRAFT if drawn else metadata.Origin.EDITED if inputs else metadata.Origin.MODEL
    try:
        metadata.copy(part, draft, embedded(run), origin=origin, run_id=run.id)
    except MediaError as error:
        shutil.copyfile(part, draft)
        log.warning("run %s: its settings could not be written into %s (%s)", run.id, draft.name, error)


def embedded(run: Run) -> JSON:
    """What is written into the file: the flat request with the seed that was used."""
    return run.request.flat() | ({} if run.seed is None else {"seed": run.seed})

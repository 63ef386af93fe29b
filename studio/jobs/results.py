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
from studio.messages import Message, first, of_error, term
from studio.store.mapping import new_id

log = logging.getLogger(__name__)
MESSAGES = (
    (b"<?xml", "result.an_xml_message"),
    (b"<error", "result.an_xml_message"),
    (b"<html", "result.a_web_page"),
    (b"<!doctype", "result.a_web_page"),
    (b"{", "result.a_message"),
    (b"[", "result.a_message"),
)
"""Beginnings of what file servers send in the place of a file, and the id of its name."""
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
        raise MediaError(Message("result.none"))
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
        facts = validate.verify_decodes(part, name=Message("result.the_result"))
    except MediaError as error:
        found = of_error(error)
        if isinstance(found, Message) and ADVICE_TO_OWNERS.search(found):
            found = first(found)
        raise MediaError(found) from error
    if facts.kind != output.kind:
        raise MediaError(Message("result.wrong_kind", kind=term(facts.kind), wanted=term(output.kind)))
    if output.size and (facts.width, facts.height) != output.size:
        wanted = f"{output.size[0]}x{output.size[1]}"
        raise MediaError(Message("result.wrong_size", width=facts.width, height=facts.height, wanted=wanted))
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
        raise MediaError(Message("result.empty"))
    for beginning, what in MESSAGES:
        if head.startswith(beginning):
            raise MediaError(Message("result.not_a_file", what=Message(what)))


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

"""The last two phases: outputs are fetched, verified by decoding, given their settings, put under their final names;
then the run ends in one transaction with its money.

The name follows from the run alone, so a delivery that is repeated after a crash replaces the same file instead of
adding one. Everything happens under a temporary name in the same folder; the rename comes last.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shutil
import time
from functools import partial
from pathlib import Path

import httpx
from sqlite_utils import Database

from studio.domain import JSON, Asset, Kind, Output, Phase, Progress, Run, Status
from studio.errors import MediaError
from studio.jobs import download
from studio.jobs.run_context import RunContext
from studio.messages import Message, first, of_error, term
from studio.store import assets, ledger, runs
from studio.store.mapping import new_id, seed_in

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
SHOWN_EVERY_S = 0.25
"""How often the pages are told how far a download is."""


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


class ResultFetcher:
    """Fetches the outputs of one run."""

    def __init__(self, context: RunContext, http: httpx.AsyncClient) -> None:
        self.context, self._http = context, http
        self._shown_at = 0.0

    async def all(self, progress: Progress) -> None:
        """Until the run has succeeded. Raises LinkGone, MediaError, OSError (disk full), Outcome (cancelled)."""
        context, outputs = self.context, progress.outputs
        known = progress.seed is not None and 0 <= progress.seed < 2**64
        seed = {"seed": seed_in(progress.seed)} if known else {}
        await context.enter(Phase.DOWNLOADING, Message("event.result_ready"), took_s=context.took_s, **seed)
        if not outputs:
            raise MediaError(Message("run.no_file", provider=term(context.info.label)))
        async with context.lane.downloads:
            for idx, output in enumerate(outputs):
                if output.text is None:
                    await self._one(idx, output)
        await context.enter(Phase.FINISHING, Message("event.downloaded"))
        made = [await self._kept(idx, output) for idx, output in enumerate(outputs)]
        await self._succeed(progress, made)

    async def _one(self, idx: int, output: Output) -> None:
        context = self.context
        part = part_path(context.jobs.data, context.run, idx)
        if output.path is not None:
            await asyncio.to_thread(take_local, output.path, part)
            return
        most = download.most_bytes(context.run, output.kind, context.info)
        source = download.DownloadSource(
            output.url or "", output.headers, output.expected_bytes, context.lane.home, most
        )
        await context.insist(lambda: download.fetch(self._http, source, part, self._show), context.timing.submit_for)

    def _show(self, got: int, total: int | None) -> None:
        if total and time.monotonic() - self._shown_at > SHOWN_EVERY_S:
            self._shown_at = time.monotonic()
            self.context.show(Progress(status=Status.RUNNING, fraction=min(1.0, round(got / total, 3))))

    async def _kept(self, idx: int, output: Output) -> Asset:
        if output.text is not None:
            return text_asset(self.context.run, output)
        context = self.context
        settle = partial(settle_file, context.jobs.data, context.run, idx, output, drawn=context.model.draft)
        return await asyncio.to_thread(settle)

    async def _succeed(self, progress: Progress, made: list[Asset]) -> None:
        context, run = self.context, self.context.run
        free = not run.estimate_usd and progress.cost_usd is None and not context.model.prices

        def register(db: Database) -> None:
            for idx, asset in enumerate(made):
                assets.add(db, asset)
                runs.attach(db, run.seq, "output", idx, asset.id)
            told = progress.cost_usd if ledger.is_amount(progress.cost_usd) else None
            cost = 0.0 if free else told
            runs.move(db, run, Status.SUCCEEDED, "Done.", cost_usd=cost, note=progress.note, usage=_usage(progress))
            ledger.settle(db, run, told)

        await context.jobs.write(register)
        context.jobs.clear_work(run.id)
        context.jobs.feed.publish([run.id])


def _usage(progress: Progress) -> str | None:
    """The provider's own figures, to be kept. They are a note, so what cannot be written is no reason to lose a run."""
    try:
        return json.dumps(progress.usage, default=str, allow_nan=False) if progress.usage else None
    except (ValueError, RecursionError):
        return None

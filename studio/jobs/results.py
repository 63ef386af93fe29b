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
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sqlite_utils import Database

from studio.domain import JSON, Asset, Kind, Output, Phase, Progress, Run, Status, now
from studio.errors import EngineError, MediaError
from studio.jobs import download
from studio.jobs.run_context import RunContext
from studio.messages import Message, first, of_error, term
from studio.store import assets, events, ledger, model_holds, refunds, runs
from studio.store.mapping import new_id, seed_in

if TYPE_CHECKING:
    from studio.media.decoding import Reader
    from studio.media.metadata import Origin
    from studio.media.probe import MediaFacts

log = logging.getLogger(__name__)
MESSAGE_PREFIXES = (
    (b"<?xml", "result.an_xml_message"),
    (b"<error", "result.an_xml_message"),
    (b"<html", "result.a_web_page"),
    (b"<!doctype", "result.a_web_page"),
    (b"{", "result.a_message"),
    (b"[", "result.a_message"),
)
"""Prefixes of what file servers send instead of a file, and the message id of its name."""
UPLOAD_ADVICE = re.compile(r" (?:Export|Upload|Give|Unpack)\b[^.]*\.?$")
"""Advice about an upload, which does not apply to a result."""
SHOWN_AFTER_S = 0.25
"""A result that is here, checked and registered sooner goes from "waiting" to its end without a phase in between: two
transactions and two messages to every page fewer a run."""
PROGRESS_EVERY_S = 0.25
"""How often the progress of a download is published."""


def part_path(data: Path, run: Run, idx: int) -> Path:
    """Where output number idx of the run is downloaded to; its folder exists."""
    folder = data / "library" / run.created_at.strftime("%Y/%m/%d")
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f".{run.id}-{idx}.part"


def link_or_copy(source: Path, part: Path) -> None:
    """Hard-link the engine's file, or copy it where the file system has no links. Raises MediaError for no file."""
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


def finish_file(data: Path, run: Run, idx: int, output: Output, *, is_draft: bool) -> Asset:
    """Verify `part`, write the settings into it, rename it; the asset to register.

    Slow (decodes the file): call it outside the event loop. is_draft: made by the draft engine, and labelled so.
    Raises MediaError for a broken file or one of another kind than the engine said.
    """
    from studio.media import detect, files, metadata

    part = part_path(data, run, idx)
    _check_not_message(part)
    with _about_the_result():
        kind = detect.sniff(part, name=Message("result.the_result"))
    in_one_pass = output.kind is Kind.VIDEO and kind in metadata.VIDEOS
    facts = None if in_one_pass else _verified(part, output)
    target = part.with_name(f"{run.id}-{idx}{facts.suffix if facts else kind.suffix}")
    with files.replacing(target) as temporary:
        if facts is None:
            facts = _verified_and_copied(part, temporary, run, output, is_draft)
        else:
            _copy_with_settings(part, temporary, run, is_draft)
        digest, size = files.sha256(temporary), temporary.stat().st_size
    part.unlink(missing_ok=True)
    return Asset(
        id=new_id("a_"), kind=facts.kind, mime=facts.mime, name=target.name, path=target.relative_to(data).as_posix(),
        bytes=size, sha256=digest, width=facts.width, height=facts.height, duration_s=facts.duration_s, fps=facts.fps,
        has_audio=facts.has_audio, has_alpha=facts.has_alpha, owner=run.owner, origin=run.id,
    )  # fmt: skip


def _verified(part: Path, output: Output, also: Reader | None = None) -> MediaFacts:
    """The facts of a file that decodes and is what the engine said. also: see media.validate."""
    from studio.media import validate

    with _about_the_result():
        facts = validate.verify_decodes(part, name=Message("result.the_result"), also=also)
    if facts.kind != output.kind:
        raise MediaError(Message("result.wrong_kind", kind=term(facts.kind), wanted=term(output.kind)))
    if output.size and (facts.width, facts.height) != output.size:
        wanted = f"{output.size[0]}x{output.size[1]}"
        raise MediaError(Message("result.wrong_size", width=facts.width, height=facts.height, wanted=wanted))
    return facts


@contextmanager
def _about_the_result() -> Generator[None]:
    """What is wrong with the file, without the advice for an upload."""
    try:
        yield
    except MediaError as error:
        message = of_error(error)
        if isinstance(message, Message) and UPLOAD_ADVICE.search(message):
            message = first(message)
        raise MediaError(message) from error


def _verified_and_copied(part: Path, temporary: Path, run: Run, output: Output, is_draft: bool) -> MediaFacts:
    """As `_verified` and `_copy_with_settings`, in one reading of a video."""
    from studio.media import metadata, metadata_write

    texts = metadata.video_texts(embedded(run), origin=_origin(run, is_draft), run_id=run.id)
    copy = metadata_write.CopiedOnTheWay(temporary, texts)
    try:
        facts = _verified(part, output, copy)
    finally:
        copy.close()
    if copy.error is not None:
        _copy_without_settings(part, temporary, run, copy.error)
    return facts


def _check_not_message(part: Path) -> None:
    """Raise MediaError for nothing at all, and for a message or page that came instead of the file."""
    with part.open("rb") as file:
        head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        raise MediaError(Message("result.empty"))
    for prefix, message_id in MESSAGE_PREFIXES:
        if head.startswith(prefix):
            raise MediaError(Message("result.not_a_file", what=Message(message_id)))


def _copy_with_settings(part: Path, temporary: Path, run: Run, is_draft: bool) -> None:
    """Copy with prompt, seed and all settings in the metadata. A file that cannot carry them is kept without."""
    from studio.media import metadata

    try:
        metadata.copy(part, temporary, embedded(run), origin=_origin(run, is_draft), run_id=run.id)
    except MediaError as error:
        _copy_without_settings(part, temporary, run, error)


def _copy_without_settings(part: Path, temporary: Path, run: Run, error: Exception) -> None:
    shutil.copyfile(part, temporary)
    log.warning("run %s: its settings could not be written into %s (%s)", run.id, temporary.name, error)


def _origin(run: Run, is_draft: bool) -> Origin:
    from studio.media.metadata import Origin

    return Origin.DRAFT if is_draft else Origin.EDITED if run.request.media() else Origin.MODEL


def embedded(run: Run) -> JSON:
    """The settings written into the file: the flat request with the seed that was used."""
    return run.request.flat() | ({} if run.seed is None else {"seed": run.seed})


@dataclass(frozen=True)
class _Step:
    """A phase that has begun at this moment."""

    phase: Phase
    why: Message
    at: datetime


class ResultFetcher:
    """Fetches the outputs of one run.

    Its phases reach the disk together with its end where that comes soon, and by themselves where it does not, or when
    something goes wrong: after a crash the result is fetched anew from whatever phase.
    """

    def __init__(self, context: RunContext, http: httpx.AsyncClient) -> None:
        self.context, self._http = context, http
        self._shown_at = 0.0
        self._columns: dict[str, Any] = {}
        self._unstored: list[_Step] | None = []

    async def fetch_all(self, progress: Progress) -> None:
        """Until the run has succeeded. Raises LinkGone, MediaError, OSError (disk full), Outcome (cancelled)."""
        self._columns = {"took_s": self.context.took_s, **_seed_columns(progress)}
        await self._begin(Phase.DOWNLOADING, Message("event.result_ready"))
        work = asyncio.ensure_future(self._fetched(progress))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, also where nobody waits
        try:
            await asyncio.wait([work], timeout=SHOWN_AFTER_S)
            if not work.done():
                await self._store_steps()
            await self._succeed(progress, await work)
        except (MediaError, EngineError):
            await self._store_steps()
            raise
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait([work])

    async def _fetched(self, progress: Progress) -> list[Asset]:
        context, outputs = self.context, progress.outputs
        if not outputs:
            raise MediaError(Message("run.no_file", provider=term(context.info.label)))
        async with context.lane.downloads:
            for idx, output in enumerate(outputs):
                if output.text is None:
                    await self._fetch(idx, output)
        await self._begin(Phase.FINISHING, Message("event.downloaded"))
        run = context.run.model_copy(update={"seed": progress.seed} if _seed_columns(progress) else {})
        return [await self._finish(run, idx, output) for idx, output in enumerate(outputs)]

    async def _begin(self, phase: Phase, why: Message) -> None:
        """Note the phase, on the disk once the run has been seen to take its time."""
        if self._unstored is None:
            await self.context.enter_phase(phase, why)
        else:
            self._unstored.append(_Step(phase, why, now()))

    async def _store_steps(self) -> None:
        """Put the phases so far on the disk; the next ones follow at once."""
        steps, self._unstored = self._unstored, None
        if steps:
            await self.context.enter_phases([(step.phase, step.why, step.at) for step in steps], **self._columns)

    async def _fetch(self, idx: int, output: Output) -> None:
        context = self.context
        part = part_path(context.jobs.data, context.run, idx)
        if output.path is not None:
            await asyncio.to_thread(link_or_copy, output.path, part)
            return
        max_bytes = download.max_result_bytes(context.run, output.kind, context.info)
        source = download.DownloadSource(
            output.url or "", output.headers, output.expected_bytes, context.lane.provider_hosts, max_bytes
        )
        await context.retry_transient(
            lambda: download.fetch(self._http, source, part, self._show_progress), context.timing.submit_timeout_s
        )

    def _show_progress(self, received: int, total: int | None) -> None:
        if total and time.monotonic() - self._shown_at > PROGRESS_EVERY_S:
            self._shown_at = time.monotonic()
            self.context.show_progress(Progress(status=Status.RUNNING, fraction=min(1.0, round(received / total, 3))))

    async def _finish(self, run: Run, idx: int, output: Output) -> Asset:
        if output.text is not None:
            return text_asset(run, output)
        context = self.context
        settle = partial(finish_file, context.jobs.data, run, idx, output, is_draft=context.model.draft)
        return await asyncio.to_thread(settle)

    async def _succeed(self, progress: Progress, finished: list[Asset]) -> None:
        """The end, in one transaction with its files, its money, and the phases that are not on the disk yet."""
        context, run, steps = self.context, self.context.run, self._unstored or []
        free = context.info.repeatable and not run.estimate_usd and not context.model.prices

        def register(db: Database) -> bool:
            for step in steps:
                events.add(db, run.seq, run.status, run.status, step.phase, step.why, at=step.at)
            for idx, asset in enumerate(finished):
                assets.add(db, asset)
                runs.attach(db, run.seq, "output", idx, asset.id)
            reported_usd = progress.cost_usd if ledger.is_amount(progress.cost_usd) else None
            cost_usd = 0.0 if free and reported_usd is None else reported_usd
            kept = {"cost_usd": cost_usd, "note": progress.note, "usage": _usage(progress)}
            runs.move(db, run, Status.SUCCEEDED, Message("event.done"), **kept, **(self._columns if steps else {}))
            ledger.settle(db, run, reported_usd)
            refunds.withdraw(db, run)
            return model_holds.clear(db, run.model)

        if await context.jobs.write(register):
            context.jobs.held_models.changed()
        context.jobs.clear_work(run.id)
        context.jobs.feed.publish([run.id])


def _seed_columns(progress: Progress) -> dict[str, Any]:
    """The seed that the provider used, where it says a valid one."""
    seed_valid = progress.seed is not None and 0 <= progress.seed < 2**64
    return {"seed": seed_in(progress.seed)} if seed_valid else {}


def _usage(progress: Progress) -> str | None:
    """The provider's usage figures as JSON; None for figures that cannot be serialised, which must not lose a run."""
    try:
        return json.dumps(progress.usage, default=str, allow_nan=False) if progress.usage else None
    except (ValueError, RecursionError):
        return None

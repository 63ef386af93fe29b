"""The last two phases: fetch the outputs, verify and keep them, and end the run in one transaction with its money."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial

import httpx
from sqlite_utils import Database

from studio.domain import Asset, Output, Phase, Progress, Status
from studio.errors import MediaError
from studio.jobs import download, results
from studio.jobs.run_context import Way
from studio.messages import Message, term
from studio.store import assets, ledger, runs
from studio.store.mapping import seed_in

SHOWN_EVERY_S = 0.25
"""How often the pages are told how far a download is."""


class Bring:
    """Fetches the outputs of one run."""

    def __init__(self, way: Way, http: httpx.AsyncClient) -> None:
        self.way, self._http = way, http
        self._shown_at = 0.0

    async def all(self, progress: Progress) -> None:
        """Until the run has succeeded. Raises LinkGone, MediaError, OSError (disk full), Leave (cancelled)."""
        way, outputs = self.way, progress.outputs
        known = progress.seed is not None and 0 <= progress.seed < 2**64
        seed = {"seed": seed_in(progress.seed)} if known else {}
        await way.enter(Phase.DOWNLOADING, Message("event.result_ready"), took_s=way.took_s, **seed)
        if not outputs:
            raise MediaError(Message("run.no_file", provider=term(way.facts.label)))
        async with way.lane.downloads:
            for idx, output in enumerate(outputs):
                if output.text is None:
                    await self._one(idx, output)
        await way.enter(Phase.FINISHING, Message("event.downloaded"))
        made = [await self._kept(idx, output) for idx, output in enumerate(outputs)]
        await self._succeed(progress, made)

    async def _one(self, idx: int, output: Output) -> None:
        way = self.way
        part = results.part_path(way.house.data, way.run, idx)
        if output.path is not None:
            await asyncio.to_thread(results.take_local, output.path, part)
            return
        most = download.most_bytes(way.run, output.kind, way.facts)
        source = download.Source(output.url or "", output.headers, output.expected_bytes, way.lane.home, most)
        await way.insist(lambda: download.fetch(self._http, source, part, self._show), way.timing.submit_for)

    def _show(self, got: int, total: int | None) -> None:
        if total and time.monotonic() - self._shown_at > SHOWN_EVERY_S:
            self._shown_at = time.monotonic()
            self.way.show(Progress(status=Status.RUNNING, fraction=min(1.0, round(got / total, 3))))

    async def _kept(self, idx: int, output: Output) -> Asset:
        if output.text is not None:
            return results.text_asset(self.way.run, output)
        way = self.way
        settle = partial(results.settle_file, way.house.data, way.run, idx, output, drawn=way.model.draft)
        return await asyncio.to_thread(settle)

    async def _succeed(self, progress: Progress, made: list[Asset]) -> None:
        way, run = self.way, self.way.run
        free = not run.estimate_usd and progress.cost_usd is None and not way.model.prices

        def register(db: Database) -> None:
            for idx, asset in enumerate(made):
                assets.add(db, asset)
                runs.attach(db, run.seq, "output", idx, asset.id)
            told = progress.cost_usd if ledger.is_amount(progress.cost_usd) else None
            cost = 0.0 if free else told
            runs.move(db, run, Status.SUCCEEDED, "Done.", cost_usd=cost, note=progress.note, usage=_usage(progress))
            ledger.settle(db, run, told)

        await way.house.write(register)
        way.house.clear_work(run.id)
        way.house.feed.publish([run.id])


def _usage(progress: Progress) -> str | None:
    """The provider's own figures, to be kept. They are a note, so what cannot be written is no reason to lose a run."""
    try:
        return json.dumps(progress.usage, default=str, allow_nan=False) if progress.usage else None
    except (ValueError, RecursionError):
        return None

"""Jobs of paid providers for tests without a studio: a flat request with files that are uploaded already."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from studio.catalogue import Catalogue, load, validation
from studio.domain import JSON, Asset, Kind, Status
from studio.engines.base import Engine, Input, Job
from tests.providers import results
from tests.support.provider_cases import ProviderCase

FILES = {"first": Kind.IMAGE, "last": Kind.IMAGE, "a": Kind.IMAGE, "b": Kind.VIDEO, "voice": Kind.AUDIO}
"""Ids that a request may name, and the kind of each; clips and sounds have 4 s."""
MIMES = {Kind.IMAGE: "image/png", Kind.VIDEO: "video/mp4", Kind.AUDIO: "audio/mpeg"}


@cache
def catalogue() -> Catalogue:
    return load()


def url(name: str) -> str:
    """Where an upload lies."""
    return f"https://files.test/{name}"


def asked(body: JSON, address: Callable[[str], str] = url) -> tuple[Job, dict[str, Asset]]:
    """The job of this request, completed and held against its row, and its files."""
    request = validation.parse({"prompt": "a fox"} | body, catalogue())
    model = catalogue().get(request.model)
    request = validation.complete(request, model)
    names = [i for ids in request.media().values() for i in ids]
    assets = {i: Asset(id=i, kind=FILES[i], mime=MIMES[FILES[i]], duration_s=4.0) for i in names}
    assert [str(p) for p in validation.problems(request, model, assets)] == []
    inputs = {i: Input(asset, Path("unused")) for i, asset in assets.items()}
    seed = 7 if model.seeds else None
    run_id = f"r_{time.monotonic_ns()}"
    return Job(run_id, request, model, seed, Path("unused"), inputs, {i: address(i) for i in inputs}), assets


def played(case: ProviderCase, story: Callable[[Any], Awaitable[Any]], limit_s: float = 30) -> Any:
    """What the story with a new engine gives; the engine is closed after it."""

    async def bounded() -> Any:
        engine = case.build()
        try:
            async with asyncio.timeout(limit_s):
                return await story(engine)
        finally:
            await engine.close()

    return asyncio.run(bounded())


def output_counts(case: ProviderCase, bodies: Sequence[JSON], folder: Path) -> list[int]:
    """How many files each request comes back with, sent with a real picture for every input and polled to its end."""
    picture = folder / "in.png"
    picture.write_bytes(results.png(320, 240, "in"))

    async def story(engine: Engine) -> list[int]:
        counts: list[int] = []
        for body in bodies:
            job, _ = asked(body)
            job = replace(job, inputs={i: Input(one.asset, picture) for i, one in job.inputs.items()}, uploads={})
            handle = await engine.submit(replace(job, uploads=await engine.prepare(job)))
            while (seen := await engine.poll(handle)).status != Status.SUCCEEDED:
                await asyncio.sleep(0.02)
            counts.append(len(seen.outputs))
        return counts

    return played(case, story)

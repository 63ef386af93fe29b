"""Rows of other families send what the models' pages name."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from studio.catalogue import Model, load
from studio.domain import JSON, Status
from studio.engines import mapping
from studio.engines.apimart import ApimartEngine
from studio.engines.base import Input
from tests.providers import field_rules, results
from tests.providers.apimart import FAMILIES
from tests.support.provider_cases import apimart
from tests.support.provider_jobs import asked, played
from tests.support.row_jobs import jobs

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "apimart" and m.family != "Wan"}


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    name = model.engine["model"]
    for one in jobs(model):
        body = mapping.body(one, model=name)
        assert field_rules.broken(FAMILIES[name], body) == [], (one.request.task, body)


def test_every_model_that_was_read_is_a_row() -> None:
    assert {m.engine["model"] for m in ROWS.values()} == set(FAMILIES)


def test_clips_and_pictures_of_other_families_come_back(tmp_path: Path) -> None:
    bodies: list[JSON] = [
        {"model": "apimart/kling-3.0-pro", "task": "image-to-video", "first_frame": "first", "last_frame": "last"},
        {"model": "apimart/nano-banana-2", "task": "image-edit", "images": ["first"]},
    ]
    picture = tmp_path / "in.png"
    picture.write_bytes(results.png(320, 240, "in"))
    with apimart(tmp_path) as case:

        async def story(engine: ApimartEngine) -> list[int]:
            counts = []
            for body in bodies:
                job, _ = asked(body)
                job = replace(job, inputs={i: Input(one.asset, picture) for i, one in job.inputs.items()}, uploads={})
                handle = await engine.submit(replace(job, uploads=await engine.prepare(job)))
                while (seen := await engine.poll(handle)).status != Status.SUCCEEDED:
                    await asyncio.sleep(0.02)
                counts.append(len(seen.outputs))
            return counts

        assert played(case, story) == [1, 1]

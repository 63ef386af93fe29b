"""AtlasCloud: bodies by the shapes of its own clients, a task that is unknown at first, results in three shapes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import pricing
from studio.domain import JSON, Status
from studio.engines import mapping
from studio.engines.base import Input
from studio.errors import UnknownHandle
from tests.providers import results
from tests.providers.atlascloud import AtlascloudServer
from tests.support.provider_cases import ProviderCase, atlascloud
from tests.support.provider_jobs import asked, played, url

COMMON: JSON = {"prompt": "a fox", "seed": 7}
BODIES: list[tuple[JSON, JSON, float | None]] = [
    (
        {"task": "text-to-video", "model": "atlascloud/wan2.6-t2v", "shot_type": "multi", "duration_s": 15},
        COMMON
        | {"model": "alibaba/wan-2.6/text-to-video", "size": "1280*720", "duration": 15}
        | {"shot_type": "multi", "enable_prompt_expansion": True},
        None,
    ),
    (
        {"task": "image-to-video", "model": "atlascloud/wan2.6-i2v", "first_frame": "first", "audio": False},
        COMMON
        | {"model": "alibaba/wan-2.6/image-to-video", "image": url("first"), "resolution": "720p", "duration": 5}
        | {"shot_type": "single", "enable_prompt_expansion": True, "generate_audio": False},
        0.35,
    ),
    (
        {"model": "atlascloud/wan2.6-image", "images": ["a"], "width": 1664, "height": 936},
        COMMON
        | {"model": "alibaba/wan-2.6/image-edit", "images": [url("a")], "size": "1664*936"}
        | {"enable_prompt_expansion": False},
        0.021,
    ),
    (
        {"task": "image-to-video", "model": "atlascloud/wan2.7-i2v", "first_frame": "first", "last_frame": "last"},
        COMMON
        | {"model": "alibaba/wan-2.7/image-to-video", "image": url("first"), "last_image": url("last")}
        | {"resolution": "720P", "duration": 5, "prompt_extend": True},
        0.5,
    ),
    (
        {"model": "atlascloud/wan2.7-r2v", "references": ["b", "a"], "aspect": "1:1", "audio_file": "voice"},
        COMMON
        | {"model": "alibaba/wan-2.7/reference-to-video", "images": [url("a")], "videos": [url("b")]}
        | {"audio": url("voice"), "resolution": "720P", "ratio": "1:1", "duration": 5, "prompt_extend": True},
        None,
    ),
    (
        {"model": "atlascloud/wan3.0-t2v", "tier": "1080P", "duration_s": 30, "audio": False},
        COMMON
        | {"model": "alibaba/wan-3.0/text-to-video", "resolution": "1080P", "ratio": "16:9", "duration": 30}
        | {"audio": False},
        None,
    ),
    (
        {"model": "atlascloud/wan2.2-animate-mix", "prompt": "", "image": "a", "video": "b", "mode": "wan-pro"},
        {"model": "alibaba/wan-2.2/animate-mix", "image": url("a"), "video": url("b"), "mode": "wan-pro"},
        None,
    ),
]


@pytest.mark.parametrize(("body", "expected", "usd"), BODIES)
def test_a_request_is_sent_in_the_shape_of_the_providers_clients(body: JSON, expected: JSON, usd: float | None) -> None:
    job, assets = asked(body)
    assert mapping.body(job, model=job.model.engine["model"]) == expected
    assert pricing.price(job.request, job.model, assets) == (None if usd is None else pytest.approx(usd))


@pytest.fixture
def case(tmp_path: Path) -> Iterator[ProviderCase]:
    with atlascloud(tmp_path) as made:
        yield made


def test_results_and_ids_are_read_in_every_shape(case: ProviderCase) -> None:
    """Three jobs: outputs as texts, as objects, and one output; the third is named by predictionId."""

    async def story(engine: Any) -> list[str]:
        links = []
        for _ in range(3):
            handle = await engine.submit(asked(BODIES[0][0])[0])
            while (seen := await engine.poll(handle)).status != Status.SUCCEEDED:
                await asyncio.sleep(0.02)
            links += [output.url for output in seen.outputs]
        return links

    assert played(case, story) == [link for job in case.server.tasks.values() for link in case.server.links(job)]


def test_a_task_may_be_unknown_for_a_while_but_not_for_ever(case: ProviderCase) -> None:
    assert isinstance(case.server, AtlascloudServer)
    case.server.unknown_looks = 10**6

    async def story(engine: Any) -> list[Status]:
        handle = await engine.submit(asked(BODIES[0][0])[0])
        seen = [(await engine.poll(handle)).status for _ in range(3)]
        await asyncio.sleep(0.6)
        with pytest.raises(UnknownHandle):
            await engine.poll(handle)
        return seen

    assert played(case, story) == [Status.QUEUED] * 3


def test_both_answers_to_an_upload_are_read(case: ProviderCase, tmp_path: Path) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(results.png(320, 240, "in"))
    job, _ = asked(BODIES[3][0])
    job = replace(job, inputs={i: Input(given.asset, file) for i, given in job.inputs.items()}, uploads={})
    uploads = played(case, lambda engine: engine.prepare(job))
    assert sorted(uploads.values()) == sorted(case.server.uploads)
    assert set(case.server.uploads.values()) == {file.read_bytes()}

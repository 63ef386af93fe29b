"""Runware: bodies key by key, our own task ids, and submits that are looked up by them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio.catalogue import pricing
from studio.domain import JSON, Status
from studio.engines import mapping
from studio.engines.base import Input
from studio.engines.runware import RunwareEngine, task_id
from studio.errors import EngineError, OutOfCredit, RateLimited, Unauthorised, Unavailable, UnknownOutcome
from tests.providers import results
from tests.providers.runware import error
from tests.support.provider_cases import ProviderCase, runware
from tests.support.provider_jobs import asked, played

VIDEO: JSON = {"taskType": "videoInference", "deliveryMethod": "async", "outputType": "URL", "outputFormat": "MP4"}
VIDEO |= {"includeCost": True, "seed": 7, "positivePrompt": "a fox"}
IMAGE = VIDEO | {"taskType": "imageInference", "outputFormat": "PNG"}


BODIES: list[tuple[JSON, JSON]] = [
    (
        {
            "task": "text-to-video",
            "model": "runware/wan2.6",
            "duration_s": 10,
            "negative_prompt": "rain",
            "audio": False,
        },
        VIDEO
        | {"model": "alibaba:wan@2.6", "width": 1280, "height": 720, "duration": 10, "negativePrompt": "rain"}
        | {"providerSettings": {"alibaba": {"promptExtend": True, "shotType": "single", "audio": False}}},
    ),
    (
        {"task": "image-to-video", "model": "runware/wan2.6", "first_frame": "first", "tier": "1080P"},
        VIDEO
        | {"model": "alibaba:wan@2.6", "resolution": "1080p", "duration": 5}
        | {"inputs": {"frameImages": [{"image": "id-first", "frame": "first"}]}}
        | {"providerSettings": {"alibaba": {"promptExtend": True, "shotType": "single", "audio": True}}},
    ),
    (
        {"task": "audio-to-video", "model": "runware/wan2.6", "audio_file": "voice", "prompt_extend": False},
        VIDEO
        | {"model": "alibaba:wan@2.6", "width": 1280, "height": 720, "duration": 5, "inputs": {"audio": "id-voice"}}
        | {"providerSettings": {"alibaba": {"promptExtend": False}}},
    ),
    (
        {"task": "image-to-video", "model": "runware/wan2.7", "first_frame": "first", "last_frame": "last"},
        VIDEO
        | {"model": "alibaba:wan@2.7", "resolution": "720p", "duration": 5, "settings": {"promptExtend": True}}
        | {"inputs": {"frameImages": [{"image": "id-first", "frame": "first"}, {"image": "id-last", "frame": "last"}]}},
    ),
    (
        {"task": "reference-to-video", "model": "runware/wan3.0", "references": ["b", "a"], "duration_s": 30},
        VIDEO
        | {"model": "alibaba:wan@3.0", "width": 1280, "height": 720, "duration": 30}
        | {"inputs": {"referenceImages": ["id-a"], "referenceVideos": ["id-b"]}},
    ),
    (
        {"task": "image-edit", "model": "runware/wan2.7-image", "images": ["a"], "num_images": 3},
        IMAGE | {"model": "alibaba:wan@2.7-image", "numberResults": 3, "inputs": {"referenceImages": ["id-a"]}},
    ),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_a_request_is_sent_in_the_shape_of_the_models_page(body: JSON, expected: JSON) -> None:
    job, _ = asked(body, "id-{}".format)
    assert mapping.body(job, model=job.model.engine["model"]) == expected


@pytest.mark.parametrize(("number", "usd"), [(0, 1.0), (1, 0.75), (3, 0.5), (4, 3.4), (5, 0.09)])
def test_a_price_is_told_before(number: int, usd: float) -> None:
    job, assets = asked(BODIES[number][0])
    found = pricing.price(job.request, job.model, assets, input_s=pricing.clips_s(job.request, assets))
    assert found == pytest.approx(usd)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[ProviderCase]:
    with runware(tmp_path) as made:
        yield made


def test_a_run_has_one_task_id_for_ever_and_its_own() -> None:
    assert task_id("r_1") == task_id("r_1") != task_id("r_2")
    assert uuid.UUID(task_id("r_1")).version == 4


def test_a_lost_submit_is_found_by_the_id_of_its_run_even_after_it_failed(case: ProviderCase) -> None:
    """Also one that the provider failed meanwhile: it was taken, so it is never sent again."""
    server = case.server

    async def story(engine: RunwareEngine) -> None:
        engine.settle_s = 0.3
        job, _ = asked(BODIES[0][0])
        for run, end in (("r_a", "success"), ("r_b", "failed")):
            server.ends.append(end)
            one = replace(job, run_id=run)
            server.fail("submit", "drop-after")
            with pytest.raises(EngineError):
                await engine.submit(one)
            await asyncio.sleep(0.1)
            (handle,) = await engine.find(one, submitted_after=time.time(), submitted_before=time.time())
            assert task_id(run) in handle

    played(case, story)


def test_a_submit_that_never_arrived_is_certain_only_after_a_while(case: ProviderCase) -> None:
    async def story(engine: RunwareEngine) -> list[str]:
        engine.settle_s = 0.3
        job, _ = asked(BODIES[0][0])
        with pytest.raises(Unavailable) as early:
            await engine.find(job, submitted_after=time.time(), submitted_before=time.time())
        assert early.value.retry_after_s
        case.server.fail("poll", "reply", reply=error("invalidApiKey", "no", status=401))
        with pytest.raises(Unauthorised):  # a look that says nothing of the task proves nothing
            await engine.find(job, submitted_after=time.time(), submitted_before=time.time())
        await asyncio.sleep(0.3)
        return await engine.find(job, submitted_after=time.time(), submitted_before=time.time())

    assert played(case, story) == []


def test_a_look_up_that_comes_late_is_left_to_a_person(case: ProviderCase) -> None:
    """After a stop of hours the task may be forgotten there, and paid."""

    async def story(engine: RunwareEngine) -> None:
        engine.settle_s = 0.0
        sent = time.time() - 2 * 3600
        with pytest.raises(UnknownOutcome, match="more than an hour ago"):
            await engine.find(asked(BODIES[0][0])[0], submitted_after=sent, submitted_before=time.time())

    played(case, story)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("insufficientCredits", OutOfCredit), ("rateLimitExceeded", RateLimited), ("invalidApiKey", Unauthorised)],
)
def test_an_error_of_the_look_is_no_error_of_the_task(case: ProviderCase, code: str, kind: type[EngineError]) -> None:
    """Errors come with HTTP 200; these concern the account, so the task is asked about again."""

    async def story(engine: RunwareEngine) -> EngineError:
        job, _ = asked(BODIES[0][0])
        handle = await engine.submit(job)
        case.server.fail("poll", "reply", reply=error(code, "no"))
        with pytest.raises(EngineError) as caught:
            await engine.poll(handle)
        return caught.value

    assert isinstance(played(case, story), kind)


def test_inputs_are_stored_as_plain_base64_and_named_by_their_ids(case: ProviderCase, tmp_path: Path) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(results.png(320, 240, "in"))
    job, _ = asked(BODIES[1][0])
    job = replace(job, inputs={i: Input(given.asset, file) for i, given in job.inputs.items()}, uploads={})

    async def story(engine: RunwareEngine) -> None:
        uploads = await engine.prepare(job)
        assert case.server.uploads[uploads["first"]] == file.read_bytes()
        await engine.submit(replace(job, uploads=uploads))

    played(case, story)
    assert case.server.bodies("upload")[0][0]["media"].startswith("iVBOR")


def test_the_seed_that_was_used_and_the_cost_are_read(case: ProviderCase) -> None:
    case.server.amount = "1.0022"

    async def story(engine: RunwareEngine) -> None:
        job, _ = asked(BODIES[0][0])
        handle = await engine.submit(job)
        while (seen := await engine.poll(handle)).status != Status.SUCCEEDED:
            await asyncio.sleep(0.02)
        assert (seen.seed, seen.cost_usd, seen.note) == (52917, 1.0022, None)

    played(case, story)


def test_an_id_that_was_used_before_is_the_task_itself(case: ProviderCase) -> None:
    """As after a person's "submit again": the provider refuses the id, and the first task is polled on."""

    async def story(engine: RunwareEngine) -> None:
        job, _ = asked(BODIES[0][0])
        assert await engine.submit(job) == await engine.submit(job)

    played(case, story)
    assert (case.server.calls["submit"], len(case.server.tasks)) == (2, 1)

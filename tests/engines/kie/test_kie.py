"""Kie.ai: what goes over the wire, by the shapes of its public pages, and what its answers mean."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import pricing
from studio.domain import JSON
from studio.engines import mapping
from studio.engines.base import Input, Job
from studio.engines.kie import KieEngine
from studio.errors import Unavailable
from tests.providers import results
from tests.providers.http_server import as_json
from tests.providers.kie import KieServer
from tests.support.provider_cases import ProviderCase, kie
from tests.support.provider_jobs import asked, catalogue, played, url

BODIES: dict[str, tuple[JSON, JSON]] = {
    "wan/2-6-text-to-video": (
        {"model": "kie/wan2.6-t2v", "prompt": "a fox", "duration_s": 10, "tier": "1080P"},
        {"prompt": "a fox", "duration": "10", "resolution": "1080p"},
    ),
    "wan/2-6-image-to-video": (
        {"model": "kie/wan2.6-i2v", "prompt": "a fox", "first_frame": "first"},
        {"prompt": "a fox", "duration": "5", "resolution": "720p", "image_urls": [url("first")]},
    ),
    "wan/2-6-flash-image-to-video": (
        {
            "model": "kie/wan2.6-i2v-flash",
            "prompt": "a fox",
            "first_frame": "first",
            "audio": False,
            "shot_type": "multi",
        },
        {
            "prompt": "a fox",
            "duration": "5",
            "resolution": "720p",
            "image_urls": [url("first")],
            "audio": False,
            "multi_shots": True,
        },
    ),
    "wan/2-6-video-to-video": (
        {"model": "kie/wan2.6-r2v", "prompt": "a fox", "references": ["b"]},
        {"prompt": "a fox", "duration": "5", "resolution": "720p", "video_urls": [url("b")]},
    ),
    "wan/2-7-text-to-video": (
        {
            "task": "text-to-video",
            "model": "kie/wan2.7-t2v",
            "prompt": "a fox",
            "negative_prompt": "rain",
            "aspect": "9:16",
        },
        {
            "prompt": "a fox",
            "negative_prompt": "rain",
            "resolution": "720p",
            "ratio": "9:16",
            "duration": 5,
            "prompt_extend": True,
            "watermark": False,
            "seed": 7,
        },
    ),
    "wan/2-7-image-to-video": (
        {
            "task": "image-to-video",
            "model": "kie/wan2.7-i2v",
            "prompt": "a fox",
            "first_frame": "first",
            "last_frame": "last",
        },
        {
            "prompt": "a fox",
            "resolution": "720p",
            "duration": 5,
            "prompt_extend": True,
            "watermark": False,
            "seed": 7,
            "first_frame_url": url("first"),
            "last_frame_url": url("last"),
        },
    ),
    "wan/2-7-r2v": (
        {
            "model": "kie/wan2.7-r2v",
            "prompt": "Image 1 sings",
            "references": ["a", "b"],
            "first_frame": "first",
            "audio_file": "voice",
        },
        {
            "prompt": "Image 1 sings",
            "resolution": "720p",
            "aspect_ratio": "16:9",
            "duration": 5,
            "prompt_extend": True,
            "watermark": False,
            "seed": 7,
            "reference_image": [url("a")],
            "reference_video": [url("b")],
            "first_frame": url("first"),
            "reference_voice": url("voice"),
        },
    ),
    "wan/2-7-videoedit": (
        {"model": "kie/wan2.7-videoedit", "prompt": "snow", "video": "b", "references": ["a"]},
        {
            "prompt": "snow",
            "resolution": "720p",
            "duration": 0,
            "prompt_extend": True,
            "watermark": False,
            "seed": 7,
            "video_url": url("b"),
            "reference_image": url("a"),
            "audio_setting": "auto",
        },
    ),
    "wan/2-7-image-pro": (
        {
            "task": "text-to-image",
            "model": "kie/wan2.7-image-pro",
            "prompt": "a fox",
            "tier": "4K",
            "aspect_ratio": "21:9",
        },
        {
            "prompt": "a fox",
            "resolution": "4K",
            "aspect_ratio": "21:9",
            "enable_sequential": False,
            "n": 1,
            "thinking_mode": False,
            "watermark": False,
            "seed": 7,
        },
    ),
    "wan/3-0-video": (
        {
            "task": "image-to-video",
            "model": "kie/wan3.0-video",
            "prompt": "a fox",
            "first_frame": "first",
            "duration_s": 30,
        },
        {
            "prompt": "a fox",
            "resolution": "720P",
            "aspect_ratio": "adaptive",
            "duration": 30,
            "audio": True,
            "seed": 7,
            "first_frame_url": url("first"),
        },
    ),
    "wan/3-0-video-prime": (
        {
            "task": "reference-to-video",
            "model": "kie/wan3.0-video-prime",
            "prompt": "Video 1",
            "references": ["b", "a"],
            "audio_file": "voice",
            "tier": "480P",
            "aspect": "1:1",
        },
        {
            "prompt": "Video 1",
            "resolution": "480P",
            "aspect_ratio": "1:1",
            "duration": 5,
            "audio": True,
            "seed": 7,
            "reference_image_urls": [url("a")],
            "reference_video_urls": [url("b")],
            "reference_audio_urls": [url("voice")],
        },
    ),
    "wan/2-5-text-to-video": (
        {"model": "kie/wan2.5-t2v", "prompt": "a fox", "aspect": "1:1", "prompt_extend": True},
        {
            "prompt": "a fox",
            "duration": "5",
            "aspect_ratio": "1:1",
            "resolution": "720p",
            "enable_prompt_expansion": True,
            "seed": 7,
        },
    ),
    "wan/2-2-a14b-speech-to-video-turbo": (
        {
            "model": "kie/wan2.2-s2v-a14b-turbo",
            "prompt": "she sings",
            "image": "a",
            "audio_file": "voice",
            "duration_s": 7.5,
        },
        {
            "prompt": "she sings",
            "image_url": url("a"),
            "audio_url": url("voice"),
            "num_frames": 120,
            "frames_per_second": 16,
            "resolution": "480p",
            "seed": 7,
        },
    ),
}


@pytest.mark.parametrize("model", BODIES)
def test_a_request_is_sent_in_the_shape_of_the_models_page(model: str) -> None:
    body, expected = BODIES[model]
    job, _ = asked(body)
    assert mapping.body(job, model=job.model.engine["model"]) == {"model": model, "input": expected}


@pytest.mark.parametrize(
    ("body", "usd"),
    [
        (BODIES["wan/2-6-text-to-video"][0], 1.0475),
        (BODIES["wan/2-6-flash-image-to-video"][0], None),
        (BODIES["wan/2-7-r2v"][0], 0.4),
        (BODIES["wan/2-7-videoedit"][0], 0.32),
        (BODIES["wan/2-7-image-pro"][0], 0.06),
        (BODIES["wan/3-0-video"][0], 2.4),
        (BODIES["wan/3-0-video-prime"][0], 9 * 0.061),
    ],
)
def test_a_price_is_told_in_dollars(body: JSON, usd: float | None) -> None:
    """30 s of Wan 3.0 at 720P; reference clips of Wan 3.0 count as well as the 5 s made."""
    job, assets = asked(body)
    found = pricing.price(job.request, job.model, assets, input_s=pricing.clips_s(job.request, assets))
    assert found == (None if usd is None else pytest.approx(usd))


@pytest.fixture
def case(tmp_path: Path) -> Iterator[ProviderCase]:
    with kie(tmp_path) as made:
        yield made


def test_inputs_are_uploaded_under_names_of_their_own(case: ProviderCase, tmp_path: Path) -> None:
    """The same picture twice, since an equal name would overwrite; both shapes of the answer are read."""
    server = case.server
    assert isinstance(server, KieServer)
    file = tmp_path / "in.png"
    file.write_bytes(results.png(320, 240, "in"))
    job, _ = asked(BODIES["wan/2-7-image-to-video"][0])
    inputs = {i: Input(given.asset, file) for i, given in job.inputs.items()}
    job = Job(job.run_id, job.request, job.model, 7, tmp_path, inputs)
    uploads = played(case, lambda engine: engine.prepare(job))
    assert set(uploads) == {"first", "last"}
    assert sorted(uploads.values()) == sorted(server.uploads)
    assert set(server.uploads.values()) == {file.read_bytes()}
    assert len({call.body for call in server.seen}) == 2


def test_a_result_that_is_no_json_inside_its_text_is_asked_for_again(case: ProviderCase) -> None:
    async def story(engine: Any) -> None:
        job, _ = asked(BODIES["wan/2-6-text-to-video"][0])
        handle = await engine.submit(job)
        for text in ("[" * 99_999, "{", "null", 5, ""):
            done = {"code": 200, "data": {"state": "success", "resultJson": text}}
            case.server.fail("poll", "reply", reply=as_json(done))
            if text in ("null", 5):
                assert (await engine.poll(handle)).outputs == ()  # nothing came: the job manager holds it as billed
            else:
                with pytest.raises(Unavailable):
                    await engine.poll(handle)

    played(case, story)


def test_the_key_goes_to_the_upload_host_only_where_it_is_the_providers_own(case: ProviderCase) -> None:
    """A proxy's base URL is used for uploads, too, unless KIE_UPLOAD_URL says otherwise."""
    made = KieEngine(case.settings)
    assert made.info.base_url == case.server.url
    assert made.upload_url == case.server.url
    asyncio.run(made.close())


def test_pickers_show_credits_in_dollars_and_no_price_where_none_is_published() -> None:
    from studio.web.forms.model_picker import price_hint

    assert price_hint(catalogue().get("kie/wan2.7-image")) == {"low": 0.024, "high": 0.024, "unit": "image"}
    assert price_hint(catalogue().get("kie/wan2.6-t2v")) == {"low": 0.35, "high": 1.575, "unit": "run"}
    assert price_hint(catalogue().get("kie/wan2.6-i2v-flash")) is None

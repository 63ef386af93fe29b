"""APIMart: bodies by the shapes of its pages, the key of each submit, pictures only, what a task tells of its bill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import pricing, validation
from studio.domain import JSON, Status
from studio.engines import mapping
from studio.engines.base import Input
from studio.errors import EngineError
from tests.providers import results
from tests.providers.apimart import ApimartServer
from tests.providers.http_server import as_json
from tests.support.provider_cases import ProviderCase, apimart
from tests.support.provider_jobs import asked, catalogue, played, url

COMMON: JSON = {"prompt": "a fox", "seed": 7, "watermark": False}
BODIES: list[tuple[JSON, JSON, float | None]] = [
    (
        {
            "task": "text-to-video",
            "model": "apimart/wan2.6",
            "aspect": "9:16",
            "tier": "1080P",
            "negative_prompt": "rain",
        },
        COMMON
        | {"model": "wan2.6", "aspect_ratio": "9:16", "resolution": "1080p", "duration": 5, "negative_prompt": "rain"}
        | {"audio": True, "prompt_extend": True, "shot_type": "single"},
        0.42,
    ),
    (
        {"task": "image-to-video", "model": "apimart/wan2.6", "first_frame": "first", "duration_s": 10},
        COMMON
        | {"model": "wan2.6", "image_urls": [url("first")], "resolution": "720p", "duration": 10}
        | {"audio": True, "prompt_extend": True, "shot_type": "single"},
        0.664,
    ),
    (
        {"task": "image-to-video", "model": "apimart/wan2.7", "first_frame": "first", "last_frame": "last"},
        COMMON
        | {"model": "wan2.7", "resolution": "720P", "duration": 5, "prompt_extend": True}
        | {
            "image_with_roles": [
                {"url": url("first"), "role": "first_frame"},
                {"url": url("last"), "role": "last_frame"},
            ]
        },
        None,
    ),
    (
        {"model": "apimart/wan2.7-r2v", "references": ["a"], "aspect": "1:1", "duration_s": 8},
        COMMON
        | {"model": "wan2.7-r2v", "size": "1:1", "resolution": "720P", "duration": 8, "prompt_extend": True}
        | {"image_with_roles": [{"url": url("a"), "role": "reference_image"}]},
        0.5312,
    ),
    (
        {"task": "text-to-image", "model": "apimart/wan2.7-image", "aspect_ratio": "16:9", "num_images": 2},
        {"model": "wan2.7-image", "prompt": "a fox", "size": "16:9", "n": 2},
        None,
    ),
    (
        {"task": "text-to-video", "model": "apimart/wan3.0-video", "tier": "480P", "duration_s": 10},
        {"model": "wan3.0-video", "prompt": "a fox", "seed": 7, "resolution": "480p", "duration": 10},
        0.329,
    ),
]


@pytest.mark.parametrize(("body", "expected", "usd"), BODIES)
def test_a_request_is_sent_in_the_shape_of_the_models_page(body: JSON, expected: JSON, usd: float | None) -> None:
    job, assets = asked(body)
    assert mapping.body(job, model=job.model.engine["model"]) == expected
    assert pricing.price(job.request, job.model, assets) == (None if usd is None else pytest.approx(usd))


@pytest.fixture
def case(tmp_path: Path) -> Iterator[ProviderCase]:
    with apimart(tmp_path) as made:
        yield made


def test_clips_and_sounds_are_refused_before_a_call_since_nothing_takes_them(case: ProviderCase) -> None:
    rows = [m for m in catalogue() if m.provider == "apimart"]
    assert {kind for m in rows for spec in m.inputs.values() for kind in spec.kinds} == {"image"}
    request = validation.parse({"model": "apimart/wan2.7-r2v", "prompt": "x", "video": "b"}, catalogue())
    problems = validation.problems(request, catalogue().get(request.model), {})
    assert any(problem.field == "video" for problem in problems)


def test_a_submit_has_a_key_of_its_own_and_the_same_one_is_replayed(case: ProviderCase, tmp_path: Path) -> None:
    """As a person's "submit again" would send it: where the provider honours the key, one task is paid."""
    server = case.server
    assert isinstance(server, ApimartServer)
    file = tmp_path / "in.png"
    file.write_bytes(results.png(320, 240, "in"))
    job, _ = asked(BODIES[1][0])
    job = replace(job, inputs={i: Input(given.asset, file) for i, given in job.inputs.items()}, uploads={})

    async def story(engine: Any) -> list[str]:
        ready = replace(job, uploads=await engine.prepare(job))
        again = replace(job, uploads=await engine.prepare(job))
        return [await engine.submit(one) for one in (ready, ready, again)]

    first, second, third = played(case, story)
    assert first == second != third, "the same body is replayed; one with other uploads is a new task, not an error"
    assert (len(server.tasks), server.replays) == (2, 1)
    assert set(server.uploads.values()) == {file.read_bytes()}
    keys = [c.headers["idempotency-key"] for c in server.seen if server.topic(c) == "submit"]
    assert len(set(keys)) == 2 and all(key.startswith(job.run_id) for key in keys)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"status": "pending", "progress": 0}, Status.QUEUED),
        ({"status": "in_progress", "progress": 40}, Status.RUNNING),
        ({"status": "rendering audio"}, Status.RUNNING),
        ({"status": "cancelled"}, Status.CANCELLED),
    ],
)
def test_words_that_the_pages_do_not_agree_on_count_as_running(case: ProviderCase, data: JSON, status: Status) -> None:
    async def story(engine: Any) -> Any:
        handle = await engine.submit(asked(BODIES[0][0])[0])
        case.server.fail("poll", "reply", reply=as_json({"code": 200, "data": data}))
        return await engine.poll(handle)

    assert played(case, story).status == status


def test_a_failed_task_is_refunded_and_says_so(case: ProviderCase) -> None:
    case.server.ends.append("failed")
    case.server.pending_s = case.server.running_s = 0.0

    async def story(engine: Any) -> str:
        handle = await engine.submit(asked(BODIES[0][0])[0])
        with pytest.raises(EngineError) as caught:
            await engine.poll(handle)
        return str(caught.value)

    assert "(task_failed: worker lost). Nothing was billed" in played(case, story)


def test_a_key_without_a_limit_of_its_own_tells_the_balance_of_the_account(case: ProviderCase) -> None:
    assert isinstance(case.server, ApimartServer)
    case.server.unlimited = True
    assert played(case, lambda engine: engine.balance()).amount == 12.5
    assert [c.path for c in case.server.seen] == ["/v1/balance", "/v1/user/balance"]

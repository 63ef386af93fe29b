"""What a provider says that it billed is booked in dollars, also for what failed; what it does not say stays open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.domain import JSON, Progress
from studio.engines.base import Engine
from studio.errors import EngineError
from tests.providers.http_server import as_json
from tests.support.provider_cases import apimart, kie, replicate
from tests.support.provider_jobs import asked, played

FILE = "https://example.org/a.mp4"
KIE_DONE: JSON = {"state": "success", "resultJson": '{"resultUrls": ["https://example.org/a.mp4"]}'}
KIE_FAILED: JSON = {"state": "fail", "failCode": "500", "failMsg": "Internal Error"}
APIMART_DONE: JSON = {"status": "completed", "result": {"videos": [{"url": FILE}]}}
CANCELLED: JSON = {"status": "canceled", "output": None}
CASES: list[tuple[Any, str, JSON, float | None]] = [
    (kie, "kie/wan2.6-t2v", {"data": KIE_DONE | {"creditsConsumed": 70}}, 0.35),
    (kie, "kie/wan2.6-t2v", {"data": KIE_DONE | {"consumeCredits": 105.5}}, 0.5275),
    (kie, "kie/wan2.6-t2v", {"data": KIE_DONE}, None),
    (apimart, "apimart/wan2.6", {"data": APIMART_DONE | {"cost": 0.25, "credits_cost": 9}}, 0.25),
    (apimart, "apimart/wan2.6", {"data": APIMART_DONE | {"credits_cost": 2.5}}, 0.25),
    (apimart, "apimart/wan2.6", {"data": APIMART_DONE}, None),
]
"""Provider, model, answer to a poll, dollars. 1 credit of Kie.ai is $0.005, 10 of APIMart are $1."""


def polled(provider: Any, model: str, answer: JSON, folder: Path) -> Progress | EngineError:
    """What the engine makes of this answer."""

    async def story(engine: Engine) -> Progress | EngineError:
        job, _ = asked({"task": "text-to-video", "model": model})
        handle = await engine.submit(job)
        topic = "get" if provider is replicate else "poll"
        case.server.fail(topic, "reply", reply=as_json({"code": 200} | answer))
        try:
            return await engine.poll(handle)
        except EngineError as error:
            return error

    with provider(folder) as case:
        return played(case, story)


@pytest.mark.parametrize(("provider", "model", "answer", "usd"), CASES)
def test_a_result_is_booked_at_what_the_provider_names(
    tmp_path: Path, provider: Any, model: str, answer: JSON, usd: float | None
) -> None:
    seen = polled(provider, model, answer, tmp_path)
    assert isinstance(seen, Progress)
    assert seen.cost_usd == usd


@pytest.mark.parametrize(
    ("credits", "bill"),
    [(None, (False, True, None)), (0, (False, False, None)), (70, (True, False, 0.35))],
)
def test_a_failure_with_a_bill_is_known_as_billed(
    tmp_path: Path, credits: float | None, bill: tuple[bool, bool, float | None]
) -> None:
    seen = polled(kie, "kie/wan2.6-t2v", {"data": KIE_FAILED | {"creditsConsumed": credits}}, tmp_path)
    assert isinstance(seen, EngineError)
    assert (seen.billed, seen.maybe_billed, seen.cost_usd) == bill


@pytest.mark.parametrize(("ran_s", "billed"), [(None, False), (0, False), (12.5, True)])
def test_a_prediction_that_was_cancelled_while_it_ran_is_billed(
    tmp_path: Path, ran_s: float | None, billed: bool
) -> None:
    answer = CANCELLED | {"metrics": {"predict_time": ran_s}}
    seen = polled(replicate, "replicate/wan2.6-t2v", answer, tmp_path)
    assert isinstance(seen, Progress)
    assert (seen.status, seen.billed) == ("cancelled", billed)

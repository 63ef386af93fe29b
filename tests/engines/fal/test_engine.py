"""fal's engine against the local server: the queue's walk, every way to fail, what it costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from studio.catalogue import load
from studio.domain import Kind, Progress, Status, Task
from studio.engines.base import Input, Job
from studio.engines.fal import FalEngine
from studio.engines.receipt import Receipt
from studio.errors import (
    EngineError,
    Moderated,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
)
from studio.settings import Settings
from tests.providers import results
from tests.providers.fal import FalServer
from tests.providers.http_server import Reply, as_json
from tests.support import row_jobs

ROWS = load()
T = TypeVar("T")


@pytest.fixture
def server() -> Iterator[FalServer]:
    with FalServer() as server:
        yield server


def settings(server: FalServer, key: str = FalServer.KEY) -> Settings:
    return Settings(secrets={"FAL_KEY": SecretStr(key)}, options={"FAL_BASE_URL": server.url})


def play(server: FalServer, story: Callable[[FalEngine], Coroutine[Any, Any, T]], key: str = FalServer.KEY) -> T:
    async def bounded() -> T:
        engine = FalEngine(settings(server, key))
        try:
            async with asyncio.timeout(20):
                return await story(engine)
        finally:
            await engine.close()

    return asyncio.run(bounded())


def job(name: str = "wan2.7-t2v", task: Task = Task.TEXT_TO_VIDEO, **more: Any) -> Job:
    return row_jobs.job(ROWS.get(f"fal/{name}"), task, **more)


async def finish(engine: FalEngine, handle: str) -> Progress:
    while (seen := await engine.poll(handle)).status not in (Status.SUCCEEDED, Status.CANCELLED):
        await asyncio.sleep(0.02)
    return seen


def whole(server: FalServer, one: Job) -> Progress:
    async def story(engine: FalEngine) -> Progress:
        return await finish(engine, await engine.submit(one))

    return play(server, story)


def test_a_run_walks_through_the_queue(server: FalServer) -> None:
    server.walks = True

    async def story(engine: FalEngine) -> list[Progress]:
        handle = await engine.submit(job())
        seen = [await engine.poll(handle)]
        while seen[-1].status != Status.SUCCEEDED:
            await asyncio.sleep(0.02)
            seen.append(await engine.poll(handle))
        return seen

    seen = play(server, story)
    assert list(dict.fromkeys(p.word for p in seen)) == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert seen[0].position == 3, "fal counts from 0"
    assert (seen[-1].seed, seen[-1].cost_usd, seen[-1].note) == (7, pytest.approx(0.5), None)
    assert [o.kind for o in seen[-1].outputs] == [Kind.VIDEO]


def test_several_pictures_and_fewer_than_asked(server: FalServer) -> None:
    one = job("wan2.6-image", Task.IMAGE_EDIT, num_images=4)
    done = whole(server, one)
    assert (len(done.outputs), done.cost_usd, done.note) == (4, pytest.approx(0.12), None)
    server.fewer = 3
    done = whole(server, one)
    assert (len(done.outputs), done.cost_usd) == (1, pytest.approx(0.03))
    assert "1 of 4 files" in (done.note or "")


@pytest.mark.parametrize(
    ("units", "cost"),
    [("5", 0.75), ("7.5", 0.75), ("3", None), ("none", None), ("inf", None), ("1e400", None), ("five", None)],
)
def test_units_become_money_only_where_they_explain_the_price(
    server: FalServer, units: str, cost: float | None
) -> None:
    """fal does not say what a unit is: five seconds at the tier's price, or seven and a half at the lowest."""
    server.amount = units
    done = whole(server, job(tier="1080P"))
    assert done.cost_usd == (cost if cost is None else pytest.approx(cost))
    assert ("estimate was recorded" in (done.note or "")) == (cost is None)


def test_inputs_are_uploaded_without_the_key(server: FalServer, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    one = job("wan2.7-i2v", Task.IMAGE_TO_VIDEO)
    one = replace(one, inputs={"image0": Input(one.inputs["image0"].asset, picture)})

    async def story(engine: FalEngine) -> str:
        uploads = await engine.prepare(one)
        await engine.submit(replace(one, uploads=uploads))
        return uploads["image0"]

    link = play(server, story)
    (request,) = server.tasks.values()
    assert request.body["image_url"] == link
    assert server.files[link.partition("/kept/")[2]] == picture.read_bytes()
    assert server.leaks == []
    server.fail("put", "reply", reply=Reply(503))
    with pytest.raises(Unavailable):
        play(server, lambda engine: engine.prepare(one))


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("end", "units", "kind", "billed"),
    [
        ("content_policy_violation", "", Moderated, False),
        ("content_policy_violation", "5", Moderated, True),
        ("image_too_small", "", Refused, False),
        ("downstream_service_error", "", EngineError, False),
        ("generation_timeout", "", EngineError, False),
    ],
)
def test_a_run_that_failed_says_why(
    server: FalServer, told: bool, end: str, units: str, kind: type[EngineError], billed: bool
) -> None:
    """Whether the state of the run tells it, or only the answer in the place of the result."""
    server.told, server.amount = told, units
    server.finish(end, "Something about the picture.")
    with pytest.raises(EngineError, match="Something about the picture") as caught:
        whole(server, job())
    assert (type(caught.value), caught.value.code, caught.value.billed) == (kind, end, billed)
    assert not caught.value.transient


LOOKS: list[tuple[str, Reply, type[EngineError]]] = [
    ("result", Reply(502, b"<html>nginx</html>"), Unavailable),
    ("result", as_json({"detail": "Request is still in progress"}, 400), Unavailable),
    ("result", as_json({"detail": "Internal Server Error"}, 500), Unavailable),
    ("result", as_json({"detail": "slow"}, 429), RateLimited),
]


@pytest.mark.parametrize(("topic", "reply", "kind"), LOOKS)
def test_a_look_that_goes_wrong_loses_nothing(
    server: FalServer, topic: str, reply: Reply, kind: type[EngineError]
) -> None:
    """The next look finds the run as it is."""
    server.queue_s = server.running_s = 0.0

    async def story(engine: FalEngine) -> Progress:
        handle = await engine.submit(job())
        server.fail(topic, "reply", reply=reply)
        with pytest.raises(kind) as caught:
            await engine.poll(handle)
        assert type(caught.value) is kind
        return await engine.poll(handle)

    assert play(server, story).status == Status.SUCCEEDED


def test_a_queued_run_is_cancelled_and_a_running_one_is_followed(server: FalServer) -> None:
    server.queue_s = 0.3

    async def story(engine: FalEngine) -> tuple[bool, Status, bool, Status]:
        first = await engine.submit(job())
        stopped = await engine.cancel(first)
        gone = (await finish(engine, first)).status
        second = await engine.submit(job())
        request = list(server.tasks.values())[1]
        request.created = time.time() - 0.35
        return stopped, gone, await engine.cancel(second), (await finish(engine, second)).status

    assert play(server, story) == (True, Status.CANCELLED, False, Status.SUCCEEDED)


def test_missing_addresses_follow_from_the_name(server: FalServer) -> None:
    reply = as_json({"request_id": "abc", "status": "IN_QUEUE"})
    server.fail("submit", "reply", reply=reply)
    receipt = Receipt.read(play(server, lambda engine: engine.submit(job())), "fal")
    assert receipt.urls["status"] == f"{server.url}/fal-ai/wan/requests/abc/status"
    assert receipt.urls["cancel"] == f"{server.url}/fal-ai/wan/requests/abc/cancel"


def test_the_balance_needs_the_rights_of_an_administrator(server: FalServer) -> None:
    balance = play(server, lambda engine: engine.balance())
    assert (balance.amount, balance.unit, balance.usd) == (24.5, "USD", 24.5)
    server.admin = False
    with pytest.raises(Unauthorised):
        play(server, lambda engine: engine.balance())

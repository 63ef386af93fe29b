"""Replicate's engine against the local server: rows, the walk of a prediction, each way to fail, lost submits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.catalogue import Model, load
from studio.domain import Progress, Status, Task
from studio.engines import mapping
from studio.engines.base import Input, Job
from studio.engines.receipt import Receipt
from studio.engines.replicate import ReplicateEngine
from studio.errors import (
    EngineError,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.settings import Settings
from tests.providers import replicate_rules as rules
from tests.providers import results
from tests.providers.field_rules import broken
from tests.providers.http_server import as_json
from tests.providers.replicate import ReplicateServer
from tests.support import row_jobs
from tests.support.engine_play import finish, play, whole

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "replicate"}


@pytest.fixture
def server() -> Iterator[ReplicateServer]:
    with ReplicateServer() as server:
        yield server


def settings(server: ReplicateServer) -> Settings:
    key = SecretStr(server.KEY)
    return Settings(secrets={"REPLICATE_API_TOKEN": key}, options={"REPLICATE_BASE_URL": server.url})


def engine(server: ReplicateServer, settle_s: float = 0.0) -> ReplicateEngine:
    made = ReplicateEngine(settings(server))
    made.settle_s = settle_s
    return made


def job(name: str = "wan2.7-t2v", task: Task = Task.TEXT_TO_VIDEO, **more: Any) -> Job:
    return row_jobs.job(ROWS[name], task, **more)


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    for one in row_jobs.jobs(model):
        body = mapping.body(one)
        assert set(body) == {"input"}
        assert broken(rules.MODELS[model.engine["id"]], body["input"]) == [], (one.request.task, body)
        estimate = ReplicateEngine(Settings()).estimate_usd(one.request, model, row_jobs.FILES)
        assert estimate, "a row without a price is booked as free"
        assert estimate < 10


def test_every_model_of_the_server_is_a_row() -> None:
    assert {m.engine["id"] for m in ROWS.values()} == set(rules.MODELS)


def test_a_prediction_walks_to_its_end(server: ReplicateServer) -> None:
    server.walks, server.starting_s, server.running_s = True, 0.0, 0.0

    async def story(engine: ReplicateEngine) -> list[Progress]:
        handle = await engine.submit(job())
        return [await engine.poll(handle) for _ in range(3)]

    seen = play(partial(engine, server), story)
    assert [(p.word, p.fraction) for p in seen] == [("starting", None), ("processing", 0.45), ("succeeded", None)]
    assert (seen[-1].usage, len(seen[-1].outputs)) == ({"predict_s": 71.3}, 1)


@pytest.mark.parametrize("shape", ["text", "list", "object"])
def test_an_output_is_found_in_every_shape(server: ReplicateServer, shape: str) -> None:
    server.shape = shape
    assert [o.url for o in whole(partial(engine, server), job()).outputs if o.url]


def test_a_result_that_was_removed_waits_for_a_person(server: ReplicateServer) -> None:
    """It is paid, and gone after an hour: neither a success nor a failure."""
    server.removed = True
    with pytest.raises(UnknownHandle, match="removed"):
        whole(partial(engine, server), job())


def test_inputs_are_uploaded_as_forms(server: ReplicateServer, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    one = job("wan2.7-i2v", Task.IMAGE_TO_VIDEO)
    one = replace(one, inputs={"image0": Input(one.inputs["image0"].asset, picture)})
    uploads = play(partial(engine, server), lambda e: e.prepare(one))
    assert server.files[uploads["image0"].rpartition("/")[2]] == picture.read_bytes()
    server.fail("files", "reply", reply=as_json({"id": "x"}, 201))
    with pytest.raises(Unavailable):
        play(partial(engine, server), lambda e: e.prepare(one))


def test_an_aborted_prediction_has_failed(server: ReplicateServer) -> None:
    server.finish("aborted")
    with pytest.raises(EngineError) as caught:
        whole(partial(engine, server), job())
    assert (type(caught.value), caught.value.transient) == (EngineError, False)


def test_what_has_not_begun_is_cancelled_and_what_has_is_kept(server: ReplicateServer) -> None:
    """Replicate charges for a prediction that was cancelled while it ran, so its result is taken instead."""
    server.starting_s = 60

    async def story(engine: ReplicateEngine) -> tuple[bool, Status, bool, Status]:
        first = await engine.submit(job())
        stopped = await engine.cancel(first)
        gone = (await finish(engine, first)).status
        server.starting_s = 0.0
        second = await engine.submit(job())
        return stopped, gone, await engine.cancel(second), (await finish(engine, second)).status

    assert play(partial(engine, server), story) == (True, Status.CANCELLED, False, Status.SUCCEEDED)
    assert server.calls["cancel"] == 1


# ------------------------------------------------------------------------------------------------ lost submits


def look(server: ReplicateServer, one: Job, known: list[str], settle_s: float = 0.0) -> list[str]:
    now = time.time()
    found = partial(engine, server, settle_s)
    return play(found, lambda e: e.find(one, submitted_after=now - 130, submitted_before=now + 120, known=known))


def test_a_lost_submit_is_found_by_all_that_was_sent(server: ReplicateServer) -> None:
    """Prompt, seed and every other field, beyond the first page; the tasks of other runs are not ours."""
    mine = job(negative_prompt="blurred")
    server.fail("submit", "drop-after")
    with pytest.raises(UnknownOutcome):
        play(partial(engine, server), lambda e: e.submit(mine))
    ours = next(iter(server.tasks))
    for n in range(120):
        other = replace(
            server.tasks[ours], id=f"other{n}", body={"input": mapping.body(mine)["input"] | {"seed": n + 8}}
        )
        server.tasks[other.id] = other
    (handle,) = look(server, mine, [])
    assert Receipt.read(handle, "x").task == ours
    with pytest.raises(UnknownOutcome):
        look(server, mine, [handle])
    server.list_shows = False
    with pytest.raises(Unavailable):
        look(server, mine, [], settle_s=60)
    assert server.calls["submit"] == 1

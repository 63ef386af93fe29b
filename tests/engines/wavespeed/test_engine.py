"""WaveSpeedAI's engine against the local server: rows, the walk of a prediction, each way to fail, lost submits."""

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
from studio.engines.base import Input, Job, SubmitLookup
from studio.engines.receipt import Receipt
from studio.engines.wavespeed import WaveSpeedEngine
from studio.errors import (
    EngineError,
    Moderated,
    Refused,
    Unavailable,
    UnknownHandle,
    UnknownOutcome,
)
from studio.settings import Settings
from tests.providers import results
from tests.providers import wavespeed_rules as rules
from tests.providers.field_rules import broken
from tests.providers.http_server import as_json
from tests.providers.wavespeed import WaveSpeedServer
from tests.support import row_jobs
from tests.support.engine_play import finish, play, whole

ROWS = {m.id.partition("/")[2]: m for m in load() if m.provider == "wavespeed"}


@pytest.fixture
def server() -> Iterator[WaveSpeedServer]:
    with WaveSpeedServer() as server:
        yield server


def settings(server: WaveSpeedServer, key: str = WaveSpeedServer.KEY) -> Settings:
    return Settings(secrets={"WAVESPEED_API_KEY": SecretStr(key)}, options={"WAVESPEED_BASE_URL": server.url})


def engine(server: WaveSpeedServer, settle_s: float = 0.0) -> WaveSpeedEngine:
    made = WaveSpeedEngine(settings(server))
    made.settle_s = settle_s
    return made


def job(name: str = "wan2.7-t2v", task: Task = Task.TEXT_TO_VIDEO, **more: Any) -> Job:
    return row_jobs.job(ROWS[name], task, **more)


@pytest.mark.parametrize("model", ROWS.values(), ids=list(ROWS))
def test_a_row_sends_what_its_model_takes(model: Model) -> None:
    for one in row_jobs.jobs(model):
        body = mapping.body(one)
        assert broken(rules.MODELS[model.engine["id"]], body) == [], (one.request.task, body)
        estimate = WaveSpeedEngine(Settings()).estimate_usd(one.request, model, row_jobs.FILES)
        assert estimate, "a row without a price is booked as free"
        assert estimate < 10


def test_every_model_of_the_server_is_a_row() -> None:
    assert {m.engine["id"] for m in ROWS.values()} == set(rules.MODELS)


@pytest.mark.parametrize(
    ("name", "body", "usd"),
    [
        ("wan2.6-t2v", {"duration_s": 10, "tier": "1080P"}, 1.5),
        ("wan2.6-i2v-flash", {"audio": False, "duration_s": 15}, 0.375),
        ("wan3.0-t2v", {"duration_s": 30, "tier": "480P"}, 1.5),
        ("wan3.0-prime-r2v", {"tier": "1080P"}, 1.4),
        ("wan3.0-videoedit", {"tier": "720P"}, 0.8),
    ],
)
def test_prices_are_those_of_the_pages(name: str, body: dict[str, object], usd: float) -> None:
    one = job(name, ROWS[name].tasks[0], **body)
    assert WaveSpeedEngine(Settings()).estimate_usd(one.request, ROWS[name], row_jobs.FILES) == pytest.approx(usd)


def test_clips_come_before_pictures_where_they_are_numbered_so() -> None:
    model = ROWS["wan2.7-r2v"]
    mixed = job("wan2.7-r2v", Task.REFERENCE_TO_VIDEO, references=["image0", "video0"])
    (problem,) = WaveSpeedEngine(Settings()).problems(mixed.request, model, row_jobs.FILES)
    assert problem.field == "references"


def test_a_prediction_walks_to_its_end(server: WaveSpeedServer) -> None:
    server.walks, server.queue_s, server.running_s = True, 0.0, 0.0

    async def story(engine: WaveSpeedEngine) -> list[Progress]:
        handle = await engine.submit(job())
        return [await engine.poll(handle) for _ in range(3)]

    seen = play(partial(engine, server), story)
    assert [p.word for p in seen] == ["created", "processing", "completed"]
    assert len(seen[-1].outputs) == 1


def test_several_outputs_and_none_that_may_be_shown(server: WaveSpeedServer) -> None:
    server.outputs = 3
    assert len(whole(partial(engine, server), job("wan2.6-t2i", Task.TEXT_TO_IMAGE)).outputs) == 3
    server.outputs, server.nsfw = 0, [True]
    with pytest.raises(Moderated):
        whole(partial(engine, server), job())


def test_inputs_are_uploaded_with_signed_headers_and_without_the_key(server: WaveSpeedServer, tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    one = job("wan2.7-i2v", Task.IMAGE_TO_VIDEO)
    one = replace(one, inputs={"image0": Input(one.inputs["image0"].asset, picture)})
    uploads = play(partial(engine, server), lambda e: e.prepare(one))
    assert server.files[uploads["image0"].partition("/kept/")[2]] == picture.read_bytes()
    assert server.leaks == []
    server.fail("ticket", "reply", reply=as_json({"code": 200, "data": {"upload": {"method": "POST"}}}))
    with pytest.raises(Unavailable):
        play(partial(engine, server), lambda e: e.prepare(one))


def test_an_id_is_a_receipt_whatever_the_code_says(server: WaveSpeedServer) -> None:
    """5004: the time of the synchronous mode is over, and the prediction goes on."""
    server.fail("submit", "reply", reply=as_json({"code": 5004, "data": {"id": "abc", "error": "Sync mode timed out"}}))
    assert Receipt.read(play(partial(engine, server), lambda e: e.submit(job())), "x").task == "abc"


@pytest.mark.parametrize(
    ("end", "error", "kind"),
    [
        ("timeout", "", EngineError),
        ("deleted", "", UnknownHandle),
    ],
)
def test_a_prediction_that_failed_says_why(
    server: WaveSpeedServer, end: str, error: str, kind: type[EngineError]
) -> None:
    server.finish(end, error)
    with pytest.raises(kind) as caught:
        whole(partial(engine, server), job())
    assert type(caught.value) is kind
    assert error.rstrip(".") in str(caught.value)
    assert not caught.value.transient


def test_a_prediction_cancelled_elsewhere_is_cancelled(server: WaveSpeedServer) -> None:
    server.finish("cancelled", "by hand")
    assert whole(partial(engine, server), job()).status == Status.CANCELLED


# ------------------------------------------------------------------------------------------------ lost submits


def look(server: WaveSpeedServer, one: Job, known: list[str], settle_s: float = 0.0) -> list[str]:
    now = time.time()
    found = partial(engine, server, settle_s=settle_s)
    return play(found, lambda e: e.find(one, submitted_after=now - 130, submitted_before=now + 120, known=known))


def lost(server: WaveSpeedServer, one: Job) -> None:
    server.fail("submit", "drop-after")
    with pytest.raises(UnknownOutcome):
        play(partial(engine, server), lambda e: e.submit(one))


def test_a_lost_submit_is_found_by_all_that_was_sent(server: WaveSpeedServer) -> None:
    """Prompt, seed and every other field; the tasks of other runs and other seeds are not ours."""
    mine, other = job(negative_prompt="blurred"), replace(job(negative_prompt="blurred"), seed=8)
    play(partial(engine, server), lambda e: e.submit(other))
    lost(server, mine)
    ours = list(server.tasks)[1]
    assert isinstance(engine(server), SubmitLookup)
    (handle,) = look(server, mine, [])
    assert Receipt.read(handle, "x").task == ours
    assert whole_of(server, handle).status == Status.SUCCEEDED
    assert server.calls["submit"] == 2
    with pytest.raises(UnknownOutcome):
        look(server, mine, [handle, "no handle"])


def whole_of(server: WaveSpeedServer, handle: str) -> Progress:
    return play(partial(engine, server), lambda e: finish(e, handle))


def test_files_count_by_their_number_for_their_addresses_are_new(server: WaveSpeedServer) -> None:
    one = job("wan2.7-r2v", Task.REFERENCE_TO_VIDEO, references=["video0", "image0"])
    lost(server, one)
    again = replace(one, uploads={i: f"https://files.example.com/again/{i}" for i in one.inputs})
    assert len(look(server, again, [])) == 1


def test_two_alike_and_none_are_left_to_a_person(server: WaveSpeedServer) -> None:
    one = job()
    lost(server, one)
    lost(server, one)
    assert len(look(server, one, [])) == 2
    server.list_shows = False
    with pytest.raises(UnknownOutcome, match="does not show it"):
        look(server, one, [])
    with pytest.raises(Unavailable):
        look(server, one, [], settle_s=60)
    server.fail("list", "reply", reply=as_json({"code": 404, "message": "no such page"}, 404))
    with pytest.raises(Refused):
        look(server, one, [])

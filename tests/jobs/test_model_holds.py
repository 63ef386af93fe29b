"""Equal failures in a row hold a model's waiting runs, and no other model's; one run tries first on Resume."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake
from studio.errors import (
    Conflict,
    EngineError,
    Moderated,
    OutOfCredit,
    Refused,
    UnknownOutcome,
)
from studio.settings import Settings
from studio.store import model_holds, queue
from studio.store.fair_queue import Lane
from studio.studio import Studio
from tests.support.kit import QUICK, image, paid_image
from tests.support.web import serving

FAULT = FakeScript(final=EngineError("The provider failed: internal error 7.", code="internal"))
CLIP = {"task": "text-to-video", "model": "fake/clip", "prompt": "a harbour", "duration_s": 1}


async def refused_lookup(*_: object, **__: object) -> list[str]:
    """A provider whose list cannot say what came of a submit."""
    raise UnknownOutcome("Nobody can say.")


def statuses(studio: Studio, runs: list[Run]) -> list[Status]:
    return [studio.local.runs.get(run.id).status for run in runs]


def until_held(studio: Studio, *, trying: bool = False) -> None:
    """Wait until the model is held, without a trial under way."""
    until = time.monotonic() + 10
    while [hold.trying for hold in studio.queue.held_models()] != [trying]:
        assert time.monotonic() < until, "never held"
        time.sleep(0.01)


@pytest.fixture
def held(studio: Studio, engine: FakeEngine) -> list[Run]:
    """Five runs of a model of which the first three failed alike, so that two wait."""
    engine.scripts = {"bad": FAULT}
    studio.queue.pause()
    runs = [studio.local.requests.submit(image(f"bad {n}"))[0] for n in range(3)]
    studio.queue.resume()
    assert {r.status for r in studio.local.runs.wait([r.id for r in runs], timeout_s=10)} == {Status.FAILED}
    until_held(studio)
    return [*runs, *studio.local.requests.submit(image("bad 3")), *studio.local.requests.submit(image("good"))]


def test_three_equal_failures_hold_the_models_runs_and_no_others(studio: Studio, held: list[Run]) -> None:
    [clip] = studio.local.requests.submit(CLIP)
    assert studio.local.runs.wait([clip.id], timeout_s=10)[0].status == Status.SUCCEEDED
    assert statuses(studio, held) == [Status.FAILED] * 3 + [Status.QUEUED] * 2
    [hold] = studio.queue.held_models()
    assert (hold.model, hold.waiting, hold.failures) == ("fake/image", 2, 3)
    assert "internal error 7" in hold.reason
    assert studio.local.runs.get(held[-1].id).note == hold.reason
    assert [run.note for run in studio.local.runs.active()] == [hold.reason] * 2


def test_one_run_tries_first_and_a_failure_holds_the_rest_again(studio: Studio, held: list[Run]) -> None:
    studio.queue.resume_model("fake/image")
    assert studio.local.runs.wait([held[3].id], timeout_s=10)[0].status == Status.FAILED
    until_held(studio)
    assert statuses(studio, held[3:]) == [Status.FAILED, Status.QUEUED]
    assert studio.queue.held_models()[0].failures == 4


def test_a_success_lets_all_go_on(studio: Studio, engine: FakeEngine, held: list[Run]) -> None:
    engine.scripts = {"bad": FakeScript(wait_s=0.2)}
    studio.queue.resume_model("fake/image")
    studio.queue.resume_model("fake/image")  # a second press changes nothing
    time.sleep(0.1)
    assert statuses(studio, held[3:]) == [Status.RUNNING, Status.QUEUED]
    ended = studio.local.runs.wait([run.id for run in held[3:]], timeout_s=10)
    assert [run.status for run in ended] == [Status.SUCCEEDED] * 2
    assert studio.queue.held_models() == []
    with pytest.raises(Conflict):
        studio.queue.resume_model("fake/image")


def test_a_trial_without_a_verdict_is_followed_by_another(studio: Studio, engine: FakeEngine, held: list[Run]) -> None:
    engine.scripts = {"bad": FakeScript(final=Moderated("Not this prompt."))}
    studio.queue.resume_model("fake/image")
    assert studio.local.runs.wait([held[4].id], timeout_s=10)[0].status == Status.SUCCEEDED
    assert statuses(studio, held[3:]) == [Status.FAILED, Status.SUCCEEDED]


@pytest.mark.parametrize(
    ("errors", "holds"),
    [
        ([EngineError("Failed.", code="a")] * 3, True),
        ([EngineError("Failed.", code="a"), EngineError("Failed.", code="b")] * 2, False),
        ([Refused("Too long.")] * 4, False),
        ([Moderated("Not allowed.")] * 4, False),
        ([OutOfCredit("Pay first.")] * 3, True),
        ([UnknownOutcome("Lost.")] * 3, True),
        ([EngineError("Failed.", code="a"), Refused("Too long.")] * 2 + [EngineError("Failed.", code="a")], True),
        ([EngineError("Failed.", code="a"), None] * 3, False),
    ],
)
def test_what_counts(studio: Studio, engine: FakeEngine, errors: list[Exception | None], holds: bool) -> None:
    """Faults of one class and code in a row. What is about one prompt neither counts nor clears; a success clears."""
    for number, error in enumerate(errors):
        engine.scripts = {f"run {number}": FakeScript(final=error)}
        [run] = studio.local.requests.submit(image(f"run {number}"))
        until = time.monotonic() + 10
        while not ((seen := studio.local.runs.get(run.id)).status.ended or seen.status == Status.HELD):
            assert time.monotonic() < until
            time.sleep(0.01)
    time.sleep(0.05)
    assert bool(studio.queue.held_models()) is holds


def test_a_hold_is_remembered_across_a_restart(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> None:
    engine = FakeEngine(provider=FakeProvider(tmp_path / "p"), script=FAULT, repeatable=True)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK) as studio:
        runs = studio.local.requests.submit(image(n=3))
        studio.local.runs.wait([run.id for run in runs], timeout_s=10)
        until_held(studio)
        [waiting] = studio.local.requests.submit(image("later"))
    engine = FakeEngine(provider=FakeProvider(tmp_path / "p"), repeatable=True)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK) as studio:
        time.sleep(0.1)
        assert studio.local.runs.get(waiting.id).status == Status.QUEUED
        assert [hold.waiting for hold in studio.queue.held_models()] == [1]
        studio.queue.resume_model("fake/image")
        assert studio.local.runs.wait([waiting.id], timeout_s=10)[0].status == Status.SUCCEEDED


def test_answers_lost_to_a_stop_of_the_studio_hold_no_model(studio: Studio, paid: FindingFake) -> None:
    """As after a crash with three submits in flight: each is in doubt, and the model is not to blame."""
    paid.find = refused_lookup  # pyright: ignore[reportAttributeAccessIssue]
    studio.queue.pause()
    runs = studio.local.requests.submit(paid_image(n=3))
    for run in runs:
        with studio.context.store.write() as db:
            sql = "UPDATE runs SET status = 'running', phase = 'submitting', attempt = 1 WHERE id = ? RETURNING id"
            db.conn.execute(sql, [run.id]).fetchall()
        studio.context.scheduler.execute(studio.local.runs.get(run.id))
    until = time.monotonic() + 10
    while {studio.local.runs.get(run.id).held_reason for run in runs} != {HeldReason.LOST_SUBMIT}:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert studio.queue.held_models() == []


def test_waiting_runs_of_a_held_model_are_stepped_over_in_the_index(studio: Studio) -> None:
    """The first run of another model is found without reading those that may not start, however many there are."""
    studio.queue.pause()
    for _ in range(5):
        studio.local.requests.submit(image())
    [clip] = studio.local.requests.submit(CLIP)
    with studio.context.store.write() as db:
        first = queue.next_up(db, Lane("fake"), ["fake/image"])
        sql, values = queue.first_claimable(Lane("fake"), ["fake/image"])
        plan = [row[3] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
        assert model_holds.blocked(db) == []
    assert first is not None
    assert first.id == clip.id
    assert [line for line in plan if line.startswith("SCAN runs")] == []
    assert sum("runs_lane_models" in line for line in plan) == 3


def test_the_queue_says_it_over_http_and_resumes(studio: Studio, engine: FakeEngine, held: list[Run]) -> None:
    engine.scripts = {}
    with serving(studio) as url, httpx.Client(base_url=url, timeout=10) as client:
        [hold] = client.get("/ui/queue").json()["holds"]
        assert (hold["model"], hold["label"], hold["waiting"], hold["trying"]) == ("fake/image", "Fake image", 2, False)
        told = client.get("/ui/queue", headers={"accept-language": "zh-CN"}).json()["holds"][0]["reason"]
        assert "已暂停" in told
        assert client.post("/ui/queue/resume-model", json={"model": "fake/image"}).status_code == 200
        studio.local.runs.wait([run.id for run in held[3:]], timeout_s=10)
        assert client.get("/ui/queue").json()["holds"] == []
        refused = client.post("/ui/queue/resume-model", json={"model": "fake/image"})
        assert (refused.status_code, refused.json()["error_id"]) == (409, "modelhold.not_held")

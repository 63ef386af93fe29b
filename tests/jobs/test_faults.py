"""What each kind of failure does to a run: passing faults are repeated, refusals end it, doubt waits for a person."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from studio.catalogue import Catalogue
from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake
from studio.errors import (
    EngineError,
    Moderated,
    OutOfCredit,
    RateLimited,
    Refused,
    Unauthorised,
    Unavailable,
    UnknownHandle,
)
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK, finish, image, paid_image

BUSY = RateLimited("Too many calls.", retry_after_s=0.05)
AWAY = Unavailable("The server is away.")


def held(studio: Studio, body: dict[str, object]) -> Run:
    """Submit, and wait until the run is held."""
    with studio.queue.subscribe() as changes:
        [run] = studio.local.requests.submit(body)
        for _ in range(200):
            if (run := studio.local.runs.get(run.id)).status == Status.HELD:
                return run
            assert not run.status.ended, f"{run.status}: {run.error}"
            changes.get(0.1)
    raise AssertionError(f"still {run.status} {run.phase}")


def settle(studio: Studio, wanted: list[Run]) -> list[Run]:
    """The runs as soon as each has ended or is held."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        seen = [studio.local.runs.get(r.id) for r in wanted]
        if all(r.status.ended or r.status == Status.HELD for r in seen):
            return seen
        time.sleep(0.01)
    raise AssertionError([(r.status, r.phase, r.note) for r in wanted])


@pytest.mark.parametrize("verb", ["prepare", "submit", "polls"])
def test_passing_faults_are_repeated_at_every_step(studio: Studio, paid: FindingFake, verb: str) -> None:
    paid.script = replace(FakeScript(), **{verb: (BUSY, AWAY, BUSY)})
    run = finish(studio, paid_image())
    assert run.status == Status.SUCCEEDED
    assert len(paid.provider.accepted()) == 1
    assert run.note is None


@pytest.mark.parametrize("verb", ["prepare", "submit", "polls"])
@pytest.mark.parametrize("error", [Refused("Bad size.", code="400"), Moderated("Not allowed.", code="DataInspection")])
def test_a_refusal_ends_the_run_with_the_reason_and_is_never_repeated(
    studio: Studio, paid: FindingFake, verb: str, error: EngineError
) -> None:
    paid.script = replace(FakeScript(), **{verb: (error,)})
    run = finish(studio, paid_image())
    assert (run.status, run.error, run.error_code) == (Status.FAILED, str(error), error.code)
    assert paid.calls["submit", "a red coat"] <= 1 if verb != "prepare" else ("submit", "a red coat") not in paid.calls
    assert studio.admin.spend() == [] or studio.admin.spend()[0].usd == 0


@pytest.mark.parametrize("verb", ["prepare", "submit", "polls"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unauthorised("The key is wrong."), HeldReason.NOT_CONFIGURED),
        (OutOfCredit("The account is empty."), HeldReason.CREDIT),
    ],
)
def test_a_run_outlives_a_bad_key_and_an_empty_account(
    studio: Studio, paid: FindingFake, verb: str, error: EngineError, reason: HeldReason
) -> None:
    """It is held wherever it was, and goes on from there: a task that was accepted is not sent again."""
    paid.script = replace(FakeScript(), **{verb: (error,)})
    run = held(studio, paid_image())
    assert (run.held_reason, run.error) == (reason, str(error))
    assert [c.id for c in studio.queue.hold_choices(run)] == ["try_again", "give_up"]
    studio.local.runs.decide(run.id, "try_again")
    assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED
    assert len(paid.provider.accepted()) == 1


def test_a_lost_answer_is_looked_up_and_the_one_task_adopted(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(lost="after")
    run = finish(studio, paid_image())
    assert run.status == Status.SUCCEEDED
    assert list(paid.provider.accepted()) == [run.handle]


def test_two_equal_runs_never_adopt_the_same_task(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(lost="after", wait_s=0.2)
    first = studio.local.requests.submit(paid_image(seed=1))[0]
    while studio.local.runs.get(first.id).handle is None:
        pass
    second = studio.local.requests.submit(paid_image(seed=1))[0]
    done = studio.local.runs.wait([first.id, second.id], timeout_s=10)
    assert {r.status for r in done} == {Status.SUCCEEDED}
    assert {r.handle for r in done} == set(paid.provider.accepted())


def test_a_lost_submit_that_surely_did_not_arrive_is_sent_again(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(lost="before")
    [run] = studio.local.requests.submit(paid_image())
    while paid.calls.get(("submit", "a red coat"), 0) < 2:
        pass
    paid.script = FakeScript()
    assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED
    assert len(paid.provider.accepted()) == 1


@pytest.fixture
def blind(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> Studio:
    """A studio whose paying engine cannot look anything up."""
    engine = FakeEngine(name="paid", provider=FakeProvider(tmp_path / "p"), script=FakeScript(lost="after"))
    return Studio.open(settings, engines={"paid": engine}, catalogue=catalogue, timing=QUICK)


def test_without_a_lookup_a_lost_submit_waits_for_a_person_with_three_choices(blind: Studio) -> None:
    engine = blind.context.engines["paid"]
    assert isinstance(engine, FakeEngine)
    with blind:
        run = held(blind, paid_image())
        assert run.held_reason == HeldReason.LOST_SUBMIT
        assert [c.id for c in blind.queue.hold_choices(run)] == ["look_again", "submit_again", "give_up"]
        assert blind.admin.spend()[0].usd == pytest.approx(0.1)
        blind.local.runs.decide(run.id, "look_again")
        while blind.local.runs.get(run.id).status != Status.HELD:
            pass
        assert len(engine.provider.accepted()) == 1
        engine.script = FakeScript()
        blind.local.runs.decide(run.id, "submit_again")
        assert blind.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED
        assert len(engine.provider.accepted()) == 2
        assert blind.admin.spend()[0].usd == pytest.approx(0.2), "both may be billed"


def test_giving_up_a_lost_submit_keeps_it_booked(blind: Studio) -> None:
    with blind:
        run = held(blind, paid_image())
        assert blind.local.runs.decide(run.id, "give_up").status == Status.CANCELLED
        assert blind.admin.spend()[0].usd == pytest.approx(0.1)


def test_a_lost_task_is_repeated_where_that_is_free_and_held_where_it_is_not(
    studio: Studio, engine: FakeEngine, paid: FindingFake
) -> None:
    gone = UnknownHandle("No such task.")
    engine.script = paid.script = FakeScript(polls=(gone,))
    assert finish(studio, image()).status == Status.SUCCEEDED
    assert len(engine.provider.accepted()) == 2
    run = held(studio, paid_image())
    assert run.held_reason == HeldReason.LOST_TASK
    assert len(paid.provider.accepted()) == 1
    studio.local.runs.decide(run.id, "look_again")
    assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED


def test_a_free_run_whose_work_is_lost_again_and_again_is_held(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(polls=(UnknownHandle("No such task."),) * 20)
    run = held(studio, image())
    assert (run.held_reason, run.attempt) == (HeldReason.CRASHED_TWICE, 5)


def test_a_bug_in_an_engine_fails_the_run_in_words_and_the_runner_lives_on(
    studio: Studio, engine: FakeEngine, paid: FindingFake
) -> None:
    engine.scripts["bug"] = FakeScript(prepare=(ZeroDivisionError("division by zero"),))
    assert "ZeroDivisionError" in (finish(studio, image("bug")).error or "")
    paid.script = FakeScript(polls=(ValueError("not JSON"),))
    assert held(studio, paid_image()).held_reason == HeldReason.LOST_TASK
    assert finish(studio, image()).status == Status.SUCCEEDED


def test_a_result_that_cannot_be_decoded_is_no_success(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(broken=True)
    run = finish(studio, {"task": "text-to-video", "model": "fake/clip", "prompt": "x"})
    assert run.status == Status.FAILED
    assert run.assets == ()
    assert not list((studio.settings.data / "library").rglob("r_*"))


def test_a_run_that_never_shows_progress_is_ended(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> None:
    timing = replace(QUICK, local_stall_timeout_s=0.2, result_timeout_s=0.2)
    script = FakeScript(never_ends=True)
    engines = {
        "fake": FakeEngine(provider=FakeProvider(tmp_path / "a"), repeatable=True, script=script),
        "paid": FakeEngine(name="paid", provider=FakeProvider(tmp_path / "b"), local=False, script=script),
    }
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=timing) as studio:
        assert finish(studio, image()).status == Status.FAILED
        assert held(studio, paid_image()).held_reason == HeldReason.LOST_TASK


def test_two_lost_answers_never_adopt_the_one_task_that_arrived(studio: Studio, paid: FindingFake) -> None:
    """Both look it up at the same moment: one gets it, the other is sent again, and two tasks are billed, not three."""
    paid.script = FakeScript(lost="after")
    studio.queue.pause()
    first, second = (
        studio.local.requests.submit(paid_image(seed=3))[0],
        studio.local.requests.submit(paid_image(seed=3))[0],
    )
    studio.queue.resume()
    done = settle(studio, [first, second])
    handles = [r.handle for r in done if r.handle]
    assert len(handles) == len(set(handles))


def test_a_model_that_left_the_catalogue_holds_its_runs(
    settings: Settings, catalogue: Catalogue, engine: FakeEngine
) -> None:
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK, start=False) as studio:
        [run] = studio.local.requests.submit(image())
    with Studio.open(settings, engines={"fake": engine}, catalogue=Catalogue([]), timing=QUICK) as studio:
        assert settle(studio, [run])[0].held_reason == HeldReason.NOT_CONFIGURED


def test_a_choice_made_at_once_is_never_lost(studio: Studio, paid: FindingFake) -> None:
    """The user may decide in the very moment in which the run is held."""
    paid.script = FakeScript(polls=(Unauthorised("The key is wrong."),) * 60)
    [run] = studio.local.requests.submit(paid_image())
    for _ in range(60):
        while studio.local.runs.get(run.id).status != Status.HELD:
            pass
        studio.local.runs.decide(run.id, "try_again")
    assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED


def test_an_engine_that_is_gone_holds_its_runs(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> None:
    engines = {"fake": FakeEngine(provider=FakeProvider(tmp_path / "p"))}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK, start=False) as studio:
        [run] = studio.local.requests.submit(image())
    with Studio.open(settings, engines={}, catalogue=catalogue, timing=QUICK) as studio:
        assert settle(studio, [run])[0].held_reason == HeldReason.NOT_CONFIGURED


def test_a_handle_that_cannot_be_written_now_is_kept_until_it_can(studio: Studio, paid: FindingFake) -> None:
    """The provider has taken the run; a database that refuses to write must not cost the receipt."""
    paid.script = FakeScript(submit_s=0.3)
    [run] = studio.local.requests.submit(paid_image())
    while studio.local.runs.get(run.id).phase != "submitting":
        time.sleep(0.01)
    read_only(studio, True)
    while not paid.provider.accepted():
        time.sleep(0.01)
    time.sleep(0.2)
    assert studio.local.runs.get(run.id).handle is None
    read_only(studio, False)
    [done] = studio.local.runs.wait([run.id], timeout_s=5)
    assert (done.status, [done.handle]) == (Status.SUCCEEDED, list(paid.provider.accepted()))


def read_only(studio: Studio, on: bool) -> None:
    studio.context.store.write_one(lambda db: db.execute(f"PRAGMA query_only={int(on)}"))

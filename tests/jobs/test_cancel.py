"""A run can be cancelled in every state and phase, and what was paid for is said."""

from __future__ import annotations

import time

import pytest

from studio.domain import Run, Status
from studio.engines.fake import FakeEngine, FakeScript, FindingFake
from studio.studio import Studio
from tests.support.kit import image, paid_image


def reach(studio: Studio, run: Run, phase: str) -> None:
    """Wait until the run is in this phase."""
    until = time.monotonic() + 5
    while studio.local.runs.get(run.id).phase != phase:
        assert time.monotonic() < until, f"never reached {phase}"
        time.sleep(0.005)


def test_a_queued_run_is_cancelled_at_once(studio: Studio, engine: FakeEngine) -> None:
    studio.queue.pause()
    [run] = studio.local.requests.submit(image())
    assert studio.local.runs.cancel(run.id).status == Status.CANCELLED
    studio.queue.resume()
    time.sleep(0.1)
    assert engine.provider.accepted() == {}


def test_a_run_that_prepares_is_cancelled_without_being_sent(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(prepare_s=30)
    [run] = studio.local.requests.submit(paid_image())
    reach(studio, run, "preparing")
    studio.local.runs.cancel(run.id)
    assert studio.local.runs.wait([run.id], timeout_s=2)[0].status == Status.CANCELLED
    assert paid.provider.accepted() == {}
    assert [row.usd for row in studio.admin.spend()] == [0.0]


def test_a_submit_is_never_interrupted_but_cancelled_when_its_handle_is_stored(
    studio: Studio, paid: FindingFake
) -> None:
    paid.script = FakeScript(submit_s=0.3, never_ends=True)
    [run] = studio.local.requests.submit(paid_image())
    reach(studio, run, "submitting")
    assert studio.local.runs.cancel(run.id).status == Status.RUNNING
    [ended] = studio.local.runs.wait([run.id], timeout_s=3)
    assert ended.status == Status.CANCELLED
    assert [task["cancelled"] for task in paid.provider.accepted().values()] == [True]
    assert ended.handle in paid.provider.accepted()


def test_a_waiting_run_is_cancelled_at_the_provider(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(never_ends=True)
    [run] = studio.local.requests.submit(image())
    reach(studio, run, "waiting")
    studio.local.runs.cancel(run.id)
    assert studio.local.runs.wait([run.id], timeout_s=2)[0].status == Status.CANCELLED
    assert [task["cancelled"] for task in engine.provider.accepted().values()] == [True]


def test_what_cannot_be_stopped_is_kept_because_it_is_billed(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(wait_s=0.6, unstoppable=True)
    [run] = studio.local.requests.submit(paid_image())
    reach(studio, run, "waiting")
    studio.local.runs.cancel(run.id)
    while not (seen := studio.local.runs.get(run.id)).note:
        time.sleep(0.01)
    assert "can no longer stop the run" in (seen.note or "")
    [ended] = studio.local.runs.wait([run.id], timeout_s=3)
    assert (ended.status, len(ended.assets)) == (Status.SUCCEEDED, 1)


def test_cancelling_twice_drops_even_what_cannot_be_stopped_and_books_it(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(never_ends=True, unstoppable=True)
    [run] = studio.local.requests.submit(paid_image())
    reach(studio, run, "waiting")
    studio.local.runs.cancel(run.id)
    while not studio.local.runs.get(run.id).note:
        time.sleep(0.01)
    studio.local.runs.cancel(run.id)
    assert studio.local.runs.wait([run.id], timeout_s=2)[0].status == Status.CANCELLED
    assert [row.usd for row in studio.admin.spend()] == [pytest.approx(0.1)]


def test_a_wish_survives_a_pause_after_a_fault(studio: Studio, paid: FindingFake) -> None:
    """While the runner waits to try again, a cancel takes effect at once."""
    from studio.errors import RateLimited

    paid.script = FakeScript(submit=(RateLimited("Too many.", retry_after_s=30),))
    [run] = studio.local.requests.submit(paid_image())
    while not studio.local.runs.get(run.id).note:
        time.sleep(0.01)
    studio.local.runs.cancel(run.id)
    assert studio.local.runs.wait([run.id], timeout_s=2)[0].status == Status.CANCELLED
    assert paid.provider.accepted() == {}

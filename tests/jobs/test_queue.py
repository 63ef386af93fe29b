"""The queue: its order, its limits, its pause."""

from __future__ import annotations

import time
from itertools import accumulate
from pathlib import Path

import pytest

from studio.catalogue import AccountLimits, Catalogue
from studio.domain import Phase, Status
from studio.engines.fake import FakeEngine, FakeProvider, FakeScript, FindingFake
from studio.errors import Conflict
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK, image, paid_image


def order(studio: Studio) -> list[str]:
    return [run.request.prompt for run in studio.local.runs.active() if run.status == Status.QUEUED]


def test_runs_can_be_moved_and_given_priority(studio: Studio) -> None:
    studio.queue.pause()
    a, b, c, d = (studio.local.requests.submit(image(name))[0] for name in "abcd")
    studio.local.runs.move(d.id, before=b.id)
    assert order(studio) == ["a", "d", "b", "c"]
    studio.local.runs.move(a.id, before=None)
    assert order(studio) == ["d", "b", "c", "a"]
    studio.local.runs.prioritise(c.id, 5)
    assert order(studio) == ["c", "d", "b", "a"]
    assert [run.position for run in studio.local.runs.active()] == [1, 2, 3, 4]
    studio.local.runs.cancel(b.id)
    with pytest.raises(Conflict):
        studio.local.runs.move(b.id, before=a.id)


def test_a_place_between_two_runs_never_runs_out(studio: Studio) -> None:
    """Halving the gap 60 times would be the end of real numbers; the queue is numbered anew before that."""
    studio.queue.pause()
    _, b, c = (studio.local.requests.submit(image(name))[0] for name in "abc")
    for _ in range(30):
        studio.local.runs.move(c.id, before=b.id)
        studio.local.runs.move(b.id, before=c.id)
    assert order(studio) == ["a", "b", "c"]


def test_a_pause_is_remembered_across_a_restart(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> None:
    engines = {"fake": FakeEngine(provider=FakeProvider(tmp_path / "p"))}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as studio:
        studio.queue.pause()
        [run] = studio.local.requests.submit(image())
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as studio:
        assert studio.queue.paused
        time.sleep(0.2)
        assert studio.local.runs.get(run.id).status == Status.QUEUED
        studio.queue.resume()
        assert studio.local.runs.wait([run.id], timeout_s=5)[0].status == Status.SUCCEEDED


def test_an_engine_never_has_more_runs_in_flight_than_it_allows(
    settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    engine = FakeEngine(
        provider=FakeProvider(tmp_path / "p"),
        limits=AccountLimits(submits_per_s=1000, concurrent=2, polls_per_s=1000),
        script=FakeScript(wait_s=0.15),
    )
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK) as studio:
        made = studio.local.requests.submit(image(n=6))
        done = studio.local.runs.wait([run.id for run in made], timeout_s=10)
        steps = [{e.phase: e.at for e in studio.local.runs.history(run.id)} for run in done]
    sent_and_ready = [(s[Phase.SUBMITTING], 1) for s in steps] + [(s[Phase.DOWNLOADING], -1) for s in steps]
    assert max(accumulate(step for _, step in sorted(sent_and_ready))) == 2


def test_submits_keep_the_rate_of_the_engine(settings: Settings, catalogue: Catalogue, tmp_path: Path) -> None:
    provider = FakeProvider(tmp_path / "p")
    engine = FakeEngine(provider=provider, limits=AccountLimits(submits_per_s=5, concurrent=20, polls_per_s=1000))
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK) as studio:
        made = studio.local.requests.submit_many([image(n=8), image(n=4)])
        studio.local.runs.wait([r.id for r in made], timeout_s=20)
    at = sorted(task["at"] for task in provider.accepted().values())
    assert at[-1] - at[0] >= (len(at) - 7) / 5  # a burst of one second's worth is allowed


def test_a_slow_engine_holds_up_no_other(studio: Studio, engine: FakeEngine, paid: FindingFake) -> None:
    paid.script = FakeScript(prepare_s=30, submit_s=30)
    studio.local.requests.submit(paid_image(n=8))
    start = time.monotonic()
    done = studio.local.runs.wait([r.id for r in studio.local.requests.submit(image(n=4))], timeout_s=10)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 4
    assert time.monotonic() - start < 5


def test_closing_takes_less_than_five_seconds_and_leaves_runs_to_go_on_with(
    settings: Settings, catalogue: Catalogue, tmp_path: Path
) -> None:
    """A submit that is under way gets the time to store its handle."""
    provider = FakeProvider(tmp_path / "p")
    engine = FakeEngine(provider=provider, scripts={"sub": FakeScript(submit_s=0.4), "prep": FakeScript(prepare_s=60)})
    studio = Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK)
    made = studio.local.requests.submit_many([image("sub"), image("prep")])
    while studio.local.runs.get(made[0].id).phase != "submitting":
        time.sleep(0.01)
    start = time.monotonic()
    studio.close()
    assert time.monotonic() - start < 5
    engine = FakeEngine(provider=provider)
    with Studio.open(settings, engines={"fake": engine}, catalogue=catalogue, timing=QUICK) as studio:
        done = studio.local.runs.wait([r.id for r in made], timeout_s=10)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 2
    assert len(provider.accepted()) == 2

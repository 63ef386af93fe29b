"""A run goes from submit to a checked file on the disk, and everything about it is kept."""

from __future__ import annotations

import threading
import time

import pytest

from studio.domain import Run, Status
from studio.engines.fake import FakeEngine, FakeScript
from studio.errors import CapabilityError, Conflict, NotConfigured, NotFound
from studio.media import metadata
from studio.studio import Studio
from tests.support.kit import finish, image


def test_a_run_ends_with_a_file_that_carries_its_settings(studio: Studio) -> None:
    run = finish(studio, image("a red coat", seed=42, style="bold"))
    assert (run.status, run.seed, len(run.assets)) == (Status.SUCCEEDED, 42, 1)
    path = studio.local.assets.path(run.assets[0])
    assert path.is_file()
    assert path.stat().st_size == run.assets[0].bytes
    inside = metadata.read(path) or {}
    assert (inside["prompt"], inside["seed"], inside["style"]) == ("a red coat", 42, "bold")
    assert studio.library.settings_in(path) == inside


def test_a_run_is_stored_before_submit_returns_and_nothing_waits_for_the_engine(
    studio: Studio, engine: FakeEngine
) -> None:
    engine.script = FakeScript(prepare_s=5)
    start = time.monotonic()
    [run] = studio.local.requests.submit(image())
    assert time.monotonic() - start < 4
    assert studio.local.runs.get(run.id).id == run.id


def test_n_runs_have_seeds_that_count_up_and_are_one_batch(studio: Studio) -> None:
    made = studio.local.requests.submit(image(n=3, seed=999_999))
    assert [run.seed for run in made] == [999_999, 1_000_000, 0]
    assert len({run.batch for run in made}) == 1
    assert [run.request.n for run in made] == [1, 1, 1]


def test_a_seed_is_drawn_and_stored_where_none_was_given(studio: Studio) -> None:
    made = studio.local.requests.submit(image(n=2))
    assert made[0].seed is not None
    assert made[1].seed == (made[0].seed + 1) % 1_000_001
    assert made[0].request.seed == made[0].seed


def test_a_batch_is_stored_whole_or_not_at_all(studio: Studio) -> None:
    with pytest.raises(CapabilityError) as error:
        studio.local.requests.submit_many([image("good"), image("bad", width=10, height=10)])
    assert error.value.field == "width"
    assert studio.local.gallery.search().total == 0


def test_what_cannot_run_is_refused_with_the_reason(studio: Studio, engine: FakeEngine) -> None:
    engine.said_missing = "Set FAKE_KEY to use Fake."
    with pytest.raises(NotConfigured, match="FAKE_KEY"):
        studio.local.requests.submit(image())
    with pytest.raises(NotFound):
        studio.local.requests.submit({"task": "text-to-image", "model": "fake/none", "prompt": "x"})


def test_check_names_every_problem_and_stores_nothing(studio: Studio) -> None:
    assert studio.local.requests.problems(image()) == []
    assert [e.field for e in studio.local.requests.problems(image("", seed=-1))] == ["prompt", "seed"]
    assert [e.field for e in studio.local.requests.problems({"model": "no/model"})] == ["model"]
    assert [e.field for e in studio.local.requests.problems(image(colour=1))] == ["colour"]
    assert studio.local.runs.active() == []


def test_a_retry_is_a_new_run_of_the_same_request(studio: Studio) -> None:
    first = finish(studio, image(seed=7, style="bold"))
    same, other = studio.local.runs.retry(first.id), studio.local.runs.retry(first.id, seed=8)
    drawn = studio.local.runs.retry(first.id, seed=None)
    assert (same.retry_of, same.seed, same.request) == (first.id, 7, first.request)
    assert other.seed == 8
    assert drawn.seed != 7
    assert studio.local.runs.get(first.id).status == Status.SUCCEEDED


def test_every_step_is_an_event_with_a_sentence(studio: Studio) -> None:
    run = finish(studio, image())
    told = studio.local.runs.history(run.id)
    assert [e.phase for e in told if e.phase] == ["preparing", "submitting", "waiting", "downloading", "finishing"]
    assert [e.to_status for e in told][-1] == Status.SUCCEEDED
    assert all(e.why.endswith(".") for e in told)


def test_progress_is_seen_while_the_run_waits(studio: Studio, engine: FakeEngine) -> None:
    engine.script = FakeScript(wait_s=0.6, queued_s=0.2)
    [run] = studio.local.requests.submit(image())
    words, fractions = set(), set()
    while not (seen := studio.local.runs.get(run.id)).status.ended:
        words.add(seen.provider_word)
        fractions.add(seen.fraction)
        time.sleep(0.02)
    assert {"PENDING", "RUNNING"} <= words
    assert any(f and 0 < f < 1 for f in fractions)
    assert studio.local.runs.get(run.id).provider_word is None


def test_wait_returns_when_all_ended_or_time_is_up(studio: Studio, engine: FakeEngine) -> None:
    engine.scripts["slow"] = FakeScript(never_ends=True)
    quick, slow = studio.local.requests.submit_many([image("quick"), image("slow")])
    start = time.monotonic()
    seen = studio.local.runs.wait([quick.id, slow.id], timeout_s=0.5)
    assert 0.4 < time.monotonic() - start < 2
    assert [r.status for r in seen] == [Status.SUCCEEDED, Status.RUNNING]


def test_a_subscription_names_each_changed_run_once(studio: Studio) -> None:
    with studio.queue.subscribe() as changes:
        assert changes.get(0.05) == []
        run = finish(studio, image())
        assert changes.get(1) == [run.id]
        assert changes.get(0.05) == []


def test_an_owner_sees_only_their_own_runs(studio: Studio) -> None:
    [run] = studio.on_behalf_of("anna").requests.submit(image())
    assert studio.on_behalf_of("anna").runs.get(run.id).owner == "anna"
    assert studio.local.runs.get(run.id).id == run.id
    ben = studio.on_behalf_of("ben").runs
    for call in (ben.get, ben.cancel, ben.retry, ben.history):
        with pytest.raises(NotFound):
            call(run.id)
    assert studio.on_behalf_of("ben").gallery.search().total == 0
    assert [r.id for r in studio.on_behalf_of("ben").runs.active() if not r.hidden] == []


def test_the_facade_may_be_called_from_many_threads(studio: Studio) -> None:
    made: list[Run] = []

    def work(number: int) -> None:
        for _ in range(5):
            made.extend(studio.local.requests.submit(image(f"thread {number}")))
            studio.local.gallery.search("thread")
            studio.local.runs.active()

    threads = [threading.Thread(target=work, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    done = studio.local.runs.wait([r.id for r in made], timeout_s=20)
    assert [r.status for r in done] == [Status.SUCCEEDED] * 30
    assert studio.local.gallery.search("thread").total == 30


def test_an_ended_run_cannot_be_cancelled_or_decided(studio: Studio) -> None:
    run = finish(studio, image())
    with pytest.raises(Conflict, match="already ended"):
        studio.local.runs.cancel(run.id)
    with pytest.raises(Conflict):
        studio.local.runs.decide(run.id, "give_up")

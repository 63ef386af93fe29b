"""Looks at a run are rare while its end is far and quick near it; tries are spaced; rates are kept."""

from __future__ import annotations

import math
import random
import statistics
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from studio import engines
from studio.catalogue import load
from studio.domain import Kind
from studio.engines.draft import DraftEngine
from studio.jobs.durations import (
    DurationFit,
    History,
    Timing,
    backoff_s,
    beside_webhook_s,
    fit,
    fit_of_range,
    next_poll_s,
)
from studio.settings import Settings
from studio.studio import Studio

TIMING = Timing()


def looks(true_s: float, expected: DurationFit | None) -> tuple[int, float]:
    """Number of looks and seconds of lateness for a run that takes true_s."""
    at, count = 0.0, 0
    while at < true_s:
        at += next_poll_s(TIMING, expected, at, Kind.VIDEO, local=False)
        count += 1
    return count, at - true_s


def test_with_history_fewer_looks_find_the_end_sooner() -> None:
    """Against the fixed interval without history, over 300 runs of about 60 s that spread by 15 %."""
    chance = random.Random(7)
    times = [60 * math.exp(chance.gauss(0, 0.15)) for _ in range(330)]
    known = fit(times[:30])
    adaptive = [looks(t, known) for t in times[30:]]
    fixed = [looks(t, None) for t in times[30:]]
    late = statistics.fmean(late for _, late in adaptive)
    assert late < 3 < statistics.fmean(late for _, late in fixed)
    assert statistics.fmean(count for count, _ in adaptive) < 9


def test_runs_that_always_take_the_same_are_found_at_once_with_few_looks() -> None:
    """A thousand in flight: 95 of 100 within 2 s."""
    chance = random.Random(7)
    known = fit([chance.uniform(60.0, 61.5) for _ in range(30)])
    found = [looks(chance.uniform(59.9, 60.6), known) for _ in range(300)]
    assert sorted(late for _, late in found)[285] < 2
    assert statistics.fmean(count for count, _ in found) < 5


def test_a_look_is_due_when_a_result_is_expected_to_have_lain_there_so_long() -> None:
    known, chance = fit_of_range(50, 80), random.Random(7)
    ends = [end for _ in range(40_000) if (end := math.exp(chance.gauss(known.mu, known.sigma))) > 60]
    pause = next_poll_s(replace(TIMING, min_poll_s=0.1), known, 60, Kind.VIDEO, local=False)
    late = statistics.fmean(max(0.0, 60 + pause - end) for end in ends)
    assert late == pytest.approx(TIMING.poll_cost, rel=0.1)


def test_no_pause_is_longer_than_the_longest_or_shorter_than_the_shortest() -> None:
    expected = fit_of_range(100, 200)
    assert next_poll_s(TIMING, expected, 0, Kind.VIDEO, local=False) == TIMING.max_poll_s
    assert next_poll_s(TIMING, expected, -3600, Kind.VIDEO, local=False) == TIMING.max_poll_s, "the clock was set back"
    assert TIMING.min_poll_s <= next_poll_s(TIMING, expected, 10_000, Kind.VIDEO, local=False) <= TIMING.max_poll_s


def test_a_local_engine_is_looked_at_several_times_a_second() -> None:
    assert 0.1 <= next_poll_s(TIMING, fit_of_range(100, 200), 0, Kind.VIDEO, local=True) <= 0.3


def test_our_own_history_counts_more_than_the_catalogue() -> None:
    loads = []

    def load(pace: str) -> list[float]:
        loads.append(pace)
        return [10.0, 12.0, 11.0]

    history = History(load)
    assert history.fit_for("a", None).median_s == pytest.approx(11, abs=0.5)  # type: ignore[union-attr]
    history.add("a", 11.0)
    history.add("a", 11.0)
    assert history.fit_for("a", None).median_s == pytest.approx(11, abs=0.5)  # type: ignore[union-attr]
    assert loads == ["a"], "the database is asked once"


def test_waiting_runs_plan_anew_once_the_first_of_their_kind_have_ended() -> None:
    """Until then a thousand of them wait by the wide range of the catalogue."""
    history, replanned = History(lambda _: []), list[int]()
    with (
        history.watched("a", lambda: replanned.append(history.count("a"))),
        history.watched("b", lambda: replanned.append(-1)),
    ):
        for _ in range(20):
            history.add("a", 60.0)
    history.add("a", 60.0)
    assert replanned == [4, 8, 16]


def test_the_first_of_many_whose_time_is_not_known_are_looked_at_more_often() -> None:
    history, watchers = History(lambda _: []), [lambda n=n: None for n in range(400)]
    with ExitStack() as waiting:
        for watcher in watchers:
            waiting.enter_context(history.watched("a", watcher))
        assert [history.poll_worth("a", w) for w in watchers[3:6]] == [100, 1, 1]
        known = fit_of_range(60, 300)
        pauses = [next_poll_s(TIMING, known, 60, Kind.VIDEO, local=False, worth=worth) for worth in (1, 100)]
        assert pauses[0] > 5 * pauses[1]
        for known_runs in range(1, 9):
            history.add("a", 60.0)
            assert history.poll_worth("a", watchers[3]) == (100 if known_runs < 8 else 1), known_runs


def test_pauses_double_with_jitter_up_to_a_limit_and_respect_the_provider() -> None:
    timing = replace(TIMING, first_backoff_s=1, max_backoff_s=60)
    for tries in range(12):
        pauses = [backoff_s(timing, tries) for _ in range(50)]
        middle = min(60, 2**tries)
        assert 0.6 * middle <= min(pauses) < max(pauses) <= 1.2 * middle
    assert all(backoff_s(timing, 0, retry_after_s=30) >= 30 for _ in range(50))


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        ({"task": "text-to-image", "width": 1280, "height": 720}, 0.5, 5),
        ({"task": "text-to-image", "width": 1280, "height": 720, "n": 10}, 5, 50),
        ({"task": "text-to-video", "width": 1280, "height": 720, "duration_s": 5, "fps": 30}, 4, 40),
        ({"task": "text-to-video", "width": 3840, "height": 2160, "duration_s": 60, "fps": 30}, 300, 3600),
    ],
)
def test_a_draft_is_expected_to_take_as_long_as_it_has_pixels(
    tmp_path: Path, body: dict[str, object], low: float, high: float
) -> None:
    """From the first run on, and the form tells what the queue adds up."""
    settings = Settings(data=tmp_path)
    with Studio.open(settings, engines={"draft": DraftEngine(settings)}, catalogue=load(), start=False) as studio:
        asked = {"model": "draft/animatic", "prompt": "a dog runs"} | body
        told = studio.local.requests.estimate([asked]).expected_s
        assert told is not None
        assert low < told < high
        assert sum(run.expected_s or 0 for run in studio.local.requests.submit(asked)) == pytest.approx(told, rel=0.05)


def test_without_history_the_usual_time_of_a_row_grows_with_the_length(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    engine = engines.build("alibaba", settings)
    with Studio.open(settings, engines={"alibaba": engine}, catalogue=load(), start=False) as studio:
        body = {"task": "text-to-video", "model": "alibaba/wan2.6-t2v", "prompt": "a dog runs", "tier": "720P"}
        short, long = (studio.local.requests.estimate([body | {"duration_s": s}]).expected_s or 0 for s in (5, 15))
        assert long == pytest.approx(3 * short, rel=0.01)
        many = studio.local.requests.estimate([body | {"duration_s": 5, "n": 5}] * 4).expected_s or 0
        assert many == pytest.approx(short * 20 / studio.queue.concurrency("alibaba"), rel=0.01)


@pytest.mark.parametrize("pause_s", [0.1, 1, 12, 30, 44, 50])
def test_a_lost_webhook_costs_less_than_a_minute(pause_s: float) -> None:
    """Polling is rarer beside webhooks, and never rarer than that."""
    assert pause_s <= beside_webhook_s(TIMING, pause_s) < 60
    assert beside_webhook_s(TIMING, pause_s) <= 3 * pause_s

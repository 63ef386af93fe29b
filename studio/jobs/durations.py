"""How long to wait: between polls of a run and between attempts.

Polls are rare while the end is far and frequent near it. A lognormal fit of how long runs of this kind took says how
long a result is expected to lie there unseen if one waits t seconds; the next poll is due when that is as long as a
poll is worth. Near a steady end this is sqrt(2k / h), h being the chance per second that the run ends now. By
simulation it needs a third of the polls of a fixed interval at equal lateness.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from studio.catalogue import Model
from studio.domain import Kind, Request

HISTORY_SIZE = 30
"""Durations that the fit uses."""
MIN_HISTORY = 4
"""Durations needed before the fit is trusted more than the catalogue."""
SCOUTED_UNTIL = 8
"""Durations known until which the first of the waiting runs are looked at more often, for those behind them. The fit of
fewer is so wide that the next ones would be found up to 3 s late; by simulation of 333 runs this makes 2 s of it, for a
hundredth more polls."""
REPLAN_AT = (4, 8, 16)
"""At so many durations the waiting runs of that kind plan their next poll anew: until the first of them have ended, all
of them wait by the wide range of the catalogue."""
LEAST_SPREAD = 0.3
"""The spread of a fit is taken as at least this by the root of the number of durations: 15 % of four, 5 % of thirty."""


@dataclass(frozen=True)
class Timing:
    """Every waiting time of the job manager, in seconds.

    local_poll_s, min_poll_s, max_poll_s: between polls of a run on this machine, and bounds for the others.
    webhook_poll_s: the longest, where the provider calls when a run is ready: what a lost call costs at most.
    webhook_wait_s: for the provider's call to name the task of a submit whose answer was lost.
    image_poll_s, video_poll_s: without history. first_backoff_s, max_backoff_s: first and longest pause after a
    transient fault. submit_timeout_s: how long a submit is retried while the provider is unreachable.
    result_timeout_s: longest wait for a result; local_stall_timeout_s: the same on this machine without progress.
    call_timeout_s: for one answer of an engine. close_timeout_s: for a submit to answer while the studio closes.
    poll_cost: lateness in s that a poll is worth. disk_check_s: between checks of a disk that is full or away;
    disk_retry_s: work that waits for the disk is retried after this long at the latest. notify_collect_s: what happens
    within it shares a look, and mostly a message; notify_retry_s: before each new attempt to send one. notify_burst_s:
    what somebody writes in a review within it is one message.
    """

    local_poll_s: float = 0.15
    min_poll_s: float = 1.0
    max_poll_s: float = 30.0
    webhook_poll_s: float = 45.0
    webhook_wait_s: float = 1800.0
    image_poll_s: float = 5.0
    video_poll_s: float = 12.0
    first_backoff_s: float = 1.0
    max_backoff_s: float = 60.0
    submit_timeout_s: float = 3600.0
    result_timeout_s: float = 24 * 3600.0
    local_stall_timeout_s: float = 3600.0
    call_timeout_s: float = 900.0
    close_timeout_s: float = 3.5
    poll_cost: float = 0.3
    disk_check_s: float = 1.0
    disk_retry_s: float = 60.0
    notify_collect_s: float = 1.0
    notify_burst_s: float = 45.0
    notify_retry_s: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0)


def backoff_s(timing: Timing, attempts: int, retry_after_s: float | None = None) -> float:
    """Seconds before attempt number `attempts` + 1: doubling, with jitter so that many runs do not come back at once,
    and never less than the provider asked for."""
    pause = min(timing.max_backoff_s, timing.first_backoff_s * 2.0 ** min(attempts, 30)) * random.uniform(0.6, 1.2)
    return max(pause, (retry_after_s or 0.0) * random.uniform(1.0, 1.1))


@dataclass(frozen=True)
class DurationFit:
    """How long runs of one kind take: a lognormal distribution of seconds."""

    mu: float
    sigma: float

    @property
    def median_s(self) -> float:
        """Half of the runs take longer."""
        return math.exp(self.mu)

    def lateness_s(self, t: float, pause_s: float) -> float:
        """How long the result of a run that still runs at t seconds is expected to have been ready after the pause."""
        survival = 1 - self._share(t)
        if survival < 1e-9:
            return self.hazard(t) * pause_s * pause_s / 2
        since = self._unseen(t + pause_s) - self._unseen(t) - pause_s * self._share(t)
        return max(0.0, since) / survival

    def _share(self, t: float) -> float:
        """Share of runs that take at most t seconds."""
        return _normal((math.log(t) - self.mu) / self.sigma) if t > 0 else 0.0

    def _unseen(self, t: float) -> float:
        """The integral of `_share` from 0 to t."""
        if t <= 0:
            return 0.0
        mean = math.exp(self.mu + self.sigma * self.sigma / 2)
        return t * self._share(t) - mean * _normal((math.log(t) - self.mu) / self.sigma - self.sigma)

    def hazard(self, t: float) -> float:
        """Chance per second that a run still running at t seconds ends now."""
        if t <= 0:
            return 0.0
        z = (math.log(t) - self.mu) / self.sigma
        survival = 0.5 * math.erfc(z / math.sqrt(2))
        if survival < 1e-12:
            return z / (self.sigma * t)  # the tail of the normal distribution: pdf / survival -> z
        return math.exp(-z * z / 2) / (t * self.sigma * math.sqrt(2 * math.pi) * survival)


def _normal(z: float) -> float:
    """Share of the normal distribution below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def fit(times: list[float]) -> DurationFit:
    """The lognormal through these durations; for their spread see LEAST_SPREAD."""
    logs = [math.log(max(t, 0.01)) for t in times]
    least = LEAST_SPREAD / math.sqrt(len(times))
    return DurationFit(statistics.fmean(logs), max(least, statistics.stdev(logs) if len(logs) > 1 else 0.5))


def fit_of_range(low_s: float, high_s: float) -> DurationFit:
    """The lognormal with 5 % below low and 5 % above high."""
    low, high = math.log(max(low_s, 0.1)), math.log(max(high_s, low_s * 1.01, 0.11))
    return DurationFit((low + high) / 2, max(0.15, (high - low) / (2 * 1.645)))


def duration_key(request: Request) -> str:
    """Runs with the same key take about the same time: model, size and length."""
    size = f"{request.width}x{request.height}" if request.width else request.tier or ""
    return " ".join(filter(None, (request.model, size, f"{request.duration_s:g}s" if request.duration_s else "")))


def length_scale(request: Request, model: Model) -> float:
    """How much longer than the row's usual times a run takes: in proportion to its length; 1 where none is chosen."""
    default_s = model.durations.default if model.durations else None
    return request.duration_s / default_s if default_s and request.duration_s else 1.0


class History:
    """Durations of past runs by duration key. Reads the database once for each key."""

    def __init__(self, load: Callable[[str], list[float]]) -> None:
        self._load = load
        self._durations: dict[str, deque[float]] = {}
        self._fits: dict[str, DurationFit] = {}
        self._watchers: defaultdict[str, dict[Callable[[], None], None]] = defaultdict(dict)
        self.revision = 0
        """Another number after every run: what was expected before may be out of date."""

    def add(self, pace: str, took_s: float) -> None:
        """Record the duration of one more run."""
        durations = self._durations_of(pace)
        durations.appendleft(took_s)
        self._fits.pop(pace, None)
        self.revision += 1
        if len(durations) in REPLAN_AT:
            for replan in list(self._watchers.get(pace, ())):
                replan()

    @contextmanager
    def watched(self, pace: str, replan: Callable[[], None]) -> Generator[None]:
        """Inside, `replan` is called by `add`, on its thread, at each of REPLAN_AT."""
        watchers = self._watchers[pace]
        watchers[replan] = None
        try:
            yield
        finally:
            watchers.pop(replan, None)
            if not watchers:
                self._watchers.pop(pace, None)

    def poll_worth(self, pace: str, replan: Callable[[], None]) -> float:
        """How many runs gain by one poll of this watcher's: more than one for the first of a kind of which little is
        known yet, since all that wait behind them learn how long they take."""
        watchers = self._watchers.get(pace, {})
        if len(self._durations_of(pace)) >= SCOUTED_UNTIL or replan not in islice(watchers, MIN_HISTORY):
            return 1.0
        return max(1.0, len(watchers) / MIN_HISTORY)

    def has_enough(self, pace: str) -> bool:
        """Whether there are enough runs of this kind for a fit."""
        return len(self._durations_of(pace)) >= MIN_HISTORY

    def count(self, pace: str) -> int:
        """How many of the latest runs of this kind are known, HISTORY_SIZE at most."""
        return len(self._durations_of(pace))

    def fit_for(self, pace: str, model: Model | None) -> DurationFit | None:
        """The fit for such runs: from our own history, else from the catalogue, else None."""
        times = self._durations_of(pace)
        if len(times) >= MIN_HISTORY:
            if pace not in self._fits:
                self._fits[pace] = fit(list(times))
            return self._fits[pace]
        if model and model.latency_s:
            return fit_of_range(*model.latency_s)
        return fit(list(times)) if times else None

    def _durations_of(self, pace: str) -> deque[float]:
        if pace not in self._durations:
            self._durations[pace] = deque(self._load(pace), maxlen=HISTORY_SIZE)
        return self._durations[pace]


def next_poll_s(
    timing: Timing, expected: DurationFit | None, elapsed_s: float, kind: Kind, *, local: bool, worth: float = 1.0
) -> float:
    """Seconds until the next poll of a run that has been running for elapsed_s. worth: see History.poll_worth."""
    if local:
        return timing.local_poll_s
    if expected is None:
        return timing.image_poll_s if kind == Kind.IMAGE else timing.video_poll_s
    elapsed_s, low, high = max(0.0, elapsed_s), timing.min_poll_s, timing.max_poll_s
    cost = timing.poll_cost / worth
    if expected.lateness_s(elapsed_s, high) <= cost:
        return high
    while high - low > 0.05:
        middle = (low + high) / 2
        low, high = (middle, high) if expected.lateness_s(elapsed_s, middle) <= cost else (low, middle)
    return low


def beside_webhook_s(timing: Timing, pause_s: float) -> float:
    """The pause between polls of a run whose provider will call: longer, for polls only stand in for lost calls."""
    return max(pause_s, min(timing.webhook_poll_s, 3 * pause_s))

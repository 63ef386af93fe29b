"""How long to wait: between looks at a run, between tries, and for a turn at an engine's door.

The schedule of looks is rare while the end is far and quick near it. From a lognormal fit of how long runs of this
kind took, h(t) is the chance per second that one ends now; waiting sqrt(2k / h) seconds balances the cost of a look
against lateness. By simulation this needs a third of the looks of a fixed interval at equal lateness.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from studio.catalogue import Model
from studio.domain import Kind, Request

REMEMBERED = 30
"""Durations that the fit uses."""
ENOUGH = 4
"""Durations needed before the fit is trusted more than the catalogue's word."""


@dataclass(frozen=True)
class Timing:
    """Every waiting time of the job manager, in seconds.

    local_look, least_look, most_look: between looks at a run on this machine, and bounds for the others. image_look,
    video_look: without history. backoff, backoff_most: first and longest pause after a passing fault. submit_for: how
    long a submit is tried while the provider is unreachable. watch_for: longest wait for a result; local_for: the same
    on this machine without any sign of progress. call_for: one answer of an engine. close_for: for a submit to answer
    while the studio closes. look_cost: k of the schedule. disk_look: between looks at a disk that is full or away;
    disk_try: at the latest after so long, work that waits for it is tried again.
    """

    local_look: float = 0.15
    least_look: float = 1.0
    most_look: float = 30.0
    image_look: float = 5.0
    video_look: float = 12.0
    backoff: float = 1.0
    backoff_most: float = 60.0
    submit_for: float = 3600.0
    watch_for: float = 24 * 3600.0
    local_for: float = 3600.0
    call_for: float = 900.0
    close_for: float = 3.5
    look_cost: float = 0.3
    disk_look: float = 1.0
    disk_try: float = 60.0


def backoff_s(timing: Timing, tries: int, retry_after_s: float | None = None) -> float:
    """Seconds before try number `tries` + 1: doubling, with jitter so that many runs do not come back at once, and
    never less than the provider asked for."""
    pause = min(timing.backoff_most, timing.backoff * 2.0 ** min(tries, 30)) * random.uniform(0.6, 1.2)
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

    def earliest_s(self) -> float:
        """One run in a hundred is ready by then."""
        return math.exp(self.mu - 2.326 * self.sigma)

    def hazard(self, t: float) -> float:
        """Chance per second that a run still going at t seconds ends now."""
        if t <= 0:
            return 0.0
        z = (math.log(t) - self.mu) / self.sigma
        survival = 0.5 * math.erfc(z / math.sqrt(2))
        if survival < 1e-12:
            return z / (self.sigma * t)  # the tail of the normal distribution: pdf / survival -> z
        return math.exp(-z * z / 2) / (t * self.sigma * math.sqrt(2 * math.pi) * survival)


def fit(times: list[float]) -> DurationFit:
    """The lognormal through these durations; their spread is taken as at least 15 %."""
    logs = [math.log(max(t, 0.01)) for t in times]
    return DurationFit(statistics.fmean(logs), max(0.15, statistics.stdev(logs) if len(logs) > 1 else 0.5))


def fit_of_range(low_s: float, high_s: float) -> DurationFit:
    """The lognormal with 5 % below low and 5 % above high."""
    low, high = math.log(max(low_s, 0.1)), math.log(max(high_s, low_s * 1.01, 0.11))
    return DurationFit((low + high) / 2, max(0.15, (high - low) / (2 * 1.645)))


def pace_of(request: Request) -> str:
    """Runs with the same word take about the same time: model, size and length."""
    size = f"{request.width}x{request.height}" if request.width else request.tier or ""
    return " ".join(filter(None, (request.model, size, f"{request.duration_s:g}s" if request.duration_s else "")))


def length_scale(request: Request, model: Model) -> float:
    """How much longer than the row's usual times a run takes: in proportion to its length; 1 where none is chosen."""
    usual = model.durations.default if model.durations else None
    return request.duration_s / usual if usual and request.duration_s else 1.0


class History:
    """Remembers how long runs took, by pace. Reads the database once for each pace."""

    def __init__(self, load: Callable[[str], list[float]]) -> None:
        self._load = load
        self._known: dict[str, deque[float]] = {}
        self._fits: dict[str, DurationFit] = {}

    def add(self, pace: str, took_s: float) -> None:
        """One more run took this long."""
        self._times(pace).appendleft(took_s)
        self._fits.pop(pace, None)

    def known(self, pace: str) -> bool:
        """Whether enough runs of this kind have ended here to tell."""
        return len(self._times(pace)) >= ENOUGH

    def expect(self, pace: str, model: Model | None) -> DurationFit | None:
        """The fit for such runs: from our own history, else from the catalogue, else None."""
        times = self._times(pace)
        if len(times) >= ENOUGH:
            if pace not in self._fits:
                self._fits[pace] = fit(list(times))
            return self._fits[pace]
        if model and model.latency_s:
            return fit_of_range(*model.latency_s)
        return fit(list(times)) if times else None

    def _times(self, pace: str) -> deque[float]:
        if pace not in self._known:
            self._known[pace] = deque(self._load(pace), maxlen=REMEMBERED)
        return self._known[pace]


def next_look_s(timing: Timing, expected: DurationFit | None, elapsed_s: float, kind: Kind, *, local: bool) -> float:
    """Seconds until the next look at a run that has been going for elapsed_s."""
    if local:
        return timing.local_look
    if expected is None:
        return timing.image_look if kind == Kind.IMAGE else timing.video_look
    if elapsed_s < (early := expected.earliest_s()):
        return min(timing.most_look, max(timing.least_look, early - elapsed_s))
    hazard = expected.hazard(elapsed_s)
    wait = math.sqrt(2 * timing.look_cost / hazard) if hazard > 0 else timing.most_look
    return min(timing.most_look, max(timing.least_look, wait))

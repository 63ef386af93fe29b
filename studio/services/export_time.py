"""How far exports are and how long they still take.

An export is a few steps, whose work is known before by pixels, frames and kind, in seconds of one core of a usual
machine. How fast it really goes is measured over all exports under way, for they share the cores: what is left of each
follows from what is left of all, in the order in which they are done.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.film.platforms import PlatformPreset
    from studio.services.film_options import FilmOptions

LANES = min(2, os.cpu_count() or 1)
"""Exports made side by side: each program among them uses several cores, but none uses all of them all the time."""

WINDOW_S, LEAST_S = 30.0, 1.0
"""How long back, and over how long at least, the speed is measured."""

UNMEASURED = ("gif", "webp")
SAME_SHAPE = 0.02
"""Difference of two aspect ratios up to which a picture is not cropped."""

NamedWork = tuple[str, float]
"""A step and its work."""

SETTLING_S = 4.0
"""For so long the usual speed counts beside the measured one."""

JOIN, GRADED_JOIN, BURN, FOLLOW, MEASURE, SOUND = 0.0005, 0.032, 0.02, 0.010, 0.011, 0.04
"""Seconds of one core for a million pixels: joined by copying, joined with a grade, encoded for captions, looked at for
another shape, measured; SOUND for a second of sound that is brought to a loudness."""

ENCODE = {
    "mp4-h264": 0.054, "mp4-h265": 0.079, "webm-av1": 0.034, "mov-prores": 0.042, "gif": 0.12, "webp": 0.35,
}  # fmt: skip
"""Seconds for a million pixels of the result, by form (deliver.VIDEO_ARGS)."""


@dataclass
class Step:
    """A part of the work. work: seconds of one core. done: 0..1."""

    name: str
    work: float
    done: float = 0.0


class Steps:
    """Steps that follow each other. clock: told what was done."""

    def __init__(self, steps: Sequence[tuple[str, float]], clock: ExportClock) -> None:
        self._steps, self._clock = [Step(name, work) for name, work in steps], clock

    @property
    def total(self) -> float:
        """The whole work."""
        return sum(step.work for step in self._steps)

    @property
    def left(self) -> float:
        """Work that is not done."""
        return sum(step.work * (1 - step.done) for step in self._steps)

    def advance(self, name: str, fraction: float) -> None:
        """This step is so far, 0..1, and those before it are done."""
        before = self.left
        for step in self._steps:
            if step.name == name:
                step.done = max(step.done, min(fraction, 1.0))
                break
            step.done = 1.0
        self._clock.count(before - self.left)

    def finish(self) -> None:
        """All is done."""
        before = self.left
        for step in self._steps:
            step.done = 1.0
        self._clock.count(before - self.left)

    def restart(self) -> None:
        """Nothing of it is left: it is done again."""
        for step in self._steps:
            step.done = 0.0


class ExportClock:
    """The speed of all exports together: work done in a second, over the last half minute. Thread-safe."""

    def __init__(self, usual: float = float(LANES)) -> None:
        self.usual = usual
        self._lock = threading.Lock()
        self._sum = 0.0
        self._samples: deque[tuple[float, float]] = deque()

    def begin(self) -> None:
        """Exports begin after none were under way."""
        with self._lock:
            self._samples = deque([(time.monotonic(), self._sum)])

    def count(self, work: float) -> None:
        """So much more was done."""
        with self._lock:
            now = time.monotonic()
            self._sum += work
            if not self._samples or now - self._samples[-1][0] >= LEAST_S / 4:
                self._samples.append((now, self._sum))
            while len(self._samples) > 2 and now - self._samples[1][0] > WINDOW_S:
                self._samples.popleft()

    @property
    def speed(self) -> float:
        """Work in a second. The usual speed at first, and never nothing."""
        with self._lock:
            if not self._samples:
                return self.usual
            at, done = self._samples[0]
            span = time.monotonic() - at
            if span < LEAST_S:
                return self.usual
            settling = max(0.0, SETTLING_S - span)
            return max(0.01, (self._sum - done + settling * self.usual) / (span + settling))


@dataclass
class ExportProgress:
    """An export under way. own: its steps. shared: steps that it has in common with others, done before.

    closing: it is stopped because the studio closes, and goes on later. Both steps are None until it is planned.
    """

    own: Steps | None = None
    shared: Steps | None = None
    cancelled: bool = False
    closing: bool = False

    @property
    def fraction(self) -> float:
        """How far it is, 0..1."""
        parts = [steps for steps in (self.shared, self.own) if steps]
        total = sum(steps.total for steps in parts)
        return 1 - sum(steps.left for steps in parts) / total if total else 0.0


def time_left(exports: Sequence[ExportProgress], speed: float, *, lanes: int = LANES) -> list[float | None]:
    """Seconds that each of these still takes, in the order in which they are begun; None for one not planned yet.

    The lanes share the speed evenly; exports that wait for the same shared steps wait for one work.
    """
    left: list[float | None] = [None] * len(exports)
    own = {n: e.own.left for n, e in enumerate(exports) if e.own}
    shared = {id(e.shared): e.shared.left for e in exports if e.shared}
    waiting, now = deque(own), 0.0
    active: list[int] = []
    while waiting or active:
        while waiting and len(active) < lanes:
            active.append(waiting.popleft())
        first = {common for n in active if shared.get(common := id(exports[n].shared), 0) > 0}
        then = [n for n in active if id(exports[n].shared) not in first]
        step = min([shared[common] for common in first] + [own[n] for n in then])
        now += step * (len(first) + len(then)) / speed
        for common in first:
            shared[common] -= step
        for n in then:
            own[n] -= step
        for n in [n for n in active if shared.get(id(exports[n].shared), 0) <= 0 and own[n] <= 0]:
            left[n] = now
            active.remove(n)
    return left


def film_steps(
    preset: PlatformPreset, options: FilmOptions, size: tuple[int, int], *, fps: int, length_s: float, graded: bool
) -> tuple[list[NamedWork], list[NamedWork]]:
    """Steps of a film for a place: joining, which places share, and what only this place needs."""
    joined = size[0] * size[1] / 1e6 * length_s * fps
    join = [("join", joined * ((GRADED_JOIN if graded else JOIN) + (BURN if options.burn else 0.0)) + 0.2)]
    if preset.id == "master":
        return join, [("measure", joined * MEASURE + 0.1)]
    width = preset.width or size[0]
    height = preset.height or width * size[1] / size[0]
    made = width * height / 1e6 * length_s * min(fps, max(preset.fps, default=fps))
    follows = options.framing == "follow" and abs(width / height - size[0] / size[1]) > SAME_SHAPE
    encode = made * ENCODE[preset.form] + length_s * SOUND + (joined * FOLLOW if follows else 0.0)
    if preset.form in UNMEASURED:
        return join, [("encode", encode + 0.1)]
    return join, [("encode", encode + 0.1), ("measure", made * MEASURE + 0.1)]

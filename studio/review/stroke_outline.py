"""The outline of a stroke drawn with pressure: the same ring of points as the page's perfect-freehand gives.

Points are complex numbers, x to the right and y down. Source: perfect-freehand 1.2.3 (MIT), getStroke with round caps,
without tapers, and with the pressure as it was recorded.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

THINNING, SMOOTHING, STREAMLINE = 0.6, 0.5, 0.4
"""As PEN in assets/js/review/shapes.js."""
HALF_TURN = math.pi + 1e-4
"""A little more than half a circle, so that caps close without a gap."""
CORNER_STEPS, START_STEPS, END_STEPS = 13, 13, 29
END_NOISE = 3.0
"""The last units of a stroke are drawn by its end alone: where a hand lifts the pen, it trembles."""
LEAST_RADIUS = 0.01


@dataclass(frozen=True)
class _Sample:
    """A smoothed point. back: unit vector to the sample before. length: of the way up to here."""

    at: complex
    pressure: float
    back: complex
    length: float


def ring(points: Sequence[tuple[float, float, float]], size: float) -> list[complex]:
    """The closed outline of a stroke through (x, y, pressure), `size` wide at half pressure."""
    samples = _samples(points, size)
    if len(samples) == 1:
        return _dot(samples[0].at, _radius(size, samples[0].pressure))
    left, right = _sides(samples, size)
    end = samples[-1]
    tip = end.at + _right_of(-end.back) * max(LEAST_RADIUS, _radius(size, end.pressure))
    end_cap = [_turned(tip, end.at, 3 * HALF_TURN * t) for t in _steps(1 / END_STEPS, END_STEPS) if t < 1]
    start_cap = [_turned(right[0], samples[0].at, HALF_TURN * t) for t in _steps(1 / START_STEPS, START_STEPS)]
    return [*left, *end_cap, *reversed(right), *start_cap]


def _samples(points: Sequence[tuple[float, float, float]], size: float) -> list[_Sample]:
    """The points as a hand meant them: each pulled towards the one before it."""
    pull = 0.15 + (1 - STREAMLINE) * 0.85
    given = [(complex(x, y), pressure) for x, y, pressure in points]
    if len(given) == 2:  # three more between them, as the page adds them
        (start, first), (end, last) = given
        between = [(_between(start, end, n / 4), first + (last - first) * n / 4) for n in (1, 2, 3)]
        given = [given[0], *between, given[1]]
    if len(given) == 1:
        given = [given[0], (given[0][0] + (1 + 1j), given[0][1])]
    at, length, away = given[0][0], 0.0, False
    found = [_Sample(at, given[0][1], 1 + 1j, 0.0)]
    for n, (wanted, pressure) in enumerate(given[1:], 1):
        is_last = n == len(given) - 1
        point = wanted if is_last else _between(at, wanted, pull)
        if point == at:
            continue
        length += abs(point - at)
        if not is_last and not away:
            if length < size:
                continue
            away = True
        step = at - point
        found.append(_Sample(point, pressure, step / abs(step), length))
        at = point
    first = found[0]
    found[0] = _Sample(first.at, first.pressure, found[1].back if len(found) > 1 else 0j, 0.0)
    return found


def _sides(samples: Sequence[_Sample], size: float) -> tuple[list[complex], list[complex]]:
    """The points to the left and to the right of the way."""
    left: list[complex] = []
    right: list[complex] = []
    apart = size * SMOOTHING
    last_left = last_right = samples[0].at
    before, was_corner = samples[0].back, False
    for n, sample in enumerate(samples):
        is_last = n == len(samples) - 1
        if not is_last and samples[-1].length - sample.length < END_NOISE:
            continue
        radius = max(LEAST_RADIUS, _radius(size, sample.pressure))
        following = sample.back if is_last else samples[n + 1].back
        along = 1.0 if is_last else _dot_product(sample.back, following)
        turns_now = _dot_product(sample.back, before) < 0 and not was_corner
        if turns_now or along < 0:
            out = _right_of(before) * radius
            for t in _steps(0, CORNER_STEPS):
                left.append(last_left := _turned(sample.at - out, sample.at, HALF_TURN * t))
                right.append(last_right := _turned(sample.at + out, sample.at, -HALF_TURN * t))
            was_corner = was_corner if along >= 0 else True
            continue
        was_corner = False
        out = _right_of(sample.back if is_last else _between(following, sample.back, along)) * radius
        for side, point, last in ((left, sample.at - out, last_left), (right, sample.at + out, last_right)):
            if not (is_last or n <= 1 or abs(point - last) > apart):
                continue
            side.append(point)
            if side is left:
                last_left = point
            else:
                last_right = point
        before = sample.back
    return left, right


def _dot(at: complex, radius: float) -> list[complex]:
    """A circle, for a pen that did not move."""
    start = at - _right_of(-(1 + 1j) / abs(1 + 1j)) * radius
    return [_turned(start, at, 2 * HALF_TURN * t) for t in _steps(1 / START_STEPS, START_STEPS)]


def _radius(size: float, pressure: float) -> float:
    return size * (0.5 - THINNING * (0.5 - pressure))


def _steps(start: float, count: int) -> Iterator[float]:
    """From start to 1 in steps of 1 / count, added up as the page adds them, so that as many fit."""
    step = 1 / count
    while start <= 1:
        yield start
        start += step


def _right_of(vector: complex) -> complex:
    return vector * -1j


def _turned(point: complex, around: complex, angle: float) -> complex:
    return around + (point - around) * cmath.exp(1j * angle)


def _between(a: complex, b: complex, share: float) -> complex:
    return a + (b - a) * share


def _dot_product(a: complex, b: complex) -> float:
    return a.real * b.real + a.imag * b.imag

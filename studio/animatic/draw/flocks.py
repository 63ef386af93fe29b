"""What flies and swims in numbers: birds in the air at their true size, fish and butterflies around the subject."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw import animals
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import mix
from studio.animatic.draw.plan import Plan
from studio.animatic.draw.sketch import Sketch
from studio.animatic.text.reading import Figure

BIRDS = ("bird", "gull", "bat")
AIRBORNE = ("bird", "gull", "bat", "butterfly", "fish", "shark", "turtle", "whale")
SPANS = {"wide": 0.052, "aerial": 0.05, "full": 0.065, "medium": 0.075, "": 0.07, "two-shot": 0.06}
"""Wing span of the nearest birds in units, by shot size; larger ones are few."""


def lit(plan: Plan, s: Sketch) -> None:
    """Lay a small animal with the scene's light."""
    p = plan.palette
    s.lay(light_from=plan.light.side, rim=mix(p.light, (255, 255, 255), 0.2), rim_amount=0.4,
          shade=mix(p.near, p.haze, 0.3), shade_amount=0.35)  # fmt: skip


def _in_the_air(plan: Plan, canvas: Canvas, birds: list[Figure]) -> tuple[float, float]:
    """A loose flock across the sky: near ones larger and fewer, far ones specks, all small beside a person."""
    span = SPANS.get(plan.reading.shot_size, 0.06)
    few = len(birds) <= 2
    side, first = -plan.light.side, (0.5, 0.3)
    sky = plan.horizon if plan.reading.shot_size != "aerial" else 0.5
    for i, figure in enumerate(birds):
        t = (i + 0.5) / len(birds)
        near = 1.0 if few else float(plan.rng.uniform(0.3, 1.0)) ** 1.6
        x = 0.5 + side * (0.02 + 0.40 * t) + float(plan.rng.uniform(-0.07, 0.07))
        y = sky * float(plan.rng.uniform(0.16, 0.74))
        size = span * (1.8 if few else 0.4 + 0.9 * near)
        s = Sketch(canvas, x, y, size, facing=1 if plan.rng.random() < 0.65 else -1, reach=(1.3, 1.3))
        tone = plan.palette.at(animals.colour_of(figure.kind, figure.colour), 0.4 + 0.35 * near)
        if figure.kind == "gull":
            tone = mix(tone, (255, 255, 255), 0.25 if plan.palette.brightness > 0.5 else 0.55)
        animals.wings(s, figure.kind, tone, (i * 0.37 + float(plan.rng.random()) * 0.2) % 1)
        lit(plan, s)
        first = (x, y) if i == 0 else first
    return first


def flock(plan: Plan, canvas: Canvas, fliers: list[Figure], *, alone: bool) -> tuple[float, float]:
    """Fish, butterflies and birds spread over the upper picture, or the middle when they are the subject.

    In wide shots birds are specks: they are drawn at their size beside a person's, the farther the smaller.
    """
    birds = [f for f in fliers if f.kind in BIRDS]
    if birds and not plan.reading.close:
        first = _in_the_air(plan, canvas, birds)
        others = [f for f in fliers if f.kind not in BIRDS]
        return flock(plan, canvas, others, alone=alone) if others else first
    big = {"close-up": 2.6, "extreme close-up": 3.4, "medium": 1.6}.get(plan.reading.shot_size, 1.0)
    first = (0.5, 0.4)
    count = len(fliers)
    x0, y0 = 0.5 + 0.1 * plan.light.side, 0.42 if alone else 0.24
    for i, figure in enumerate(fliers):
        size = 0.52 if alone and figure.kind != "whale" else 0.22
        size *= big / (1 + 0.10 * min(count, 10)) * float(plan.rng.uniform(0.8, 1.2))
        if figure.kind == "whale":
            size = 0.42
        angle, out = i * 2.4, 0.0 if count == 1 else 0.10 + 0.30 * np.sqrt((i + 0.3) / count)
        x = x0 + out * 0.95 * np.cos(angle) + float(plan.rng.uniform(-0.02, 0.02))
        y = y0 + (0.75 if alone else 0.42) * out * np.sin(angle)
        s = Sketch(
            canvas,
            x,
            float(np.clip(y, 0.10, 0.80)) + plan.dy(size * 0.5),
            size,
            facing=int(plan.light.side),
            reach=(2.2, 1.6),
        )
        colour = plan.palette.at(animals.colour_of(figure.kind, figure.colour), 0.7)
        animals.animal(s, figure.kind, figure.posture, colour, (i * 0.37 + float(plan.rng.random()) * 0.2) % 1)
        lit(plan, s)
        first = (x, y) if i == 0 else first
    return first

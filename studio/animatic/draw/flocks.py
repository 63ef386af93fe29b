"""What flies and swims: birds in the air at their true size, fish and butterflies around the subject."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw import sprites
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.placing import shot_facts
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.sketch import Sketch
from studio.animatic.text.reading import Figure

BIRDS: dict[str, RGB] = {
    "bird": (60, 62, 72), "gull": (240, 242, 244), "seagull": (240, 242, 244), "bat": (40, 38, 46),
    "dove": (232, 234, 238), "eagle": (92, 68, 54),
}  # fmt: skip
"""What is seen from afar as two wings, and its colour."""


def airborne(figure: Figure) -> bool:
    """True for an animal that is not on its feet."""
    return bool(figure.animal and figure.drawing and figure.drawing.stance != "ground")


def draw(plan: ScenePlan, canvas: Canvas, fliers: list[Figure], *, alone: bool) -> tuple[float, float]:
    """Spread them over the upper picture, or the middle when they are the subject; the place of the first.

    In wide shots birds are specks: they are drawn at their size beside a person's, the farther the smaller.
    """
    birds = [f for f in fliers if f.kind in BIRDS]
    if birds and not plan.reading.close and (len(birds) > 2 or not alone):
        first = _flock(plan, canvas, birds)
        others = [f for f in fliers if f.kind not in BIRDS]
        return draw(plan, canvas, others, alone=alone) if others else first
    larger = {"close-up": 2.6, "extreme close-up": 3.4, "medium": 1.6}.get(plan.reading.shot_size, 1.0)
    first = (0.5, 0.4)
    count = len(fliers)
    x0, y0 = 0.5 + 0.1 * plan.light.side, 0.42 if alone else 0.24
    for i, figure in enumerate(fliers):
        drawing = figure.drawing
        if drawing is None:
            continue
        whale = drawing.tall > 1
        size = 0.42 if whale else 0.30 if alone else 0.13
        size *= (1.0 if whale else larger) / (1 + 0.10 * min(count, 10)) * float(plan.rng.uniform(0.85, 1.15))
        angle, out = i * 2.4, 0.0 if count == 1 else 0.10 + 0.30 * np.sqrt((i + 0.3) / count)
        x = x0 + out * 0.95 * np.cos(angle) + float(plan.rng.uniform(-0.02, 0.02))
        y = float(np.clip(y0 + (0.75 if alone else 0.42) * out * np.sin(angle), 0.14, 0.78))
        s = Sketch(canvas, x, y + plan.dy(size * 0.5), size, facing=int(plan.light.side), reach=(2.2, 1.6))
        sprites.paint(plan, s, drawing, height=1.0, colour=figure.colour, depth=0.7, tilt=-8.0 + 16.0 * (i % 2))
        _composite(plan, s)
        first = (x, y) if i == 0 else first
    return first


def _flock(plan: ScenePlan, canvas: Canvas, birds: list[Figure]) -> tuple[float, float]:
    """A loose flock across the sky: near ones larger and fewer, far ones specks, all small beside a person."""
    span = shot_facts(plan.reading.shot_size).get("birds", 0.06)
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
        tone = plan.palette.at(BIRDS[figure.kind], 0.4 + 0.35 * near)
        if "gull" in figure.kind:
            tone = mix(tone, (255, 255, 255), 0.25 if plan.palette.brightness > 0.5 else 0.55)
        _wings(s, figure.kind, tone, (i * 0.37 + float(plan.rng.random()) * 0.2) % 1)
        _composite(plan, s)
        first = (x, y) if i == 0 else first
    return first


def _composite(plan: ScenePlan, s: Sketch) -> None:
    p = plan.palette
    s.composite(light_from=plan.light.side, rim=mix(p.light, (255, 255, 255), 0.2), rim_amount=0.4,
          shade=mix(p.near, p.haze, 0.3), shade_amount=0.35)  # fmt: skip


def _wings(s: Sketch, kind: str, colour: RGB, phase: float) -> None:
    """A flying bird or bat seen from afar, its wing span 2.0 about (0, 0): body, two bent wings. phase: of the beat."""
    beat = 0.34 * np.sin(phase * 6.28)
    dark = scale(colour, 0.72)
    for k, tone in ((-1, dark), (1, colour)):
        joint, end = (0.42 * k, 0.20 + beat * 0.7), (1.0 * k, 0.02 + beat)
        if kind == "bat":
            s.poly([(0.06 * k, 0.08), joint, end, (0.74 * k, -0.10 + beat * 0.6), (0.52 * k, 0.0 + beat * 0.4),
                    (0.32 * k, -0.16), (0.08 * k, -0.06)], tone)  # fmt: skip
            continue
        near = [(0.02 * k, 0.10), (joint[0], joint[1] + 0.05), end, (0.40 * k, joint[1] - 0.14), (0.05 * k, -0.08)]
        s.poly(near, tone)
        s.poly([(0.80 * k, 0.09 + beat * 0.86), end, (0.72 * k, 0.0 + beat * 0.75)], scale(colour, 0.5))
    body = [(-0.28, 0.0), (-0.10, 0.09), (0.16, 0.09), (0.27, 0.03), (0.14, -0.06), (-0.12, -0.06)]
    s.blob(body, mix(colour, dark, 0.3))

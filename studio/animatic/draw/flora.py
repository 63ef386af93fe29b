"""Trees, grass and flowers, painted with a few clustered strokes each."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.text.reading import PromptReading

TRUNK: RGB = (92, 68, 52)


def leaf_colour(reading: PromptReading) -> RGB:
    """The colour of leaves: by the season or as the prompt names it."""
    for colour in reading.colours:
        if colour.noun in ("leaves", "tree", "forest"):
            return NAMED[colour.name]
    if "autumn" in reading.styles:
        return (206, 118, 44)
    if any(word in reading.prompt.lower() for word in ("cherry", "sakura", "樱花", "桃花", "blossom")):
        return (242, 178, 196)
    if "winter" in reading.styles or "snow" in reading.weather:
        return (120, 142, 146)
    return (86, 132, 74)


def conifer(c: Canvas, plan: ScenePlan, x: float, y: float, tall: float, colour: RGB) -> None:
    """A fir: a stack of ragged skirts; tall in units."""
    w, h, lit = plan.dx(tall * 0.24), plan.dy(tall), plan.light.side
    tiers = 6 if tall > 0.12 else 4
    outline: list[tuple[float, float]] = []  # of the right side: how far out, y
    for i in range(tiers):
        t0, t1 = i / tiers, (i + 1) / tiers
        out = w * (0.16 + 0.84 * t1) * float(plan.rng.uniform(0.85, 1.12))
        outline += [(out * 0.45 * (i > 0), y - h * (1 - t0 * 0.92)), (out, y - h * (1 - t1) * 0.92 - h * 0.05)]
    c.rect(x - w * 0.07, y - h * 0.12, x + w * 0.07, y, mix(colour, plan.palette.near, 0.5))
    c.polygon([*((x - out, at) for out, at in outline), *((x + out, at) for out, at in outline[::-1])], colour)
    if tall > 0.10:
        lighter = mix(colour, plan.palette.light, 0.20 * plan.palette.brightness)
        side = [(x + lit * out * 0.92, at) for out, at in outline]
        c.polygon([(x, y - h), *side, (x + w * 0.12 * lit, y - h * 0.1)], lighter)


def broadleaf(c: Canvas, plan: ScenePlan, x: float, y: float, tall: float, colour: RGB, depth: float) -> None:
    """A round tree: trunk, boughs, and leaf masses lit from the light's side."""
    w, h = plan.dx(tall), plan.dy(tall)
    trunk = mix(plan.palette.at(TRUNK, depth), plan.palette.near, 0.3)
    lean = float(plan.rng.uniform(-0.04, 0.04))
    c.strip((x, y), w * 0.037, (x + lean * w, y - h * 0.55), w * 0.014, trunk)
    for side in (-1, 1):
        c.line([(x + lean * w * 0.7, y - h * 0.36), (x + side * w * 0.13, y - h * 0.55)], trunk, tall * 0.018)
    count = 15
    angle = plan.rng.uniform(0, 2 * np.pi, count)
    out = np.sqrt(plan.rng.random(count))
    cx, cy = x + w * (lean + 0.27 * out * np.cos(angle)), y - h * (0.66 + 0.22 * out * np.sin(angle))
    order = np.argsort((cx - x) / w * plan.light.side - (cy - y) / h)
    for n, i in enumerate(order):
        light = n / count
        lit = 0.22 * plan.palette.brightness * max(0, light - 0.4)
        shade = mix(scale(colour, 0.72 + 0.3 * light), plan.palette.light, lit)
        c.circle(float(cx[i]), float(cy[i]), tall * float(plan.rng.uniform(0.09, 0.15)), shade)


def bamboo(c: Canvas, plan: ScenePlan, x: float, y: float, tall: float, colour: RGB, depth: float) -> None:
    """A stem with joints and a few blades; taller than the frame."""
    w = 0.008 + 0.018 * depth**2
    lean = float(plan.rng.uniform(-0.03, 0.03))
    for i in range(9):
        y0, y1 = y - plan.dy(tall) * i / 8, y - plan.dy(tall) * (i + 0.94) / 8
        x0, x1 = x + lean * i / 8, x + lean * (i + 1) / 8
        c.strip((x0, y0), plan.dx(w) / 2, (x1, y1), plan.dx(w) / 2, scale(colour, 0.9 + 0.03 * (i % 3)))
        if i > 3:
            for _ in range(3):
                a, length = float(plan.rng.uniform(-0.8, 0.8)), float(plan.rng.uniform(0.05, 0.10)) * (0.5 + depth)
                ex, ey = x1 + plan.dx(length) * np.sign(a or 1), y1 + plan.dy(length) * abs(a)
                mx, my = (x1 + ex) / 2, (y1 + ey) / 2
                blade = [(x1, y1), (mx, my - plan.dy(0.008)), (ex, ey), (mx, my + plan.dy(0.004))]
                c.polygon(blade, mix(colour, (120, 160, 70), 0.3))


def grass(
    c: Canvas, plan: ScenePlan, y: float, tall: float, colour: RGB, count: int, *, x0: float = -9, x1: float = 9
) -> None:
    """Blades along a line; tall in units."""
    low, high = max(x0, plan.x_span[0]), min(x1, plan.x_span[1])
    for x in plan.rng.uniform(low, high, count):
        h = tall * float(plan.rng.uniform(0.45, 1.1))
        bend = float(plan.rng.uniform(-0.45, 0.45)) * h
        foot = y + plan.dy(float(plan.rng.uniform(-0.1, 0.4)) * tall)
        half = plan.dx(0.035 * h + 0.001)
        shade = mix(scale(colour, float(plan.rng.uniform(0.7, 1.1))), plan.palette.light, 0.06)
        middle, knee = x + plan.dx(bend * 0.35), foot - plan.dy(h * 0.6)
        tip, thin = (x + plan.dx(bend), foot - plan.dy(h)), half * 0.7
        c.polygon([(x - half, foot), (middle - thin, knee), tip, (middle + thin, knee), (x + half, foot)], shade)


def flowers(c: Canvas, plan: ScenePlan, y0: float, y1: float, colours: list[RGB], count: int) -> None:
    """Dabs of blossom on the ground between y0 and y1, larger towards the viewer."""
    for t in np.sort(plan.rng.random(count)):
        y = y0 + (y1 - y0) * t
        x = float(plan.rng.uniform(*plan.x_span))
        size = 0.0016 + 0.011 * t**1.5
        colour = colours[int(plan.rng.integers(len(colours)))]
        shade = mix(plan.palette.at(colour, 0.55 + 0.4 * t), plan.palette.light, 0.1)
        c.circle(x, y, size, scale(shade, 0.82))
        c.circle(x - plan.dx(size * 0.2), y - plan.dy(size * 0.35), size * 0.7, shade)


def spray(c: Canvas, plan: ScenePlan, x: float, y: float, size: float, colour: RGB) -> None:
    """A leafy bough that hangs into the picture from a corner, to frame it; size in units."""
    side = 1 if x < 0.5 else -1
    for k in range(4):
        angle = float(plan.rng.uniform(0.1, 1.0))
        length = size * float(plan.rng.uniform(0.6, 1.1))
        s = np.linspace(0, 1, 16)
        bx = x + side * plan.dx(length) * s
        by = y + plan.dy(k * size * 0.06) + plan.dy(length) * (np.sin(angle) * s * 0.6 + 0.2 * s**2)
        c.line(np.column_stack((bx, by)), scale(colour, 0.8), 0.004)
        for i in range(3, 16):
            for up in (-1, 1):
                a = angle * 0.5 + up * float(plan.rng.uniform(0.5, 1.2))
                r = size * float(plan.rng.uniform(0.05, 0.10))
                dx, dy = side * np.cos(a) * r, np.sin(a) * r
                tip = (bx[i] + plan.dx(dx), by[i] + plan.dy(dy))
                mid = (bx[i] + plan.dx(dx * 0.5 - dy * 0.28), by[i] + plan.dy(dy * 0.5 + dx * 0.28))
                mid2 = (bx[i] + plan.dx(dx * 0.5 + dy * 0.28), by[i] + plan.dy(dy * 0.5 - dx * 0.28))
                c.polygon([(bx[i], by[i]), mid, tip, mid2], scale(colour, float(plan.rng.uniform(0.85, 1.12))))

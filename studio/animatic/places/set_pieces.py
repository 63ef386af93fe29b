"""Rooms that are no rows of a table: at a window, on the stairs, a stage, a product on its table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.fittings import bricks, oval, view, walls

STONE: RGB = (150, 144, 138)
WOOD: RGB = (150, 104, 70)


def window(plan: ScenePlan) -> None:
    """A wall close by and a large window in it: round where the words say so; outside sea, snow, rain or houses."""
    p, text = plan.palette, plan.reading.prompt.lower()
    c, _ = walls(plan, (176, 160, 142), WOOD, edge=1.06)
    x, y, r = 0.5 + 0.25 * plan.light.side, 0.40, 0.34
    dx, dy = plan.dx(r), plan.dy(r)
    frame = mix(p.at((120, 92, 70), 0.7), p.near, 0.25)
    porthole = any(w in text for w in ("round", "porthole", "圆窗", "舷窗"))
    for larger in (0.035, 0.0):
        w, h = dx * 1.05 + plan.dx(larger), dy * 1.05 + plan.dy(larger)
        corners = [(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)]
        shape = oval(plan, x, y, r + larger, r + larger) if porthole else np.array(corners)
        if larger:
            c.polygon(shape, frame)
    view(plan, c, frame, (), shape)
    for k in (0.0,) if porthole else (-0.33, 0.33):
        c.rect(x + dx * k - plan.dx(0.007), y - dy, x + dx * k + plan.dx(0.007), y + dy, frame)
    c.rect(x - dx, y - plan.dy(0.006), x + dx, y + plan.dy(0.006), frame)
    sill = dx + plan.dx(0.06)
    c.rect(x - sill, y + dy + plan.dy(0.03), x + sill, y + dy + plan.dy(0.06), scale(frame, 1.15))
    if any(w in text for w in ("breath", "fog", "steam", "mist", "呵气", "雾")):
        c.glow(x - plan.dx(0.08), y + plan.dy(0.06), 0.16, mix(p.light, (255, 255, 255), 0.5), 0.5)
    c.glow(x, y, r * 1.6, p.light, 0.25 * (0.4 + 0.6 * p.brightness))
    plan.light = replace(plan.light, x=x, y=y, disc="")
    plan.add(c, 0.1, "room", glow=0.3)
    curtain = plan.canvas(WOOD, 0.45)
    cloth = mix(p.at(mix((150, 120, 104), p.accent, 0.25), 0.66), p.near, 0.15)
    for k in range(5):
        left = 0.5 - 0.36 * plan.light.side + plan.dx(0.05 * (k - 2))
        curtain.rect(left, plan.at.top, left + plan.dx(0.045), 0.98, scale(cloth, 0.86 + 0.08 * (k % 2)))
    plan.add(curtain, 0.45, "curtain", glow=0.3)


def stairs(plan: ScenePlan) -> None:
    """A stairwell: a round wall of stone, steps that wind up around a post, a rail, a slit of light."""
    p = plan.palette
    c = plan.canvas(STONE, 0.1)
    c.alpha[:] = 255
    lit = p.at(STONE, 0.7)
    c.rgb = gradient(plan.at, [(-0.1, mix(lit, p.near, 0.45)), (0.4, lit), (1.1, mix(lit, p.near, 0.5))])
    joint = mix(lit, p.near, 0.16)
    bricks(plan, c, joint, (0.0016, 0.15, 0.08), [(0, -0.08), (0, 1.2)])
    side = plan.light.side
    slit = 0.5 + 0.33 * side
    c.rect(slit - plan.dx(0.04), 0.10, slit + plan.dx(0.04), 0.36, mix(p.sky_mid, p.light, 0.4))
    c.glow(slit, 0.23, 0.4, p.light, 0.3)
    plan.add(c, 0.1, "wall", glow=0.2)
    f = plan.canvas(STONE, 0.5)
    post, step = 0.5 - 0.30 * side, mix(p.at((124, 112, 104), 0.7), p.near, 0.15)
    for n in range(14):
        t = n / 13
        y0 = 1.12 - t * 1.3
        reach = plan.dx(0.95) * (1 - 0.3 * t)
        a, b = post, post + side * reach
        rise = plan.dy(0.10) * (0.9 - 0.25 * t)
        tone = mix(step, p.light, 0.06 + 0.14 * (1 - t))
        f.polygon([(a, y0), (b, y0 - rise * 0.4), (b, y0 - rise * 0.4 - plan.dy(0.03)), (a, y0 - plan.dy(0.03))], tone)
        f.polygon([(a, y0), (b, y0 - rise * 0.4), (b, y0 + rise * 0.5), (a, y0 + rise * 0.75)], mix(step, p.near, 0.42))
    w = plan.dx(0.06)
    f.rect(post - w, plan.at.top, post + w, plan.bottom, mix(step, p.near, 0.25))
    f.rect(post - w, plan.at.top, post - w * 0.3, plan.bottom, mix(step, p.near, 0.5))
    plan.ground = step
    plan.add(f, 0.42, "stairs", glow=0.2)
    r = plan.canvas((70, 62, 58), 0.58)
    iron = mix(p.at((60, 56, 58), 0.7), p.near, 0.4)
    x0, x1 = post, post + side * plan.dx(1.3)
    r.line([(x0, 0.72), (x1, 0.36)], iron, 0.014)
    for k in np.linspace(0.05, 1, 12):
        x, y = x0 + (x1 - x0) * k, 0.72 - 0.36 * k
        r.line([(x, y), (x, y + 0.30)], iron, 0.006)
    plan.add(r, 0.55, "rail", glow=0.2)


def stage(plan: ScenePlan) -> None:
    """A dark hall, beams of coloured light, a lit platform, and the heads of the audience."""
    rng = plan.rng
    c = plan.canvas((20, 18, 34), 0.05)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.1, (10, 9, 22)), (0.55, (38, 26, 62)), (1.1, (12, 10, 24))])
    named = [NAMED[k.name] for k in plan.reading.colours if k.name not in ("black", "grey")]
    usual: list[RGB] = [(255, 92, 150), (90, 150, 255), (255, 190, 100), (150, 96, 255)]
    tints = [mix(k, (255, 255, 255), 0.25) for k in named] or usual
    c.glow(0.5, 0.62, 0.9, tints[0], 0.5)
    for i in range(8):
        x0, x1 = 0.04 + 0.92 * i / 7, float(rng.uniform(0.1, 0.9))
        spread = plan.dx(0.12)
        beam = [(x0 - 0.004, -0.02), (x0 + 0.004, -0.02), (x1 + spread, 0.80), (x1 - spread, 0.80)]
        c.beam(beam, tints[i % len(tints)], (0.62, 0.16), 2.2)
        c.circle(x0, 0.0, 0.012, (255, 255, 255))
    plan.add(c, 0.05, "hall", glow=0.0)
    floor = plan.canvas((60, 46, 70), 0.5)
    y = 0.74
    floor.rect(plan.at.left, y, 1 - plan.at.left, plan.bottom, (46, 34, 58))
    floor.glow(0.5, 0.84, 0.62, tints[0], 0.62, flat=0.3)
    floor.glow(0.5, 0.84, 0.30, (255, 240, 220), 0.5, flat=0.3)
    floor.rect(plan.at.left, y, 1 - plan.at.left, y + 0.006, mix((46, 34, 58), tints[0], 0.6))
    plan.ground = (60, 44, 70)
    plan.add(floor, 0.5, "stage", glow=0.0)


def product(plan: ScenePlan) -> None:
    """A table edge before a soft backdrop, with a pool of light."""
    p = plan.palette
    named = [NAMED[k.name] for k in plan.reading.colours if k.noun in ("", "wall")]
    soft = [(226, 206, 190), (196, 208, 214), (214, 200, 216), (206, 212, 196)][int(plan.rng.integers(4))]
    base = p.at(named[0] if named else soft, 0.8)
    c = plan.canvas(base, 0.05)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.1, mix(base, p.near, 0.32)), (0.5, mix(base, p.light, 0.28)), (0.72, base)])
    c.glow(0.5 + 0.12 * plan.light.side, 0.40, 0.62, p.light, 0.5)
    for k in range(3):
        x = 0.5 + (k - 1) * 0.30 + float(plan.rng.uniform(-0.06, 0.06))
        y, r = float(plan.rng.uniform(0.2, 0.5)), float(plan.rng.uniform(0.08, 0.2))
        c.circle(x, y, r, mix(base, p.light, 0.28 + 0.06 * k))
    c.soften(0.035)
    plan.add(c, 0.05, "backdrop", glow=0.3)
    t = plan.canvas(WOOD, 0.5)
    wood = mix(p.at(mix(WOOD, soft, 0.35), 0.75), p.light, 0.1)
    t.rect(plan.at.left, 0.70, 1 - plan.at.left, plan.bottom, wood)
    plan.ground = wood
    t.wash(0.70, 1.06, mix(wood, p.near, 0.6), 0.75)
    plan.strokes(t, 0.72, mix(wood, p.near, 0.5), int(40 * plan.wide), amount=0.25, flat=0.5)
    t.glow(0.5 + 0.05 * plan.light.side, 0.80, 0.55, p.light, 0.42, flat=0.3)
    plan.add(t, 0.5, "table", glow=0.3)

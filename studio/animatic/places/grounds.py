"""More open places: stadium, roof, graveyard, platform, bridge, courtyard, pool, cave, ruins."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.canvas import noise
from studio.animatic.draw.palette import NAMED, RGB, mix
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places import nature, town


def pitch(plan: ScenePlan) -> None:
    """Stands with a speckle of people, floodlights, and a pitch or a running track."""
    p = plan.palette
    c = plan.canvas((120, 122, 134), 0.2)
    y = plan.horizon + 0.02
    top = y - plan.dy(0.2)
    stand = p.at((124, 128, 142), 0.25)
    c.polygon([(plan.at.left, top - 0.02), (0.5, top + 0.03), (1 - plan.at.left, top - 0.02), (1 - plan.at.left, y),
               (plan.at.left, y)], stand)  # fmt: skip
    full = plan.reading.crowd or "empty" not in plan.reading.prompt.lower()
    tints = [NAMED[n] for n in ("red", "white", "blue", "yellow", "grey")]
    for _ in range(int(700 * plan.wide) if full else 60):
        px, py = float(plan.rng.uniform(*plan.x_span)), float(plan.rng.uniform(top + 0.04, y - 0.01))
        c.circle(px, py, 0.0035, p.at(tints[int(plan.rng.integers(5))], 0.3) if full else mix(stand, p.near, 0.2))
    for x in (0.08, 0.92):
        c.rect(x - plan.dx(0.006), top - plan.dy(0.26), x + plan.dx(0.006), y, mix(stand, p.near, 0.3))
        c.rect(x - plan.dx(0.06), top - plan.dy(0.30), x + plan.dx(0.06), top - plan.dy(0.24), (250, 252, 244))
        c.glow(x, top - plan.dy(0.27), 0.22, (250, 252, 244), 0.5 if p.brightness < 0.7 else 0.2)
    plan.add(c, 0.2, "stands")
    track = any(w in plan.reading.prompt.lower() for w in ("track", "run", "sprint", "finish", "start", "跑"))
    base: RGB = (176, 84, 62) if track else (84, 142, 76)
    ground = plan.land(base, y=y, rough=0.0)
    white = mix(plan.ground, p.at((250, 250, 246), 0.8), 0.75)
    vx = 0.5 + 0.1 * plan.light.side
    for k in np.linspace(-2.2, 2.2, 11 if track else 3):
        ground.line([(vx + k * 0.06, y + 0.01), (vx + k, 1.15)], white, 0.004)
    if not track:
        ground.line([(plan.at.left, y + 0.06), (1 - plan.at.left, y + 0.06)], white, 0.004)
        for k in (-0.16, 0.16):
            ground.line([(vx + k, y + 0.06), (vx + k, y - plan.dy(0.07))], white, 0.006)
        ground.line([(vx - 0.16, y - plan.dy(0.07)), (vx + 0.16, y - plan.dy(0.07))], white, 0.006)
    plan.add(ground, 0.5, "pitch")


def graveyard(plan: ScenePlan) -> None:
    """Stones and crosses on a slope, a bare tree."""
    nature.hills(plan, (92, 104, 88), depths=(0.2, 0.34), rise=0.06, trees=True)
    ground = plan.land((104, 116, 84))
    plan.add(ground, 0.5, "ground")
    c = plan.canvas((150, 150, 150), 0.55)
    stone = plan.palette.at((158, 158, 158), 0.6)
    for n in range(16):
        t = (n + 1) / 16
        x, y = float(plan.rng.uniform(*plan.x_span)), plan.horizon + 0.06 + 0.26 * t
        w, h = plan.dx(0.03 + 0.05 * t), plan.dy(0.06 + 0.09 * t)
        tone = mix(stone, plan.palette.near, 0.1 + 0.2 * float(plan.rng.random()))
        if plan.rng.random() < 0.3:
            c.rect(x - w * 0.18, y - h * 1.3, x + w * 0.18, y, tone)
            c.rect(x - w * 0.7, y - h, x + w * 0.7, y - h * 0.72, tone)
        else:
            c.rect(x - w, y - h * 0.8, x + w, y, tone)
            c.circle(x, y - h * 0.8, (0.03 + 0.05 * t), tone)
    plan.add(c, 0.55, "graves")


def station(plan: ScenePlan) -> None:
    """A platform under a roof on columns, the rails and a train alongside, a clock; a hall of glass for airports."""
    p = plan.palette
    hall = any(w in plan.reading.prompt.lower() for w in ("airport", "terminal", "机场"))
    y = plan.horizon + 0.04
    c = plan.canvas((130, 130, 136), 0.2)
    town.towers(plan, c, 0.2, 0.10, 0.07)
    plan.add(c, 0.18, "behind")
    ground = plan.land((140, 134, 130), y=y, rough=0.0)
    vx = 0.5 - 0.18 * plan.light.side
    if not hall:
        bed = mix(plan.palette.at((96, 86, 80), 0.6), p.near, 0.25)
        ground.polygon([(vx - 0.02, y), (vx + 0.02, y), (vx - 0.10, 1.15), (vx - 1.1, 1.15)], bed)
        for k in (-0.2, -0.8):
            ground.line([(vx, y), (vx + k - 0.08, 1.15)], p.at((190, 190, 196), 0.7), 0.006)
        ground.line([(vx + 0.02, y), (vx - 0.02, 1.15)], mix(plan.ground, (250, 220, 80), 0.6), 0.012)
    plan.add(ground, 0.46, "platform")
    f = plan.canvas((80, 84, 90), 0.5)
    steel = mix(p.at((84, 92, 96), 0.6), p.near, 0.35)
    left, right = plan.x_span
    roof = [(left, plan.at.top), (right, plan.at.top), (right, 0.10), (vx, y - plan.dy(0.22)), (left, 0.18)]
    f.polygon(roof, mix(steel, p.near, 0.25))
    side = plan.light.side
    for k in (0.10, 0.22, 0.42):
        x = vx + side * k
        f.rect(x - plan.dx(0.02 * (0.4 + k)), y - plan.dy(0.2 + k), x + plan.dx(0.02 * (0.4 + k)), y + k * 0.4, steel)
    x = vx + side * 0.32
    f.circle(x, 0.20, 0.055, steel)
    f.circle(x, 0.20, 0.046, (246, 242, 230))
    f.line([(x, 0.20), (x, 0.165)], (30, 30, 36), 0.005)
    f.line([(x, 0.20), (x + plan.dx(0.024), 0.21)], (30, 30, 36), 0.005)
    plan.add(f, 0.5, "roof", glow=0.5)
    if plan.reading.has("train") and not hall:
        _beside_the_platform(plan, vx, y)


def _beside_the_platform(plan: ScenePlan, vx: float, y: float) -> None:
    """A train that runs towards us along the platform."""
    p = plan.palette
    given = next((t.colour for t in plan.reading.objects if t.kind == "train"), "")
    body = p.at(NAMED.get(given, (74, 96, 88)), 0.62)
    c = plan.canvas(body, 0.48)
    near = vx - 0.34
    c.polygon([(vx - 0.01, y - plan.dy(0.09)), (near, y - plan.dy(0.52)), (near, 1.02), (vx - 0.01, y + 0.005)], body)
    c.rect(near - 0.5, y - plan.dy(0.52), near, 1.02, mix(body, p.near, 0.3))
    glass = (255, 222, 150) if p.lamps else mix(p.sky_mid, p.near, 0.3)
    for k in range(6):
        a, b = (k + 0.2) / 6, (k + 0.75) / 6
        x0, x1 = vx - 0.01 - 0.33 * a**1.4, vx - 0.01 - 0.33 * b**1.4
        h0, h1 = plan.dy(0.09 + 0.43 * a**1.4), plan.dy(0.09 + 0.43 * b**1.4)
        c.polygon([(x0, y - h0 * 0.82), (x1, y - h1 * 0.82), (x1, y - h1 * 0.45), (x0, y - h0 * 0.45)], glass)
    c.circle(near - 0.25, y + plan.dy(0.1), 0.05, (255, 246, 214))
    c.glow(near - 0.25, y + plan.dy(0.1), 0.3, (255, 240, 200), 0.5)
    c.rect(near - 0.40, y - plan.dy(0.38), near - 0.10, y - plan.dy(0.12), glass)
    plan.add(c, 0.5, "train", glow=0.4)


def cave(plan: ScenePlan) -> None:
    """Rock all around, hanging stones, light from the mouth."""
    p = plan.palette
    c = plan.canvas((60, 58, 64), 0.05)
    c.alpha[:] = 255
    mouth = 0.5 + 0.2 * plan.light.side
    c.rgb = gradient(plan.at, [(-0.1, mix(p.near, (60, 56, 64), 0.4)), (1.1, mix(p.near, (90, 80, 76), 0.5))])
    c.polygon([(mouth + plan.dx(0.22) * np.cos(a) * (1 + 0.15 * np.sin(5 * a)), 0.42 + plan.dy(0.26) * np.sin(a))
               for a in np.linspace(0, 6.28, 30)], mix(p.sky_mid, p.light, 0.4))  # fmt: skip
    c.glow(mouth, 0.42, 0.6, p.light, 0.4)
    plan.add(c, 0.05, "mouth", glow=0.2)
    for depth, reach in ((0.3, 0.14), (0.5, 0.24)):
        f = plan.canvas((70, 66, 70), depth)
        rock = mix(p.at((104, 96, 96), depth + 0.2), p.near, 0.35 + 0.3 * depth)
        xs = plan.xs(60)
        f.polygon(np.column_stack((np.r_[xs, xs[::-1]], np.r_[reach * (0.6 + 0.5 * np.abs(noise(plan.rng, 60))),
                                                              np.full(60, plan.at.top - 0.02)])), rock)  # fmt: skip
        for x in plan.rng.uniform(*plan.x_span, 9):
            h = float(plan.rng.uniform(0.1, 0.26)) * (0.5 + depth)
            f.polygon([(x - plan.dx(0.03), 0), (x + plan.dx(0.03), 0), (x, h)], rock)
        plan.below(f, xs, 0.98 - reach * (0.5 + 0.5 * np.abs(noise(plan.rng, 60))), rock)
        for x0, direction in ((plan.at.left, 1), (1 - plan.at.left, -1)):
            ys = np.linspace(plan.at.top, plan.bottom, 30)
            f.band(
                x0 + direction * reach * (0.8 + 0.4 * noise(plan.rng, 30)), np.full(30, x0 - direction * 0.05), ys, rock
            )
        plan.add(f, depth, "rock", glow=0.2)
    plan.ground = mix(p.near, (96, 86, 80), 0.5)


def ruins(plan: ScenePlan) -> None:
    """Broken walls against the sky, rubble, smoke far off."""
    p = plan.palette
    for depth, tall in ((0.14, 0.2), (0.3, 0.26), (0.46, 0.24)):
        c = plan.canvas((124, 116, 112), depth)
        tone = mix(p.at((124, 116, 110), depth), p.near, 0.25 * depth)
        x = plan.at.left
        while x < 1 - plan.at.left:
            w, h = plan.dx(float(plan.rng.uniform(0.06, 0.16))), plan.dy(tall * float(plan.rng.uniform(0.2, 1.0)))
            base = plan.horizon + 0.05
            jag = [(x + w * k, base - h * float(plan.rng.uniform(0.6, 1.0))) for k in np.linspace(0, 1, 6)]
            c.polygon([(x, base), *jag, (x + w, base)], tone)
            for k in (0.25, 0.6):
                c.rect(x + w * k, base - h * 0.5, x + w * (k + 0.14), base - h * 0.3, mix(tone, p.near, 0.5))
            x += w * float(plan.rng.uniform(1.0, 1.7))
        c.wash(plan.horizon - 0.1, plan.horizon + 0.06, p.haze, 0.45)
        plan.add(c, depth, "walls")
    snowy = "snow" in plan.reading.weather
    ground = plan.land((226, 230, 238) if snowy else (132, 120, 106))
    for _ in range(40):
        t = float(plan.rng.random())
        x, y, r = float(plan.rng.uniform(*plan.x_span)), plan.horizon + 0.06 + 0.4 * t, 0.006 + 0.022 * t
        stone = [(x + plan.dx(r * k), y - plan.dy(r * up)) for k, up in ((-1, 0), (-0.4, 1), (0.7, 0.8), (1, 0))]
        ground.polygon(stone, mix(plan.ground, p.near, 0.4))
    plan.add(ground, 0.5, "rubble")

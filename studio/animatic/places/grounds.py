"""More open places: stadium, roof, graveyard, platform, bridge, courtyard, pool, cave, ruins."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw import flora
from studio.animatic.draw.canvas import noise
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places import nature, town
from studio.animatic.places.waters import water


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


def rooftop(plan: ScenePlan) -> None:
    """The city around, a parapet, gravel underfoot, a water tank."""
    for depth, tall, width in ((0.10, 0.24, 0.05), (0.24, 0.30, 0.07)):
        c = plan.canvas((118, 122, 138), depth)
        town.towers(plan, c, depth, tall, width)
        c.wash(plan.horizon - plan.dy(0.1), plan.horizon + plan.dy(0.08), plan.palette.haze, 0.4)
        plan.add(c, depth, "towers")
    y = max(plan.horizon + 0.12, 0.70)
    f = plan.land((128, 124, 122), depth=0.5, y=y, rough=0.0)
    wall = plan.palette.at((150, 134, 122), 0.6)
    f.rect(plan.at.left, y - plan.dy(0.10), 1 - plan.at.left, y + plan.dy(0.01), mix(wall, plan.palette.near, 0.2))
    f.rect(plan.at.left, y - plan.dy(0.115), 1 - plan.at.left, y - plan.dy(0.09), mix(wall, plan.palette.light, 0.2))
    x = 0.5 - 0.36 * plan.light.side
    tank = mix(plan.palette.at((110, 86, 70), 0.6), plan.palette.near, 0.35)
    f.rect(x - plan.dx(0.12), y - plan.dy(0.48), x + plan.dx(0.12), y - plan.dy(0.24), tank)
    f.polygon([(x - plan.dx(0.14), y - plan.dy(0.48)), (x, y - plan.dy(0.58)), (x + plan.dx(0.14), y - plan.dy(0.48))],
              scale(tank, 0.8))  # fmt: skip
    for k in (-0.1, 0.1):
        f.line([(x + plan.dx(k), y - plan.dy(0.24)), (x + plan.dx(k), y)], tank, 0.012)
    town.wet(plan, f, y)
    plan.add(f, 0.5, "roof")


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
    f.polygon(
        [
            (plan.at.left, plan.at.top),
            (1 - plan.at.left, plan.at.top),
            (1 - plan.at.left, 0.10),
            (vx, y - plan.dy(0.22)),
            (plan.at.left, 0.18),
        ],
        mix(steel, p.near, 0.25),
    )
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
    c.polygon(
        [(near, y - plan.dy(0.52)), (near - 0.5, y - plan.dy(0.52)), (near - 0.5, 1.02), (near, 1.02)],
        mix(body, p.near, 0.3),
    )
    glass = (255, 222, 150) if p.lamps else mix(p.sky_mid, p.near, 0.3)
    for k in range(6):
        a, b = (k + 0.2) / 6, (k + 0.75) / 6
        x0, x1 = vx - 0.01 - 0.33 * a**1.4, vx - 0.01 - 0.33 * b**1.4
        h0, h1 = plan.dy(0.09 + 0.43 * a**1.4), plan.dy(0.09 + 0.43 * b**1.4)
        c.polygon([(x0, y - h0 * 0.82), (x1, y - h1 * 0.82), (x1, y - h1 * 0.45), (x0, y - h0 * 0.45)], glass)
    c.circle(near - 0.25, y + plan.dy(0.1), 0.05, (255, 246, 214))
    c.glow(near - 0.25, y + plan.dy(0.1), 0.3, (255, 240, 200), 0.5)
    c.polygon([(near - 0.40, y - plan.dy(0.38)), (near - 0.10, y - plan.dy(0.38)), (near - 0.10, y - plan.dy(0.12)),
               (near - 0.40, y - plan.dy(0.12))], glass)  # fmt: skip
    plan.add(c, 0.5, "train", glow=0.4)


def bridge(plan: ScenePlan) -> None:
    """Across a river: the roadway leads away from us between two rails, lamps along it."""
    p = plan.palette
    c = plan.canvas((118, 122, 138), 0.14)
    town.towers(plan, c, 0.14, 0.12, 0.05)
    plan.add(c, 0.14, "banks")
    plan.add(water(plan, plan.horizon + 0.01, 0.3), 0.3, "river")
    f = plan.canvas((140, 132, 124), 0.5)
    stone = p.at((160, 150, 140), 0.62)
    vx, y = 0.5, plan.horizon + 0.03
    f.polygon([(vx - 0.05, y), (vx + 0.05, y), (1.25, 1.15), (-0.25, 1.15)], stone)
    rail = mix(stone, p.near, 0.35)
    for side in (-1, 1):
        f.polygon(
            [
                (vx + side * 0.05, y - plan.dy(0.05)),
                (vx + side * 0.75, 0.86),
                (vx + side * 0.75, 1.15),
                (vx + side * 0.05, y),
            ],
            rail,
        )
        for t in (0.15, 0.35, 0.65):
            x, by = vx + side * (0.05 + 0.7 * t), y - plan.dy(0.05) + (0.86 - y) * t
            f.line([(x, by), (x, by - plan.dy(0.1 + 0.28 * t))], mix(rail, p.near, 0.4), 0.006 + 0.008 * t)
            bulb = (255, 236, 180) if p.lamps else (226, 226, 220)
            f.circle(x, by - plan.dy(0.1 + 0.28 * t), 0.010 + 0.016 * t, bulb)
            if p.lamps:
                f.glow(x, by - plan.dy(0.1 + 0.28 * t), 0.16, (255, 216, 140), 0.4)
    plan.ground = stone
    plan.add(f, 0.5, "bridge")


def courtyard(plan: ScenePlan) -> None:
    """Walls and tiled roofs on three sides, paving, a tree; lanterns when it is dark."""
    p = plan.palette
    c = plan.canvas((170, 150, 130), 0.3)
    y = plan.horizon + 0.08
    wall = p.at((190, 172, 150), 0.4)
    c.rect(plan.at.left, y - plan.dy(0.26), 1 - plan.at.left, y, wall)
    c.polygon([(plan.at.left, y - plan.dy(0.25)), (0.1, y - plan.dy(0.38)), (0.9, y - plan.dy(0.38)),
               (1 - plan.at.left, y - plan.dy(0.25))], mix(p.at((84, 88, 96), 0.4), p.near, 0.2))  # fmt: skip
    red = p.at((140, 52, 44), 0.45)
    for x in (0.2, 0.4, 0.6, 0.8):
        c.rect(x - plan.dx(0.012), y - plan.dy(0.25), x + plan.dx(0.012), y, red)
    c.rect(0.44, y - plan.dy(0.19), 0.56, y, (255, 206, 130) if p.lamps else scale(red, 0.7))
    for x in (0.3, 0.7):
        if p.lamps:
            c.circle(x, y - plan.dy(0.2), 0.02, (236, 74, 54))
            c.glow(x, y - plan.dy(0.2), 0.16, (255, 140, 80), 0.5)
    plan.add(c, 0.3, "house")
    ground = plan.land((168, 160, 150), y=y, rough=0.0)
    for k in np.linspace(-2, 3, 15):
        ground.line([(0.5 + (k - 0.5) * 0.3, y), (k, 1.15)], mix(plan.ground, p.near, 0.2), 0.0016)
    for t in np.linspace(0.1, 1, 7) ** 1.8:
        ground.line(
            [(plan.at.left, y + t * 0.5), (1 - plan.at.left, y + t * 0.5)], mix(plan.ground, p.near, 0.2), 0.0014
        )
    plan.add(ground, 0.5, "paving")
    f = plan.canvas((80, 110, 70), 0.54)
    flora.broadleaf(
        f, plan, 0.5 - 0.34 * plan.light.side, y + 0.1, 0.46, p.at(flora.leaf_colour(plan.reading), 0.5), 0.54
    )
    plan.add(f, 0.54, "tree")


def pool(plan: ScenePlan) -> None:
    """Blue water with lane lines, a tiled edge."""
    p = plan.palette
    c = plan.canvas((200, 210, 214), 0.2)
    y = plan.horizon
    c.rect(plan.at.left, y - plan.dy(0.1), 1 - plan.at.left, y + 0.02, p.at((206, 214, 216), 0.4))
    plan.add(c, 0.2, "side")
    surface = water(plan, y + 0.02, 0.42, (60, 170, 196))
    for k in np.linspace(-1.6, 2.6, 7):
        surface.line([(0.5 + (k - 0.5) * 0.35, y + 0.02), (k, 1.15)], p.at((226, 66, 60), 0.6), 0.006)
    plan.add(surface, 0.42, "pool")
    f = plan.canvas((220, 222, 220), 0.56)
    f.rect(plan.at.left, 0.84, 1 - plan.at.left, plan.bottom, p.at((220, 222, 218), 0.66))
    f.rect(plan.at.left, 0.84, 1 - plan.at.left, 0.855, p.at((80, 150, 180), 0.66))
    plan.ground = p.at((214, 216, 212), 0.66)
    plan.add(f, 0.56, "edge")


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
        for x0, way in ((plan.at.left, 1), (1 - plan.at.left, -1)):
            ys = np.linspace(plan.at.top, plan.bottom, 30)
            f.polygon(
                np.column_stack(
                    (
                        np.r_[x0 + way * reach * (0.8 + 0.4 * noise(plan.rng, 30)), np.full(30, x0 - way * 0.05)],
                        np.r_[ys, ys[::-1]],
                    )
                ),
                rock,
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
        ground.polygon(
            [
                (x - plan.dx(r), y),
                (x - plan.dx(r * 0.4), y - plan.dy(r)),
                (x + plan.dx(r * 0.7), y - plan.dy(r * 0.8)),
                (x + plan.dx(r), y),
            ],
            mix(plan.ground, p.near, 0.4),
        )
    plan.add(ground, 0.5, "rubble")

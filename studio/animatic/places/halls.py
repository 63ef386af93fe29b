"""Larger and public interiors: corridor, classroom, laboratory, workshop, church, cellar, gym, shop, bar, teahouse."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.inside import WOOD, bookshelves, casement, pendant, potted, round_table, walls
from studio.animatic.places.rooms import aside, oval
from studio.animatic.places.town import LAMP


def corridor(plan: ScenePlan) -> None:
    """Walls, floor and ceiling that run to a point, with doors and lights."""
    p = plan.palette
    vx, vy = 0.5 + 0.04 * plan.light.side, 0.46
    named = [NAMED[k.name] for k in plan.reading.colours if k.noun in ("wall", "corridor")]
    wall = p.at(named[0] if named else (188, 184, 172), 0.7)
    c = plan.canvas(wall, 0.1)
    c.alpha[:] = 255
    c.rgb[:] = mix(wall, p.near, 0.15)
    le, r, t, b = plan.at.left - 0.05, 1.05 - plan.at.left, plan.at.top - 0.05, plan.bottom
    floor = p.at((110, 98, 88), 0.7)
    end = 0.10
    box = [
        (vx - end * 0.8, vy - end),
        (vx + end * 0.8, vy - end),
        (vx + end * 0.8, vy + end),
        (vx - end * 0.8, vy + end),
    ]
    c.polygon([(le, t), (r, t), box[1], box[0]], mix(wall, p.near, 0.42))
    c.polygon([(le, b), (r, b), box[2], box[3]], floor)
    c.polygon([(le, t), box[0], box[3], (le, b)], mix(wall, p.near, 0.22))
    c.polygon([(r, t), box[1], box[2], (r, b)], mix(wall, p.near, 0.08))
    c.polygon(box, mix(wall, p.light, 0.35))
    bright = mix(LAMP if p.lamps else (236, 242, 246), (255, 255, 255), 0.4)
    for k in (0.16, 0.26, 0.42, 0.7):
        y = vy - k * 1.15
        c.polygon(
            [(vx - k * 0.25, y), (vx + k * 0.25, y), (vx + k * 0.3, y - 0.03 * k), (vx - k * 0.3, y - 0.03 * k)], bright
        )
    for side in (-1, 1):
        for k in (0.14, 0.24, 0.42):
            x0, x1 = vx + side * k * 0.95, vx + side * k * 1.35
            tone = mix(p.at((110, 82, 62), 0.7), p.near, 0.25)
            c.polygon([(x0, vy + k), (x1, vy + k * 1.42), (x1, vy - k * 0.62), (x0, vy - k * 0.44)], tone)
    c.glow(vx, vy, 0.36, p.light, 0.4)
    shade = np.abs(plan.xs(plan.at.full_width) - vx) ** 1.4
    c.tint(np.clip(shade * (0.9 if p.brightness < 0.6 else 0.45), 0, 0.7).astype(np.float32)[None, :], p.near)
    plan.ground = floor
    plan.add(c, 0.12, "corridor", glow=0.3)
    aside(plan, "crates")


def classroom(plan: ScenePlan) -> None:
    """A blackboard with writing, rows of desks."""
    p = plan.palette
    c, lit = walls(plan, (214, 206, 186), (156, 122, 92), edge=0.68)
    c.rect(0.2, 0.14, 0.8, 0.48, mix(lit, p.near, 0.6))
    c.rect(0.21, 0.155, 0.79, 0.465, p.at((44, 74, 62), 0.7))
    for k in range(4):
        c.line([(0.25, 0.22 + 0.06 * k), (0.25 + float(plan.rng.uniform(0.15, 0.45)), 0.22 + 0.06 * k)],
               mix(p.at((44, 74, 62), 0.7), (240, 240, 232), 0.6), 0.004)  # fmt: skip
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas(WOOD, 0.5)
    wood, dark = p.at((182, 136, 92), 0.65), mix(p.at((90, 76, 66), 0.65), p.near, 0.3)
    for y, size in ((0.74, 0.6), (0.84, 0.85)):
        for x in np.linspace(0.1, 0.9, 4):
            half = plan.dx(0.15 * size)
            f.rect(x - half, y, x + half, y + plan.dy(0.02), wood)
            for k in (-0.9, 0.9):
                f.line([(x + k * half, y), (x + k * half, y + plan.dy(0.14 * size))], dark, 0.008)
    plan.add(f, 0.5, "desks", glow=0.4)


def lab(plan: ScenePlan) -> None:
    """Screens on the wall, benches with glassware and instruments, cool light."""
    p = plan.palette
    c, lit = walls(plan, (186, 200, 210), (128, 134, 142), edge=0.72)
    for x in np.linspace(0.14, 0.86, 4):
        tone = mix((40, 60, 84), (90, 190, 230), float(plan.rng.uniform(0.2, 0.7)))
        c.rect(x - 0.075, 0.16, x + 0.075, 0.42, mix(lit, p.near, 0.6))
        c.rect(x - 0.068, 0.175, x + 0.068, 0.405, tone)
        for k in range(5):
            y = 0.21 + 0.04 * k
            c.line(
                [(x - 0.055, y), (x + float(plan.rng.uniform(-0.02, 0.055)), y)], mix(tone, (230, 250, 255), 0.6), 0.004
            )
        c.glow(x, 0.3, 0.2, tone, 0.3)
    plan.add(c, 0.1, "room", glow=0.3)
    f = plan.canvas((200, 206, 212), 0.5)
    y = 0.80
    f.rect(plan.at.left, y, 1 - plan.at.left, y + plan.dy(0.03), p.at((232, 236, 240), 0.75))
    f.rect(plan.at.left, y + plan.dy(0.03), 1 - plan.at.left, plan.bottom, mix(p.at((150, 160, 170), 0.7), p.near, 0.3))
    for _ in range(12):
        x, h = float(plan.rng.uniform(0, 1)), float(plan.rng.uniform(0.05, 0.13))
        tint: RGB = [(90, 200, 220), (230, 120, 150), (150, 220, 120), (220, 226, 230)][int(plan.rng.integers(4))]
        f.polygon([(x - plan.dx(0.03), y), (x + plan.dx(0.03), y), (x + plan.dx(0.012), y - plan.dy(h)),
                   (x - plan.dx(0.012), y - plan.dy(h))], mix(p.at(tint, 0.7), p.light, 0.2))  # fmt: skip
    plan.add(f, 0.5, "bench", glow=0.3)


def workshop(plan: ScenePlan) -> None:
    """Rough walls with tools, beams, a bench."""
    p = plan.palette
    c, lit = walls(plan, (146, 126, 108), (104, 92, 84), edge=0.76)
    casement(plan, c, 0.5 + 0.30 * plan.light.side, 0.14, 0.30, 0.28)
    tool = mix(lit, p.near, 0.6)
    for k in range(9):
        x = 0.5 - plan.light.side * (0.04 + 0.045 * k)
        h = float(plan.rng.uniform(0.08, 0.18))
        c.line([(x, 0.24), (x, 0.24 + h)], tool, 0.010)
        c.rect(x - plan.dx(0.022), 0.24 + h - 0.02, x + plan.dx(0.022), 0.24 + h + 0.02, scale(tool, 1.3))
    for k in (0.2, 0.8):
        c.line([(k, plan.at.top), (k - 0.05, 0.1), (1.2 * k, 0.06)], mix(lit, p.near, 0.5), 0.03)
    pendant(plan, c, 0.5, 0.16, 0.5)
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas(WOOD, 0.5)
    wood = p.at(WOOD, 0.65)
    f.rect(0.06, 0.80, 0.94, 0.80 + plan.dy(0.035), mix(wood, p.light, 0.15))
    for x in (0.1, 0.5, 0.9):
        f.rect(x - plan.dx(0.02), 0.82, x + plan.dx(0.02), plan.bottom, mix(wood, p.near, 0.4))
    plan.add(f, 0.5, "bench", glow=0.4)


def church(plan: ScenePlan) -> None:
    """Columns and pointed windows of coloured light; pews."""
    p = plan.palette
    c, lit = walls(plan, (158, 150, 142), (120, 110, 104), edge=0.78)
    tints: tuple[RGB, ...] = ((200, 60, 60), (60, 110, 200), (226, 180, 70), (70, 150, 100))
    for x in (0.16, 0.5, 0.84):
        w, top = plan.dx(0.10), 0.10
        arch = [(x - w, 0.56), (x - w, top + 0.14), (x - w * 0.5, top + 0.04), (x, top), (x + w * 0.5, top + 0.04),
                (x + w, top + 0.14), (x + w, 0.56)]  # fmt: skip
        c.polygon(arch, mix(lit, p.near, 0.5))
        for r in range(5):
            for k in range(3):
                x0, y0 = x - w * 0.86 + k * w * 0.58, top + 0.13 + r * 0.085
                tone = mix(tints[int(plan.rng.integers(4))], p.light, 0.35 * p.brightness + 0.1)
                c.rect(x0, y0, x0 + w * 0.52, y0 + 0.075, tone)
        c.glow(x, 0.34, 0.34, p.light, 0.32)
    for x in (0.33, 0.67):
        c.rect(x - plan.dx(0.05), plan.at.top, x + plan.dx(0.05), 0.8, mix(lit, p.near, 0.2))
        c.rect(x - plan.dx(0.05), plan.at.top, x - plan.dx(0.02), 0.8, mix(lit, p.near, 0.4))
    plan.add(c, 0.1, "nave", glow=0.5)
    f = plan.canvas(WOOD, 0.5)
    wood = mix(p.at((112, 76, 52), 0.65), p.near, 0.2)
    for x in (0.14, 0.86):
        for y in (0.76, 0.84, 0.93):
            f.rect(x - 0.16, y, x + 0.16, y + 0.05, scale(wood, 0.8 + y * 0.3))
    plan.add(f, 0.5, "pews", glow=0.4)


def cellar(plan: ScenePlan) -> None:
    """Dark stone or brick, an arch, one bulb."""
    p = plan.palette
    c, lit = walls(plan, (112, 106, 104), (84, 80, 78), edge=0.78)
    for r in range(12):
        y = r * 0.066
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], mix(lit, p.near, 0.35), 0.002)
        for k in range(12):
            x = plan.at.left + (k + 0.5 * (r % 2)) * 0.11
            c.line([(x, y), (x, y + 0.066)], mix(lit, p.near, 0.35), 0.002)
    x = 0.5 - 0.28 * plan.light.side
    c.polygon(
        np.vstack((oval(plan, x, 0.42, 0.2, 0.22)[24:], [(x + plan.dx(0.2), 0.78), (x - plan.dx(0.2), 0.78)])), p.near
    )
    c.line([(0.5, plan.at.top), (0.5, 0.16)], p.near, 0.004)
    c.circle(0.5, 0.175, 0.018, mix(LAMP, (255, 255, 255), 0.6))
    shade = np.abs(plan.xs(plan.at.full_width) - 0.5) ** 1.3
    c.tint(np.clip(shade * 1.3, 0, 0.8).astype(np.float32)[None, :], p.near)
    c.glow(0.5, 0.2, 0.5, LAMP, 0.55)
    plan.shines.append((0.5, 0.18, 0.7))
    plan.add(c, 0.1, "cellar", glow=0.2)
    aside(plan, "crates")


def gym(plan: ScenePlan) -> None:
    """A hall with mirrors and bars, or a ring with ropes where people box."""
    p = plan.palette
    c, lit = walls(plan, (170, 164, 160), (176, 132, 88), edge=0.72)
    for x in np.linspace(0.1, 0.9, 5):
        c.rect(x - 0.08, 0.12, x + 0.08, 0.58, mix(p.sky_mid, lit, 0.55))
        c.rect(x - 0.075, 0.13, x - 0.03, 0.57, mix(p.sky_low, lit, 0.4))
    for x in (0.3, 0.7):
        pendant(plan, c, x, 0.1, 0.3)
    plan.add(c, 0.1, "hall", glow=0.4)
    if any(w in plan.reading.prompt.lower() for w in ("boxing", "box", "ring", "拳")):
        f = plan.canvas((60, 60, 70), 0.55)
        for k, tone in enumerate(((206, 48, 44), (240, 240, 240), (52, 92, 180))):
            y = 0.60 + 0.06 * k
            f.line([(plan.at.left, y), (1 - plan.at.left, y)], p.at(tone, 0.7), 0.010)
        for x in (0.04, 0.96):
            f.rect(x - plan.dx(0.02), 0.54, x + plan.dx(0.02), 0.86, p.at((60, 60, 70), 0.7))
        plan.add(f, 0.5, "ropes", glow=0.3)
        return
    aside(plan, "rail")


def shop(plan: ScenePlan) -> None:
    """Shelves full of goods, a counter."""
    p = plan.palette
    c, _ = walls(plan, (216, 214, 206), (170, 168, 164), edge=0.76)
    if any(w in plan.reading.prompt.lower() for w in ("book", "书")):
        bookshelves(plan, c)
    else:
        tints = [NAMED[n] for n in ("red", "yellow", "blue", "green", "orange", "pink", "teal", "white")]
        for r in range(4):
            y = 0.12 + 0.15 * r
            c.rect(plan.at.left, y + 0.115, 1 - plan.at.left, y + 0.13, p.at((150, 150, 152), 0.6))
            x = plan.at.left
            while x < 1 - plan.at.left:
                w, h = plan.dx(float(plan.rng.uniform(0.03, 0.06))), float(plan.rng.uniform(0.06, 0.105))
                c.rect(x, y + 0.115 - h, x + w * 0.9, y + 0.115, p.at(tints[int(plan.rng.integers(8))], 0.5))
                x += w
    for x in np.linspace(0.15, 0.85, 4):
        c.rect(x - 0.07, 0.02, x + 0.07, 0.04, (250, 252, 250))
    plan.add(c, 0.1, "shop", glow=0.4)
    _counter(plan, (176, 140, 104))


def _counter(plan: ScenePlan, wood: RGB) -> None:
    f = plan.canvas(wood, 0.55)
    tone = plan.palette.at(wood, 0.68)
    f.rect(plan.at.left, 0.80, 1 - plan.at.left, 0.80 + plan.dy(0.03), mix(tone, plan.palette.light, 0.2))
    f.rect(plan.at.left, 0.80 + plan.dy(0.03), 1 - plan.at.left, plan.bottom, mix(tone, plan.palette.near, 0.3))
    plan.add(f, 0.52, "counter", glow=0.3)


def bar(plan: ScenePlan) -> None:
    """Bottles in rows lit from behind, a counter, hanging lamps."""
    p = plan.palette
    c, _ = walls(plan, (110, 78, 62), (84, 66, 56), edge=0.78)
    for r in range(3):
        y = 0.16 + 0.14 * r
        c.rect(0.12, y, 0.88, y + 0.115, mix(p.near, LAMP, 0.32))
        for x in np.arange(0.13, 0.87, plan.dx(0.042)):
            h = float(plan.rng.uniform(0.06, 0.1))
            tint: RGB = [(70, 120, 80), (160, 90, 40), (190, 60, 50), (220, 200, 150)][int(plan.rng.integers(4))]
            c.rect(x, y + 0.112 - h * 0.7, x + plan.dx(0.026), y + 0.112, mix(tint, LAMP, 0.2))
            c.rect(x + plan.dx(0.009), y + 0.112 - h, x + plan.dx(0.017), y + 0.112 - h * 0.6, mix(tint, LAMP, 0.2))
        c.glow(0.5, y + 0.05, 0.5, LAMP, 0.16, flat=0.25)
    for x in (0.2, 0.5, 0.8):
        pendant(plan, c, x, 0.10, 0.4)
    plan.add(c, 0.1, "bar", glow=0.3)
    _counter(plan, (122, 78, 52))


def teahouse(plan: ScenePlan) -> None:
    """Wooden lattice windows, red lanterns, square tables with pots."""
    p = plan.palette
    c, lit = walls(plan, (150, 112, 80), (112, 84, 64), edge=0.74)
    wood = mix(p.at((92, 52, 38), 0.6), p.near, 0.2)
    for x in (0.16, 0.5, 0.84):
        w = plan.dx(0.19)
        c.rect(x - w, 0.14, x + w, 0.56, mix(p.sky_mid, p.light, 0.45))
        for k in np.linspace(-1, 1, 7):
            c.rect(x + k * w - plan.dx(0.005), 0.14, x + k * w + plan.dx(0.005), 0.56, wood)
        for y in np.linspace(0.14, 0.56, 6):
            c.rect(x - w, y - 0.004, x + w, y + 0.004, wood)
    for x in (0.33, 0.67):
        c.rect(x - plan.dx(0.035), plan.at.top, x + plan.dx(0.035), 0.76, wood)
        ly = 0.17
        c.polygon(oval(plan, x, ly, 0.055, 0.065), mix((206, 40, 36), LAMP, 0.25))
        c.glow(x, ly, 0.24, (255, 130, 70), 0.5)
        plan.shines.append((x, ly, 0.3))
    plan.add(c, 0.1, "teahouse", glow=0.4)
    f = plan.canvas(WOOD, 0.5)
    for x, y, size in ((0.10, 0.84, 0.9), (0.90, 0.86, 1.0), (0.68, 0.79, 0.7)):
        round_table(plan, f, x, y, size)
    plan.add(f, 0.5, "tables", glow=0.4)
    del lit


def greenhouse(plan: ScenePlan) -> None:
    """Glass and ribs, plants on both sides."""
    p = plan.palette
    c = plan.canvas((190, 210, 200), 0.1)
    c.alpha[:] = 255
    c.rgb = gradient(
        plan.at, [(-0.1, p.sky_top), (0.5, mix(p.sky_low, (255, 255, 255), 0.3)), (0.8, p.at((130, 150, 120), 0.6))]
    )
    rib = p.at((220, 228, 224), 0.6)
    for x in np.linspace(plan.at.left, 1 - plan.at.left, 9):
        c.line([(x, 0.8), (x, 0.3), (0.5 + (x - 0.5) * 0.5, 0.02)], rib, 0.006)
    for y in (0.3, 0.55, 0.8):
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], rib, 0.006)
    c.rect(plan.at.left, 0.8, 1 - plan.at.left, plan.bottom, p.at((150, 128, 104), 0.65))
    plan.ground = p.at((150, 128, 104), 0.65)
    plan.add(c, 0.1, "glass", glow=0.5)
    f = plan.canvas((84, 132, 84), 0.5)
    for x in (0.06, 0.17, 0.83, 0.94):
        potted(plan, f, x, 0.86, 0.42 + float(plan.rng.uniform(-0.06, 0.1)), 0.6)
    plan.add(f, 0.5, "plants", glow=0.4)


def lift(plan: ScenePlan) -> None:
    """Steel doors with a seam, a lit number above, a row of buttons."""
    p = plan.palette
    c, lit = walls(plan, (170, 172, 176), (96, 92, 92), edge=0.92)
    for k in range(-1, 2):
        c.line([(0.5 + 0.22 * k, 0.12), (0.5 + 0.22 * k, 0.92)], mix(lit, p.near, 0.5), 0.006)
    c.rect(plan.at.left, 0.10, 1 - plan.at.left, 0.125, mix(lit, p.near, 0.4))
    c.rect(0.46, 0.03, 0.54, 0.085, (28, 26, 28))
    c.rect(0.485, 0.042, 0.515, 0.073, (255, 120, 70))
    for k in range(6):
        c.circle(0.90, 0.40 + 0.05 * k, 0.012, (250, 236, 190) if k == 2 else mix(lit, p.near, 0.35))
    c.glow(0.5, 0.0, 0.8, (255, 255, 250), 0.3)
    plan.add(c, 0.1, "lift", glow=0.2)
    aside(plan, "rail")

"""Interiors and set pieces: room, kitchen, cafe, office, stage, and a product on its table."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.town import LAMP

WOOD: RGB = (150, 104, 70)


def walls(plan: ScenePlan, wall: RGB, floor: RGB, *, edge: float) -> tuple[Canvas, RGB]:
    """Back wall and floor; edge: y where they meet. Light falls from the window's side."""
    p = plan.palette
    named = [NAMED[c.name] for c in plan.reading.colours if c.noun in ("wall", "room", "kitchen", "cafe", "office")]
    lit = p.at(named[0] if named else wall, 0.72)
    c = plan.canvas(wall, 0.1)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.15, mix(lit, p.near, 0.38)), (0.35, lit), (edge, mix(lit, p.near, 0.16))])
    plan.ground = p.at(floor, 0.7)
    c.rect(plan.at.left, edge, 1 - plan.at.left, plan.bottom, plan.ground)
    c.rect(plan.at.left, edge - plan.dy(0.02), 1 - plan.at.left, edge, mix(lit, (255, 255, 255), 0.2))
    joint = mix(plan.ground, p.near, 0.2)
    for k in np.linspace(-2.4, 3.4, 20):
        c.line([(0.5 + (k - 0.5) * 0.55, edge), (k, 1.2)], joint, 0.0016)
    shade = np.abs(plan.xs(plan.at.full_width) - (0.5 + 0.28 * plan.light.side)) ** 1.6
    c.tint((np.clip(shade * 0.62, 0, 0.55) * (0.6 if p.lamps else 1.0)).astype(np.float32)[None, :], p.near)
    return c, lit


def casement(plan: ScenePlan, c: Canvas, x: float, y: float, w: float, h: float) -> None:
    """A window onto the sky, its light on the floor; w, h in units."""
    p = plan.palette
    half, tall = plan.dx(w) / 2, plan.dy(h)
    frame = mix(p.at((236, 228, 214), 0.7), p.near, 0.2)
    c.rect(x - half - plan.dx(0.014), y - plan.dy(0.014), x + half + plan.dx(0.014), y + tall + plan.dy(0.02), frame)
    rows = 14
    for i in range(rows):
        c.rect(
            x - half,
            y + tall * i / rows,
            x + half,
            y + tall * (i + 1) / rows + 0.001,
            mix(p.sky_mid, mix(p.sky_low, p.light, 0.5), i / rows),
        )
    for k in range(7):
        bx = x - half + 2 * half * k / 7
        bh = tall * float(plan.rng.uniform(0.12, 0.4))
        c.rect(bx, y + tall - bh, bx + 2 * half / 7, y + tall, mix(p.haze, p.near, 0.22))
    if {"rain", "storm"} & set(plan.reading.weather):
        for _ in range(26):
            rx, ry = x + half * float(plan.rng.uniform(-0.96, 0.96)), y + tall * float(plan.rng.uniform(0.02, 0.85))
            c.line(
                [(rx, ry), (rx, ry + tall * float(plan.rng.uniform(0.03, 0.12)))],
                mix(p.sky_low, (255, 255, 255), 0.35),
                0.0015,
            )
    for k in (-1 / 3, 1 / 3):
        c.rect(x + half * k - plan.dx(0.005), y, x + half * k + plan.dx(0.005), y + tall, frame)
    c.rect(x - half, y + tall * 0.45, x + half, y + tall * 0.45 + plan.dy(0.008), frame)
    c.glow(x, y + tall * 0.5, max(w, h) * 1.5, p.light, 0.34 * (0.4 + 0.6 * p.brightness))
    if p.brightness > 0.5:
        away = -plan.light.side * 0.22
        beam = mix(plan.ground, p.light, 0.5)
        for k0, k1 in ((-1, -0.38), (-0.29, 0.29), (0.38, 1)):
            c.polygon(
                [
                    (x + half * k0 + away, 0.83),
                    (x + half * k1 + away, 0.83),
                    (x + half * k1 * 1.25 + away * 1.7, 0.97),
                    (x + half * k0 * 1.25 + away * 1.7, 0.97),
                ],
                beam,
            )


def pendant(plan: ScenePlan, c: Canvas, x: float, y: float, drop: float) -> None:
    """A hanging lamp; y of its shade; drop: the cord's length in units."""
    c.line([(x, y), (x, y - plan.dy(drop))], plan.palette.near, 0.003)
    shade = mix(plan.palette.at((70, 66, 64), 0.6), plan.palette.near, 0.3)
    c.polygon(
        [
            (x - plan.dx(0.05), y),
            (x - plan.dx(0.018), y - plan.dy(0.05)),
            (x + plan.dx(0.018), y - plan.dy(0.05)),
            (x + plan.dx(0.05), y),
        ],
        shade,
    )
    c.circle(x, y + plan.dy(0.006), 0.014, mix(LAMP, (255, 255, 255), 0.6))
    c.glow(x, y + plan.dy(0.03), 0.36, LAMP, 0.6 if plan.palette.lamps else 0.28)


def potted(plan: ScenePlan, c: Canvas, x: float, y: float, tall: float, depth: float) -> None:
    leaf = plan.palette.at((72, 122, 82), depth)
    pot = plan.palette.at((188, 120, 86), depth)
    w = plan.dx(tall * 0.16)
    for a in np.linspace(-1.25, 1.25, 11):
        length = tall * float(plan.rng.uniform(0.5, 0.8))
        ex, ey = x + plan.dx(length * np.sin(a) * 0.7), y - plan.dy(tall * 0.25 + length * np.cos(a))
        mx, my = (x + ex) / 2, (y - plan.dy(tall * 0.25) + ey) / 2
        c.polygon(
            [(x, y - plan.dy(tall * 0.25)), (mx - plan.dx(tall * 0.05), my), (ex, ey), (mx + plan.dx(tall * 0.05), my)],
            scale(leaf, float(plan.rng.uniform(0.75, 1.15))),
        )
    c.polygon(
        [(x - w, y - plan.dy(tall * 0.28)), (x + w, y - plan.dy(tall * 0.28)), (x + w * 0.7, y), (x - w * 0.7, y)], pot
    )


def room(plan: ScenePlan) -> None:
    """A wall with a window, pictures, sofa or bed, a floor lamp and a plant."""
    c, lit = walls(plan, (214, 198, 176), WOOD, edge=0.74)
    wx = 0.5 + 0.22 * plan.light.side
    casement(plan, c, wx, 0.16, 0.42, 0.42)
    px = 0.5 - 0.26 * plan.light.side
    for i, (w, h) in enumerate(((0.13, 0.17), (0.09, 0.11))):
        x = px + plan.dx(0.17 * (i - 0.3))
        c.rect(x - plan.dx(w / 2), 0.27, x + plan.dx(w / 2), 0.27 + plan.dy(h), mix(lit, plan.palette.near, 0.6))
        c.rect(
            x - plan.dx(w / 2 - 0.01),
            0.27 + plan.dy(0.01),
            x + plan.dx(w / 2 - 0.01),
            0.27 + plan.dy(h - 0.01),
            mix(lit, plan.palette.accent, 0.4),
        )
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas((120, 96, 90), 0.5)
    cloth = plan.palette.at(mix((96, 122, 132), plan.palette.accent, 0.2), 0.66)
    _sofa(plan, f, px, 0.80, 0.64, cloth)
    _floor_lamp(plan, f, px - plan.light.side * plan.dx(0.42), 0.81)
    potted(plan, f, wx + plan.dx(0.30) * plan.light.side, 0.82, 0.34, 0.6)
    plan.add(f, 0.5, "furniture", glow=0.4)


def _sofa(plan: ScenePlan, c: Canvas, x: float, y: float, w: float, colour: RGB) -> None:
    half = plan.dx(w) / 2
    dark = mix(colour, plan.palette.near, 0.3)
    c.rect(x - half, y - plan.dy(0.22), x + half, y - plan.dy(0.02), colour)
    for k in (-1, 1):
        c.rect(x + k * half - plan.dx(0.035), y - plan.dy(0.16), x + k * half + plan.dx(0.035), y, dark)
        c.rect(
            x + (k - 1) * half / 2 + plan.dx(0.012),
            y - plan.dy(0.10),
            x + (k + 1) * half / 2 - plan.dx(0.012),
            y - plan.dy(0.05),
            mix(colour, plan.palette.light, 0.2),
        )
    c.rect(x - half, y - plan.dy(0.05), x + half, y, dark)
    c.polygon(
        [
            (x - half * 0.7, y - plan.dy(0.09)),
            (x - half * 0.45, y - plan.dy(0.20)),
            (x - half * 0.18, y - plan.dy(0.17)),
            (x - half * 0.30, y - plan.dy(0.08)),
        ],
        mix(plan.palette.accent, dark, 0.35),
    )


def _floor_lamp(plan: ScenePlan, c: Canvas, x: float, y: float) -> None:
    c.line([(x, y), (x, y - plan.dy(0.44))], plan.palette.near, 0.006)
    c.polygon(
        [
            (x - plan.dx(0.07), y - plan.dy(0.42)),
            (x - plan.dx(0.045), y - plan.dy(0.53)),
            (x + plan.dx(0.045), y - plan.dy(0.53)),
            (x + plan.dx(0.07), y - plan.dy(0.42)),
        ],
        mix(LAMP, (255, 255, 255), 0.3) if plan.palette.lamps else plan.palette.at((236, 220, 190), 0.7),
    )


def kitchen(plan: ScenePlan) -> None:
    """Cupboards, tiles, a counter with pots, hanging lamps."""
    c, lit = walls(plan, (206, 212, 204), (176, 150, 124), edge=0.78)
    casement(plan, c, 0.5 + 0.2 * plan.light.side, 0.18, 0.34, 0.28)
    front = plan.palette.at(
        [NAMED["teal"], (236, 230, 218), (120, 140, 120), (64, 84, 112)][int(plan.rng.integers(4))], 0.6
    )
    away = -plan.light.side
    for i in range(4):
        x = 0.5 + away * (0.10 + i * plan.dx(0.20))
        c.rect(x - plan.dx(0.093), 0.10, x + plan.dx(0.093), 0.34, mix(front, lit, 0.2 + 0.05 * (i % 2)))
        c.circle(x + plan.dx(0.07), 0.31, 0.006, plan.palette.light)
    top = 0.60
    c.rect(plan.at.left, top, 1 - plan.at.left, 0.80, front)
    for x in np.arange(plan.at.left, 1 - plan.at.left, plan.dx(0.24)):
        c.rect(x + plan.dx(0.01), top + 0.03, x + plan.dx(0.23), 0.78, mix(front, plan.palette.light, 0.12))
    c.rect(plan.at.left, top - plan.dy(0.025), 1 - plan.at.left, top, plan.palette.at((232, 226, 216), 0.7))
    for _ in range(9):
        x, h = float(plan.rng.uniform(0, 1)), float(plan.rng.uniform(0.04, 0.13))
        w = plan.dx(float(plan.rng.uniform(0.02, 0.05)))
        tint = [NAMED["dark red"], NAMED["gold"], NAMED["grey"], NAMED["green"], WOOD][int(plan.rng.integers(5))]
        c.rect(x - w, top - plan.dy(0.025 + h), x + w, top - plan.dy(0.025), plan.palette.at(tint, 0.6))
    for x in (0.32, 0.68):
        pendant(plan, c, x, 0.24, 0.5)
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas(WOOD, 0.9)
    y = 0.955
    f.rect(plan.at.left, y, 1 - plan.at.left, plan.bottom, mix(plan.palette.at(WOOD, 0.9), plan.palette.near, 0.35))
    f.rect(
        plan.at.left, y, 1 - plan.at.left, y + plan.dy(0.02), mix(plan.palette.at(WOOD, 0.9), plan.palette.light, 0.25)
    )
    plan.add(f, 0.9, "foreground")


def cafe(plan: ScenePlan) -> None:
    """Brick, a big window, hanging lamps in a row, tables with chairs."""
    c, _ = walls(plan, (158, 112, 88), (112, 84, 64), edge=0.74)
    casement(plan, c, 0.5 + 0.20 * plan.light.side, 0.14, 0.62, 0.44)
    x = 0.5 - 0.30 * plan.light.side
    c.rect(x - plan.dx(0.22), 0.24, x + plan.dx(0.22), 0.56, mix(plan.palette.near, (40, 52, 48), 0.5))
    for i in range(5):
        y = 0.275 + i * 0.052
        c.line(
            [(x - plan.dx(0.17), y), (x + plan.dx(float(plan.rng.uniform(0.0, 0.17))), y)],
            mix(plan.palette.near, (240, 236, 220), 0.62),
            0.004,
        )
    for lx in np.linspace(0.12, 0.88, 4):
        pendant(plan, c, float(lx), 0.13 + float(plan.rng.uniform(0, 0.03)), 0.5)
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas(WOOD, 0.5)
    for x, y, size in ((0.12, 0.84, 0.9), (0.88, 0.86, 1.0), (0.66, 0.79, 0.7)):
        round_table(plan, f, x, y, size)
    plan.add(f, 0.5, "furniture", glow=0.4)


def round_table(plan: ScenePlan, c: Canvas, x: float, y: float, size: float) -> None:
    """A round table with a cup and two chairs."""
    wood, dark = plan.palette.at(WOOD, 0.6), mix(plan.palette.at((70, 54, 46), 0.6), plan.palette.near, 0.4)
    w, h = plan.dx(0.17 * size), plan.dy(0.20 * size)
    for k in (-1, 1):
        c.line([(x + k * w * 1.1, y), (x + k * w * 1.15, y - h * 1.5)], dark, 0.010 * size)
        c.line(
            [(x + k * w * 0.62, y), (x + k * w * 0.66, y - h * 0.62), (x + k * w * 1.14, y - h * 0.62)],
            dark,
            0.010 * size,
        )
    c.line([(x, y), (x, y - h)], dark, 0.014 * size)
    t = np.linspace(0, 2 * np.pi, 40)
    c.polygon(np.column_stack((x + w * np.cos(t), y - h + plan.dy(0.022 * size) * np.sin(t))), scale(wood, 0.75))
    c.polygon(
        np.column_stack((x + w * np.cos(t), y - h - plan.dy(0.008) + plan.dy(0.022 * size) * np.sin(t))),
        mix(wood, plan.palette.light, 0.15),
    )
    c.rect(
        x - w * 0.1,
        y - h - plan.dy(0.05 * size),
        x + w * 0.14,
        y - h - plan.dy(0.006),
        plan.palette.at((240, 236, 228), 0.7),
    )


def office(plan: ScenePlan) -> None:
    """Tall windows or shelves, desks with screens."""
    shelves = any(w in plan.reading.prompt.lower() for w in ("library", "图书馆", "book", "书"))
    c, lit = walls(plan, (196, 202, 208), (132, 128, 128), edge=0.72)
    if shelves:
        bookshelves(plan, c)
    else:
        for x in np.linspace(0.08, 0.92, max(2, round(3 * plan.wide / 1.6))):
            casement(plan, c, float(x), 0.12, 0.36, 0.42)
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas((150, 140, 130), 0.5)
    for x in (0.10, 0.50, 0.90):
        desk(plan, f, x + float(plan.rng.uniform(-0.03, 0.03)), 0.82, 0.46, lit)
    plan.add(f, 0.5, "furniture", glow=0.4)


def bookshelves(plan: ScenePlan, c: Canvas) -> None:
    wood = mix(plan.palette.at(WOOD, 0.55), plan.palette.near, 0.25)
    c.rect(plan.at.left, 0.04, 1 - plan.at.left, 0.70, wood)
    tints = [NAMED[n] for n in ("dark red", "navy", "dark green", "gold", "brown", "beige", "teal")]
    for row in range(5):
        y = 0.05 + row * 0.13
        c.rect(plan.at.left, y, 1 - plan.at.left, y + 0.112, mix(wood, plan.palette.near, 0.5))
        x = plan.at.left
        while x < 1 - plan.at.left:
            w, h = plan.dx(float(plan.rng.uniform(0.010, 0.026))), float(plan.rng.uniform(0.07, 0.104))
            if plan.rng.random() < 0.92:
                c.rect(
                    x, y + 0.112 - h, x + w * 0.92, y + 0.112, plan.palette.at(tints[int(plan.rng.integers(7))], 0.55)
                )
            x += w


def desk(plan: ScenePlan, c: Canvas, x: float, y: float, w: float, lit: RGB) -> None:
    half, dark = plan.dx(w) / 2, mix(plan.palette.at((74, 70, 70), 0.6), plan.palette.near, 0.3)
    top = y - plan.dy(0.18)
    for k in (-0.9, 0.9):
        c.line([(x + k * half, y), (x + k * half, top)], dark, 0.010)
    c.rect(x - half, top - plan.dy(0.018), x + half, top, plan.palette.at(WOOD, 0.62))
    sw, sh = plan.dx(0.10), plan.dy(0.13)
    c.rect(x - sw, top - plan.dy(0.05) - sh, x + sw, top - plan.dy(0.05), dark)
    c.rect(
        x - sw * 0.93,
        top - plan.dy(0.042) - sh,
        x + sw * 0.93,
        top - plan.dy(0.062),
        mix(plan.palette.sky_mid, (190, 226, 240), 0.6),
    )
    c.line([(x, top - plan.dy(0.05)), (x, top - plan.dy(0.016))], dark, 0.012)


def stage(plan: ScenePlan) -> None:
    """A dark hall, beams of coloured light, a lit platform, and the heads of the audience."""
    rng = plan.rng
    c = plan.canvas((20, 18, 34), 0.05)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.1, (10, 9, 22)), (0.55, (38, 26, 62)), (1.1, (12, 10, 24))])
    named = [NAMED[k.name] for k in plan.reading.colours if k.name not in ("black", "grey")]
    tints = [mix(k, (255, 255, 255), 0.25) for k in named] or [
        (255, 92, 150),
        (90, 150, 255),
        (255, 190, 100),
        (150, 96, 255),
    ]
    c.glow(0.5, 0.62, 0.9, tints[0], 0.5)
    import cv2

    for i in range(8):
        x0, x1 = 0.04 + 0.92 * i / 7, float(rng.uniform(0.1, 0.9))
        beam = np.zeros(c.alpha.shape, np.uint8)
        spread = plan.dx(0.12)
        cv2.fillPoly(
            beam,
            [
                plan.at.px([(x0 - 0.004, -0.02), (x0 + 0.004, -0.02), (x1 + spread, 0.80), (x1 - spread, 0.80)]).astype(
                    np.int32
                )
            ],
            255,
        )
        small = cv2.GaussianBlur(cv2.resize(beam, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), (0, 0), 2.2)
        weight = cv2.resize(small, (plan.at.full_width, plan.at.full_height)).astype(np.float32) / 255
        c.tint(weight * np.linspace(0.62, 0.16, plan.at.full_height, dtype=np.float32)[:, None], tints[i % len(tints)])
        c.circle(x0, 0.0, 0.012, (255, 255, 255))
    plan.add(c, 0.05, "hall", glow=0.0)
    floor = plan.canvas((60, 46, 70), 0.5)
    y = 0.74
    floor.polygon(
        [(plan.at.left, y), (1 - plan.at.left, y), (1 - plan.at.left, plan.bottom), (plan.at.left, plan.bottom)],
        (46, 34, 58),
    )
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
        c.circle(
            x,
            float(plan.rng.uniform(0.2, 0.5)),
            float(plan.rng.uniform(0.08, 0.2)),
            mix(base, p.light, 0.28 + 0.06 * k),
        )
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

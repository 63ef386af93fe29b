"""Built places: skyline, street with shops, village with old roofs."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw import flora
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.places import nature

LAMP: RGB = (255, 206, 120)
SIGNS: tuple[RGB, ...] = ((255, 64, 136), (64, 214, 255), (255, 180, 60), (168, 96, 255), (90, 255, 190), (255, 92, 72))


def sign_colours(plan: ScenePlan) -> list[RGB]:
    """Neon in the prompt's own colours where it names some."""
    named = [NAMED[c.name] for c in plan.reading.colours if c.noun in ("", "mood", "street", "city", "lamp")]
    return [mix(c, (255, 255, 255), 0.15) for c in named if max(c) > 90] or list(SIGNS)


def city(plan: ScenePlan) -> None:
    """Towers in four depths, windows lit as the hour wants, a parapet in front; roofs from above in aerial shots."""
    if plan.reading.shot_size == "aerial" or plan.reading.angle == "high":
        _blocks(plan)
        return
    for depth, tall, width in ((0.08, 0.26, 0.05), (0.18, 0.38, 0.06), (0.30, 0.34, 0.075), (0.44, 0.22, 0.09)):
        c = plan.canvas((118, 122, 138), depth)
        towers(plan, c, depth, tall, width)
        mist = mix(plan.palette.haze, plan.palette.light, 0.25)
        c.wash(plan.horizon - plan.dy(tall * 0.4), plan.horizon + plan.dy(0.06), mist, 0.5 * (1.1 - depth))
        plan.add(c, depth, "towers")
    ground = plan.land((112, 112, 122), depth=0.52, y=plan.horizon + plan.dy(0.06))
    wet(plan, ground, plan.horizon + plan.dy(0.06))
    _edge(plan, ground)
    plan.add(ground, 0.54, "roof")


def _blocks(plan: ScenePlan) -> None:
    """A grid of houses seen from the air: roofs, the walls turned to us, avenues with lights between."""
    p = plan.palette
    far = plan.canvas((118, 122, 138), 0.12)
    towers(plan, far, 0.12, 0.12, 0.04)
    far.wash(plan.horizon - plan.dy(0.1), plan.horizon + plan.dy(0.05), mix(p.haze, p.light, 0.3), 0.7)
    plan.add(far, 0.12, "towers")
    street_tone = mix(p.at((96, 96, 106), 0.5), LAMP, 0.30 if p.lamps else 0.0)
    ground = plan.land((104, 104, 112), depth=0.3, y=plan.horizon + plan.dy(0.02), rough=0.0)
    ground.wash(plan.horizon, 1.1, street_tone, 0.85)
    plan.add(ground, 0.3, "ground")
    vx, top = 0.5 + float(plan.rng.uniform(-0.2, 0.2)), plan.horizon + 0.03
    rows = 11
    for r in range(rows):
        d0, d1 = (r / rows) ** 1.7, ((r + 0.74) / rows) ** 1.7
        depth = 0.32 + 0.24 * r / rows
        if r % 4 == 0:
            c = plan.canvas((118, 120, 134), depth)
        y0, y1 = top + (1.2 - top) * d0, top + (1.2 - top) * d1
        size = 0.045 + 0.22 * d1
        count = int(plan.wide / size) + 3
        for k in range(-count // 2 - 1, count // 2 + 2):
            x0, x1 = (vx + (k + t) * plan.dx(size) * 1.15 for t in (0.06, 0.86))
            shrink = (0.045 + 0.22 * d0) / size
            u0, u1 = vx + (x0 - vx) * shrink, vx + (x1 - vx) * shrink
            tall = plan.dy(size * float(plan.rng.uniform(0.15, 1.15)) * (0.5 + 0.5 * (plan.rng.random() < 0.4)))
            wall = mix(plan.tone((126, 124, 134), depth), p.near, 0.28)
            c.polygon([(x0, y1), (x1, y1), (x1, y1 - tall), (x0, y1 - tall)], wall)
            far, near = (u1, x1) if x1 < vx else (u0, x0)
            c.polygon([(far, y0), (near, y1), (near, y1 - tall), (far, y0 - tall)], mix(wall, p.near, 0.3))
            roof = mix(plan.tone((168, 160, 156), depth), p.light, 0.16 * p.brightness)
            c.polygon([(x0, y1 - tall), (x1, y1 - tall), (u1, y0 - tall), (u0, y0 - tall)], roof)
            _windows(plan, c, (x0, y1 - tall, x1, y1), wall, 0.2 + 0.25 * d1)
        if r % 4 == 3 or r == rows - 1:
            plan.add(c, depth, "blocks")


def towers(plan: ScenePlan, c: Canvas, depth: float, tall: float, width: float) -> None:
    x, base = plan.at.left - 0.05, plan.horizon + plan.dy(0.08)
    tone = plan.palette.at((108, 112, 130), depth)
    c.rect(plan.at.left, base - 0.01, 1 - plan.at.left, plan.bottom, tone)
    while x < 1 - plan.at.left:
        w = plan.dx(width * float(plan.rng.uniform(0.6, 1.5)))
        h = tall * float(plan.rng.uniform(0.3, 1.0)) ** 0.8
        if plan.rng.random() < 0.08:
            h *= 1.35
        body = mix(plan.tone((112, 116, 134), depth), plan.palette.near, 0.12 * depth)
        top = base - plan.dy(h) - plan.dy(0.08)
        lit = mix(body, plan.palette.light, 0.20)
        c.rect(x, top, x + w, base + 0.1, body)
        edge = w * 0.28
        c.rect(*((x + w - edge, top, x + w, base) if plan.light.side > 0 else (x, top, x + edge, base)), lit)
        kind = plan.rng.random()
        if kind < 0.3:
            c.rect(x + w * 0.2, top - plan.dy(0.02), x + w * 0.8, top, body)
            c.line([(x + w * 0.5, top - plan.dy(0.02)), (x + w * 0.5, top - plan.dy(0.075))], body, 0.003)
        elif kind < 0.45:
            c.strip((x + w / 2, top), w / 2, (x + w / 2, top - plan.dy(0.03)), w / 4, body)
        _windows(plan, c, (x, top, x + w, base), body, depth)
        x += w * float(plan.rng.uniform(0.85, 1.25))


def _windows(plan: ScenePlan, c: Canvas, box: tuple[float, float, float, float], body: RGB, depth: float) -> None:
    """A grid of windows: lit at night, quiet reflections by day."""
    x0, y0, x1, y1 = box
    step_x, step_y = plan.dx(0.011 + 0.014 * depth), plan.dy(0.015 + 0.016 * depth)
    cols, rows = int((x1 - x0) / step_x) - 1, min(44, int((y1 - y0) / step_y))
    if cols < 1:
        return
    glass = mix(body, plan.palette.sky_mid, 0.30)
    share = 0.42 if plan.palette.lamps else 0.55
    on = plan.rng.random((rows, cols)) < share
    warm = plan.rng.random((rows, cols))
    for r, q in zip(*np.nonzero(on), strict=True):
        x, y = x0 + (q + 0.75) * step_x, y0 + (r + 0.7) * step_y
        colour = glass
        if plan.palette.lamps:
            lamp = LAMP if warm[r, q] < 0.8 else (190, 224, 255)
            colour = mix(body, lamp, 0.35 + 0.5 * depth + 0.2 * float(warm[r, q]))
        c.rect(x, y, x + step_x * 0.55, y + step_y * 0.5, colour)


def _edge(plan: ScenePlan, c: Canvas) -> None:
    """Paving joints that lead to the middle."""
    vx = 0.5 + float(plan.rng.uniform(-0.15, 0.15))
    joint = mix(plan.ground, plan.palette.near, 0.35)
    for k in np.linspace(-2.2, 3.2, 14):
        c.line([(vx + (k - vx) * 0.12, plan.horizon + plan.dy(0.07)), (k, 1.15)], joint, 0.0016)
    for t in np.linspace(0.1, 1, 7) ** 2:
        y = plan.horizon + plan.dy(0.07) + t * 0.5
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], joint, 0.0014)


def wet(plan: ScenePlan, c: Canvas, y: float) -> None:
    """In rain the ground mirrors the lights as upright smears."""
    if not {"rain", "storm"} & set(plan.reading.weather):
        return
    colours = [*sign_colours(plan), LAMP] if plan.palette.lamps else [plan.palette.sky_low, plan.palette.light]
    for _ in range(int(26 * plan.wide)):
        x, t = float(plan.rng.uniform(*plan.x_span)), float(plan.rng.random())
        sy = y + 0.02 + t * (1 - y)
        colour = mix(plan.ground, colours[int(plan.rng.integers(len(colours)))], 0.16 + 0.14 * t)
        w, h = plan.dx(0.002 + 0.007 * t), plan.dy(0.04 + 0.14 * t)
        c.polygon([(x - w, sy), (x, sy - h * 0.3), (x + w, sy), (x, sy + h)], colour)


def street(plan: ScenePlan) -> None:
    """House fronts in perspective on both sides, signs, lamps, and a bright end."""
    plan.horizon = min(plan.horizon, 0.60)
    vx, vy = 0.5 + float(plan.rng.uniform(-0.10, 0.10)), plan.horizon
    far = plan.canvas((118, 122, 138), 0.16)
    towers(plan, far, 0.16, 0.24, 0.05)
    far.wash(vy - plan.dy(0.2), vy + 0.02, mix(plan.palette.haze, plan.palette.light, 0.5), 0.7)
    plan.add(far, 0.16, "towers")
    ground = plan.land((104, 102, 112), depth=0.5, y=vy + 0.01, rough=0.0)
    walk = mix(plan.ground, plan.palette.at((150, 146, 146), 0.6), 0.5)
    for side in (-1, 1):
        ground.strip((vx + side * 0.021, vy + 0.012), 0.009, (vx + side * 1.025, 1.2), 0.475, walk)
    ground.glow(vx, vy + 0.05, 0.5, mix(plan.palette.light, LAMP, 0.5), 0.30, flat=0.5)
    wet(plan, ground, vy)
    if any(w in plan.reading.prompt.lower() for w in ("crosswalk", "斑马线")):
        for k in np.linspace(-0.35, 0.35, 9):
            white = mix(plan.ground, (245, 240, 232), 0.6)
            ground.strip((0.5 + k, 0.88), 0.022, (0.5 + k * 1.25, 0.97), 0.028, white)
    plan.add(ground, 0.46, "ground")
    rows = ((0.28, 0.10, 0.20), (0.38, 0.20, 0.38), (0.52, 0.38, 0.72))
    for depth, near, far_edge in rows:
        c = plan.canvas((120, 106, 104), depth)
        for side in (-1, 1):
            _front(plan, c, (vx, vy), side, near, far_edge, depth)
        plan.add(c, depth, "houses", glow=0.7)
    lamps = plan.canvas((60, 60, 66), 0.55)
    for k, side in ((0.30, -1), (0.48, 1)):
        _street_lamp(plan, lamps, vx + side * k, vy + k * 0.30, 0.62 * k)
    plan.add(lamps, 0.55, "lamps", glow=0.3)


def _front(
    plan: ScenePlan, c: Canvas, vanish: tuple[float, float], side: int, near: float, far: float, depth: float
) -> None:
    """One house: its front runs along the street from `near` to `far` (shares of the width from the middle)."""
    vx, vy = vanish
    wall_colours: tuple[RGB, ...] = ((150, 118, 108), (132, 122, 124), (164, 140, 112), (110, 116, 132), (146, 104, 92))
    body = plan.palette.at(wall_colours[int(plan.rng.integers(5))], depth)
    body = mix(body, plan.palette.near, 0.18 + 0.14 * (side == plan.light.side))
    rise = float(plan.rng.uniform(1.25, 1.95)) / max(0.8, plan.at.aspect / 1.6)
    drop = 0.40

    def at(k: float, v: float) -> tuple[float, float]:
        """k: share from the middle, v: 0 pavement .. 1 roof."""
        return vx + side * k, vy + k * (drop - v * (drop + rise)) * (plan.wide / 1.6) ** 0.5

    def part(k0: float, k1: float, v0: float, v1: float, colour: RGB) -> None:
        c.polygon([at(k0, v0), at(k1, v0), at(k1, v1), at(k0, v1)], colour)

    part(near, far, 0, 1, body)
    part(near, far, 1, 1.03, mix(body, plan.palette.light, 0.25))
    floors, bays = int(plan.rng.integers(4, 7)), int(plan.rng.integers(3, 5))
    shop = mix(body, LAMP, 0.85) if plan.palette.lamps else mix(body, plan.palette.near, 0.45)
    signs = sign_colours(plan)
    for f in range(floors):
        for b in range(bays):
            k0, k1 = (near * (far / near) ** ((b + t) / bays) for t in (0.2, 0.8))
            v0, v1 = 0.24 + 0.76 * (f + 0.2) / floors, 0.24 + 0.76 * (f + 0.72) / floors
            lit = plan.palette.lamps and plan.rng.random() < 0.4
            glass = mix(body, LAMP, 0.72) if lit else mix(mix(body, plan.palette.near, 0.35), plan.palette.sky_mid, 0.2)
            part(k0, k1, v0, v1, glass)
    k0, k1 = near * (far / near) ** 0.12, near * (far / near) ** 0.88
    part(k0, k1, 0.01, 0.15, shop)
    awnings = signs if plan.palette.lamps else [NAMED[n] for n in ("dark red", "teal", "gold", "navy")]
    awning = awnings[int(plan.rng.integers(len(awnings)))]
    awning = mix(awning, body, 0.15) if plan.palette.lamps else plan.palette.at(awning, depth)
    part(k0, k1, 0.155, 0.20, awning)
    neon = "neon" in plan.reading.light or "cyberpunk" in plan.reading.styles or plan.palette.brightness < 0.4
    neon = neon and plan.palette.lamps
    for _ in range(3 if neon else 1):
        k, v = float(plan.rng.uniform(near, far)), float(plan.rng.uniform(0.25, 0.62))
        colour = signs[int(plan.rng.integers(len(signs)))]
        x, y = at(k, v)
        w, h = plan.dx(0.05 * k + 0.004) * -side, plan.dy(0.24 * k)
        board = colour if neon else plan.palette.at(mix(colour, (120, 100, 90), 0.5), depth)
        c.rect(x, y, x + w, y + h, board)
        c.rect(x + w * 0.25, y + h * 0.1, x + w * 0.75, y + h * 0.9, mix(board, (255, 255, 255), 0.55 if neon else 0.2))
        if neon:
            c.glow(x + w / 2, y + h / 2, 0.20 * k + 0.05, colour, 0.62)


def _street_lamp(plan: ScenePlan, c: Canvas, x: float, y: float, tall: float) -> None:
    post = mix(plan.palette.at((52, 54, 60), 0.55), plan.palette.near, 0.5)
    side = -1 if x > 0.5 else 1
    top = y - plan.dy(tall)
    c.line([(x, y), (x, top), (x + side * plan.dx(tall * 0.12), top - plan.dy(tall * 0.03))], post, 0.012 * tall * 2)
    hx = x + side * plan.dx(tall * 0.14)
    c.circle(hx, top, 0.030 * tall, mix(LAMP if plan.palette.lamps else post, (255, 255, 255), 0.5))
    if plan.palette.lamps:
        c.spot(hx, top, (tall * 0.42, tall * 0.42), LAMP, 150 / 255, power=2)  # light in wet air


def village(plan: ScenePlan) -> None:
    """Cottages or tiled pavilions on a slope, trees between, hills behind."""
    east = any("\u4e00" <= ch <= "\u9fff" for ch in plan.reading.prompt) or any(
        w in plan.reading.prompt.lower() for w in ("temple", "pagoda", "shrine", "japan", "china", "chinese")
    )
    nature.range_of_peaks(plan, 0.10, plan.horizon, 0.24, snow=False, count=5)
    nature.hills(plan, (88, 116, 92), depths=(0.26,), rise=0.06, trees=True)
    ground = plan.land((132, 138, 92))
    px = 0.5 + float(plan.rng.uniform(-0.12, 0.12))
    path = plan.palette.at((206, 180, 142), 0.6)
    ground.strip((px, plan.horizon + 0.012), 0.011, (px + 0.02, 1.16), 0.28, path)
    plan.strokes(ground, plan.horizon, plan.palette.light, int(60 * plan.wide), amount=0.3)
    for depth, count, size, dy in ((0.36, 6, 0.10, 0.02), (0.52, 3, 0.24, 0.10)):
        c = plan.canvas((170, 150, 130), depth)
        places = np.linspace(plan.at.left + 0.02, 0.98 - plan.at.left, round(count * plan.wide / 1.5) + 1)
        for x in places:
            if depth > 0.5 and abs(x - px) < 0.2:
                continue
            at = float(x + plan.rng.uniform(-0.04, 0.04)), plan.horizon + plan.dy(dy + float(plan.rng.uniform(0, 0.02)))
            _house(plan, c, *at, size * float(plan.rng.uniform(0.8, 1.2)), depth, east=east)
            if plan.rng.random() < 0.6:
                leaf = plan.tone(flora.leaf_colour(plan.reading), depth)
                flora.broadleaf(c, plan, at[0] + plan.dx(size * 0.8), at[1], size * 0.9, leaf, depth)
        if depth < 0.5:
            plan.add(ground, 0.3, "ground")
        plan.add(c, depth, "houses")
    nature.foreground_grass(plan)


def _house(plan: ScenePlan, c: Canvas, x: float, y: float, size: float, depth: float, *, east: bool) -> None:
    """One house: lit front, shaded side, roof, windows; size: its width in units."""
    w, h = plan.dx(size) / 2, plan.dy(size * 0.5)
    wall = plan.tone((238, 226, 204) if plan.rng.random() < 0.6 else (206, 174, 140), depth)
    roof = plan.tone((86, 90, 100) if east else (166, 88, 66), depth)
    if "snow" in plan.reading.weather or plan.reading.setting == "snowfield":
        roof = plan.palette.at((240, 244, 250), depth)
    c.rect(x - w, y - h, x + w, y + 0.004, wall)
    shade = mix(wall, plan.palette.near, 0.28)
    c.rect(*((x - w, y - h, x - w * 0.45, y) if plan.light.side > 0 else (x + w * 0.45, y - h, x + w, y)), shade)
    rise = h * 0.75
    if east:
        eave = [(0.9, y - h * 0.92), (1.4, y - h * 0.98), (1.15, y - h * 1.06), (0.5, y - h - rise)]
        c.polygon([*((x - w * k, at) for k, at in eave), *((x + w * k, at) for k, at in eave[::-1])], roof)
        c.line([(x - w * 0.55, y - h - rise), (x + w * 0.55, y - h - rise)], scale(roof, 0.7), size * 0.02)
    else:
        c.polygon([(x - w * 1.12, y - h * 0.94), (x, y - h - rise), (x + w * 1.12, y - h * 0.94)], roof)
        c.rect(x + w * 0.4, y - h - rise * 0.85, x + w * 0.58, y - h - rise * 0.3, scale(roof, 0.85))
    glass = LAMP if plan.palette.lamps or plan.palette.brightness < 0.7 else mix(wall, plan.palette.near, 0.6)
    for k in (-0.55, 0.1, 0.6):
        c.rect(x + w * (k - 0.12), y - h * 0.72, x + w * (k + 0.12), y - h * 0.38, mix(wall, glass, 0.9))
    c.rect(x - w * 0.28, y - h * 0.55, x - w * 0.08, y, mix(wall, plan.palette.near, 0.62))

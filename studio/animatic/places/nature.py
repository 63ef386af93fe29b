"""Open country: forest, sea, mountains, desert, snow, field, lake, garden, road, sky, underwater and space."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw import flora
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan

ROCK: RGB = (112, 112, 124)
GRASS: RGB = (112, 146, 78)
SAND: RGB = (222, 178, 122)
WATER: RGB = (58, 112, 132)


def range_of_peaks(
    plan: ScenePlan, depth: float, y: float, tall: float, *, snow: bool, colour: RGB = ROCK, count: int = 5
) -> None:
    """Mountains side by side, each with a lit and a shaded face; tall in units."""
    c, base = plan.canvas(colour, depth), plan.palette.at(colour, depth)
    shade, lit = mix(base, plan.palette.near, 0.16), mix(base, plan.palette.light, 0.26)
    count = max(2, round(count * plan.wide / 1.6))
    places = np.linspace(plan.at.left, 1 - plan.at.left, count) + plan.rng.uniform(-0.5, 0.5, count) / count
    heights = tall * plan.rng.uniform(0.45, 1.0, count)
    heights[int(plan.rng.integers(count))] = tall
    for x, h in sorted(zip(places, heights, strict=True), key=lambda pair: pair[1]):
        half = plan.dx(h * float(plan.rng.uniform(1.0, 1.5)))
        top, foot = y - plan.dy(h), y + plan.dy(0.1)
        left, right = _flank(plan, x, top, x - half, foot), _flank(plan, x, top, x + half, foot)
        spine = _flank(plan, x, top, x + half * float(plan.rng.uniform(-0.25, 0.25)), foot)
        bright = right if plan.light.x > x else left
        c.polygon(np.vstack((left, right[::-1])), shade)
        c.polygon(np.vstack((bright, spine[::-1])), lit)
        if snow:
            white = mix(plan.palette.at((250, 250, 252), depth), plan.palette.light, 0.2)
            _snow_cap(plan, c, (left, right, bright, spine), h, white, mix(white, shade, 0.32))
    c.rect(plan.at.left - 0.1, y + plan.dy(0.06), 1.1 - plan.at.left, plan.bottom, base)
    c.wash(y - plan.dy(tall * 0.75), y + plan.dy(0.05), plan.palette.haze, 0.62 * (1.15 - depth))
    plan.add(c, depth, "mountains")


def _snow_cap(plan: ScenePlan, c: Canvas, flanks: tuple[np.ndarray, ...], h: float, white: RGB, shade: RGB) -> None:
    """Snow on a summit down to a ragged line; flanks: left, right, the lit one of both, and the spine between."""
    end = round(0.42 * (len(flanks[0]) - 1))
    left, right, bright, spine = (flank[: end + 1] for flank in flanks)
    ragged = np.linspace(left[-1], right[-1], 9)
    ragged[:, 1] += plan.dy(h * 0.13) * plan.rng.uniform(-0.9, 0.7, 9)
    c.polygon(np.vstack((left[::-1], right, ragged[::-1])), shade)
    notch = (bright[-1] + spine[-1]) / 2 - np.array((0, plan.dy(h * 0.05)))
    c.polygon(np.vstack((bright, [bright[-1], notch], spine[::-1])), white)


def _flank(plan: ScenePlan, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """A broken line from the summit to the foot."""
    t = np.linspace(0, 1, 14)
    jag = plan.rng.uniform(-1, 1, 14) * np.sin(np.pi * t) * 0.045
    return np.column_stack((x0 + (x1 - x0) * (t**1.12 + jag * 0.8), y0 + (y1 - y0) * (t + jag)))


def hills(plan: ScenePlan, colour: RGB, *, depths: tuple[float, ...], rise: float, trees: bool = False) -> None:
    """Soft ridges one behind the other above the horizon."""
    for i, depth in enumerate(depths):
        c = plan.canvas(colour, depth)
        y = plan.horizon - plan.dy(rise * (len(depths) - i - 0.4))
        xs, ys = plan.skyline(y, rise * 0.8, rough=0.45)
        tone = plan.tone(colour, depth)
        plan.below(c, xs, ys, tone)
        if trees:
            for x in plan.rng.uniform(*plan.x_span, int(46 * plan.wide * (0.6 + depth))):
                foot = float(np.interp(x, xs, ys)) + plan.dy(0.012)
                flora.conifer(c, plan, x, foot, 0.03 + 0.10 * depth, scale(tone, 0.92))
        c.wash(y, y + plan.dy(rise * 2.6), plan.palette.haze, 0.5)
        plan.add(c, depth, "hills")


def foreground_grass(plan: ScenePlan, colour: RGB = GRASS, *, dense: int = 90) -> None:
    """Dark blades at the lower edge, nearest to the viewer."""
    c = plan.canvas(colour, 0.95)
    dark = mix(plan.palette.at(colour, 0.95), plan.palette.near, 0.72)
    flora.grass(c, plan, 1.02, 0.15, dark, int(dense * plan.wide), x1=0.30)
    flora.grass(c, plan, 1.02, 0.19, dark, int(dense * plan.wide), x0=0.74)
    flora.grass(c, plan, 1.06, 0.11, dark, int(dense * plan.wide))
    plan.add(c, 0.95, "foreground")


def boughs(plan: ScenePlan, colour: RGB) -> None:
    """A leafy frame hanging in from one upper corner."""
    c = plan.canvas(colour, 0.93)
    dark = mix(plan.palette.at(colour, 0.93), plan.palette.near, 0.55)
    x = plan.at.left if plan.light.side > 0 else 1 - plan.at.left
    flora.spray(c, plan, x, plan.at.top + 0.02, 0.42, dark)
    plan.add(c, 0.93, "foreground")


def forest(plan: ScenePlan) -> None:
    """Trunks in rows that fade into mist, with light falling between them; from the air the crowns."""
    if plan.reading.shot_size == "aerial":
        from_above(plan)
        return
    leaf = flora.leaf_colour(plan.reading)
    stems = any(w in plan.reading.prompt.lower() for w in ("bamboo", "竹"))
    for depth, tall in ((0.10, 0.34), (0.24, 0.5)):
        c = plan.canvas(leaf, depth)
        tone = plan.palette.at(leaf, depth)
        xs, ys = plan.skyline(plan.horizon + plan.dy(0.02), 0.02)
        plan.below(c, xs, ys, tone)
        foot, mist = plan.horizon + plan.dy(0.03), mix(plan.palette.haze, plan.palette.light, 0.35)
        for x in plan.rng.uniform(*plan.x_span, int((30 - 40 * depth) * plan.wide)):
            flora.conifer(c, plan, x, foot, tall * float(plan.rng.uniform(0.6, 1.1)), plan.tone(leaf, depth))
        c.wash(plan.horizon - plan.dy(0.22), foot, mist, 0.62)
        plan.add(c, depth, "trees")
    y, lit = plan.horizon + plan.dy(0.02), 0.2 * plan.palette.brightness
    ground = plan.land(mix(leaf, (104, 92, 60), 0.5), y=y)
    plan.strokes(ground, y, plan.palette.light, int(60 * plan.wide), amount=lit)
    plan.add(ground, 0.46, "ground")
    for depth, count, width in ((0.40, 11, 0.020), (0.56, 6, 0.036)):
        c = plan.canvas(flora.TRUNK, depth)
        _trunks(plan, c, depth, count, width, leaf, stems=stems)
        plan.add(c, depth, "trees")
    if not plan.open:
        c = plan.canvas(leaf, 0.94)
        _trunks(plan, c, 0.94, 2, 0.11, leaf, stems=stems, edges=True)
        plan.add(c, 0.94, "foreground")
        foreground_grass(plan, leaf, dense=60)


def _trunks(
    plan: ScenePlan, c: Canvas, depth: float, count: int, width: float, leaf: RGB, *, stems: bool, edges: bool = False
) -> None:
    """Stems that leave the picture at the top; edges: only near the sides."""
    colour = plan.palette.at(leaf if stems else flora.TRUNK, depth)
    colour = mix(colour, plan.palette.near, 0.25 + 0.5 * max(0.0, depth - 0.6))
    foot = plan.horizon + plan.dy(0.03 + 0.20 * max(0.0, depth - 0.3))
    places = np.linspace(*plan.x_span, max(3, round(count * plan.wide / 1.4)))
    places = (plan.at.left + 0.08, 1 - plan.at.left - 0.1) if edges else places
    for place in places:
        x = float(place + plan.rng.uniform(-0.05, 0.05))
        y = plan.bottom if edges else foot + plan.dy(float(plan.rng.uniform(0, 0.04)))
        if stems:
            flora.bamboo(c, plan, x, y, 1.5, colour, depth)
            continue
        w = plan.dx(width * float(plan.rng.uniform(0.7, 1.25))) / 2
        lean = float(plan.rng.uniform(-0.03, 0.03))
        ys = np.linspace(y, plan.at.top - 0.02, 8)
        t = np.linspace(0, 1, 8)
        half = w * (1.25 - 0.55 * t + 0.5 * np.exp(-t * 14))
        centre = x + lean * t + plan.rng.uniform(-0.1, 0.1, 8) * w
        lit, rim = plan.light.side, mix(colour, plan.palette.light, 0.32 * plan.palette.brightness)
        c.band(centre - half, centre + half, ys, colour)
        c.band(centre + lit * half, centre + lit * half * 0.55, ys, rim)
        for _ in range(7 if 0.3 < depth < 0.9 else 0):
            at = x + plan.dx(float(plan.rng.uniform(-0.16, 0.16))), plan.at.top + float(plan.rng.uniform(-0.02, 0.16))
            c.circle(*at, float(plan.rng.uniform(0.04, 0.09)), plan.tone(leaf, depth))


def mountains(plan: ScenePlan) -> None:
    """A high range, a lower one, wooded foothills and a meadow."""
    snow = plan.reading.setting == "snowfield" or plan.rng.random() < 0.75
    range_of_peaks(plan, 0.10, plan.horizon, 0.40, snow=snow, count=4)
    range_of_peaks(plan, 0.24, plan.horizon + plan.dy(0.02), 0.22, snow=False, count=6, colour=(96, 108, 110))
    hills(plan, (74, 104, 82), depths=(0.36, 0.46), rise=0.045, trees=True)
    ground = plan.land(GRASS, y=plan.horizon + plan.dy(0.03))
    plan.strokes(ground, plan.horizon + plan.dy(0.03), plan.palette.light, int(70 * plan.wide), amount=0.3)
    plan.add(ground, 0.5, "ground")
    foreground_grass(plan)


def desert(plan: ScenePlan) -> None:
    """Dunes with sharp crests between light and shade."""
    red = any(w in plan.reading.prompt.lower() for w in ("mars", "martian", "火星", "canyon"))
    sand: RGB = (206, 112, 70) if red else SAND
    if plan.rng.random() < 0.5 or red:
        range_of_peaks(plan, 0.10, plan.horizon, 0.16, snow=False, colour=mix(sand, ROCK, 0.4), count=6)
    for depth, lift in ((0.24, 0.05), (0.38, 0.015), (0.50, -0.05)):
        c = plan.canvas(sand, depth)
        y = plan.horizon - plan.dy(lift) + (0.02 if lift < 0 else 0)
        xs, ys = plan.skyline(y, 0.05 + 0.05 * depth, rough=0.28)
        tone = plan.tone(sand, depth)
        plan.below(c, xs, ys, mix(tone, plan.palette.light, 0.14))
        _dune_shade(plan, c, xs, ys, mix(tone, plan.palette.near, 0.2))
        c.wash(y, y + plan.dy(0.22), plan.palette.haze, 0.28)
        plan.add(c, depth, "dunes")
    ground = plan.land(sand, depth=0.56, y=plan.horizon + plan.dy(0.12), rough=0.03)
    plan.strokes(ground, plan.horizon + plan.dy(0.14), plan.palette.light, int(70 * plan.wide), amount=0.3, flat=0.6)
    plan.add(ground, 0.56, "ground")


def _dune_shade(plan: ScenePlan, c: Canvas, xs: np.ndarray, ys: np.ndarray, shade: RGB) -> None:
    """The side of each crest that is turned from the light."""
    tops = [i for i in range(4, len(ys) - 4) if ys[i] == ys[max(0, i - 14) : i + 15].min()]
    direction = -1 if plan.light.side > 0 else 1
    for top in tops:
        end = int(np.clip(top + direction * 46, 0, len(xs) - 1))
        run = np.arange(top, end + direction, direction)
        drop = plan.dy(0.13) * np.sin(np.linspace(0, 1, len(run)) * np.pi * 0.5)
        lower = np.column_stack((xs[run] - direction * plan.dx(0.16) * np.linspace(0, 1, len(run)), ys[top] + drop))
        c.polygon(np.vstack((np.column_stack((xs[run], ys[run])), lower[::-1])), shade)


def snowfield(plan: ScenePlan) -> None:
    """White ground, firs in the distance."""
    range_of_peaks(plan, 0.10, plan.horizon, 0.30, snow=True, count=4, colour=(140, 150, 168))
    hills(plan, (112, 132, 142), depths=(0.30,), rise=0.05, trees=True)
    ground = plan.land((236, 240, 246), depth=0.5, rough=0.012)
    plan.strokes(ground, plan.horizon, (255, 255, 255), int(50 * plan.wide), amount=0.5)
    plan.strokes(ground, plan.horizon, plan.palette.sky_mid, int(30 * plan.wide), amount=0.35)
    plan.add(ground, 0.5, "ground")
    c = plan.canvas((120, 140, 140), 0.58)
    for x in (*plan.rng.uniform(plan.at.left, 0.22, 3), *plan.rng.uniform(0.8, 1 - plan.at.left, 3)):
        foot = plan.horizon + plan.dy(float(plan.rng.uniform(0.04, 0.10)))
        flora.conifer(c, plan, x, foot, float(plan.rng.uniform(0.22, 0.36)), plan.palette.at((92, 116, 116), 0.6))
    plan.add(c, 0.58, "trees")


def field(plan: ScenePlan) -> None:
    """Hills, a few trees, rows or flowers that run to the horizon."""
    text = plan.reading.prompt.lower()
    wheat = any(w in text for w in ("wheat", "麦", "savann", "prairie", "rice"))
    purple = any(w in text for w in ("lavender", "薰衣草"))
    colour: RGB = (214, 176, 88) if wheat or "autumn" in plan.reading.styles else GRASS
    hills(plan, (92, 124, 92), depths=(0.14, 0.26), rise=0.06)
    leaf = flora.leaf_colour(plan.reading)
    c = plan.canvas(leaf, 0.4)
    for x in plan.rng.uniform(*plan.x_span, int(5 * plan.wide)):
        foot, tall = plan.horizon + plan.dy(0.012), float(plan.rng.uniform(0.07, 0.15))
        flora.broadleaf(c, plan, x, foot, tall, plan.tone(leaf, 0.4), 0.4)
    plan.add(c, 0.40, "trees")
    ground = plan.land((142, 104, 178) if purple else colour)
    _rows(plan, ground, mix(plan.ground, (92, 64, 140) if purple else plan.palette.near, 0.3))
    plan.strokes(ground, plan.horizon, plan.palette.light, int(90 * plan.wide), amount=0.32)
    petals = [NAMED[k] for k in (("purple", "magenta") if purple else ("white", "yellow", "red"))]
    if not wheat:
        flora.flowers(ground, plan, plan.horizon + 0.10, 1.06, petals, int(110 * plan.wide))
    plan.add(ground, 0.5, "ground")
    foreground_grass(plan, (120, 84, 150) if purple else colour)


def _rows(plan: ScenePlan, c: Canvas, colour: RGB) -> None:
    """Furrows that meet at the horizon."""
    vx = 0.5 + float(plan.rng.uniform(-0.2, 0.2))
    for k in np.linspace(-3.4, 4.4, 26):
        c.strip((vx + (k - vx) * 0.04, plan.horizon + 0.012), 0.0006, (k, 1.16), 0.016, colour)


def from_above(plan: ScenePlan) -> None:
    """A river that winds through wooded land, seen from the air."""
    hills(plan, (86, 116, 92), depths=(0.16, 0.28), rise=0.05)
    ground = plan.land((104, 134, 84), depth=0.45)
    y = np.linspace(plan.horizon + 0.01, 1.2, 60)
    t = (y - plan.horizon) / (1.2 - plan.horizon)
    x = 0.5 + 0.26 * np.sin(t**0.6 * 9 + float(plan.rng.uniform(0, 3))) * (0.25 + 0.75 * t)
    half = plan.dx(1.0) * (0.012 + 0.17 * t**1.4)
    tone = mix(plan.palette.sky_low, plan.palette.at(WATER, 0.6), 0.55)
    plan.strokes(ground, plan.horizon, plan.palette.light, int(60 * plan.wide), amount=0.25)
    ground.band(x - half * 1.12, x + half * 1.12, y, plan.palette.at(SAND, 0.6))
    ground.band(x - half, x + half, y, tone)
    leaf = flora.leaf_colour(plan.reading)
    for s in np.sort(plan.rng.random(int(150 * plan.wide))):
        cy, size = plan.horizon + 0.02 + s**1.3 * (1.15 - plan.horizon), 0.008 + 0.045 * s
        cx = float(plan.rng.uniform(*plan.x_span))
        if abs(cx - np.interp(cy, y, x)) < np.interp(cy, y, half) + plan.dx(size * 1.4):
            continue
        shade = plan.tone(leaf, 0.35 + 0.3 * s)
        ground.circle(cx, cy, size, mix(shade, plan.palette.near, 0.35))
        ground.circle(cx + plan.light.side * plan.dx(size * 0.2), cy - plan.dy(size * 0.3), size * 0.8, shade)
    plan.add(ground, 0.45, "ground")


def garden(plan: ScenePlan) -> None:
    """Blossom trees, hedges, a path and flower beds."""
    leaf = flora.leaf_colour(plan.reading)
    hills(plan, (104, 138, 100), depths=(0.16,), rise=0.06)
    ground = plan.land((126, 158, 92))
    px = 0.5 + float(plan.rng.uniform(-0.15, 0.15))
    path = plan.palette.at((226, 206, 172), 0.6)
    ground.strip((px, plan.horizon + 0.01), 0.012, (px + 0.03, 1.16), 0.33, path)
    plan.strokes(ground, plan.horizon, plan.palette.light, int(60 * plan.wide), amount=0.3)
    petals = [NAMED[k] for k in ("pink", "white", "yellow", "magenta", "red")]
    flora.flowers(ground, plan, plan.horizon + 0.05, 1.06, petals, int(230 * plan.wide))
    plan.add(ground, 0.44, "ground")
    far = plan.rng.uniform(*plan.x_span, int(7 * plan.wide))
    for depth, places, tall in ((0.34, far, 0.22), (0.54, (0.04, 0.97), 0.56)):
        c, y = plan.canvas(leaf, depth), plan.horizon + plan.dy(0.02 if depth < 0.5 else 0.14)
        for place in places:
            x, height = float(place + plan.rng.uniform(-0.04, 0.04)), tall * float(plan.rng.uniform(0.8, 1.15))
            flora.broadleaf(c, plan, x, y, height, plan.tone(leaf, depth), depth)
        plan.add(c, depth, "trees")
    boughs(plan, leaf)


def road(plan: ScenePlan) -> None:
    """A road to the vanishing point through open land, with poles."""
    if plan.rng.random() < 0.6:
        range_of_peaks(plan, 0.12, plan.horizon, 0.20, snow=False, count=5)
    hills(plan, (104, 120, 96), depths=(0.28,), rise=0.05, trees=plan.rng.random() < 0.5)
    land: RGB = (168, 150, 98) if plan.rng.random() < 0.5 else (122, 140, 90)
    if "desert" in plan.reading.settings:
        land = SAND
    elif "snow" in plan.reading.weather or "snowfield" in plan.reading.settings:
        land = (228, 232, 240)
    ground = plan.land(land)
    plan.strokes(ground, plan.horizon, plan.palette.light, int(60 * plan.wide), amount=0.3)
    vx = 0.5 + float(plan.rng.uniform(-0.08, 0.08))
    asphalt = plan.palette.at((92, 92, 100), 0.62)
    top = plan.horizon + 0.004
    far, half = 0.010, 0.52 / max(0.7, plan.wide / 1.4)
    ground.strip((vx, top), far, (vx, 1.16), half * 1.1, mix(asphalt, plan.ground, 0.4))
    ground.strip((vx, top), far * 0.9, (vx, 1.16), half, asphalt)
    line = mix(asphalt, plan.palette.at((250, 236, 190), 0.8), 0.8)
    for i in range(9):
        t0, t1 = (i / 9) ** 2.2, ((i + 0.5) / 9) ** 2.2
        y0, y1 = top + (1.16 - top) * t0, top + (1.16 - top) * t1
        ground.strip((vx, y0), 0.012 * t0, (vx, y1), 0.012 * t1, line)
    plan.ground = asphalt
    plan.add(ground, 0.5, "ground")
    c = plan.canvas((70, 60, 56), 0.56)
    pole = mix(plan.palette.at((80, 66, 58), 0.55), plan.palette.near, 0.4)
    for i in range(6):
        t = ((i + 1) / 6) ** 2.0
        x, y = vx + (half * 1.25) * t, top + (1.1 - top) * t * 0.8
        arm, across = y - plan.dy(0.386 * t), plan.dx(0.05 * t)
        c.line([(x, y), (x, y - plan.dy(0.42 * t))], pole, 0.012 * t)
        c.line([(x - across, arm), (x + across, arm)], pole, 0.008 * t)
    plan.add(c, 0.56, "poles")
    foreground_grass(plan, (160, 146, 90), dense=40)


def sky(plan: ScenePlan) -> None:
    """Above the clouds: banks of white with gaps."""
    for depth, y in ((0.2, 0.56), (0.38, 0.70), (0.55, 0.84)):
        _bank_of_cloud(plan, depth, y, 0.08 + 0.10 * depth)
    if not plan.open:
        _bank_of_cloud(plan, 0.93, 1.03, 0.10)


def _bank_of_cloud(plan: ScenePlan, depth: float, y: float, size: float) -> None:
    c = plan.canvas((255, 255, 255), depth)
    body = mix(plan.palette.sky_low, (255, 255, 255), 0.45 * plan.palette.brightness)
    body = mix(body, plan.palette.sky_mid, 0.45 * depth)
    light = mix(body, plan.palette.light, 0.55)
    xs, ys = plan.skyline(y, size * 0.35)
    plan.below(c, xs, ys, body)
    for x in plan.rng.uniform(*plan.x_span, int(26 * plan.wide)):
        r = size * float(plan.rng.uniform(0.3, 0.8))
        cy = float(np.interp(x, xs, ys)) + plan.dy(r * 0.35)
        c.circle(x, cy, r, body)
        lit = mix(body, light, float(plan.rng.uniform(0.3, 0.8)))
        c.circle(x + plan.light.side * plan.dx(r * 0.14), cy - plan.dy(r * 0.16), r * 0.78, lit)
    c.wash(y - plan.dy(size * 0.2), y + plan.dy(size * 2.2), mix(plan.palette.sky_mid, plan.palette.haze, 0.5), 0.75)
    c.soften(0.006)
    plan.add(c, depth, "clouds")

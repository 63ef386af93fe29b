"""What rooms and squares are fitted with, where chance has a hand in it: walls, windows, shelves of goods, screens.

A fitting draws itself for a row of scenery.toml: its ink, its sizes and its points as that table gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from studio.animatic import tables
from studio.animatic.draw import flora
from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import NAMED, RGB, hexa, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places import town
from studio.animatic.places.town import LAMP

Points = Sequence[tuple[float, float]] | np.ndarray
Sizes = Sequence[float]
WHITE: RGB = (255, 255, 255)


def chosen(plan: ScenePlan, name: str) -> RGB:
    """One of the colours of [tints]."""
    codes = tables.load("places/scenery")["tints"][name].split()
    return hexa(codes[int(plan.rng.integers(len(codes)))][1:])


def oval(plan: ScenePlan, x: float, y: float, rx: float, ry: float, count: int = 48) -> np.ndarray:
    """The outline of an ellipse; radii in units."""
    t = np.linspace(0, 2 * np.pi, count)
    return np.column_stack((x + plan.dx(rx) * np.cos(t), y + plan.dy(ry) * np.sin(t)))


def walls(plan: ScenePlan, wall: RGB, floor: RGB, *, edge: float) -> tuple[Canvas, RGB]:
    """Back wall and floor, and the wall's colour; edge: y where they meet. Light falls from the window's side."""
    p = plan.palette
    named = [NAMED[c.name] for c in plan.reading.colours if c.noun in ("wall", "room", plan.reading.setting)]
    lit = p.at(named[0] if named else wall, 0.72)
    c = plan.canvas(wall, 0.1)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.15, mix(lit, p.near, 0.38)), (0.35, lit), (edge, mix(lit, p.near, 0.16))])
    plan.ground = p.at(floor, 0.7)
    c.rect(plan.at.left, edge, 1 - plan.at.left, plan.bottom, plan.ground)
    c.rect(plan.at.left, edge - plan.dy(0.02), 1 - plan.at.left, edge, mix(lit, WHITE, 0.2))
    fan(plan, c, mix(plan.ground, p.near, 0.2), (0.0016, 20, 0.55), [(-2.4, edge), (3.4, 1.2)])
    shade = np.abs(plan.xs(plan.at.full_width) - (0.5 + 0.28 * plan.light.side)) ** 1.6
    c.tint((np.clip(shade * 0.62, 0, 0.55) * (0.6 if p.lamps else 1.0)).astype(np.float32)[None, :], p.near)
    return c, lit


def fan(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Joints that run to a point: from the first y to the second, `count` between their x, drawn together by share."""
    width, count, share = sizes
    (left, y0), (right, y1) = points
    for x in np.linspace(left, right, int(count)):
        c.line([(0.5 + (x - 0.5) * share, y0), (x, y1)], ink, width)


def _courses(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Level joints of a pavement, wider apart towards the viewer."""
    width, count, power = sizes
    for t in np.linspace(0.1, 1, int(count)) ** power:
        y = points[0][1] + t * (points[1][1] - points[0][1])
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], ink, width)


def _bars(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Upright and level bars between two corners, the outer ones on the edges."""
    width, upright, level = sizes
    for (x0, y0), (x1, y1) in zip(points[::2], points[1::2], strict=True):
        for x in np.linspace(x0, x1, int(upright)):
            c.line([(x, y0), (x, y1)], ink, width)
        for y in np.linspace(y0, y1, int(level)):
            c.line([(x0, y), (x1, y)], ink, width)


def _tiles(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Square tiles over the whole width, down to the point's y."""
    width, step = sizes
    low = points[0][1]
    for x in np.arange(plan.at.left, 1 - plan.at.left, plan.dx(step)):
        c.line([(x, plan.at.top), (x, low)], ink, width)
    for y in np.arange(0, low, plan.dy(step)):
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], ink, width)


def bricks(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Courses of bricks from the first y to the second; width and height of a brick as shares of the frame."""
    width, wide, tall = sizes
    for course, y in enumerate(np.arange(points[0][1], points[1][1], tall)):
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], ink, width)
        for x in np.arange(plan.at.left + wide * 0.5 * (course % 2), 1 - plan.at.left, wide):
            c.line([(x, y), (x, y + tall)], ink, width)


def _vignette(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    power, strength, limit = sizes
    shade = np.abs(plan.xs(plan.at.full_width) - points[0][0]) ** power
    c.tint(np.clip(shade * strength, 0, limit).astype(np.float32)[None, :], ink)


def window(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Windows onto the sky, their light on the floor; width and height in units, points at the middle of the top."""
    for x, y in points:
        _window(plan, c, x, y, *sizes)


def _window(plan: ScenePlan, c: Canvas, x: float, y: float, w: float, h: float) -> None:
    p = plan.palette
    half, tall = plan.dx(w) / 2, plan.dy(h)
    frame = mix(p.at((236, 228, 214), 0.7), p.near, 0.2)
    c.rect(x - half - plan.dx(0.014), y - plan.dy(0.014), x + half + plan.dx(0.014), y + tall + plan.dy(0.02), frame)
    for t in np.arange(14) / 14:
        sky = mix(p.sky_mid, mix(p.sky_low, p.light, 0.5), t)
        c.rect(x - half, y + tall * t, x + half, y + tall * (t + 1 / 14) + 0.001, sky)
    for left in x - half + 2 * half * np.arange(7) / 7:
        roof = y + tall * (1 - float(plan.rng.uniform(0.12, 0.4)))
        c.rect(left, roof, left + 2 * half / 7, y + tall, mix(p.haze, p.near, 0.22))
    if {"rain", "storm"} & set(plan.reading.weather):
        for _ in range(26):
            rx, ry = x + half * float(plan.rng.uniform(-0.96, 0.96)), y + tall * float(plan.rng.uniform(0.02, 0.85))
            end = ry + tall * float(plan.rng.uniform(0.03, 0.12))
            c.line([(rx, ry), (rx, end)], mix(p.sky_low, WHITE, 0.35), 0.0015)
    for k in (-1 / 3, 1 / 3):
        c.rect(x + half * k - plan.dx(0.005), y, x + half * k + plan.dx(0.005), y + tall, frame)
    c.rect(x - half, y + tall * 0.45, x + half, y + tall * 0.45 + plan.dy(0.008), frame)
    c.glow(x, y + tall * 0.5, max(w, h) * 1.5, p.light, 0.34 * (0.4 + 0.6 * p.brightness))
    if p.brightness > 0.5:
        away = -plan.light.side * 0.22
        for pane in ((-1, -0.38), (-0.29, 0.29), (0.38, 1)):
            near, far = ([x + half * k * wider + away * slant for k in pane] for wider, slant in ((1, 1), (1.25, 1.7)))
            floor = [(near[0], 0.83), (near[1], 0.83), (far[1], 0.97), (far[0], 0.97)]
            c.polygon(floor, mix(plan.ground, p.light, 0.5))


def view(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """What is seen through a pane of this shape; its horizon lies a little under the middle."""
    p, shape = plan.palette, np.array(points)
    (x0, top), (x1, bottom) = shape.min(axis=0), shape.max(axis=0)
    line = top + (bottom - top) * 0.65
    inner = Canvas(plan.at, p.sky_mid)
    inner.rgb = gradient(plan.at, [(top, p.sky_top), (line, mix(p.sky_low, p.light, 0.2))])
    words = f"{plan.reading.prompt} {plan.reading.mood} {plan.reading.home}".lower()
    if any(w in words for w in ("sea", "coast", "ship", "lighthouse", "ocean", "海", "灯塔", "船")):
        _sea_outside(plan, inner, (x0, line, x1, bottom))
    else:
        _houses_outside(plan, inner, (x0, line, x1, bottom))
    snow = "snow" in plan.reading.weather or "雪" in plan.reading.prompt
    wet = bool({"rain", "storm"} & set(plan.reading.weather))
    for _ in range(46 if wet else 70 if snow else 0):
        x, y = float(plan.rng.uniform(x0, x1)), float(plan.rng.uniform(top, bottom))
        if snow:
            inner.circle(x, y, float(plan.rng.uniform(0.002, 0.006)), (250, 251, 255))
        else:
            end = y + plan.dy(float(plan.rng.uniform(0.01, 0.05)))
            inner.line([(x, y), (x, end)], mix(p.sky_low, p.light, 0.6), 0.003)
    mask = Canvas(plan.at, (0, 0, 0))
    mask.polygon(shape, WHITE)
    weight = mask.alpha.astype(np.float32)[..., None] / 255
    c.rgb = (c.rgb * (1 - weight) + inner.rgb * weight + 0.5).astype(np.uint8)


def _sea_outside(plan: ScenePlan, inner: Canvas, box: tuple[float, float, float, float]) -> None:
    x0, line, x1, bottom = box
    p, wide = plan.palette, x1 - x0
    sea = mix(mix(p.sky_mid, p.at((58, 104, 128), 0.5), 0.55), p.near, 0.2)
    inner.rect(x0, line, x1, bottom, sea)
    for t in np.linspace(0.05, 1, 12):
        x, y = x0 + wide * float(plan.rng.random()), line + (bottom - line) * t
        inner.rect(x, y, x + wide * 0.16 * t, y + plan.dy(0.004), mix(sea, p.light, 0.35))
    if plan.reading.has("ship light", "ship", "boat"):
        x, y = x0 + wide * (0.5 + 0.26 * plan.light.side), line - plan.dy(0.016)
        inner.rect(x - plan.dx(0.018), line - plan.dy(0.008), x + plan.dx(0.018), line + plan.dy(0.002), p.near)
        inner.circle(x, y, 0.012, (255, 248, 216))
        inner.glow(x, y, 0.16, (255, 214, 130), 0.95)


def _houses_outside(plan: ScenePlan, inner: Canvas, box: tuple[float, float, float, float]) -> None:
    x0, line, x1, bottom = box
    p, step = plan.palette, (x1 - x0) / 7
    tone = mix(p.haze, p.near, 0.3)
    inner.rect(x0, line + plan.dy(0.05), x1, bottom, tone)
    for k in range(7):
        x, roof = x0 + step * k, line + plan.dy(0.05 - float(plan.rng.uniform(0.02, 0.12)))
        inner.rect(x, roof, x + step * 0.946, bottom, scale(tone, 0.9 + 0.2 * (k % 2)))
        if p.lamps:
            inner.rect(x + plan.dx(0.02), line + plan.dy(0.03), x + plan.dx(0.035), line + plan.dy(0.05), LAMP)


def _pendant(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Hanging lamps; y of their shades. sizes: the cord's length in units, how much y varies."""
    drop, varies = (*sizes, 0.0)[:2]
    shade = mix(plan.palette.at((70, 66, 64), 0.6), plan.palette.near, 0.3)
    for x, y in points:
        y += float(plan.rng.uniform(0, varies)) if varies else 0.0
        up, wide, narrow = y - plan.dy(0.05), plan.dx(0.05), plan.dx(0.018)
        c.line([(x, y), (x, y - plan.dy(drop))], ink, 0.003)
        c.polygon([(x - wide, y), (x - narrow, up), (x + narrow, up), (x + wide, y)], shade)
        c.circle(x, y + plan.dy(0.006), 0.014, mix(LAMP, WHITE, 0.6))
        c.glow(x, y + plan.dy(0.03), 0.36, LAMP, 0.6 if plan.palette.lamps else 0.28)


def _potted(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Plants in pots; sizes: height in units, how much it varies."""
    for x, y in points:
        tall = sizes[0] + (float(plan.rng.uniform(-sizes[1], sizes[1])) if len(sizes) > 1 else 0.0)
        rim, w = y - plan.dy(tall * 0.25), plan.dx(tall * 0.16)
        for a in np.linspace(-1.25, 1.25, 11):
            length = tall * float(plan.rng.uniform(0.5, 0.8))
            tip = x + plan.dx(length * np.sin(a) * 0.7), rim - plan.dy(length * np.cos(a))
            mx, my = (x + tip[0]) / 2, (rim + tip[1]) / 2
            leaf = [(x, rim), (mx - plan.dx(tall * 0.05), my), tip, (mx + plan.dx(tall * 0.05), my)]
            c.polygon(leaf, scale(ink, float(plan.rng.uniform(0.75, 1.15))))
        top = y - plan.dy(tall * 0.28)
        c.polygon(
            [(x - w, top), (x + w, top), (x + w * 0.7, y), (x - w * 0.7, y)], plan.palette.at((188, 120, 86), 0.6)
        )


def _tree(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    for x, y in points:
        flora.broadleaf(c, plan, x, y, sizes[0], plan.palette.at(flora.leaf_colour(plan.reading), 0.5), 0.54)


def _filled(
    plan: ScenePlan, c: Canvas, y: float, name: str, wide: Sizes, tall: Sizes, *, gap: float, depth: float
) -> None:
    """A board full of things side by side; widths in units, heights as shares of the frame."""
    x = plan.at.left
    while x < 1 - plan.at.left:
        w, h = plan.dx(float(plan.rng.uniform(wide[0], wide[1]))), float(plan.rng.uniform(tall[0], tall[1]))
        if not gap or plan.rng.random() >= gap:
            c.rect(x, y - h, x + w * 0.92, y, plan.palette.at(chosen(plan, name), depth))
        x += w


def _bookshelves(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Shelves of books over the whole wall."""
    wood = mix(plan.palette.at((150, 104, 70), 0.55), plan.palette.near, 0.25)
    c.rect(plan.at.left, 0.04, 1 - plan.at.left, 0.70, wood)
    for y in 0.05 + 0.13 * np.arange(5):
        c.rect(plan.at.left, y, 1 - plan.at.left, y + 0.112, mix(wood, plan.palette.near, 0.5))
        _filled(plan, c, y + 0.112, "books", (0.010, 0.026), (0.07, 0.104), gap=0.08, depth=0.55)


def _goods(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Boards full of goods over the whole wall."""
    for y in points[0][1] + 0.15 * np.arange(4):
        c.rect(plan.at.left, y + 0.115, 1 - plan.at.left, y + 0.13, plan.palette.at((150, 150, 152), 0.6))
        _filled(plan, c, y + 0.115, "goods", (0.03, 0.06), (0.06, 0.105), gap=0.0, depth=0.5)


def _bottles(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Bottles in rows between two x, lit from behind; sizes: how many rows."""
    (x0, top), (x1, _) = points
    for y in top + 0.14 * np.arange(int(sizes[0])):
        c.rect(x0, y, x1, y + 0.115, mix(ink, LAMP, 0.32))
        for x in np.arange(x0 + 0.01, x1 - 0.01, plan.dx(0.042)):
            h = float(plan.rng.uniform(0.06, 0.1))
            glass = mix(chosen(plan, "bottles"), LAMP, 0.2)
            c.rect(x, y + 0.112 - h * 0.7, x + plan.dx(0.026), y + 0.112, glass)
            c.rect(x + plan.dx(0.009), y + 0.112 - h, x + plan.dx(0.017), y + 0.112 - h * 0.6, glass)
        c.glow(0.5, y + 0.05, 0.5, LAMP, 0.16, flat=0.25)


def _jars(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Pots and jars on a board; sizes: how many."""
    foot = points[0][1]
    for _ in range(int(sizes[0])):
        x, h = float(plan.rng.uniform(0, 1)), float(plan.rng.uniform(0.04, 0.13))
        w = plan.dx(float(plan.rng.uniform(0.02, 0.05)))
        c.rect(x - w, foot - plan.dy(h), x + w, foot, plan.palette.at(chosen(plan, "jars"), 0.6))


def _flasks(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Conical flasks on a board; sizes: how many."""
    y = points[0][1]
    for _ in range(int(sizes[0])):
        x, top = float(plan.rng.uniform(0, 1)), y - plan.dy(float(plan.rng.uniform(0.05, 0.13)))
        glass = mix(plan.palette.at(chosen(plan, "flasks"), 0.7), plan.palette.light, 0.2)
        c.polygon([(x + plan.dx(k), at) for k, at in ((-0.03, y), (0.03, y), (0.012, top), (-0.012, top))], glass)


def _writing(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Lines of writing from a point down; sizes: how many, how far apart, shortest and longest, shares of the frame."""
    count, step, shortest, longest = sizes
    for x, y in points:
        for line in y + step * np.arange(int(count)):
            c.line([(x, line), (x + float(plan.rng.uniform(shortest, longest)), line)], ink, 0.004)


def _screen(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Glowing screens on the wall with lines of text; points at the middle of the top."""
    for x, y in points:
        tone = mix((40, 60, 84), (90, 190, 230), float(plan.rng.uniform(0.2, 0.7)))
        c.rect(x - 0.075, y, x + 0.075, y + 0.26, ink)
        c.rect(x - 0.068, y + 0.015, x + 0.068, y + 0.245, tone)
        _writing(plan, c, mix(tone, (230, 250, 255), 0.6), (5, 0.04, 0.035, 0.11), [(x - 0.055, y + 0.05)])
        c.glow(x, y + 0.14, 0.2, tone, 0.3)


def _tools(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Tools that hang in a row away from the light; sizes: how many."""
    for k in range(int(sizes[0])):
        x, y = points[0][0] - plan.light.side * 0.045 * k, points[0][1]
        foot = y + float(plan.rng.uniform(0.08, 0.18))
        c.line([(x, y), (x, foot)], ink, 0.010)
        c.rect(x - plan.dx(0.022), foot - 0.02, x + plan.dx(0.022), foot + 0.02, scale(ink, 1.3))


def _stained_glass(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Pointed windows of coloured panes; points at their tips."""
    p, w = plan.palette, plan.dx(0.10)
    for x, top in points:
        half = [(1, 0.56), (1, top + 0.14), (0.5, top + 0.04)]
        arch = [*((x - w * k, y) for k, y in half), (x, top), *((x + w * k, y) for k, y in half[::-1])]
        c.polygon(arch, ink)
        for row in range(5):
            for column in range(3):
                x0, y0 = x - w * 0.86 + column * w * 0.58, top + 0.13 + row * 0.085
                tone = mix(chosen(plan, "glass"), p.light, 0.35 * p.brightness + 0.1)
                c.rect(x0, y0, x0 + w * 0.52, y0 + 0.075, tone)
        c.glow(x, top + 0.24, 0.34, p.light, 0.32)


def _stars(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Stars between two heights; sizes: how many."""
    rng, count = plan.rng, int(sizes[0])
    xs, ys = rng.uniform(*plan.x_span, count), rng.uniform(points[0][1], points[1][1], count)
    for x, y, size in zip(xs, ys, rng.random(count) ** 3, strict=True):
        c.circle(x, y, 0.0008 + 0.002 * size, mix((140, 150, 190), (255, 252, 244), size))


def _buttons(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Lit buttons of a console between two heights, red where something is wrong; sizes: how many."""
    alarm = any(w in plan.reading.prompt.lower() for w in tables.load("places/scenery")["words"]["alarm"].split(", "))
    lit: list[RGB] = [(255, 70, 60), (255, 140, 60)] if alarm else [(90, 220, 255), (255, 190, 90), (120, 255, 170)]
    for _ in range(int(sizes[0])):
        x, y = float(plan.rng.uniform(*plan.x_span)), float(plan.rng.uniform(points[0][1], points[1][1]))
        c.rect(x, y, x + plan.dx(0.016), y + plan.dy(0.010), lit[int(plan.rng.integers(len(lit)))])
    c.glow(0.5, 0.76, 0.7, lit[0], 0.34, flat=0.4)
    if alarm:
        c.glow(0.5, 0.1, 0.8, (255, 50, 40), 0.4)


def _glints(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Light on water between two heights; sizes: how many."""
    for t in plan.rng.random(int(sizes[0])):
        x, y = float(plan.rng.uniform(*plan.x_span)), points[0][1] + t * (points[1][1] - points[0][1])
        c.rect(x, y, x + plan.dx(0.05 + 0.1 * t), y + plan.dy(0.003), ink)


def _towers(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """A skyline; sizes: height and width of towers in units. Its depth is that of far houses."""
    town.towers(plan, c, 0.16, *sizes)


def _mist(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    """Haze from the first y to the second; sizes: its strength."""
    c.wash(points[0][1], points[1][1], plan.palette.haze, sizes[0])


def _wet(plan: ScenePlan, c: Canvas, ink: RGB, sizes: Sizes, points: Points) -> None:
    town.wet(plan, c, points[0][1])


Fitting = Callable[[ScenePlan, Canvas, RGB, Sizes, Points], None]
FITTINGS: dict[str, Fitting] = {
    fitting.__name__.strip("_").replace("_", "-"): fitting
    for fitting in (
        fan, bricks, window, view, _courses, _bars, _tiles, _vignette, _pendant, _potted, _tree, _bookshelves, _goods,
        _bottles, _jars, _flasks, _writing, _screen, _tools, _stained_glass, _stars, _buttons, _glints, _towers, _mist,
        _wet,
    )
}  # fmt: skip
"""The verb of a row of scenery.toml -> what draws it."""

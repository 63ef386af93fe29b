"""Rooms seen close: at a window, on the stairs, a lighthouse's lamp room, bedroom, hospital, bathroom."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.canvas import Canvas
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.inside import WOOD, casement, walls
from studio.animatic.places.town import LAMP

STONE: RGB = (150, 144, 138)


def aside(plan: ScenePlan, kind: str) -> None:
    """Something at the side and nearer than the wall, so that the room has depth."""
    p = plan.palette
    f = plan.canvas(WOOD, 0.45)
    x = 0.5 - 0.36 * plan.light.side
    wood = mix(p.at(WOOD, 0.65), p.near, 0.25)
    if kind == "curtain":
        cloth = mix(p.at(mix((150, 120, 104), p.accent, 0.25), 0.66), p.near, 0.15)
        for k in range(5):
            cx = x + plan.dx(0.05 * (k - 2))
            f.rect(cx, plan.at.top, cx + plan.dx(0.045), 0.98, scale(cloth, 0.86 + 0.08 * (k % 2)))
    elif kind == "basin":
        bx = 0.5 + 0.26 * plan.light.side
        f.polygon(oval(plan, bx, 0.64, 0.2, 0.05), p.at((240, 242, 242), 0.8))
        f.rect(bx - plan.dx(0.04), 0.65, bx + plan.dx(0.04), 0.88, p.at((224, 228, 228), 0.8))
    elif kind == "rail":
        f.rect(plan.at.left, 0.68, 1 - plan.at.left, 0.695, mix(p.at((200, 204, 208), 0.7), p.light, 0.2))
    else:
        for k, (w, h) in enumerate(((0.16, 0.15), (0.12, 0.11))):
            cx, y = x + plan.dx(0.1 * k), 0.90 - plan.dy(0.15 * (k == 1))
            f.rect(cx - plan.dx(w / 2), y - plan.dy(h), cx + plan.dx(w / 2), y, scale(wood, 0.9 + 0.2 * k))
            f.rect(
                cx - plan.dx(w / 2),
                y - plan.dy(h * 0.6),
                cx + plan.dx(w / 2),
                y - plan.dy(h * 0.5),
                mix(wood, p.near, 0.4),
            )
    plan.add(f, 0.45, "aside", glow=0.3)


def oval(plan: ScenePlan, x: float, y: float, rx: float, ry: float, count: int = 48) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, count)
    return np.column_stack((x + plan.dx(rx) * np.cos(t), y + plan.dy(ry) * np.sin(t)))


def sea_outside(plan: ScenePlan) -> bool:
    """True where a window looks out on water."""
    words = f"{plan.reading.prompt} {plan.reading.mood} {plan.reading.home}".lower()
    return any(w in words for w in ("sea", "coast", "ship", "lighthouse", "ocean", "海", "灯塔", "船"))


def window(plan: ScenePlan) -> None:
    """A wall close by and a large window in it: round where the words say so; outside sea, snow, rain or houses."""
    p, text = plan.palette, plan.reading.prompt.lower()
    c, lit = walls(plan, (176, 160, 142), WOOD, edge=1.06)
    x, y, r = 0.5 + 0.25 * plan.light.side, 0.40, 0.34
    ring = any(w in text for w in ("round", "porthole", "圆窗", "舷窗"))
    frame = mix(p.at((120, 92, 70), 0.7), p.near, 0.25)
    shape = oval(plan, x, y, r, r) if ring else square(plan, x, y, r * 1.05, r * 1.05)
    rim = oval(plan, x, y, r + 0.035, r + 0.035) if ring else square(plan, x, y, r * 1.05 + 0.03, r * 1.05 + 0.03)
    c.polygon(rim, frame)
    view(plan, c, shape, y)
    for k in (0.0,) if ring else (-0.33, 0.33):
        bar = plan.dx(0.007)
        c.rect(x + plan.dx(r * k) - bar, y - plan.dy(r), x + plan.dx(r * k) + bar, y + plan.dy(r), frame)
    c.rect(x - plan.dx(r), y - plan.dy(0.006), x + plan.dx(r), y + plan.dy(0.006), frame)
    c.rect(
        x - plan.dx(r + 0.06), y + plan.dy(r + 0.03), x + plan.dx(r + 0.06), y + plan.dy(r + 0.06), scale(frame, 1.15)
    )
    if any(w in text for w in ("breath", "fog", "steam", "mist", "呵气", "雾")):
        c.glow(x - plan.dx(0.08), y + plan.dy(0.06), 0.16, mix(p.light, (255, 255, 255), 0.5), 0.5)
    c.glow(x, y, r * 1.6, p.light, 0.25 * (0.4 + 0.6 * p.brightness))
    plan.light = plan.light.__class__(x, y, plan.light.spread, "")
    plan.add(c, 0.1, "room", glow=0.3)
    aside(plan, "curtain")
    del lit


def square(plan: ScenePlan, x: float, y: float, rx: float, ry: float) -> np.ndarray:
    w, h = plan.dx(rx), plan.dy(ry)
    return np.array([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)])


def view(plan: ScenePlan, c: Canvas, shape: np.ndarray, middle: float) -> None:
    """What is seen through a pane of this shape; its horizon lies a little under the middle."""
    p, text = plan.palette, plan.reading.prompt.lower()
    inner = Canvas(plan.at, p.sky_mid)
    top, bottom = float(shape[:, 1].min()), float(shape[:, 1].max())
    line = middle + (bottom - middle) * 0.3
    inner.rgb = gradient(plan.at, [(top, p.sky_top), (line, mix(p.sky_low, p.light, 0.2))])
    x0, x1 = float(shape[:, 0].min()), float(shape[:, 0].max())
    if sea_outside(plan):
        water = mix(mix(p.sky_mid, p.at((58, 104, 128), 0.5), 0.55), p.near, 0.2)
        inner.rect(x0, line, x1, bottom, water)
        for t in np.linspace(0.05, 1, 12):
            wy, wx = line + (bottom - line) * t, x0 + (x1 - x0) * float(plan.rng.random())
            inner.rect(wx, wy, wx + (x1 - x0) * 0.16 * t, wy + plan.dy(0.004), mix(water, p.light, 0.35))
        ship = plan.reading.has("ship light", "ship", "boat")
        if ship:
            lx = x0 + (x1 - x0) * (0.5 + 0.26 * plan.light.side)
            inner.rect(lx - plan.dx(0.018), line - plan.dy(0.008), lx + plan.dx(0.018), line + plan.dy(0.002), p.near)
            inner.circle(lx, line - plan.dy(0.016), 0.012, (255, 248, 216))
            inner.glow(lx, line - plan.dy(0.016), 0.16, (255, 214, 130), 0.95)
    else:
        tone = mix(p.haze, p.near, 0.3)
        inner.rect(x0, line + plan.dy(0.05), x1, bottom, tone)
        for k in range(7):
            bx = x0 + (x1 - x0) * k / 7
            bh = plan.dy(float(plan.rng.uniform(0.02, 0.12)))
            inner.rect(bx, line + plan.dy(0.05) - bh, bx + (x1 - x0) / 7.4, bottom, scale(tone, 0.9 + 0.2 * (k % 2)))
            if p.lamps:
                inner.rect(bx + plan.dx(0.02), line + plan.dy(0.03), bx + plan.dx(0.035), line + plan.dy(0.05), LAMP)
    wet = {"rain", "storm"} & set(plan.reading.weather)
    snow = "snow" in plan.reading.weather or "雪" in text
    for _ in range(46 if wet else 70 if snow else 0):
        rx, ry = float(plan.rng.uniform(x0, x1)), float(plan.rng.uniform(top, bottom))
        if snow:
            inner.circle(rx, ry, float(plan.rng.uniform(0.002, 0.006)), (250, 251, 255))
        else:
            inner.line(
                [(rx, ry), (rx, ry + plan.dy(float(plan.rng.uniform(0.01, 0.05))))], mix(p.sky_low, p.light, 0.6), 0.003
            )
    mask = Canvas(plan.at, (0, 0, 0))
    mask.polygon(shape, (255, 255, 255))
    weight = mask.alpha.astype(np.float32)[..., None] / 255
    c.rgb = (c.rgb * (1 - weight) + inner.rgb * weight + 0.5).astype(np.uint8)


def stairs(plan: ScenePlan) -> None:
    """A stairwell: a round wall of stone, steps that wind up around a post, a rail, a slit of light."""
    p = plan.palette
    c = plan.canvas(STONE, 0.1)
    c.alpha[:] = 255
    lit = p.at(STONE, 0.7)
    c.rgb = gradient(plan.at, [(-0.1, mix(lit, p.near, 0.45)), (0.4, lit), (1.1, mix(lit, p.near, 0.5))])
    joint = mix(lit, p.near, 0.16)
    for r in range(16):
        y = -0.08 + r * 0.08
        c.line([(plan.at.left, y), (1 - plan.at.left, y + 0.012)], joint, 0.0016)
        for k in range(9):
            x = plan.at.left + (k + 0.5 * (r % 2)) * 0.15
            c.line([(x, y), (x, y + 0.08)], joint, 0.0016)
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


def lamproom(plan: ScenePlan) -> None:
    """The top of a lighthouse: panes all around over a low wall, the sea outside, and the great lamp in the middle."""
    p = plan.palette
    c = plan.canvas((90, 96, 110), 0.1)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.1, p.sky_top), (0.45, p.sky_mid), (0.56, mix(p.sky_low, p.light, 0.2))])
    water = mix(mix(p.sky_mid, p.at((48, 90, 116), 0.5), 0.55), p.near, 0.25)
    c.rect(plan.at.left, 0.56, 1 - plan.at.left, plan.bottom, water)
    for t in plan.rng.random(40):
        x = float(plan.rng.uniform(*plan.x_span))
        y = 0.57 + 0.2 * t
        c.rect(x, y, x + plan.dx(0.05 + 0.1 * t), y + plan.dy(0.003), mix(water, p.light, 0.35))
    plan.add(c, 0.02, "sea", glow=0.3)
    f = plan.canvas((70, 62, 58), 0.4)
    iron = mix(p.at((74, 70, 72), 0.6), p.near, 0.45)
    for x in np.linspace(plan.at.left, 1 - plan.at.left, 7):
        f.rect(x - plan.dx(0.012), plan.at.top, x + plan.dx(0.012), 0.80, iron)
    for y in (0.02, 0.40):
        f.rect(plan.at.left, y, 1 - plan.at.left, y + plan.dy(0.018), iron)
    f.rect(plan.at.left, 0.74, 1 - plan.at.left, plan.bottom, mix(p.at((150, 138, 124), 0.7), p.near, 0.3))
    f.rect(plan.at.left, 0.74, 1 - plan.at.left, 0.77, mix(p.at((176, 160, 140), 0.7), LAMP, 0.3))
    plan.ground = mix(p.at((120, 108, 96), 0.7), p.near, 0.35)
    plan.add(f, 0.4, "panes", glow=0.3)


def bedroom(plan: ScenePlan) -> None:
    """A window, a bed with pillow and blanket, a bedside lamp."""
    _with_bed(plan, (190, 178, 176), hospital=False)


def hospital(plan: ScenePlan) -> None:
    """Pale walls, a bed on wheels, a drip stand and a monitor."""
    _with_bed(plan, (206, 220, 220), hospital=True)


def _with_bed(plan: ScenePlan, wall: RGB, *, hospital: bool) -> None:
    p = plan.palette
    c, lit = walls(plan, wall, (150, 146, 144) if hospital else WOOD, edge=0.74)
    casement(plan, c, 0.5 + 0.26 * plan.light.side, 0.14, 0.38, 0.38)
    plan.add(c, 0.1, "room", glow=0.4)
    f = plan.canvas((200, 200, 204), 0.5)
    x, half, y = 0.5 - 0.18 * plan.light.side, plan.dx(0.50), 0.84
    away = -plan.light.side
    cloth = p.at((222, 230, 232) if hospital else mix((120, 134, 168), p.accent, 0.25), 0.7)
    dark = mix(p.at((92, 72, 58) if not hospital else (150, 158, 164), 0.7), p.near, 0.25)
    head = x + away * half
    f.rect(min(head, head + away * plan.dx(0.04)), y - plan.dy(0.36), max(head, head + away * plan.dx(0.04)), y, dark)
    f.rect(x - half, y - plan.dy(0.16), x + half, y - plan.dy(0.02), cloth)
    f.rect(x - half, y - plan.dy(0.05), x + half, y, dark)
    px = x + away * (half - plan.dx(0.13))
    f.polygon(oval(plan, px, y - plan.dy(0.18), 0.13, 0.045), p.at((246, 244, 240), 0.75))
    f.line([(x - half, y - plan.dy(0.14)), (x + half * 0.3, y - plan.dy(0.12))], mix(cloth, p.near, 0.2), 0.004)
    sx = head + away * plan.dx(0.14)
    if hospital:
        f.line([(sx, y), (sx, y - plan.dy(0.62))], p.at((190, 196, 202), 0.7), 0.008)
        f.rect(sx - plan.dx(0.03), y - plan.dy(0.62), sx + plan.dx(0.03), y - plan.dy(0.50), p.at((220, 236, 240), 0.8))
        mx = x - away * (half + plan.dx(0.14))
        f.rect(mx - plan.dx(0.09), y - plan.dy(0.52), mx + plan.dx(0.09), y - plan.dy(0.36), (28, 34, 40))
        xs = np.linspace(-0.08, 0.08, 30)
        beat = 0.02 * np.exp(-(((np.mod(xs, 0.05) - 0.025) / 0.004) ** 2))
        f.line(np.column_stack((mx + plan.dx(1) * xs, y - plan.dy(0.43) - plan.dy(1) * beat)), (90, 240, 150), 0.004)
        f.line([(mx, y), (mx, y - plan.dy(0.36))], p.at((190, 196, 202), 0.7), 0.010)
    else:
        f.rect(sx - plan.dx(0.08), y - plan.dy(0.2), sx + plan.dx(0.08), y, mix(dark, p.light, 0.1))
        f.line([(sx, y - plan.dy(0.2)), (sx, y - plan.dy(0.3))], dark, 0.008)
        shade = mix(LAMP, (255, 255, 255), 0.3) if p.lamps else p.at((236, 222, 196), 0.7)
        f.polygon(
            [
                (sx - plan.dx(0.06), y - plan.dy(0.28)),
                (sx - plan.dx(0.035), y - plan.dy(0.38)),
                (sx + plan.dx(0.035), y - plan.dy(0.38)),
                (sx + plan.dx(0.06), y - plan.dy(0.28)),
            ],
            shade,
        )
        if p.lamps:
            f.glow(sx, y - plan.dy(0.32), 0.3, LAMP, 0.4)
            plan.shines.append((sx, y - plan.dy(0.32), 0.5))
    plan.add(f, 0.5, "furniture", glow=0.4)
    del lit


def bathroom(plan: ScenePlan) -> None:
    """Tiles, a mirror over a basin, a lamp."""
    p = plan.palette
    c, lit = walls(plan, (186, 208, 208), (140, 146, 150), edge=0.80)
    joint = mix(lit, (255, 255, 255), 0.35)
    for k in np.arange(plan.at.left, 1 - plan.at.left, plan.dx(0.08)):
        c.line([(k, plan.at.top), (k, 0.79)], joint, 0.0018)
    for y in np.arange(0, 0.8, plan.dy(0.08)):
        c.line([(plan.at.left, y), (1 - plan.at.left, y)], joint, 0.0018)
    x = 0.5 + 0.26 * plan.light.side
    c.rect(x - plan.dx(0.2), 0.12, x + plan.dx(0.2), 0.5, mix(p.sky_low, (255, 255, 255), 0.4))
    c.rect(x - plan.dx(0.19), 0.13, x + plan.dx(0.19), 0.49, mix(p.sky_mid, lit, 0.5))
    c.glow(x, 0.08, 0.4, LAMP if p.lamps else p.light, 0.5)
    plan.add(c, 0.1, "room", glow=0.3)
    aside(plan, "basin")

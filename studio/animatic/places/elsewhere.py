"""Places without a horizon of their own: under water, in space, and the plain composed backdrop."""

from __future__ import annotations

import cv2
import numpy as np

from studio.animatic.draw.canvas import field_noise
from studio.animatic.draw.palette import NAMED, RGB, mix, scale, shifted
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.fittings import oval


def underwater(plan: ScenePlan) -> None:
    """Blue depth, shafts of light, coral and weed."""
    p = plan.palette
    deep, mid, top = mix((6, 30, 62), p.near, 0.3), (18, 96, 132), (120, 214, 214)
    k = 0.45 + 0.55 * p.brightness
    back = plan.canvas(mid, 0.05)
    back.alpha[:] = 255
    back.rgb = gradient(plan.at, [(-0.1, scale(top, k)), (0.35, scale(mid, k)), (1.1, scale(deep, k))])
    for _ in range(9):
        x, w = float(plan.rng.uniform(0.1, 0.9)), float(plan.rng.uniform(0.02, 0.08))
        ray = [(x, -0.2), (x + w, -0.2), (x + w * 3 - 0.12, 0.95), (x - w * 2 - 0.12, 0.95)]
        back.beam(ray, (226, 255, 240), (0.22, 0.0), 5)
    plan.add(back, 0.05, "water", glow=0.0)
    for depth, y, tall in ((0.3, 0.80, 0.10), (0.5, 0.90, 0.16), (0.93, 1.06, 0.22)):
        c = plan.canvas(mid, depth)
        rock = scale(mix(mix(deep, (60, 70, 96), 0.4), mid, 0.6 * (1 - depth)), k)
        xs, ys = plan.skyline(y, 0.05)
        plan.below(c, xs, ys, rock)
        for x in plan.rng.uniform(*plan.x_span, int(9 * plan.wide)):
            tint: RGB = [(232, 98, 98), (240, 158, 90), (206, 96, 168), (120, 190, 130)][int(plan.rng.integers(4))]
            colour = scale(mix(tint, mid, 0.75 - 0.45 * depth), k * (0.5 if depth > 0.9 else 0.9))
            _weed(plan, c, float(x), float(np.interp(x, xs, ys)) + 0.01, tall * float(plan.rng.uniform(0.4, 1)), colour)
        plan.add(c, depth, "reef" if depth < 0.9 else "foreground", glow=0.4)
    plan.ground = scale(mid, k)


def _weed(plan: ScenePlan, c, x: float, y: float, tall: float, colour: RGB) -> None:
    """A branching coral or a waving blade."""
    if plan.rng.random() < 0.5:
        t = np.linspace(0, 1, 14)
        for k in range(3):
            sway = plan.dx(0.02) * np.sin(t * 5 + k * 2) + plan.dx(0.012) * (k - 1)
            half = plan.dx(0.008) * (1 - t * 0.9)
            ys = y - plan.dy(tall * (1 - 0.15 * k)) * t
            c.band(x + sway - half, x + sway + half, ys, scale(colour, 0.85 + 0.1 * k))
        return
    for angle in np.linspace(-0.9, 0.9, 7):
        ex, ey = x + plan.dx(tall * 0.6 * np.sin(angle)), y - plan.dy(tall * 0.75 * np.cos(angle))
        c.line([(x, y), ((x + ex) / 2, (y + ey) / 2 - plan.dy(0.008)), (ex, ey)], colour, tall * 0.07)
        c.circle(ex, ey, tall * 0.065, scale(colour, 1.12))


def space(plan: ScenePlan) -> None:
    """Stars, a nebula in the picture's colours, and a planet with a lit edge."""
    rng, p = plan.rng, plan.palette
    back = plan.canvas((8, 10, 26), 0.02)
    back.alpha[:] = 255
    back.rgb[:] = (7, 9, 24)
    height, width = max(16, plan.at.full_height // 6), max(16, plan.at.full_width // 6)
    named = [NAMED[c.name] for c in plan.reading.colours if c.name not in ("white", "black", "grey")]
    base = named[0] if named else [(92, 62, 172), (36, 118, 168), (176, 62, 120)][int(rng.integers(3))]
    for colour, cells in ((base, 3.2), (shifted(base, hue=0.12), 4.6), ((250, 190, 150), 6.0)):
        cloud = np.clip(field_noise(rng, height, width, cells=cells, octaves=5) - 0.42, 0, 1) * 1.7
        cloud = cv2.GaussianBlur(cloud.astype(np.float32), (0, 0), max(1.0, width / 90))
        weight = cv2.resize(cloud, (plan.at.full_width, plan.at.full_height), interpolation=cv2.INTER_CUBIC)
        back.tint(np.clip(weight, 0, 0.6 if cells < 6 else 0.25), colour)
    xs, ys = rng.uniform(*plan.x_span, 420), rng.uniform(plan.at.top, plan.bottom, 420)
    for x, y, size in zip(xs, ys, rng.random(420) ** 4, strict=True):
        back.circle(x, y, 0.0006 + 0.0022 * size, mix((140, 150, 190), (255, 252, 244), 0.3 + 0.7 * size))
    plan.add(back, 0.02, "stars", glow=0.0)
    moon = any(w in plan.reading.prompt.lower() for w in ("moon", "lunar", "月"))
    c = plan.canvas((90, 110, 150), 0.25)
    upright = ("standing", "walking", "sitting", "back", "running")
    on_ground = moon or any(f.posture in upright for f in plan.reading.figures)
    x, y, r = (0.72, 0.30, 0.17) if on_ground else (0.5 + 0.3 * plan.light.side * -1, 1.02, 0.78)
    if plan.light.side > 0:
        x = 1 - x
    colour: RGB = (70, 118, 176) if moon else [(196, 140, 96), (92, 150, 170), (170, 104, 120)][int(rng.integers(3))]
    _planet(plan, c, x, y, r, colour)
    if "ring" in plan.reading.prompt.lower() or "环" in plan.reading.prompt:
        t = np.linspace(0.1, np.pi - 0.1, 60)
        for k in range(5):
            reach = r * (1.32 + 0.10 * k)
            c.line(np.column_stack((x + plan.dx(reach) * np.cos(t), y + plan.dy(reach * 0.2) * np.sin(t))),
                   mix(colour, (250, 236, 210), 0.3 + 0.1 * k), 0.012)  # fmt: skip
    plan.add(c, 0.25, "planet", glow=0.0)
    if on_ground:
        soil: RGB = (172, 172, 180) if moon else mix(colour, (150, 130, 120), 0.5)
        plan.palette = p
        ground = plan.canvas(soil, 0.5)
        xs, ys = plan.skyline(plan.horizon + 0.08, 0.03)
        tone = scale(soil, 0.78)
        plan.below(ground, xs, ys, tone)
        ground.wash(plan.horizon + 0.1, 1.08, (20, 20, 34), 0.75)
        for t in np.sort(rng.random(int(18 * plan.wide))):
            x, size = float(rng.uniform(*plan.x_span)), 0.008 + 0.06 * t
            y = plan.horizon + 0.14 + 0.85 * t * (1 - plan.horizon)
            crater = oval(plan, x, y, size, size * 0.28, 22)
            ground.polygon(crater, scale(tone, 0.62 - 0.2 * t))
            ground.polygon(crater + np.array((0, plan.dy(size * 0.09))), scale(tone, 0.85 - 0.35 * t))
        plan.ground = tone
        plan.add(ground, 0.5, "ground", glow=0.0)


def _planet(plan: ScenePlan, c, x: float, y: float, r: float, colour: RGB) -> None:
    """A ball with bands, night on the far side and a thin bright air."""
    side = plan.light.side
    for k in range(5):
        air = mix((8, 10, 26), shifted(colour, value=1.4, saturation=0.6), 0.10 + 0.14 * k)
        c.circle(x, y, r * (1.0 + 0.012 * (4 - k)), air)
    c.circle(x, y, r, colour)
    for _ in range(9):
        v = float(plan.rng.uniform(-0.8, 0.8))
        half = np.sqrt(1 - v * v)
        tint = (255, 244, 226) if plan.rng.random() < 0.5 else (20, 20, 40)
        shade = mix(colour, tint, float(plan.rng.uniform(0.08, 0.28)))
        t = np.linspace(-1, 1, 30)
        xs, top = x + plan.dx(r * half) * t, y + plan.dy(r) * (v + 0.05 * np.cos(t * 1.5))
        low = top + plan.dy(r) * float(plan.rng.uniform(0.02, 0.07)) * (1 - t * t)
        c.polygon(np.column_stack((np.r_[xs, xs[::-1]], np.r_[top, low[::-1]])), shade)
    (cx, cy), radius = plan.at.px([(x, y)])[0], r * plan.at.unit
    gx = (np.arange(plan.at.full_width, dtype=np.float32)[None] - cx) / radius * side
    gy = (np.arange(plan.at.full_height, dtype=np.float32)[:, None] - cy) / radius
    light = np.clip(0.55 + 0.8 * gx - 0.25 * gy, 0, 1)
    c.tint((1 - light) * 0.93 * (c.alpha.astype(np.float32) / 255), (6, 8, 22))


def backdrop(plan: ScenePlan) -> None:
    """Nothing said about the place: large soft shapes, a floor and a pool of light."""
    p, rng = plan.palette, plan.rng
    named = [NAMED[c.name] for c in plan.reading.colours if c.noun in ("", "wall")]
    base = p.at(named[0], 0.7) if named else mix(p.sky_mid, p.haze, 0.5)
    back = plan.canvas(base, 0.05)
    back.alpha[:] = 255
    shade, foot = mix(base, p.near, 0.25), mix(base, p.near, 0.3)
    stops = [(-0.1, shade), (0.45, mix(base, p.light, 0.25)), (0.8, base), (1.1, foot)]
    back.rgb = gradient(plan.at, stops)
    back.glow(0.5 + 0.16 * plan.light.side, 0.42, 0.75, p.light, 0.45)
    plan.add(back, 0.05, "backdrop")
    if plan.reading.setting != "studio":
        for depth, amount in ((0.2, 0.18), (0.34, 0.26)):
            c = plan.canvas(base, depth)
            x, y = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.3, 0.6))
            c.circle(x, y, float(rng.uniform(0.22, 0.38)), mix(base, p.light if depth < 0.3 else p.accent, amount))
            xs, ys = plan.skyline(0.70 + 0.05 * depth, 0.10, rough=0.3)
            plan.below(c, xs, ys, mix(base, p.near, amount))
            plan.add(c, depth, "shapes")
    floor = plan.canvas(base, 0.5)
    y = plan.horizon + 0.06
    plan.ground = mix(base, p.near, 0.25)
    if plan.reading.setting == "studio":  # a seamless paper: wall and floor melt into each other
        floor.alpha[:] = 255
        floor.rgb = back.rgb.copy()
        floor.wash(y, y + 0.2, mix(base, p.light, 0.2), 0.8)
        plan.add(floor, 0.5, "floor")
        return
    plan.below(floor, *plan.skyline(y, 0.0), plan.ground)
    floor.wash(y, 1.1, mix(plan.ground, p.near, 0.6), 0.7)
    floor.glow(0.5 + 0.1 * plan.light.side, 0.86, 0.5, p.light, 0.28, flat=0.25)
    plan.add(floor, 0.5, "floor")

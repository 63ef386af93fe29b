"""Places at the water: sea and shore, lake and bank."""

from __future__ import annotations

import cv2
import numpy as np

from studio.animatic.draw import flora
from studio.animatic.draw.canvas import Canvas, noise
from studio.animatic.draw.palette import RGB, mix
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.nature import GRASS, ROCK, SAND, WATER, foreground_grass, from_above, hills, range_of_peaks


def water(plan: ScenePlan, y: float, depth: float, colour: RGB = WATER, *, to: float = 2.0, waves: int = 120) -> Canvas:
    """Water from y downwards that mirrors the sky, with a path of light under the sun or moon; not yet added."""
    p = plan.palette
    c = plan.canvas(colour, depth)
    own = p.at(colour, 0.6)
    far, near = mix(p.sky_low, own, 0.35), mix(mix(p.sky_top, own, 0.6), p.near, 0.25)
    c.rgb = gradient(plan.at, [(y - 0.01, far), (y + 0.16, mix(p.sky_mid, own, 0.55)), (1.1, near)])
    xs, ys = plan.skyline(y, 0.0)
    low = min(plan.bottom, to)
    shape = plan.at.px(np.column_stack((np.r_[xs, xs[-1], xs[0]], np.r_[ys, low, low])))
    cv2.fillPoly(c.alpha, [np.round(shape * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    bright = mix(p.light, p.sky_low, 0.3)
    for t in np.sort(plan.rng.random(int(waves * plan.wide)) ** 1.6):
        wy = y + 0.004 + t * (1.1 - y)
        length = plan.dx((0.012 + 0.10 * t) * float(plan.rng.uniform(0.5, 1.6)))
        thick = plan.dy(0.0008 + 0.006 * t)
        near_path = plan.rng.random() < 0.45
        spread = 0.03 + 0.14 * t
        x = plan.light.x + float(plan.rng.normal(0, spread)) if near_path else float(plan.rng.uniform(*plan.x_span))
        shade = mix(mix(far, near, t), bright if near_path else p.sky_low, 0.62 if near_path else 0.28)
        c.polygon([(x - length, wy), (x, wy - thick), (x + length, wy), (x, wy + thick)], shade)
    plan.ground = mix(far, near, 0.5)
    return c


def sea(plan: ScenePlan) -> None:
    """Open water, a headland, surf, and sand under the feet."""
    text = plan.reading.prompt.lower()
    cliff = any(w in text for w in ("cliff", "悬崖", "island", "岛", "lighthouse", "灯塔")) or plan.rng.random() < 0.55
    if cliff:
        c = plan.canvas(ROCK, 0.2)
        side = -plan.light.side
        xs = plan.xs(120)
        far = np.clip((xs - 0.5) * side * 2.2 - 0.25, 0, 1) ** 0.7
        ys = plan.horizon - plan.dy(0.17) * far * (1 + 0.3 * noise(plan.rng, 120)) + 0.004
        plan.below(c, xs, np.where(far > 0, ys, plan.horizon + 0.01), plan.palette.at(ROCK, 0.22))
        c.wash(plan.horizon - plan.dy(0.16), plan.horizon, plan.palette.haze, 0.5)
        plan.add(c, 0.18, "headland")
    boat_only = "boat" in {t.kind for t in plan.reading.objects} and not plan.reading.figures
    shore = 1.5 if boat_only or plan.reading.shot_size == "aerial" else 0.80
    surface = water(plan, plan.horizon, 0.4)
    plan.add(surface, 0.40, "sea")
    if shore > 1:
        return
    ground = plan.canvas(SAND, 0.55)
    xs, ys = plan.skyline(shore + 0.02, 0.018, rough=0.35)
    foam = mix(plan.palette.at((250, 250, 248), 0.6), plan.palette.light, 0.2)
    sand, wet = plan.palette.at(SAND, 0.62), mix(plan.palette.at(SAND, 0.62), plan.palette.at(WATER, 0.6), 0.42)
    plan.below(ground, xs, ys - plan.dy(0.030), foam)
    plan.below(ground, xs, ys - plan.dy(0.020) + plan.dy(0.004) * np.sin(xs * 40), mix(wet, plan.palette.sky_low, 0.3))
    plan.below(ground, xs, ys + plan.dy(0.035), sand)
    ground.wash(shore + 0.06, 1.1, mix(sand, plan.palette.near, 0.5), 0.6)
    plan.ground = sand
    plan.strokes(ground, shore + 0.09, plan.palette.light, int(30 * plan.wide), amount=0.25)
    plan.add(ground, 0.56, "shore")
    foreground_grass(plan, (150, 140, 90), dense=26)


def lake(plan: ScenePlan) -> None:
    """Still water between wooded shores, hills behind and mirrored; from the air a winding river."""
    if plan.reading.shot_size == "aerial":
        from_above(plan)
        return
    range_of_peaks(plan, 0.10, plan.horizon - plan.dy(0.01), 0.24, snow=plan.rng.random() < 0.4, count=4)
    hills(plan, (82, 112, 90), depths=(0.28, 0.38), rise=0.045, trees=True)
    surface = water(plan, plan.horizon + plan.dy(0.008), 0.42, (64, 112, 118), waves=70)
    dark = plan.palette.at((70, 100, 84), 0.4)
    ys = (np.arange(plan.at.full_height) - (plan.at.full_height - plan.at.height) / 2) / plan.at.height
    weight = np.clip(1 - (ys - plan.horizon) / plan.dy(0.13), 0, 1) * 0.55 * (ys >= plan.horizon)
    surface.tint(weight.astype(np.float32)[:, None], dark)
    plan.add(surface, 0.42, "water")
    bank(plan)


def bank(plan: ScenePlan) -> None:
    """The near shore under the feet, with reeds."""
    ground = plan.canvas(GRASS, 0.56)
    xs, ys = plan.skyline(0.80, 0.02, rough=0.4)
    plan.ground = plan.palette.at(GRASS, 0.66)
    plan.below(ground, xs, ys, plan.ground)
    ground.wash(0.80, 1.1, mix(plan.ground, plan.palette.near, 0.6), 0.75)
    flora.grass(ground, plan, 0.815, 0.05, plan.ground, int(80 * plan.wide))
    plan.strokes(ground, 0.84, plan.palette.light, int(30 * plan.wide), amount=0.25)
    plan.add(ground, 0.56, "bank")
    foreground_grass(plan)

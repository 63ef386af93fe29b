"""Inside what moves: a car, a train or plane, a ship's deck, a spaceship's cockpit."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.palette import RGB, mix
from studio.animatic.draw.plan import ScenePlan
from studio.animatic.draw.skies import gradient
from studio.animatic.places.rooms import square, view
from studio.animatic.places.waters import water


def carcabin(plan: ScenePlan) -> None:
    """Seen from the bonnet's side: roof and pillars, the road's world behind the glass, seats and a wheel."""
    p = plan.palette
    c = plan.canvas((60, 60, 66), 0.1)
    c.alpha[:] = 255
    c.rgb[:] = mix(p.at((70, 68, 72), 0.7), p.near, 0.4)
    view(plan, c, np.array([(0.02, 0.08), (0.98, 0.08), (1.1, 0.60), (-0.1, 0.60)]), 0.30)
    dark = mix(p.at((52, 50, 54), 0.7), p.near, 0.5)
    for x0, x1 in ((0.0, -0.06), (1.0, 1.06)):
        c.polygon([(x0 - 0.02, 0.06), (x0 + 0.02, 0.06), (x1 + 0.04, 0.64), (x1 - 0.06, 0.64)], dark)
    c.rect(0.485, 0.07, 0.515, 0.11, dark)
    plan.add(c, 0.08, "outside", glow=0.4)
    if plan.reading.shot_size == "pov":
        _dashboard(plan, dark)
        return
    s = plan.canvas((60, 56, 56), 0.4)
    seat = mix(p.at((96, 78, 68), 0.7), p.near, 0.25)
    for x in (0.28, 0.72):
        s.polygon(
            [
                (x - plan.dx(0.2), 1.1),
                (x - plan.dx(0.17), 0.42),
                (x - plan.dx(0.12), 0.38),
                (x + plan.dx(0.12), 0.38),
                (x + plan.dx(0.17), 0.42),
                (x + plan.dx(0.2), 1.1),
            ],
            seat,
        )
        s.rect(x - plan.dx(0.08), 0.30, x + plan.dx(0.08), 0.39, seat)
    plan.add(s, 0.4, "seats", glow=0.3)
    f = plan.canvas((40, 40, 46), 0.9)
    t = np.linspace(0, 2 * np.pi, 60)
    x, y, r = 0.5 - 0.2 * plan.light.side, 1.0, 0.24
    f.line(np.column_stack((x + plan.dx(r) * np.cos(t), y + plan.dy(r * 0.8) * np.sin(t))), dark, 0.034)
    plan.layers.append((f, 0.9, "wheel"))


def _dashboard(plan: ScenePlan, dark: RGB) -> None:
    """What the driver sees: the dashboard with its dials, and the wheel."""
    f = plan.canvas((40, 40, 46), 0.5)
    f.polygon(
        [
            (plan.at.left, 0.66),
            (0.3, 0.61),
            (0.7, 0.61),
            (1 - plan.at.left, 0.66),
            (1 - plan.at.left, plan.bottom),
            (plan.at.left, plan.bottom),
        ],
        mix(dark, (90, 90, 98), 0.25),
    )
    f.rect(0.44, 0.66, 0.60, 0.80, (40, 90, 120))
    f.line([(0.46, 0.78), (0.5, 0.72), (0.53, 0.75), (0.58, 0.68)], (150, 230, 255), 0.006)
    for x in (0.26, 0.36):
        f.circle(x, 0.72, 0.05, (28, 30, 36))
        f.line([(x, 0.72), (x + 0.015, 0.69)], (255, 120, 70), 0.005)
    plan.add(f, 0.5, "dashboard", glow=0.2)
    w = plan.canvas((30, 30, 34), 0.9)
    t = np.linspace(0, 2 * np.pi, 60)
    w.line(np.column_stack((0.31 + plan.dx(0.3) * np.cos(t), 1.0 + plan.dy(0.26) * np.sin(t))), dark, 0.036)
    plan.layers.append((w, 0.9, "wheel"))


def traincabin(plan: ScenePlan) -> None:
    """A carriage: windows in a row, seat backs, a luggage rack."""
    p = plan.palette
    c = plan.canvas((140, 132, 122), 0.1)
    c.alpha[:] = 255
    lit = p.at((176, 166, 150), 0.72)
    c.rgb = gradient(plan.at, [(-0.1, mix(lit, p.near, 0.3)), (0.3, lit), (1.1, mix(lit, p.near, 0.45))])
    for x in (0.16, 0.5, 0.84):
        c.polygon(square(plan, x, 0.34, 0.27, 0.2), mix(lit, p.near, 0.55))
        view(plan, c, square(plan, x, 0.34, 0.25, 0.18), 0.34)
    c.rect(plan.at.left, 0.075, 1 - plan.at.left, 0.095, mix(lit, p.near, 0.5))
    plan.add(c, 0.1, "carriage", glow=0.4)
    s = plan.canvas((80, 60, 60), 0.45)
    cloth = p.at((110, 60, 60), 0.68)
    for x in (0.02, 0.33, 0.67, 0.98):
        s.polygon(
            [
                (x - plan.dx(0.13), 1.1),
                (x - plan.dx(0.12), 0.6),
                (x - plan.dx(0.08), 0.56),
                (x + plan.dx(0.08), 0.56),
                (x + plan.dx(0.12), 0.6),
                (x + plan.dx(0.13), 1.1),
            ],
            cloth,
        )
    plan.ground = mix(lit, p.near, 0.5)
    plan.add(s, 0.45, "seats", glow=0.3)


def deck(plan: ScenePlan) -> None:
    """Planks, a rail and rigging, the open sea behind."""
    p = plan.palette
    plan.add(water(plan, plan.horizon, 0.3), 0.3, "sea")
    f = plan.canvas((150, 112, 78), 0.5)
    wood: RGB = p.at((166, 126, 88), 0.66)
    y = max(0.68, plan.horizon + 0.1)
    f.rect(plan.at.left, y, 1 - plan.at.left, plan.bottom, wood)
    for k in np.linspace(-2.5, 3.5, 26):
        f.line([(0.5 + (k - 0.5) * 0.5, y), (k, 1.2)], mix(wood, p.near, 0.3), 0.002)
    white = p.at((232, 230, 224), 0.66)
    for x in np.linspace(plan.at.left, 1 - plan.at.left, 13):
        f.line([(x, y), (x, y - plan.dy(0.17))], white, 0.006)
    for k in (0.17, 0.09):
        f.line([(plan.at.left, y - plan.dy(k)), (1 - plan.at.left, y - plan.dy(k))], white, 0.008)
    x = 0.5 - 0.32 * plan.light.side
    f.rect(x - plan.dx(0.02), plan.at.top, x + plan.dx(0.02), y + 0.04, mix(wood, p.near, 0.4))
    f.line([(x, 0.05), (x + plan.light.side * 0.5, y)], mix(wood, p.near, 0.5), 0.003)
    f.line([(x, 0.02), (x - plan.light.side * 0.3, y)], mix(wood, p.near, 0.5), 0.003)
    plan.ground = wood
    plan.add(f, 0.5, "deck")


def cockpit(plan: ScenePlan) -> None:
    """Struts around a wide pane full of stars, and a console of lights in front."""
    p, rng = plan.palette, plan.rng
    c = plan.canvas((12, 14, 30), 0.05)
    c.alpha[:] = 255
    c.rgb = gradient(plan.at, [(-0.1, (8, 10, 26)), (0.7, (20, 26, 52))])
    for x, y, size in zip(rng.uniform(*plan.x_span, 160), rng.uniform(0, 0.62, 160), rng.random(160) ** 3, strict=True):
        c.circle(x, y, 0.0008 + 0.002 * size, mix((140, 150, 190), (255, 252, 244), size))
    x = 0.5 + 0.28 * plan.light.side
    c.circle(x, 0.28, 0.13, (92, 128, 170))
    c.circle(x - plan.dx(0.03), 0.26, 0.115, (120, 158, 196))
    plan.add(c, 0.03, "stars", glow=0.0)
    f = plan.canvas((60, 66, 78), 0.4)
    hull, dark = (70, 78, 92), (34, 38, 50)
    top = plan.at.top - 0.02
    f.polygon([(plan.at.left, top), (1 - plan.at.left, top), (1 - plan.at.left, 0.05), (0.72, 0.09), (0.28, 0.09),
               (plan.at.left, 0.05)], hull)  # fmt: skip
    for x0, x1 in ((0.28, 0.18), (0.72, 0.82)):
        f.polygon([(x0 - 0.014, 0.08), (x0 + 0.014, 0.08), (x1 + 0.022, 0.64), (x1 - 0.022, 0.64)], hull)
    for x0 in (plan.at.left, 1 - plan.at.left):
        f.polygon([(x0 - 0.05, top), (x0 + 0.05, top), (x0 + 0.07, plan.bottom), (x0 - 0.07, plan.bottom)], hull)
    f.polygon(
        [
            (plan.at.left, 0.66),
            (0.25, 0.62),
            (0.75, 0.62),
            (1 - plan.at.left, 0.66),
            (1 - plan.at.left, plan.bottom),
            (plan.at.left, plan.bottom),
        ],
        dark,
    )
    f.rect(plan.at.left, 0.655, 1 - plan.at.left, 0.67, mix(hull, (255, 255, 255), 0.2))
    warn = any(w in plan.reading.prompt.lower() for w in ("warning", "alarm", "emergency", "red light", "警报"))
    tints: list[RGB] = [(255, 70, 60), (255, 140, 60)] if warn else [(90, 220, 255), (255, 190, 90), (120, 255, 170)]
    for _ in range(70):
        bx, by = float(rng.uniform(*plan.x_span)), float(rng.uniform(0.69, 0.98))
        tint = tints[int(rng.integers(len(tints)))]
        f.rect(bx, by, bx + plan.dx(0.016), by + plan.dy(0.010), tint)
    for sx in (0.2, 0.8):
        f.rect(sx - 0.09, 0.70, sx + 0.09, 0.82, (24, 60, 82))
        f.line([(sx - 0.08, 0.78), (sx - 0.03, 0.74), (sx + 0.02, 0.77), (sx + 0.08, 0.72)], (120, 230, 255), 0.004)
    f.glow(0.5, 0.76, 0.7, tints[0], 0.34, flat=0.4)
    if warn:
        f.glow(0.5, 0.1, 0.8, (255, 50, 40), 0.4)
    plan.shines.append((0.5, 0.76, 0.8))
    plan.ground = (44, 48, 60)
    del p
    plan.add(f, 0.4, "console", glow=0.0)

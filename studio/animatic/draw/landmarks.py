"""Large things: vehicles, lone buildings, a tree, furniture. 1.0 is a person's height. See props.py for the colours."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.sketch import Sketch


def _wheel(s: Sketch, x: float, r: float, dark: RGB) -> None:
    s.oval((x, r), r, r, dark)
    s.oval((x, r), r * 0.55, r * 0.55, mix(dark, (190, 194, 200), 0.55))


def car(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob(
        [
            (-1.28, 0.22),
            (-1.30, 0.46),
            (-0.95, 0.55),
            (-0.62, 0.84),
            (0.22, 0.86),
            (0.66, 0.56),
            (1.18, 0.48),
            (1.30, 0.34),
            (1.26, 0.20),
            (0, 0.15),
        ],
        c,
    )
    s.poly([(-0.74, 0.55), (-0.52, 0.77), (-0.14, 0.79), (-0.14, 0.55)], glass)
    s.poly([(-0.07, 0.55), (-0.07, 0.79), (0.20, 0.78), (0.50, 0.55)], glass)
    s.stroke([(-1.2, 0.44), (1.1, 0.42)], 0.012, mix(c, (255, 255, 255), 0.35))
    s.stroke([(-0.10, 0.54), (-0.10, 0.22)], 0.008, scale(c, 0.7))
    s.oval((1.20, 0.39), 0.055, 0.04, (255, 240, 200) if lamps else mix(c, (255, 255, 255), 0.7))
    s.oval((-1.24, 0.41), 0.035, 0.045, (200, 40, 40))
    for x in (-0.80, 0.82):
        s.oval((x, 0.18), 0.215, 0.215, scale(c, 0.35))
        _wheel(s, x, 0.175, dark)


def truck(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-1.7, 0.30), (-1.7, 1.42), (0.60, 1.42), (0.60, 0.30)], mix(c, (240, 236, 228), 0.6))
    s.blob([(0.66, 0.24), (0.66, 1.12), (1.2, 1.12), (1.46, 0.72), (1.6, 0.62), (1.6, 0.24)], c)
    s.poly([(0.92, 0.72), (0.92, 1.02), (1.18, 1.02), (1.36, 0.72)], glass)
    s.poly([(-1.7, 0.24), (1.6, 0.24), (1.6, 0.34), (-1.7, 0.34)], dark)
    for x in (-1.2, -0.75, 1.1):
        _wheel(s, x, 0.2, dark)


def bus(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-2.5, 0.2), (-2.5, 1.6), (2.4, 1.6), (2.5, 1.2), (2.5, 0.2)], c)
    s.poly([(-2.5, 0.62), (2.5, 0.62), (2.5, 0.70), (-2.5, 0.70)], mix(c, (255, 255, 255), 0.6))
    for k in range(7):
        x = -2.36 + k * 0.68
        s.poly(
            [(x, 0.82), (x, 1.42), (x + 0.58, 1.42), (x + 0.58, 0.82)],
            mix(glass, (255, 214, 140), 0.7) if lamps else glass,
        )
    for x in (-1.6, 1.6):
        _wheel(s, x, 0.24, dark)


def bike(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, 2 * np.pi, 40)
    for x in (-0.34, 0.34):
        s.stroke(list(zip(x + 0.20 * np.cos(t), 0.21 + 0.20 * np.sin(t), strict=True)), 0.022, dark)
        s.oval((x, 0.21), 0.02, 0.02, dark)
    s.stroke([(-0.34, 0.21), (-0.12, 0.46), (0.26, 0.48), (-0.03, 0.21), (-0.34, 0.21)], 0.024, c)
    s.stroke([(-0.03, 0.21), (-0.14, 0.52)], 0.022, c)
    s.stroke([(0.34, 0.21), (0.25, 0.56), (0.36, 0.60)], 0.024, c)
    s.stroke([(-0.22, 0.53), (-0.06, 0.53)], 0.035, dark)


def boat(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob(
        [(-1.0, 0.24), (-1.0, 0.25), (1.0, 0.26), (1.16, 0.34), (1.15, 0.34), (0.84, 0.0), (-0.78, 0.0), (-0.80, 0.0)],
        c,
    )
    s.stroke([(-0.96, 0.22), (1.08, 0.28)], 0.025, mix(c, (255, 255, 255), 0.5))
    s.stroke([(0.05, 0.2), (0.05, 1.85)], 0.03, dark)
    sail = mix((244, 238, 226), glass, 0.2)
    s.blob([(0.0, 1.78), (0.0, 1.79), (-0.10, 1.0), (-0.78, 0.36), (-0.78, 0.36), (0.0, 0.40), (0.0, 0.40)], sail)
    s.blob(
        [(0.10, 1.62), (0.10, 1.62), (0.38, 1.0), (0.86, 0.42), (0.86, 0.42), (0.10, 0.46), (0.10, 0.46)],
        scale(sail, 0.88),
    )


def plane(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-2.2, 0.62), (-2.75, 1.15), (-2.40, 1.15), (-1.75, 0.68)], scale(c, 0.85))
    s.blob([(-2.7, 0.62), (-1.0, 0.72), (1.9, 0.72), (2.7, 0.52), (2.5, 0.40), (1.6, 0.32), (-1.2, 0.36)], c)
    s.poly([(0.4, 0.50), (-1.2, 0.02), (-1.5, 0.02), (-0.5, 0.50)], scale(c, 0.72))
    for k in range(11):
        s.oval((-1.3 + 0.3 * k, 0.58), 0.045, 0.05, glass)


def rocket(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob([(-0.10, 0.3), (-0.28, -0.2), (0.0, -0.5), (0.28, -0.2), (0.10, 0.3)], (255, 176, 70))
    for k in (-1, 1):
        s.poly([(k * 0.2, 0.9), (k * 0.5, 0.2), (k * 0.2, 0.4)], (196, 60, 52))
    s.blob([(-0.24, 0.3), (-0.28, 1.4), (0.0, 2.6), (0.0, 2.6), (0.28, 1.4), (0.24, 0.3)], c)
    s.oval((0, 1.5), 0.11, 0.11, glass)


def balloon(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.14, 0.14):
        s.stroke([(x, 0.25), (x * 2.2, 1.0)], 0.012, dark)
    s.poly([(-0.16, 0.0), (-0.19, 0.26), (0.19, 0.26), (0.16, 0.0)], (140, 98, 62))
    s.blob([(-0.20, 0.85), (-0.82, 1.5), (-0.62, 2.25), (0, 2.45), (0.62, 2.25), (0.82, 1.5), (0.20, 0.85)], c)
    for k in (-0.42, 0.0, 0.42):
        s.blob(
            [
                (k * 0.35 - 0.05, 0.92),
                (k * 1.35 - 0.10, 1.6),
                (k - 0.05, 2.25),
                (k * 0.8, 2.38),
                (k + 0.10, 2.2),
                (k * 1.35 + 0.10, 1.6),
                (k * 0.35 + 0.05, 0.92),
            ],
            mix(c, (255, 240, 210), 0.55),
        )


def tent(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.85, 0), (-0.1, 0.82), (0.85, 0)], c)
    s.poly([(-0.1, 0.82), (0.85, 0), (0.28, 0)], scale(c, 0.75))
    s.poly([(-0.1, 0.72), (-0.26, 0), (0.05, 0)], (255, 214, 140) if lamps else scale(c, 0.5))


def lighthouse(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob(
        [(-1.0, -0.12), (-0.7, 0.06), (-0.35, 0.16), (0.3, 0.14), (0.7, 0.02), (1.05, -0.12)],
        mix(dark, (110, 106, 104), 0.6),
    )
    s.poly([(-0.30, 0), (-0.19, 2.5), (0.19, 2.5), (0.30, 0)], c)
    for y in (0.5, 1.2, 1.9):
        s.poly([(-0.04, y), (-0.04, y + 0.16), (0.04, y + 0.16), (0.04, y)], scale(c, 0.45))
    s.soft([(0.05, 0), (0.02, 2.5), (0.22, 2.5), (0.34, 0)], scale(c, 0.6), 0.55, 0.05)
    s.poly([(-0.28, 2.5), (-0.28, 2.58), (0.28, 2.58), (0.28, 2.5)], dark)
    s.poly([(-0.15, 2.58), (-0.15, 2.85), (0.15, 2.85), (0.15, 2.58)], (255, 236, 170))
    s.poly([(-0.20, 2.85), (0, 3.1), (0.20, 2.85)], (150, 44, 40))


def cabin(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-1.2, 0), (-1.2, 0.85), (1.2, 0.85), (1.2, 0)], c)
    for k in np.linspace(0.1, 0.78, 6):
        s.stroke([(-1.2, k), (1.2, k)], 0.012, scale(c, 0.75))
    s.poly([(-1.42, 0.78), (-0.9, 1.6), (0.9, 1.6), (1.42, 0.78)], mix(c, dark, 0.6))
    s.poly([(0.45, 1.35), (0.45, 1.85), (0.66, 1.85), (0.66, 1.35)], scale(c, 0.7))
    for x in (-0.75, 0.65):
        s.poly(
            [(x - 0.2, 0.32), (x - 0.2, 0.66), (x + 0.2, 0.66), (x + 0.2, 0.32)], (255, 214, 134) if lamps else glass
        )
    s.poly([(-0.16, 0), (-0.16, 0.6), (0.16, 0.6), (0.16, 0)], scale(c, 0.5))


def temple(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-1.3, 0), (-1.2, 0.16), (1.2, 0.16), (1.3, 0)], (176, 170, 160))
    for k, (y, w) in enumerate(((0.16, 0.9), (1.0, 0.66), (1.72, 0.44))):
        h = 0.52 - 0.08 * k
        s.poly([(-w, y), (-w, y + h), (w, y + h), (w, y)], c)
        for x in np.linspace(-w * 0.7, w * 0.7, 4):
            s.poly(
                [(x - 0.06, y + 0.03), (x - 0.06, y + h * 0.8), (x + 0.06, y + h * 0.8), (x + 0.06, y + 0.03)],
                (255, 206, 120) if lamps else scale(c, 0.5),
            )
        r = y + h
        s.blob(
            [
                (-w * 1.55, r + 0.10),
                (-w * 1.5, r - 0.02),
                (w * 1.5, r - 0.02),
                (w * 1.55, r + 0.10),
                (w * 1.1, r + 0.10),
                (w * 0.6, r + 0.34),
                (-w * 0.6, r + 0.34),
                (-w * 1.1, r + 0.10),
            ],
            mix(dark, (60, 74, 80), 0.5),
        )
    s.stroke([(0, 2.4), (0, 2.85)], 0.05, (206, 168, 84))


def castle(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x, w, h in ((-1.6, 0.32, 1.7), (1.6, 0.32, 1.6), (0.0, 0.42, 2.2), (-0.75, 0.24, 1.45), (0.85, 0.26, 1.95)):
        s.poly([(x - w, 0), (x - w, h), (x + w, h), (x + w, 0)], scale(c, 0.9 + 0.1 * (x > 0)))
        s.poly([(x - w * 1.2, h), (x, h + w * 1.9), (x + w * 1.2, h)], mix(c, (70, 90, 130), 0.6))
        s.poly(
            [(x - 0.05, h * 0.62), (x - 0.05, h * 0.75), (x + 0.05, h * 0.75), (x + 0.05, h * 0.62)],
            (255, 214, 134) if lamps else dark,
        )
    s.poly([(-2.0, 0), (-2.0, 0.9), (2.0, 0.9), (2.0, 0)], c)
    s.blob([(-0.25, 0), (-0.25, 0.5), (0, 0.66), (0.25, 0.5), (0.25, 0)], scale(c, 0.4))


def tree(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    bark = mix(dark, (104, 76, 56), 0.7)
    s.blob([(-0.28, -0.03), (-0.10, 0.3), (-0.12, 1.3), (0.12, 1.3), (0.12, 0.3), (0.30, -0.03)], bark)
    for x, y in ((-0.6, 1.75), (0.55, 1.8), (0.1, 2.1), (-0.25, 1.5)):
        s.limb((0, 1.1), (x, y), 0.09, 0.03, bark)
    rng = np.random.default_rng(5)
    for i in range(46):
        a, r = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
        x, y = 1.05 * r * np.cos(a), 1.85 + 0.62 * r * np.sin(a)
        s.oval(
            (x, y),
            rng.uniform(0.13, 0.25),
            rng.uniform(0.10, 0.18),
            mix(scale(c, 0.66 + 0.4 * i / 46), (255, 246, 214), 0.14 * (y > 2)),
        )


def piano(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.7, 0.1, 0.7):
        s.poly([(x - 0.035, 0), (x - 0.05, 0.4), (x + 0.05, 0.4), (x + 0.035, 0)], c)
    s.blob([(-0.85, 0.36), (-0.85, 0.56), (0.8, 0.56), (0.85, 0.36)], c)
    s.poly([(-0.8, 0.56), (-0.6, 1.0), (0.7, 1.12), (0.8, 0.56)], scale(c, 1.3))
    s.poly([(-0.95, 0.42), (-0.95, 0.46), (-0.78, 0.46), (-0.78, 0.42)], (240, 238, 232))


def chair(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.2, 0.2):
        s.limb((x, 0), (x, 0.26), 0.018, 0.02, c)
    s.limb((-0.21, 0.26), (-0.25, 0.6), 0.02, 0.02, c)
    s.poly([(-0.25, 0.25), (-0.25, 0.30), (0.25, 0.30), (0.25, 0.25)], scale(c, 1.15))


def table(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.5, 0.5):
        s.limb((x, 0), (x, 0.38), 0.022, 0.028, scale(c, 0.8))
    s.poly([(-0.62, 0.38), (-0.62, 0.44), (0.62, 0.44), (0.62, 0.38)], c)


def fire(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for a in (-0.22, 0.2):
        s.limb((-0.28, 0.03 + a * 0.1), (0.28, 0.03 - a * 0.1 + 0.03), 0.04, 0.035, (84, 56, 42))
    for w, h, tone in ((0.24, 0.62, (232, 92, 36)), (0.17, 0.46, (255, 158, 52)), (0.09, 0.28, (255, 232, 150))):
        s.blob(
            [
                (-w, 0.08),
                (-w * 0.8, h * 0.5),
                (-w * 0.1, h * 0.72),
                (-w * 0.15, h),
                (w * 0.4, h * 0.72),
                (w * 0.9, h * 0.4),
                (w, 0.08),
                (0, 0.02),
            ],
            tone,
        )


def lamp(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((0, 0), (0, 1.7), 0.03, 0.018, c)
    s.poly(
        [(-0.09, 1.66), (-0.12, 1.88), (0.12, 1.88), (0.09, 1.66)],
        (255, 228, 160) if lamps else mix(c, (255, 255, 255), 0.6),
    )
    s.poly([(-0.15, 1.88), (0, 1.98), (0.15, 1.88)], c)

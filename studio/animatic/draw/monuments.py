"""More large things: ships, engines, machines, doors, statues, street furniture. 1.0 is a person's height."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.landmarks import _wheel as wheel
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.sketch import Sketch

LIT: RGB = (255, 226, 156)


def ship(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-2.4, 0.5), (-2.1, 0.0), (2.05, 0.0), (2.6, 0.62)], c)
    s.poly([(-2.16, 0.1), (-2.1, 0.0), (2.05, 0.0), (2.14, 0.1)], (150, 52, 46))
    white = mix((236, 234, 228), c, 0.12)
    s.poly([(-1.7, 0.5), (-1.7, 0.95), (0.6, 0.95), (0.6, 0.52)], white)
    s.poly([(-1.4, 0.95), (-1.4, 1.3), (-0.2, 1.3), (-0.1, 0.95)], scale(white, 0.94))
    s.poly([(-0.95, 1.3), (-0.9, 1.85), (-0.5, 1.85), (-0.5, 1.3)], (176, 62, 50))
    s.stroke([(1.4, 0.55), (1.4, 1.7)], 0.05, dark)
    s.stroke([(1.4, 1.6), (0.7, 0.8)], 0.02, dark)
    for k in range(6):
        s.oval((-1.5 + 0.36 * k, 0.74), 0.07, 0.07, LIT if lamps else glass)
    s.poly([(-0.6, 1.05), (-0.6, 1.2), (-0.18, 1.2), (-0.14, 1.05)], LIT if lamps else glass)


def train(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-4.1, 0.25), (-4.1, 1.55), (0.5, 1.55), (0.5, 0.25)], c)
    s.poly([(-4.1, 1.5), (-4.0, 1.66), (0.4, 1.66), (0.5, 1.5)], scale(c, 0.7))
    for k in range(6):
        x = -3.9 + k * 0.72
        s.poly([(x, 0.86), (x, 1.32), (x + 0.5, 1.32), (x + 0.5, 0.86)], LIT if lamps else glass)
    s.poly([(0.75, 0.3), (0.75, 1.7), (1.5, 1.7), (1.5, 0.3)], scale(c, 0.8))
    s.poly([(0.95, 1.0), (0.95, 1.45), (1.35, 1.45), (1.35, 1.0)], LIT if lamps else glass)
    s.poly([(1.5, 0.42), (1.5, 1.22), (3.6, 1.22), (3.7, 0.82), (3.6, 0.42)], scale(c, 0.68))
    s.poly([(3.05, 1.2), (2.98, 1.72), (3.42, 1.72), (3.34, 1.2)], dark)
    s.oval((3.66, 0.95), 0.09, 0.11, (255, 244, 206))
    for x in (-3.6, -2.9, -0.7, 0.0, 1.1, 1.9, 2.5, 3.1):
        wheel(s, x, 0.22, dark)
    for x, y, r in ((3.2, 1.95, 0.18), (2.9, 2.15, 0.25), (2.4, 2.3, 0.32)):
        s.oval((x, y), r * 1.3, r, mix((214, 214, 216), c, 0.12))


def helicopter(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((-0.6, 0.8), (-2.2, 0.95), 0.18, 0.06, c)
    s.poly([(-2.3, 0.8), (-2.35, 1.3), (-2.1, 0.95)], c)
    s.blob([(-0.9, 0.6), (-0.8, 1.15), (0.3, 1.25), (1.1, 0.85), (0.9, 0.42), (-0.4, 0.4)], c)
    s.blob([(0.2, 0.75), (0.25, 1.12), (0.6, 1.1), (1.0, 0.82), (0.8, 0.7)], glass)
    s.stroke([(-1.9, 1.5), (1.9, 1.46)], 0.04, dark)
    s.stroke([(0, 1.2), (0, 1.48)], 0.06, dark)
    s.stroke([(-0.7, 0.16), (0.9, 0.16)], 0.05, dark)
    for x in (-0.4, 0.5):
        s.stroke([(x, 0.45), (x, 0.17)], 0.04, dark)


def tractor(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.2, 0.4), (-0.2, 0.85), (1.1, 0.8), (1.15, 0.4)], c)
    s.poly([(-0.8, 0.5), (-0.75, 1.5), (0.0, 1.5), (0.1, 0.5)], scale(c, 0.85))
    s.poly([(-0.65, 0.85), (-0.62, 1.4), (-0.1, 1.4), (-0.02, 0.85)], glass)
    wheel(s, -0.6, 0.46, dark)
    wheel(s, 0.85, 0.26, dark)


def machine(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.4, 0.0), (-0.3, 0.3), (0.3, 0.3), (0.4, 0.0)], dark)
    s.limb((0, 0.3), (-0.3, 1.5), 0.16, 0.12, c)
    s.limb((-0.3, 1.5), (0.9, 2.1), 0.12, 0.09, c)
    s.limb((0.9, 2.1), (1.15, 1.45), 0.08, 0.06, c)
    for x, y in ((-0.3, 1.5), (0.9, 2.1)):
        s.oval((x, y), 0.14, 0.14, dark)
    s.poly([(1.0, 1.45), (1.06, 1.2), (1.14, 1.4), (1.22, 1.2), (1.28, 1.45)], dark)


def door(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.52, 0), (-0.52, 1.42), (0.52, 1.42), (0.52, 0)], scale(c, 0.6))
    s.poly([(-0.44, 0), (-0.44, 1.34), (0.44, 1.34), (0.44, 0)], c)
    for y0, y1 in ((0.12, 0.6), (0.72, 1.24)):
        for x0 in (-0.36, 0.04):
            s.poly([(x0, y0), (x0, y1), (x0 + 0.32, y1), (x0 + 0.32, y0)], scale(c, 0.82))
    s.oval((0.36, 0.66), 0.035, 0.035, (226, 190, 104))


def beacon(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    """A Fresnel lamp: rings of glass around the light, in a brass frame on a plinth."""
    brass: RGB = (182, 138, 70)
    s.poly([(-0.42, 0.0), (-0.34, 0.34), (0.34, 0.34), (0.42, 0.0)], mix(dark, (96, 84, 74), 0.6))
    s.poly([(-0.5, 0.32), (-0.5, 0.42), (0.5, 0.42), (0.5, 0.32)], brass)
    body = [
        (-0.38, 0.42),
        (-0.6, 0.72),
        (-0.62, 1.12),
        (-0.4, 1.42),
        (0.4, 1.42),
        (0.62, 1.12),
        (0.6, 0.72),
        (0.38, 0.42),
    ]
    s.blob(body, mix(glass, (232, 236, 214), 0.55))
    for k, r in enumerate((0.5, 0.4, 0.3, 0.2)):
        s.oval((0, 0.92), r * 0.92, r, mix((206, 222, 216), LIT, 0.2 + 0.2 * k))
        s.oval((0, 0.92), r * 0.84, r * 0.92, mix((176, 202, 200), LIT, 0.3 + 0.2 * k))
    s.oval((0, 0.92), 0.14, 0.16, (255, 250, 226))
    for x in (-0.57, -0.3, 0.3, 0.57):
        s.stroke([(x * 0.8, 0.42), (x, 0.92), (x * 0.76, 1.42)], 0.03, brass)
    s.poly([(-0.44, 1.4), (-0.3, 1.56), (0.3, 1.56), (0.44, 1.4)], brass)
    s.oval((0, 1.6), 0.09, 0.08, brass)


def statue(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.5, 0), (-0.44, 0.5), (0.44, 0.5), (0.5, 0)], scale(c, 0.8))
    s.blob([(-0.3, 0.5), (-0.26, 1.2), (-0.14, 1.36), (0.14, 1.36), (0.26, 1.2), (0.3, 0.5)], c)
    s.oval((0, 1.5), 0.12, 0.15, c)


def sign(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(0, 0), (0, 1.1)], 0.07, dark)
    s.poly([(-0.6, 0.9), (-0.6, 1.4), (0.6, 1.4), (0.6, 0.9)], mix(c, (255, 255, 255), 0.4) if lamps else c)
    for k in range(2):
        s.stroke([(-0.42, 1.25 - 0.18 * k), (0.36, 1.25 - 0.18 * k)], 0.05, scale(c, 0.5))


def flag(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(0, 0), (0, 2.1)], 0.05, dark)
    s.blob(
        [(0.02, 2.05), (0.4, 2.12), (0.8, 1.98), (1.2, 2.04), (1.18, 1.42), (0.8, 1.36), (0.4, 1.48), (0.02, 1.4)], c
    )


def easel(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.4, 0.4):
        s.stroke([(x, 0), (0, 1.5)], 0.05, scale(c, 0.6))
    s.poly([(-0.42, 0.5), (-0.42, 1.25), (0.42, 1.25), (0.42, 0.5)], (240, 236, 226))
    s.blob([(-0.3, 0.6), (-0.2, 0.95), (0.1, 1.1), (0.3, 0.8), (0.2, 0.6)], (120, 150, 176))


def drum(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x, y, r in ((-0.55, 0.3, 0.24), (0.0, 0.28, 0.28), (0.55, 0.34, 0.22)):
        s.poly([(x - r, 0.0), (x - r, y), (x + r, y), (x + r, 0.0)], c)
        s.oval((x, y), r, 0.06, (236, 232, 224))
    for x in (-0.8, 0.8):
        s.stroke([(x, 0), (x, 0.7)], 0.03, dark)
        s.oval((x, 0.72), 0.26, 0.035, (222, 184, 96))


def turbine(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.09, 0), (-0.05, 2.6), (0.05, 2.6), (0.09, 0)], c)
    for a in (1.2, 3.3, 5.4):
        s.limb((0, 2.6), (1.25 * np.cos(a), 2.6 + 1.25 * np.sin(a)), 0.09, 0.02, scale(c, 0.94))
    s.oval((0, 2.6), 0.1, 0.1, scale(c, 0.85))


def fountain(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for k in (-1, -0.5, 0.5, 1):
        s.stroke([(0, 1.25), (0.25 * k, 1.35), (0.6 * k, 0.9), (0.7 * k, 0.4)], 0.04, (226, 240, 246))
    s.limb((0, 0.2), (0, 1.1), 0.12, 0.07, c)
    s.blob([(-1.0, 0.36), (-0.86, 0.0), (0.86, 0.0), (1.0, 0.36)], c)
    s.oval((0, 0.36), 0.98, 0.12, mix(glass, (150, 200, 220), 0.5))


def ufo(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 1.1), 0.5, 0.4, mix(glass, (160, 240, 220), 0.5))
    s.oval((0, 0.9), 1.5, 0.32, c)
    s.oval((0, 0.8), 1.2, 0.16, scale(c, 0.7))
    for k in range(7):
        s.oval((-1.1 + 0.37 * k, 0.84), 0.06, 0.05, (255, 236, 140))


def snowman(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for y, r in ((0.34, 0.36), (0.85, 0.27), (1.24, 0.2)):
        s.oval((0, y), r, r * 0.95, c)
    s.poly([(0.02, 1.28), (0.3, 1.22), (0.02, 1.2)], (236, 130, 50))
    for x, y in ((-0.07, 1.3), (0.07, 1.3), (0, 0.95), (0, 0.8)):
        s.oval((x, y), 0.025, 0.025, (30, 28, 32))
    s.stroke([(-0.25, 0.95), (-0.6, 1.15)], 0.03, (96, 70, 50))
    s.stroke([(0.25, 0.95), (0.6, 1.12)], 0.03, (96, 70, 50))
    s.poly([(-0.17, 1.4), (-0.15, 1.66), (0.15, 1.66), (0.17, 1.4)], (50, 48, 56))


def bench(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.6, 0.6):
        s.stroke([(x, 0), (x, 0.62)], 0.05, dark)
    for y in (0.27, 0.45, 0.56):
        s.poly([(-0.75, y - 0.03), (-0.75, y + 0.03), (0.75, y + 0.03), (0.75, y - 0.03)], c)


def cart(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.6, 0.3), (-0.7, 0.75), (0.6, 0.75), (0.5, 0.3)], c)
    s.stroke([(0.55, 0.7), (0.95, 0.8)], 0.04, dark)
    for x in (-0.4, 0.35):
        wheel(s, x, 0.18, dark)


def rock(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.7, 0), (-0.6, 0.35), (-0.2, 0.62), (0.25, 0.55), (0.62, 0.25), (0.72, 0)], c)
    s.poly([(-0.2, 0.62), (0.25, 0.55), (0.62, 0.25), (0.72, 0), (0.1, 0.1)], scale(c, 0.8))


def telescope(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.3, 0.0, 0.3):
        s.stroke([(0, 0.7), (x, 0)], 0.045, dark)
    s.limb((-0.4, 0.6), (0.55, 1.2), 0.07, 0.12, c)


def tv(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.6, 0.1), (-0.6, 0.85), (0.6, 0.85), (0.6, 0.1)], c)
    s.poly([(-0.54, 0.16), (-0.54, 0.79), (0.54, 0.79), (0.54, 0.16)], (150, 200, 236))
    s.poly([(-0.2, 0.0), (-0.1, 0.1), (0.1, 0.1), (0.2, 0.0)], scale(c, 0.8))


def mirror(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.85), 0.42, 0.6, c)
    s.oval((0, 0.85), 0.36, 0.53, mix(glass, (226, 234, 240), 0.6))


def clock(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 1.3), 0.24, 0.24, c)
    s.oval((0, 1.3), 0.2, 0.2, (244, 240, 230))
    s.stroke([(0, 1.3), (0, 1.44)], 0.025, (30, 30, 36))
    s.stroke([(0, 1.3), (0.1, 1.26)], 0.025, (30, 30, 36))


def ladder(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.2, 0.2):
        s.stroke([(x, 0), (x + 0.3, 2.0)], 0.05, c)
    for k in range(8):
        y = 0.2 + 0.23 * k
        s.stroke([(-0.2 + 0.15 * y, y), (0.2 + 0.15 * y, y)], 0.04, c)


def swing(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.7, 0.7):
        s.stroke([(x * 1.25, 0), (x, 1.5)], 0.05, c)
    s.stroke([(-0.72, 1.5), (0.72, 1.5)], 0.06, c)
    for x in (-0.18, 0.18):
        s.stroke([(x, 1.5), (x + 0.12, 0.4)], 0.02, dark)
    s.poly([(-0.12, 0.38), (-0.12, 0.43), (0.36, 0.43), (0.36, 0.38)], dark)


PAINTERS = {
    "ship": ship, "train": train, "helicopter": helicopter, "tractor": tractor, "machine": machine, "door": door,
    "beacon": beacon, "statue": statue, "sign": sign, "flag": flag, "easel": easel, "drum": drum, "turbine": turbine,
    "fountain": fountain, "ufo": ufo, "snowman": snowman, "bench": bench, "cart": cart, "rock": rock,
    "telescope": telescope, "tv": tv, "mirror": mirror, "clock": clock, "ladder": ladder, "swing": swing,
}  # fmt: skip
SIZES: dict[str, tuple[float, float]] = {
    "ship": (2.6, 1.9), "train": (4.1, 2.4), "helicopter": (2.3, 1.6), "tractor": (1.2, 1.5), "machine": (1.3, 2.2),
    "door": (0.55, 1.45), "beacon": (0.65, 1.7), "statue": (0.5, 1.65), "sign": (0.6, 1.4), "flag": (1.2, 2.1),
    "easel": (0.45, 1.5), "drum": (1.05, 0.75), "turbine": (1.25, 3.8), "fountain": (1.0, 1.4), "ufo": (1.5, 1.5),
    "snowman": (0.6, 1.7), "bench": (0.75, 0.6), "cart": (0.95, 0.8), "rock": (0.72, 0.62), "telescope": (0.6, 1.3),
    "tv": (0.6, 0.85), "mirror": (0.42, 1.45), "clock": (0.24, 1.55), "ladder": (0.5, 2.0), "swing": (0.9, 1.5),
}  # fmt: skip
"""Half width and height, in persons."""
COLOURS: dict[str, RGB] = {
    "ship": (52, 62, 78),
    "train": (60, 84, 74),
    "helicopter": (70, 84, 74),
    "tractor": (196, 62, 46),
    "machine": (226, 160, 50),
    "door": (124, 84, 56),
    "beacon": (200, 216, 214),
    "statue": (150, 150, 148),
    "sign": (206, 170, 90),
    "flag": (200, 48, 44),
    "easel": (150, 108, 70),
    "drum": (176, 44, 44),
    "turbine": (238, 240, 242),
    "fountain": (158, 156, 150),
    "ufo": (150, 158, 168),
    "snowman": (246, 248, 252),
    "bench": (128, 88, 58),
    "cart": (176, 70, 54),
    "rock": (118, 114, 112),
    "telescope": (196, 200, 206),
    "tv": (40, 42, 48),
    "mirror": (170, 130, 70),
    "clock": (90, 64, 46),
    "ladder": (160, 118, 74),
    "swing": (150, 60, 52),
}

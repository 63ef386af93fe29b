"""Things for the hand and the table beside those of wares.py, each about 1.0 tall: light, tools, paper, food."""

from __future__ import annotations

import numpy as np

from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.sketch import Sketch

FLAME: tuple[RGB, ...] = ((255, 150, 50), (255, 206, 96), (255, 246, 206))
PAPER: RGB = (244, 238, 224)
WOODEN: RGB = (140, 98, 64)
STEEL: RGB = (196, 202, 210)


def flame(s: Sketch, x: float, y: float, tall: float) -> None:
    """A candle's flame on (x, y)."""
    for k, tone in zip((1.0, 0.7, 0.4), FLAME, strict=True):
        w, h = 0.22 * tall * k, tall * k
        s.blob([(x - w, y + h * 0.25), (x - w * 0.5, y + h * 0.7), (x, y + h), (x, y + h), (x + w * 0.6, y + h * 0.6),
                (x + w, y + h * 0.22), (x, y)], tone)  # fmt: skip


def lantern(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    red = c[0] > 1.7 * max(c[1], c[2])
    if red:  # a paper lantern
        s.stroke([(0, 0.86), (0, 1.0)], 0.03, dark)
        s.blob([(-0.16, 0.14), (-0.42, 0.3), (-0.42, 0.66), (-0.16, 0.84), (0.16, 0.84), (0.42, 0.66), (0.42, 0.3),
                (0.16, 0.14)], mix(c, (255, 150, 80), 0.35))  # fmt: skip
        for x in (-0.2, 0.0, 0.2):
            s.blob([(x * 0.6, 0.14), (x * 1.3, 0.5), (x * 0.6, 0.84), (x * 1.15, 0.5)], scale(c, 0.85))
        s.soft([(-0.2, 0.25), (0.2, 0.25), (0.2, 0.7), (-0.2, 0.7)], (255, 236, 170), 0.75, 0.1)
        for y in (0.83, 0.1):
            s.poly([(-0.18, y), (0.18, y), (0.18, y + 0.07), (-0.18, y + 0.07)], (206, 166, 80))
        s.stroke([(0, 0.1), (0, -0.12)], 0.03, (206, 166, 80))
        return
    t = np.linspace(0, np.pi, 20)
    s.stroke(list(zip(0.26 * np.cos(t), 0.78 + 0.22 * np.sin(t), strict=True)), 0.03, dark)
    s.poly([(-0.26, 0.0), (-0.22, 0.18), (0.22, 0.18), (0.26, 0.0)], dark)
    s.blob([(-0.16, 0.18), (-0.28, 0.4), (-0.16, 0.66), (0.16, 0.66), (0.28, 0.4), (0.16, 0.18)], (255, 226, 150))
    flame(s, 0, 0.22, 0.36)
    s.poly([(-0.2, 0.64), (-0.12, 0.82), (0.12, 0.82), (0.2, 0.64)], dark)
    for k in (-1, 1):
        s.stroke([(0.26 * k, 0.06), (0.27 * k, 0.7)], 0.025, dark)


def candle(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.03), 0.26, 0.05, (150, 116, 70))
    s.poly([(-0.11, 0.03), (-0.11, 0.62), (0.11, 0.62), (0.11, 0.03)], c)
    s.stroke([(0, 0.6), (0.01, 0.68)], 0.02, dark)
    flame(s, 0.01, 0.64, 0.34)


def match(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(-0.32, 0.04), (0.04, 0.56)], 0.06, (216, 182, 128))
    s.oval((0.05, 0.57), 0.06, 0.07, (90, 40, 34))
    flame(s, 0.06, 0.54, 0.44)


def torch(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((-0.45, 0.4), (0.2, 0.5), 0.08, 0.09, dark)
    s.poly([(0.18, 0.38), (0.2, 0.62), (0.42, 0.68), (0.46, 0.38)], scale(dark, 1.3))
    s.oval((0.44, 0.53), 0.05, 0.15, (255, 250, 224))


def glass_of(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    pane = mix(glass, (255, 255, 255), 0.55)
    s.oval((0, 0.03), 0.2, 0.035, pane)
    s.stroke([(0, 0.03), (0, 0.42)], 0.035, pane)
    s.blob([(-0.05, 0.4), (-0.26, 0.55), (-0.24, 0.98), (-0.24, 0.98), (0.24, 0.98), (0.24, 0.98), (0.26, 0.55),
            (0.05, 0.4)], pane)  # fmt: skip
    s.blob([(-0.05, 0.43), (-0.23, 0.56), (-0.23, 0.76), (-0.23, 0.76), (0.23, 0.76), (0.23, 0.76), (0.23, 0.56),
            (0.05, 0.43)], c)  # fmt: skip
    s.oval((0, 0.76), 0.23, 0.03, mix(c, (255, 255, 255), 0.3))


def knife(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob([(-0.2, 0.38), (-0.2, 0.52), (0.4, 0.53), (0.78, 0.44), (0.4, 0.36)], STEEL)
    s.limb((-0.62, 0.45), (-0.2, 0.46), 0.06, 0.06, dark)


def pan(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((0.5, 0.3), (1.15, 0.42), 0.05, 0.06, dark)
    s.blob([(-0.6, 0.34), (-0.5, 0.08), (0.5, 0.08), (0.6, 0.34)], (58, 60, 66))
    s.oval((0, 0.34), 0.6, 0.12, (78, 80, 88))
    s.oval((0, 0.33), 0.5, 0.085, mix(c, (240, 200, 110), 0.7))
    _steam(s, 0.5)


def pot(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for k in (-1, 1):
        s.oval((0.54 * k, 0.42), 0.1, 0.06, dark)
    s.blob([(-0.48, 0.58), (-0.5, 0.3), (-0.44, 0.03), (0.44, 0.03), (0.5, 0.3), (0.48, 0.58)], c)
    s.oval((0, 0.56), 0.48, 0.1, scale(c, 0.75))
    s.oval((0, 0.55), 0.42, 0.075, (176, 104, 58))
    _steam(s, 0.62)


def _steam(s: Sketch, y: float) -> None:
    """Three thin wavering lines."""
    t = np.linspace(0, 1, 14)
    for k, x in enumerate((-0.18, 0.03, 0.22)):
        wave = x + 0.035 * np.sin(t * 6 + k)
        s.stroke(list(zip(wave, y + 0.3 * t, strict=True)), 0.012, (226, 226, 224))


def beans(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    rng = np.random.default_rng(4)
    for y in np.linspace(0.5, 0.06, 9):
        half = 0.9 * (1 - (y - 0.06) / 0.55)
        for x in np.linspace(-half, half, max(1, int(half * 14))):
            tone = scale(c, float(rng.uniform(0.75, 1.2)))
            a = float(rng.uniform(0, 3))
            s.oval((x + float(rng.uniform(-0.03, 0.03)), y), 0.085, 0.058, tone, turn=a)
            s.stroke([(x - 0.04 * np.cos(a), y - 0.04 * np.sin(a)), (x + 0.04 * np.cos(a), y + 0.04 * np.sin(a))], 0.01,
                     scale(tone, 0.55))  # fmt: skip


def teapot(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(-1.3, 1.3, 20)
    s.stroke(list(zip(-0.42 - 0.22 * np.cos(t), 0.36 + 0.2 * np.sin(t), strict=True)), 0.06, scale(c, 0.9))
    s.limb((0.36, 0.28), (0.72, 0.56), 0.1, 0.05, c)
    s.blob([(-0.3, 0.05), (-0.5, 0.34), (-0.3, 0.6), (0.3, 0.6), (0.5, 0.34), (0.3, 0.05)], c)
    s.oval((0, 0.6), 0.26, 0.05, scale(c, 0.8))
    s.oval((0, 0.68), 0.06, 0.06, scale(c, 0.8))


def plate(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.12), 0.78, 0.13, (236, 236, 232))
    s.oval((0, 0.14), 0.6, 0.09, (220, 220, 216))
    for x, w, tone in ((-0.2, 0.26, (176, 104, 58)), (0.2, 0.24, (212, 158, 76)), (0.02, 0.2, (106, 146, 74))):
        s.oval((x, 0.22), w, 0.12, tone)
    _steam(s, 0.36)


def dough(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.05), 0.9, 0.08, (238, 230, 212))
    s.blob([(-0.6, 0.06), (-0.58, 0.34), (-0.2, 0.46), (0.24, 0.44), (0.6, 0.3), (0.6, 0.06)], c)
    s.soft([(-0.4, 0.2), (-0.2, 0.38), (0.2, 0.36), (0.0, 0.22)], (255, 250, 240), 0.5, 0.06)


def letter(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.36, 0.0), (-0.4, 0.95), (0.34, 1.0), (0.38, 0.04)], c)
    for k in range(6):
        s.stroke([(-0.27, 0.8 - 0.12 * k), (0.25 - 0.1 * (k % 2), 0.83 - 0.12 * k)], 0.016, (110, 108, 118))


def newspaper(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.62, 0.05), (-0.62, 0.9), (0.0, 0.84), (0.62, 0.9), (0.62, 0.05), (0.0, 0.0)], c)
    s.poly([(-0.54, 0.74), (-0.54, 0.82), (-0.08, 0.78), (-0.08, 0.7)], (60, 60, 66))
    s.poly([(0.1, 0.42), (0.1, 0.76), (0.52, 0.8), (0.52, 0.46)], (150, 150, 152))
    for k in range(5):
        s.stroke([(-0.54, 0.62 - 0.11 * k), (-0.08, 0.58 - 0.11 * k)], 0.014, (120, 120, 124))


def photo(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.42, 0.0), (-0.42, 0.9), (0.42, 0.9), (0.42, 0.0)], c)
    s.poly([(-0.35, 0.16), (-0.35, 0.82), (0.35, 0.82), (0.35, 0.16)], (150, 138, 118))
    s.oval((-0.02, 0.58), 0.1, 0.12, (206, 178, 148))
    s.blob([(-0.24, 0.17), (-0.2, 0.4), (0.16, 0.4), (0.22, 0.17)], (78, 70, 66))


def key(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, 2 * np.pi, 26)
    s.stroke(list(zip(-0.3 + 0.18 * np.cos(t), 0.5 + 0.18 * np.sin(t), strict=True)), 0.07, c)
    s.stroke([(-0.12, 0.5), (0.55, 0.5), (0.55, 0.32)], 0.07, c)
    s.stroke([(0.38, 0.5), (0.38, 0.36)], 0.07, c)


def ring(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, 2 * np.pi, 40)
    s.stroke(list(zip(0.3 * np.cos(t), 0.34 + 0.32 * np.sin(t), strict=True)), 0.08, c)
    s.poly([(-0.14, 0.78), (-0.08, 0.9), (0.08, 0.9), (0.14, 0.78), (0, 0.6)], (226, 244, 255))


def camera(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly(
        [(-0.5, 0.1), (-0.5, 0.66), (-0.2, 0.66), (-0.14, 0.8), (0.14, 0.8), (0.2, 0.66), (0.5, 0.66), (0.5, 0.1)], c
    )
    s.oval((0, 0.38), 0.23, 0.24, scale(c, 1.6))
    s.oval((0, 0.38), 0.16, 0.17, mix(glass, (30, 40, 70), 0.6))


def microphone(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((0, 0.0), (0, 0.6), 0.06, 0.085, dark)
    s.oval((0, 0.78), 0.17, 0.2, STEEL)


def suitcase(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(-0.16, 0.62), (-0.16, 0.76), (0.16, 0.76), (0.16, 0.62)], 0.05, dark)
    s.poly([(-0.56, 0.0), (-0.56, 0.64), (0.56, 0.64), (0.56, 0.0)], c)
    for x in (-0.34, 0.34):
        s.poly([(x - 0.05, 0.0), (x - 0.05, 0.64), (x + 0.05, 0.64), (x + 0.05, 0.0)], scale(c, 0.75))


def sword(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.025, 0.2), (-0.03, 1.9), (0.0, 2.0), (0.03, 1.9), (0.025, 0.2)], STEEL)
    s.poly([(-0.16, 0.16), (-0.16, 0.22), (0.16, 0.22), (0.16, 0.16)], (190, 150, 70))
    s.limb((0, -0.12), (0, 0.16), 0.035, 0.035, dark)


def gun(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.2, 0.42), (-0.2, 0.62), (0.56, 0.62), (0.56, 0.48), (0.1, 0.44)], c)
    s.poly([(-0.2, 0.5), (-0.3, 0.1), (-0.1, 0.1), (0.02, 0.48)], scale(c, 0.8))


def paper_map(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly(
        [
            (-0.7, 0.02),
            (-0.7, 0.8),
            (-0.24, 0.72),
            (0.24, 0.82),
            (0.7, 0.74),
            (0.7, -0.02),
            (0.24, 0.06),
            (-0.24, -0.02),
        ],
        c,
    )
    s.blob([(-0.5, 0.2), (-0.4, 0.6), (0.0, 0.5), (0.3, 0.62), (0.4, 0.3), (0.0, 0.2)], (166, 176, 128))
    s.stroke([(-0.45, 0.3), (-0.1, 0.4), (0.2, 0.3), (0.5, 0.55)], 0.025, (190, 60, 50))


def stick(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(-0.1, -1.0), (0.12, 1.1)], 0.06, c)
    s.poly([(-0.06, 1.0), (-0.1, 1.28), (0.42, 1.3), (0.4, 1.06)], STEEL)


def brush(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(-0.2, 1.1), (0.1, 0.2)], 0.05, c)
    s.poly([(0.04, 0.26), (0.15, 0.22), (0.2, 0.0)], dark)


def racket(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, 2 * np.pi, 30)
    s.stroke([(0, -0.1), (0.12, 0.6)], 0.06, dark)
    s.stroke(list(zip(0.2 + 0.26 * np.cos(t), 0.96 + 0.36 * np.sin(t), strict=True)), 0.05, c)


def board(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.blob([(-0.9, 0.02), (-0.7, 0.1), (0.7, 0.1), (0.95, 0.14), (0.75, 0.0), (-0.7, 0.0)], c)


def trophy(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.24, 0.0), (-0.24, 0.14), (0.24, 0.14), (0.24, 0.0)], dark)
    s.limb((0, 0.12), (0, 0.45), 0.1, 0.05, c)
    t = np.linspace(0, 2 * np.pi, 24)
    for k in (-1, 1):
        s.stroke(list(zip(0.34 * k + 0.14 * np.cos(t), 0.74 + 0.16 * np.sin(t), strict=True)), 0.05, scale(c, 0.85))
    s.blob(
        [(-0.1, 0.42), (-0.36, 0.66), (-0.36, 1.0), (-0.36, 1.0), (0.36, 1.0), (0.36, 1.0), (0.36, 0.66), (0.1, 0.42)],
        c,
    )


def toy(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for x in (-0.22, 0.22):
        s.oval((x, 0.1), 0.14, 0.11, scale(c, 0.9))
        s.oval((x * 1.5, 0.42), 0.11, 0.15, scale(c, 0.9))
        s.oval((x * 0.9, 0.96), 0.1, 0.1, scale(c, 0.85))
    s.oval((0, 0.32), 0.28, 0.3, c)
    s.oval((0, 0.76), 0.25, 0.23, c)
    s.oval((0, 0.69), 0.11, 0.08, mix(c, (255, 255, 255), 0.5))
    for x in (-0.09, 0.09):
        s.oval((x, 0.8), 0.025, 0.03, (30, 26, 28))


def orb(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.5), 0.42, 0.42, c)
    s.soft([(-0.3, 0.3), (0.3, 0.3), (0.3, 0.75), (-0.3, 0.75)], (255, 255, 255), 0.8, 0.12)


def hourglass(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    pane = mix(glass, (255, 255, 255), 0.5)
    s.poly(
        [
            (-0.26, 0.08),
            (-0.26, 0.3),
            (-0.03, 0.5),
            (-0.26, 0.7),
            (-0.26, 0.92),
            (0.26, 0.92),
            (0.26, 0.7),
            (0.03, 0.5),
            (0.26, 0.3),
            (0.26, 0.08),
        ],
        pane,
    )
    s.poly([(-0.24, 0.08), (0.0, 0.3), (0.24, 0.08)], (222, 180, 104))
    for y in (0.0, 0.92):
        s.poly([(-0.34, y), (-0.34, y + 0.08), (0.34, y + 0.08), (0.34, y)], WOODEN)


def plant(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    for a in np.linspace(-1.1, 1.1, 7):
        tip = (0.5 * np.sin(a), 0.36 + 0.62 * np.cos(a))
        s.blob(
            [(0, 0.32), (tip[0] * 0.5 - 0.1, (0.32 + tip[1]) / 2), tip, (tip[0] * 0.5 + 0.1, (0.32 + tip[1]) / 2)], c
        )
    s.poly([(-0.26, 0.36), (-0.18, 0.0), (0.18, 0.0), (0.26, 0.36)], (186, 116, 82))


def bucket(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, np.pi, 20)
    s.stroke(list(zip(0.34 * np.cos(t), 0.56 + 0.34 * np.sin(t), strict=True)), 0.03, dark)
    s.poly([(-0.36, 0.56), (-0.26, 0.0), (0.26, 0.0), (0.36, 0.56)], c)
    s.oval((0, 0.56), 0.36, 0.07, scale(c, 0.7))


def rope(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(0, 2 * np.pi, 30)
    for k in range(3):
        s.stroke(
            list(zip(0.4 * np.cos(t), 0.1 + 0.08 * k + 0.12 * np.sin(t), strict=True)), 0.06, scale(c, 0.9 + 0.1 * k)
        )


def bow(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    t = np.linspace(-1.2, 1.2, 24)
    arc = list(zip(0.55 * np.cos(t) - 0.2, 0.5 + 0.85 * np.sin(t) / 0.93, strict=True))
    s.stroke(arc, 0.05, c)
    s.stroke([arc[0], (-0.32, 0.5), arc[-1]], 0.015, (226, 222, 210))
    s.stroke([(-0.32, 0.5), (0.75, 0.52)], 0.025, WOODEN)


def cigarette(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.oval((0, 0.06), 0.62, 0.09, mix(glass, (120, 124, 130), 0.6))
    s.oval((0, 0.09), 0.48, 0.055, dark)
    s.limb((0.0, 0.12), (0.5, 0.24), 0.035, 0.035, c)
    s.oval((0.53, 0.25), 0.04, 0.04, (255, 130, 60))
    t = np.linspace(0, 1, 16)
    s.stroke(list(zip(0.55 + 0.07 * np.sin(t * 7), 0.3 + 0.65 * t, strict=True)), 0.014, (214, 214, 214))


def safe(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.poly([(-0.6, 0.0), (-0.6, 1.0), (0.6, 1.0), (0.6, 0.0)], scale(c, 0.75))
    s.poly([(-0.52, 0.07), (-0.52, 0.93), (0.52, 0.93), (0.52, 0.07)], c)
    s.oval((0.05, 0.52), 0.2, 0.2, scale(c, 0.6))
    s.oval((0.05, 0.52), 0.14, 0.14, STEEL)
    for a in np.linspace(0, 6.28, 12, endpoint=False):
        s.stroke(
            [(0.05 + 0.15 * np.cos(a), 0.52 + 0.15 * np.sin(a)), (0.05 + 0.18 * np.cos(a), 0.52 + 0.18 * np.sin(a))],
            0.012,
            (240, 240, 240),
        )
    s.limb((-0.36, 0.4), (-0.36, 0.64), 0.03, 0.03, STEEL)


def kite(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.stroke([(0, 0.1), (0.1, -0.2), (-0.08, -0.4), (0.1, -0.7)], 0.02, dark)
    s.poly([(0, 0.1), (-0.36, 0.62), (0, 1.0), (0.36, 0.62)], c)
    s.poly([(0, 0.1), (0.36, 0.62), (0, 1.0)], scale(c, 0.8))


def trumpet(s: Sketch, c: RGB, glass: RGB, dark: RGB, lamps: bool) -> None:
    s.limb((-0.6, 0.5), (0.4, 0.52), 0.03, 0.04, c)
    s.poly([(0.38, 0.46), (0.38, 0.58), (0.7, 0.76), (0.7, 0.28)], c)


SMALL_PAINTERS = {
    "lantern": lantern, "candle": candle, "match": match, "torch": torch, "glass": glass_of, "knife": knife, "pan": pan,
    "pot": pot, "teapot": teapot, "plate": plate, "dough": dough, "letter": letter, "newspaper": newspaper,
    "photo": photo, "key": key, "ring": ring, "camera": camera, "microphone": microphone, "suitcase": suitcase,
    "sword": sword, "gun": gun, "map": paper_map, "hammer": stick, "brush": brush, "racket": racket, "board": board,
    "trophy": trophy, "toy": toy, "glow": orb, "hourglass": hourglass, "plant": plant, "bucket": bucket, "rope": rope,
    "kite": kite, "bow": bow, "cigarette": cigarette, "safe": safe, "trumpet": trumpet, "beans": beans,
}  # fmt: skip
SMALL_COLOURS: dict[str, RGB] = {
    "lantern": (60, 58, 62),
    "candle": (244, 234, 210),
    "match": (216, 182, 128),
    "torch": (50, 52, 58),
    "glass": (150, 34, 50),
    "knife": STEEL,
    "pan": (220, 170, 80),
    "pot": (176, 70, 58),
    "teapot": (126, 78, 60),
    "plate": (236, 236, 232),
    "dough": (240, 222, 186),
    "letter": PAPER,
    "newspaper": (226, 224, 216),
    "photo": PAPER,
    "key": (200, 166, 84),
    "ring": (226, 188, 92),
    "camera": (46, 48, 54),
    "microphone": (48, 50, 56),
    "suitcase": (140, 88, 56),
    "sword": STEEL,
    "gun": (60, 62, 70),
    "map": (228, 210, 166),
    "hammer": WOODEN,
    "brush": (196, 150, 96),
    "racket": (206, 66, 56),
    "board": (236, 196, 84),
    "trophy": (222, 178, 76),
    "toy": (176, 122, 74),
    "glow": (150, 220, 255),
    "hourglass": WOODEN,
    "plant": (84, 142, 84),
    "bucket": (120, 134, 146),
    "rope": (190, 158, 108),
    "kite": (220, 62, 54),
    "bow": (140, 96, 58),
    "cigarette": (240, 236, 226),
    "safe": (96, 104, 112),
    "trumpet": (222, 178, 76),
    "beans": (98, 62, 40),
}
SHINING = frozenset({"lantern", "candle", "match", "torch", "glow"})
"""Things that light up what is around them."""

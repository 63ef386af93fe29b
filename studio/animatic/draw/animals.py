"""Animals with a little modelling: one four-legged body in many proportions, birds, fish and some others.

Own coordinates as in sketch.py; 1.0 is a person's height, so a dog is small beside one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.animatic.draw.palette import NAMED, RGB, mix, scale
from studio.animatic.draw.sketch import Sketch


@dataclass(frozen=True)
class Build:
    """Proportions of a four-legged animal. tall: shoulder height; long: body length; thick: body radius at the chest.

    neck, snout: lengths; rise: angle of the neck in radians from level. ears: pointed, flop, round, long or none.
    """

    tall: float
    long: float
    thick: float
    leg: float
    neck: float
    rise: float
    head: float
    snout: float
    ears: str
    tail: str
    colour: RGB


BUILDS: dict[str, Build] = {
    "dog": Build(0.34, 0.34, 0.075, 0.026, 0.13, 0.95, 0.052, 0.075, "flop", "up", (176, 124, 76)),
    "wolf": Build(0.42, 0.46, 0.085, 0.027, 0.15, 0.7, 0.055, 0.10, "pointed", "bush", (128, 122, 120)),
    "cat": Build(0.20, 0.22, 0.050, 0.016, 0.05, 1.1, 0.052, 0.004, "pointed", "up", (196, 140, 88)),
    "horse": Build(0.80, 0.74, 0.18, 0.046, 0.36, 0.9, 0.085, 0.18, "pointed", "long", (118, 74, 50)),
    "cow": Build(0.76, 0.82, 0.19, 0.05, 0.24, 0.45, 0.10, 0.13, "horns", "thin", (150, 112, 84)),
    "sheep": Build(0.40, 0.42, 0.15, 0.026, 0.10, 0.6, 0.052, 0.06, "flop", "none", (236, 228, 212)),
    "deer": Build(0.62, 0.54, 0.105, 0.026, 0.30, 1.1, 0.055, 0.085, "antlers", "none", (166, 116, 74)),
    "elephant": Build(1.40, 1.25, 0.36, 0.14, 0.26, 0.5, 0.23, 0.10, "wide", "thin", (124, 122, 128)),
    "bear": Build(0.66, 0.72, 0.20, 0.085, 0.17, 0.55, 0.115, 0.075, "round", "none", (96, 70, 54)),
    "tiger": Build(0.54, 0.76, 0.125, 0.052, 0.15, 0.6, 0.085, 0.055, "round", "thin", (214, 138, 60)),
    "rabbit": Build(0.13, 0.16, 0.06, 0.02, 0.04, 0.9, 0.04, 0.018, "long", "none", (196, 180, 160)),
    "camel": Build(0.98, 0.80, 0.19, 0.05, 0.46, 0.75, 0.075, 0.13, "round", "thin", (200, 158, 106)),
    "mouse": Build(0.06, 0.11, 0.04, 0.012, 0.02, 0.5, 0.03, 0.03, "round", "thin", (150, 136, 124)),
    "pig": Build(0.40, 0.52, 0.15, 0.035, 0.10, 0.2, 0.085, 0.06, "flop", "thin", (232, 172, 164)),
    "dragon": Build(0.80, 1.10, 0.20, 0.07, 0.50, 0.9, 0.11, 0.20, "horns", "long", (92, 128, 92)),
}
OWN: dict[str, RGB] = {
    "gull": (240, 242, 244),
    "bat": (40, 38, 46),
    "duck": (132, 108, 76),
    "swan": (244, 244, 242),
    "chicken": (206, 150, 96),
    "owl": (142, 112, 82),
    "penguin": (44, 48, 58),
    "shark": (98, 112, 124),
    "bird": (60, 62, 72),
    "fish": (232, 138, 62),
    "whale": (64, 92, 124),
    "turtle": (92, 128, 88),
    "butterfly": (226, 142, 56),
}
TALL = {
    "bird": 0.25,
    "gull": 0.25,
    "bat": 0.2,
    "duck": 0.24,
    "swan": 0.5,
    "chicken": 0.3,
    "owl": 0.3,
    "penguin": 0.6,
    "shark": 0.4,
    "fish": 0.22,
    "whale": 1.3,
    "turtle": 0.35,
    "butterfly": 0.2,
}


def height_of(kind: str) -> float:
    """How tall the animal stands, in persons."""
    build = BUILDS.get(kind)
    return build.tall + build.neck * 0.7 + build.head if build else TALL.get(kind, 0.3)


def colour_of(kind: str, named: str) -> RGB:
    """Its own colour, or the one the prompt gives."""
    return NAMED.get(named) or (BUILDS[kind].colour if kind in BUILDS else OWN.get(kind, (110, 100, 92)))


def animal(s: Sketch, kind: str, posture: str, colour: RGB, phase: float) -> None:
    """Draw one. phase 0..1 sets stride or wing beat."""
    if kind in BUILDS:
        _quadruped(s, BUILDS[kind], kind, posture, colour, phase)
    else:
        painters = {
            "bird": bird, "gull": bird, "bat": bird, "fish": _fish, "shark": _fish, "whale": _whale, "turtle": _turtle,
            "butterfly": _butterfly,
        }  # fmt: skip
        if kind in ("duck", "swan", "chicken", "owl", "penguin"):
            _fowl(s, kind, colour)
        else:
            painters[kind](s, colour, phase)


def _fowl(s: Sketch, kind: str, colour: RGB) -> None:
    """A bird on its feet or on the water."""
    beak: RGB = (232, 150, 56)
    dark, pale = scale(colour, 0.8), mix(colour, (255, 255, 255), 0.5)
    if kind in ("owl", "penguin"):
        tall = TALL[kind]
        s.blob([(-0.32 * tall, 0.0), (-0.36 * tall, 0.5 * tall), (-0.2 * tall, 0.95 * tall), (0.2 * tall, 0.95 * tall),
                (0.36 * tall, 0.5 * tall), (0.32 * tall, 0.0)], colour)  # fmt: skip
        s.blob([(-0.18 * tall, 0.05 * tall), (-0.2 * tall, 0.45 * tall), (0.0, 0.68 * tall), (0.2 * tall, 0.45 * tall),
                (0.18 * tall, 0.05 * tall)], pale)  # fmt: skip
        for k in (-1, 1):
            s.oval((0.1 * k * tall, 0.78 * tall), 0.085 * tall, 0.085 * tall, (246, 236, 200))
            s.oval((0.1 * k * tall, 0.78 * tall), 0.04 * tall, 0.045 * tall, (24, 22, 26))
        s.poly([(-0.04 * tall, 0.7 * tall), (0.04 * tall, 0.7 * tall), (0.0, 0.62 * tall)], beak)
        return
    neck = 0.42 if kind == "swan" else 0.2
    if kind == "chicken":
        for x in (-0.02, 0.05):
            s.stroke([(x, 0.1), (x, 0.0)], 0.014, beak)
    y = 0.14 if kind == "chicken" else 0.06
    s.blob(
        [
            (-0.26, y + 0.12),
            (-0.16, y + 0.02),
            (0.06, y - 0.03),
            (0.18, y + 0.05),
            (0.14, y + 0.13),
            (-0.06, y + 0.12),
            (-0.20, y + 0.16),
        ],
        colour,
    )
    s.blob([(-0.20, y + 0.10), (-0.02, y + 0.03), (0.08, y + 0.07), (-0.04, y + 0.12)], dark)
    s.chain(((0.13, y + 0.07), (0.20, y + neck * 0.55), (0.16, y + neck)), (0.05, 0.035, 0.035), colour)
    s.oval((0.19, y + neck), 0.05, 0.042, colour if kind != "duck" else (52, 96, 70))
    s.poly([(0.23, y + neck + 0.015), (0.31, y + neck - 0.01), (0.23, y + neck - 0.02)], beak)
    if kind == "chicken":
        s.blob(
            [(0.14, y + neck + 0.03), (0.17, y + neck + 0.08), (0.22, y + neck + 0.07), (0.22, y + neck + 0.03)],
            (206, 48, 44),
        )
    s.oval((0.20, y + neck + 0.01), 0.009, 0.009, (20, 20, 24))


def _quadruped(s: Sketch, b: Build, kind: str, posture: str, colour: RGB, phase: float) -> None:
    low = posture in ("lying",)
    sit = posture == "sitting" and kind in ("dog", "cat", "wolf", "bear", "tiger", "rabbit")
    lift = b.thick * 1.1 if low else b.tall
    chest = (b.long / 2, lift - b.thick * 0.55)
    hip = (-b.long * (0.22 if sit else 0.5), (b.thick * 0.95 if sit else lift - b.thick * 0.5))
    dark = scale(colour, 0.74)
    stride = {"running": 1.0, "flying": 1.0, "walking": 0.5}.get(posture, 0.16)
    for near in (False, True):
        tone = colour if near else dark
        for (x, y), way, back in ((chest, 1, False), (hip, -1, True)):
            if low:
                s.limb((x, y - b.thick * 0.7), (x + b.leg * 3, b.leg), b.leg * 1.2, b.leg, tone)
                continue
            if sit and back:
                s.limb((x, y), (x + b.long * 0.30, b.leg), b.thick * 0.7, b.leg * 1.2, tone)
                continue
            reach = (
                stride * b.tall * (0.45 if near else -0.35) * (way if posture == "running" else 1 if way > 0 else -1)
            )
            knee = (x + reach * 0.35 - (0.03 if back else -0.01) * b.tall, y * 0.52)
            foot = (x + reach, b.leg * 0.7 + (0.10 * b.tall if posture == "running" and not near else 0))
            s.chain(((x, y), knee, foot), (b.thick * 0.62, b.leg * 1.15, b.leg * 0.72), tone)
    _tail(s, b, hip, colour, posture)
    if kind == "dragon":
        s.blob(
            [
                (0.05, b.tall),
                (-0.35, b.tall + 0.75),
                (-0.75, b.tall + 0.45),
                (-0.6, b.tall + 0.25),
                (-0.45, b.tall + 0.1),
            ],
            dark,
        )
    s.limb(hip, chest, b.thick * 0.88, b.thick, colour)
    if kind == "camel":
        for x in (-0.14, 0.14):
            s.blob([(x - 0.13, b.tall), (x, b.tall + 0.26), (x + 0.13, b.tall)], colour)
    if kind == "sheep":
        for k in np.linspace(-0.2, 0.2, 5):
            s.oval((k, b.tall + 0.02), 0.07, 0.065, mix(colour, (255, 255, 255), 0.25))
    head = (chest[0] + b.neck * np.cos(b.rise) + b.thick * 0.4, chest[1] + b.neck * np.sin(b.rise) + b.thick * 0.5)
    s.limb((chest[0] + b.thick * 0.1, chest[1] + b.thick * 0.25), head, b.thick * 0.72, b.head * 0.85, colour)
    _head(s, b, kind, head, colour)
    if kind == "tiger":
        for k in np.linspace(-0.8, 0.8, 7):
            x = k * b.long / 2
            s.stroke([(x, chest[1] + b.thick * 0.8), (x - 0.02, chest[1] - b.thick * 0.3)], 0.012, (60, 42, 36))
    if kind == "horse":
        hx, hy = head
        s.blob(
            [
                (hx - 0.02, hy + 0.10),
                (hx - 0.10, hy - 0.06),
                (chest[0] - 0.04, chest[1] + 0.16),
                (chest[0] - 0.09, chest[1] + 0.12),
                (hx - 0.16, hy - 0.02),
            ],
            scale(colour, 0.5),
        )


def _head(s: Sketch, b: Build, kind: str, at: tuple[float, float], colour: RGB) -> None:
    x, y = at
    dark = scale(colour, 0.6)
    if b.ears == "antlers":
        for k in (0.0, 0.05):
            s.stroke([(x - k, y + 0.05), (x - 0.05 - k, y + 0.20), (x - 0.01 - k, y + 0.30)], 0.014, dark)
            s.stroke([(x - 0.05 - k, y + 0.20), (x - 0.13 - k, y + 0.26)], 0.012, dark)
    if b.ears == "wide":
        s.limb((x + 0.08, y - 0.05), (x + 0.24, 0.75), 0.09, 0.05, scale(colour, 0.92))
        s.limb((x + 0.24, 0.75), (x + 0.20, 0.30), 0.05, 0.03, scale(colour, 0.92))
    s.oval(at, b.head * 1.08, b.head, colour)
    s.limb(
        (x + b.head * 0.3, y - b.head * 0.2),
        (x + b.head * 0.4 + b.snout, y - b.head * 0.55),
        b.head * 0.62,
        b.head * 0.42,
        colour,
    )
    if b.snout > 0.02:
        s.oval((x + b.head * 0.75 + b.snout, y - b.head * 0.45), b.head * 0.17, b.head * 0.15, (38, 32, 34))
    if b.ears == "pointed":
        for k in (-0.35, 0.25):
            s.poly(
                [
                    (x + (k - 0.42) * b.head, y + b.head * 0.62),
                    (x + (k - 0.05) * b.head, y + b.head * 1.75),
                    (x + (k + 0.38) * b.head, y + b.head * 0.72),
                ],
                scale(colour, 0.86),
            )
    elif b.ears == "flop":
        s.blob(
            [
                (x - b.head * 0.7, y + b.head * 0.8),
                (x + b.head * 0.05, y + b.head * 0.75),
                (x - b.head * 0.2, y - b.head * 0.9),
                (x - b.head * 1.0, y - b.head * 0.8),
            ],
            dark,
        )
    elif b.ears in ("round",):
        for k in (-0.5, 0.4):
            s.oval((x + k * b.head, y + b.head * 0.95), b.head * 0.34, b.head * 0.34, dark)
    elif b.ears == "wide":
        s.blob(
            [
                (x - 0.30, y + 0.22),
                (x + 0.04, y + 0.20),
                (x + 0.02, y - 0.20),
                (x - 0.16, y - 0.36),
                (x - 0.34, y - 0.10),
            ],
            scale(colour, 0.86),
        )
    elif b.ears == "long":
        for k in (-0.4, 0.1):
            s.limb(
                (x + k * b.head, y + b.head * 0.7),
                (x + (k - 0.5) * b.head, y + b.head * 3.0),
                b.head * 0.26,
                b.head * 0.2,
                scale(colour, 0.9),
            )
    elif b.ears == "horns":
        for k in (-0.2, 0.35):
            s.stroke(
                [
                    (x + k * b.head, y + b.head * 0.8),
                    (x + (k + 0.5) * b.head, y + b.head * 1.3),
                    (x + (k + 0.3) * b.head, y + b.head * 1.9),
                ],
                b.head * 0.22,
                (226, 214, 190),
            )
    s.oval((x + b.head * 0.42, y + b.head * 0.18), b.head * 0.13, b.head * 0.14, (28, 24, 26))


def _tail(s: Sketch, b: Build, hip: tuple[float, float], colour: RGB, posture: str) -> None:
    x, y = hip[0] - b.thick * 0.7, hip[1] + b.thick * 0.35
    if b.tail == "up":
        s.chain(
            ((x, y), (x - b.long * 0.28, y + b.tall * 0.22), (x - b.long * 0.24, y + b.tall * 0.55)),
            (b.leg * 0.9, b.leg * 0.8, b.leg * 0.45),
            colour,
        )
    elif b.tail == "bush":
        s.chain(
            ((x, y), (x - b.long * 0.25, y - b.tall * 0.2), (x - b.long * 0.5, y - b.tall * 0.28)),
            (b.leg, b.leg * 2.2, b.leg * 0.7),
            colour,
        )
    elif b.tail == "long":
        flow = 0.6 if posture == "running" else 0.22
        s.chain(
            ((x, y), (x - b.long * flow * 0.5, y - b.tall * 0.12), (x - b.long * flow, y - b.tall * 0.46)),
            (b.leg, b.leg * 1.3, b.leg * 0.4),
            scale(colour, 0.55),
        )
    elif b.tail == "thin":
        s.chain(
            ((x, y), (x - b.long * 0.1, y - b.tall * 0.3), (x - b.long * 0.14, y - b.tall * 0.55)),
            (b.leg * 0.5, b.leg * 0.35, b.leg * 0.5),
            scale(colour, 0.8),
        )


def wings(s: Sketch, kind: str, colour: RGB, phase: float) -> None:
    """A flying bird or bat seen from afar, its wing span 2.0 about (0, 0): body, two bent wings, tail."""
    beat = 0.34 * np.sin(phase * 6.28)
    dark = scale(colour, 0.72)
    tip: RGB = (52, 54, 62) if kind == "gull" else scale(colour, 0.6)
    for k, tone in ((-1, dark), (1, colour)):
        joint, end = (0.42 * k, 0.20 + beat * 0.7), (1.0 * k, 0.02 + beat)
        if kind == "bat":
            s.poly([(0.06 * k, 0.08), joint, end, (0.74 * k, -0.10 + beat * 0.6), (0.52 * k, 0.0 + beat * 0.4),
                    (0.32 * k, -0.16), (0.08 * k, -0.06)], tone)  # fmt: skip
            continue
        s.poly(
            [(0.02 * k, 0.10), (joint[0], joint[1] + 0.05), end, (0.40 * k, joint[1] - 0.14), (0.05 * k, -0.08)], tone
        )
        s.poly([(0.80 * k, 0.09 + beat * 0.86), end, (0.72 * k, 0.0 + beat * 0.75)], tip)
    s.blob(
        [(-0.28, 0.0), (-0.10, 0.09), (0.16, 0.09), (0.27, 0.03), (0.14, -0.06), (-0.12, -0.06)], mix(colour, dark, 0.3)
    )
    if kind == "gull":
        s.poly([(0.24, 0.05), (0.34, 0.02), (0.24, 0.0)], (232, 170, 60))


def bird(s: Sketch, colour: RGB, phase: float) -> None:
    """A bird on the wing, centred at height 0.5."""
    up = 0.10 + 0.22 * np.sin(phase * 6.28)
    s.blob([(-0.22, 0.50), (-0.05, 0.545), (0.12, 0.53), (0.20, 0.50), (0.10, 0.465), (-0.08, 0.46)], colour)
    for k, tone in ((1, 0.8), (-1, 1.0)):
        tip = (-0.12 + 0.16 * k, 0.52 + up + 0.12 * k)
        s.blob(
            [
                (0.10, 0.52),
                (0.06 + 0.06 * k, 0.55 + up * 0.7),
                tip,
                (-0.04 + 0.05 * k, 0.53 + up * 0.45),
                (-0.08, 0.50),
            ],
            scale(colour, tone),
        )


def _fish(s: Sketch, colour: RGB, phase: float) -> None:
    y = 0.5 + 0.02 * np.sin(phase * 6.28)
    s.blob([(-0.22, y + 0.005), (-0.36, y + 0.11), (-0.32, y), (-0.36, y - 0.11)], scale(colour, 0.85))
    s.blob([(-0.26, y), (-0.08, y + 0.12), (0.14, y + 0.10), (0.27, y), (0.14, y - 0.10), (-0.08, y - 0.12)], colour)
    s.blob([(-0.05, y + 0.08), (-0.10, y + 0.19), (0.10, y + 0.09)], scale(colour, 0.8))
    s.oval((0.16, y + 0.025), 0.016, 0.018, (26, 24, 30))


def _whale(s: Sketch, colour: RGB, phase: float) -> None:
    y = 0.75
    s.blob(
        [(-0.95, y + 0.10), (-1.28, y + 0.34), (-1.12, y + 0.10), (-1.30, y - 0.02), (-0.98, y - 0.02)],
        scale(colour, 0.9),
    )
    s.blob(
        [
            (-1.05, y + 0.05),
            (-0.3, y + 0.22),
            (0.5, y + 0.26),
            (1.0, y + 0.08),
            (0.98, y - 0.10),
            (0.5, y - 0.26),
            (-0.2, y - 0.18),
        ],
        colour,
    )
    s.blob(
        [(0.98, y - 0.03), (0.5, y - 0.10), (0.0, y - 0.15), (0.5, y - 0.25), (0.9, y - 0.14)],
        mix(colour, (236, 240, 240), 0.6),
    )
    s.blob([(0.35, y - 0.14), (0.18, y - 0.44), (0.05, y - 0.40), (0.15, y - 0.16)], scale(colour, 0.8))
    s.oval((0.72, y - 0.02), 0.018, 0.018, (20, 20, 26))


def _turtle(s: Sketch, colour: RGB, phase: float) -> None:
    y = 0.5
    skin = mix(colour, (180, 190, 130), 0.4)
    s.limb((0.16, y), (0.34, y + 0.03), 0.045, 0.055, skin)
    for x, a in ((0.12, -0.9), (-0.18, -1.1)):
        s.limb((x, y - 0.03), (x + 0.22 * np.cos(a + phase), y + 0.22 * np.sin(a)), 0.045, 0.02, scale(skin, 0.85))
    s.blob(
        [(-0.30, y - 0.03), (-0.18, y + 0.14), (0.08, y + 0.16), (0.24, y), (0.1, y - 0.06), (-0.2, y - 0.06)], colour
    )


def _butterfly(s: Sketch, colour: RGB, phase: float) -> None:
    y, w = 0.5, 0.6 + 0.4 * abs(np.sin(phase * 6.28))
    for k in (-1, 1):
        s.blob([(0, y), (k * 0.16 * w, y + 0.18), (k * 0.22 * w, y + 0.08), (k * 0.12 * w, y)], colour)
        s.blob([(0, y), (k * 0.14 * w, y - 0.02), (k * 0.12 * w, y - 0.14), (k * 0.02, y - 0.08)], scale(colour, 0.8))
    s.limb((0, y - 0.09), (0, y + 0.08), 0.010, 0.012, (40, 34, 34))

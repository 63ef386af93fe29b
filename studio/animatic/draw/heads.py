"""Heads: shape, hair, hats and helmets, and quiet features when the head is large in the frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import RGB, mix, scale
from studio.animatic.draw.sketch import At, Sketch

RX, RY = 0.048, 0.067


def head(s: Sketch, at: At, look: Appearance, *, away: bool = False, face: bool = False) -> None:
    """A head with its centre at `at`, looking right unless seen from behind."""
    big = 1.32 if look.build == "child" else 1.0
    if look.build == "astronaut":
        _bubble(s, at, look)
        return
    if look.build == "robot":
        _robot(s, at, look)
        return
    rx, ry = RX * big, RY * big
    if not away:
        s.oval((at[0] - rx * 0.92, at[1] - ry * 0.08), rx * 0.16, ry * 0.2, scale(look.skin, 0.82))
    s.poly(_egg(at, rx, ry), look.skin)
    if face and not away:
        _features(s, at, rx, ry, look)
    _hair(s, at, rx, ry, look, away=away)
    _cover(s, at, rx, ry, look)


def _egg(at: At, rx: float, ry: float) -> np.ndarray:
    """The outline of a face in three-quarter view: fuller above, the chin a little forward."""
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    x, y = np.cos(t), np.sin(t)
    narrow = np.where(y < 0, 1 - 0.34 * np.abs(y) ** 1.7, 1.0)
    return np.column_stack((at[0] + rx * x * narrow + np.where(y < 0, 0.13 * rx * np.abs(y), 0), at[1] + ry * y))


def _features(s: Sketch, at: At, rx: float, ry: float, look: Appearance) -> None:
    """Brows, eyes, nose and mouth, drawn as shadows rather than outlines."""

    def p(x: float, y: float) -> At:
        return at[0] + x * rx, at[1] + y * ry

    shadow, deep = mix(look.skin, (92, 44, 40), 0.34), mix(look.skin, (30, 18, 22), 0.82)
    s.soft([p(-1.1, 0.6), p(-0.55, 0.5), p(-0.45, -0.4), p(-0.25, -1.1), p(-1.1, -1.0)], shadow, 0.55, rx * 0.16)
    s.soft([p(-0.6, -0.70), p(0.8, -0.72), p(0.5, -0.96), p(-0.1, -0.92)], shadow, 0.42, rx * 0.06)
    for x, w in ((-0.22, 0.24), (0.56, 0.20)):
        s.soft(
            [p(x - w, 0.16), p(x, 0.26), p(x + w, 0.14), p(x + w, -0.04), p(x, -0.12), p(x - w, -0.04)],
            shadow,
            0.75,
            rx * 0.05,
        )
        s.blob(
            [
                p(x - w * 0.8, 0.01),
                p(x - w * 0.1, 0.105),
                p(x + w * 0.85, 0.03),
                p(x + w * 0.2, -0.045),
                p(x - w * 0.5, -0.04),
            ],
            mix(look.skin, (250, 244, 238), 0.55),
        )
        s.oval(p(x + w * 0.12, 0.03), rx * 0.085, ry * 0.062, deep)
        s.oval(p(x + w * 0.2, 0.055), rx * 0.02, ry * 0.016, mix(look.skin, (255, 255, 255), 0.8))
        lid = [p(x - w * 0.9, 0.015), p(x - w * 0.4, 0.085), p(x + w * 0.2, 0.10), p(x + w * 0.95, 0.035)]
        s.blob([*lid, p(x + w * 0.2, 0.062), p(x - w * 0.4, 0.052)], deep)
        brow = mix(look.hair, look.skin, 0.3)
        s.blob(
            [
                p(x - w * 1.05, 0.235),
                p(x - w * 0.3, 0.30),
                p(x + w * 0.5, 0.31),
                p(x + w * 1.1, 0.24),
                p(x + w * 0.4, 0.255),
                p(x - w * 0.4, 0.235),
            ],
            brow,
        )
    s.soft([p(0.22, 0.14), p(0.34, -0.1), p(0.5, -0.34), p(0.18, -0.38), p(0.08, -0.22)], shadow, 0.6, rx * 0.05)
    s.blob(
        [p(0.12, -0.33), p(0.29, -0.36), p(0.47, -0.32), p(0.40, -0.385), p(0.2, -0.39)],
        mix(look.skin, (80, 36, 36), 0.5),
    )
    if look.build == "elder":
        for x in (-0.5, 0.62):
            s.soft([p(x, -0.3), p(x + 0.12, -0.4), p(x + 0.06, -0.62), p(x - 0.05, -0.5)], shadow, 0.8, rx * 0.04)
        s.soft([p(-0.5, 0.5), p(0.6, 0.52), p(0.6, 0.46), p(-0.5, 0.44)], shadow, 0.7, rx * 0.03)
    lips = mix(look.skin, (150, 44, 52), 0.62 if look.build == "woman" else 0.36)
    if look.mouth == "open":
        s.oval(p(0.26, -0.64), rx * 0.24, ry * 0.12, (74, 24, 28))
        s.blob([p(0.08, -0.57), p(0.44, -0.57), p(0.40, -0.61), p(0.12, -0.61)], (236, 228, 220))
        _cheek(s, p, rx, look)
        return
    if look.mouth == "smile":
        s.blob([p(-0.14, -0.50), p(0.26, -0.60), p(0.66, -0.49), p(0.28, -0.74)], lips)
        s.blob([p(-0.02, -0.55), p(0.26, -0.61), p(0.54, -0.54), p(0.27, -0.66)], (240, 234, 228))
        _cheek(s, p, rx, look)
        return
    s.blob([p(-0.06, -0.60), p(0.16, -0.55), p(0.26, -0.57), p(0.37, -0.55), p(0.56, -0.60), p(0.3, -0.70)], lips)
    s.blob(
        [p(-0.08, -0.59), p(0.15, -0.605), p(0.27, -0.61), p(0.58, -0.585), p(0.27, -0.635), p(0.15, -0.63)],
        mix(lips, (60, 20, 26), 0.55),
    )
    _cheek(s, p, rx, look)


def _cheek(s: Sketch, p: Callable[[float, float], At], rx: float, look: Appearance) -> None:
    """A little red on the cheek towards us."""
    red = mix(look.skin, (226, 96, 84), 0.5)
    s.soft([p(0.62, -0.05), p(0.88, -0.08), p(0.8, -0.36), p(0.6, -0.32)], red, 0.4, rx * 0.12)


def _hair(s: Sketch, at: At, rx: float, ry: float, look: Appearance, *, away: bool) -> None:
    def p(x: float, y: float) -> At:
        return at[0] + x * rx, at[1] + y * ry

    if away:
        s.oval(p(0, 0.08), rx * 1.06, ry * 1.0, look.hair)
        if look.long_hair:
            s.blob(
                [p(-1.2, 0.5), p(1.2, 0.5), p(1.3, -1.0), p(0.9, -2.4), p(0, -2.9), p(-0.9, -2.4), p(-1.3, -1.0)],
                look.hair,
            )
        return
    if "bald" in look.wears:
        s.blob([p(-1.06, 0.05), p(-1.02, 0.45), p(-0.86, 0.4), p(-0.82, -0.1), p(-0.96, -0.26)], look.hair)
        return
    if look.build == "elder" and look.sex == "woman":
        s.oval(p(-0.95, 0.75), rx * 0.5, ry * 0.42, scale(look.hair, 0.92))  # a bun
    elif look.build == "elder" and not look.long_hair:
        s.blob(
            [
                p(-1.08, 0.0),
                p(-1.12, 0.62),
                p(-0.6, 1.1),
                p(0.2, 1.16),
                p(0.8, 0.95),
                p(0.96, 0.6),
                p(0.3, 0.86),
                p(-0.3, 0.8),
                p(-0.7, 0.5),
                p(-0.8, 0.0),
                p(-0.98, -0.2),
            ],
            look.hair,
        )
        return
    top = [p(-1.12, 0.0), p(-1.16, 0.62), p(-0.62, 1.16), p(0.2, 1.24), p(0.88, 0.98), p(1.05, 0.5), p(0.84, 0.46)]
    fringe = [p(0.62, 0.74), p(0.1, 0.66), p(-0.42, 0.56), p(-0.68, 0.2), p(-0.74, -0.2), p(-0.96, -0.26)]
    s.blob(top + fringe, look.hair)
    if look.long_hair:
        s.blob(
            [p(-1.16, 0.5), p(-0.62, 0.3), p(-0.66, -0.8), p(-0.5, -1.9), p(-0.9, -2.4), p(-1.5, -1.9), p(-1.36, -0.7)],
            look.hair,
        )
    shine = mix(look.hair, (255, 236, 205), 0.22)
    s.soft([p(-0.5, 0.98), p(0.3, 1.08), p(0.7, 0.82), p(0.2, 0.86), p(-0.4, 0.72)], shine, 0.45, rx * 0.1)


def _cover(s: Sketch, at: At, rx: float, ry: float, look: Appearance) -> None:
    """Hats, hoods and helmets over the hair."""

    def p(x: float, y: float) -> At:
        return at[0] + x * rx, at[1] + y * ry

    cloth: RGB = look.dyes.get("hat") or mix(look.legs, look.top, 0.35)
    if "beard" in look.wears:
        _beard(s, p, look)
    if "glasses" in look.wears:
        _glasses(s, p)
    if "knitted hat" in look.wears:
        s.blob(
            [p(-1.2, 0.2), p(-1.2, 0.8), p(-0.6, 1.45), p(0.2, 1.5), p(0.95, 1.1), p(1.12, 0.36), p(0.1, 0.46)], cloth
        )
        s.blob([p(-1.28, 0.1), p(-1.26, 0.5), p(0, 0.72), p(1.2, 0.56), p(1.2, 0.22), p(0, 0.34)], scale(cloth, 0.84))
        s.oval(p(-0.1, 1.55), rx * 0.26, ry * 0.2, mix(cloth, (255, 255, 255), 0.35))
    elif "hood" in look.wears:
        s.blob(
            [p(-1.45, -1.1), p(-1.4, 0.6), p(-0.6, 1.4), p(0.5, 1.42), p(1.15, 0.8), p(0.7, 0.5), p(-0.2, 0.55),
             p(-0.62, -0.2), p(-0.5, -1.2)],
            scale(look.top, 1.05),
        )  # fmt: skip
    elif "cap" in look.wears:
        s.blob([p(-1.12, 0.3), p(-1.08, 0.85), p(-0.4, 1.3), p(0.5, 1.28), p(1.05, 0.8), p(1.1, 0.4), p(0, 0.5)], cloth)
        s.blob([p(0.3, 0.55), p(1.9, 0.4), p(1.95, 0.28), p(0.4, 0.36)], scale(cloth, 0.8))
    elif "hat" in look.wears:
        s.blob([p(-1.9, 0.42), p(0, 0.6), p(1.95, 0.42), p(1.7, 0.28), p(0, 0.34), p(-1.7, 0.28)], scale(cloth, 0.8))
        s.blob([p(-1.05, 0.4), p(-1.0, 1.2), p(-0.4, 1.5), p(0.5, 1.5), p(1.05, 1.2), p(1.1, 0.4), p(0, 0.52)], cloth)
    elif look.build == "monk" or "robe" in look.wears:
        s.blob(
            [
                p(-1.5, -1.2),
                p(-1.45, 0.6),
                p(-0.6, 1.4),
                p(0.5, 1.42),
                p(1.1, 0.85),
                p(0.6, 0.5),
                p(-0.3, 0.5),
                p(-0.62, -0.3),
                p(-0.5, -1.3),
            ],
            scale(look.top, 0.92),
        )
    elif "helmet" in look.wears:
        steel = mix(look.legs, (206, 212, 220), 0.55)
        s.blob(
            [
                p(-1.25, -0.7),
                p(-1.25, 0.7),
                p(-0.5, 1.35),
                p(0.5, 1.35),
                p(1.2, 0.7),
                p(1.2, 0.24),
                p(-0.25, 0.2),
                p(-0.4, -0.8),
            ],
            steel,
        )


def _beard(s: Sketch, p: Callable[[float, float], At], look: Appearance) -> None:
    """A full beard along the jaw, with a moustache."""
    s.blob(
        [p(-0.85, -0.25), p(-0.5, -0.62), p(0.0, -0.52), p(0.62, -0.5), p(0.95, -0.2), p(0.85, -0.85), p(0.5, -1.4),
         p(0.0, -1.45), p(-0.6, -1.05)],
        look.hair,
    )  # fmt: skip
    s.blob([p(-0.05, -0.45), p(0.28, -0.38), p(0.66, -0.46), p(0.28, -0.56)], scale(look.hair, 0.9))


def _glasses(s: Sketch, p: Callable[[float, float], At]) -> None:
    """Two dark round rims and a bridge."""
    t = np.linspace(0, 2 * np.pi, 25)
    for x, w in ((-0.2, 0.32), (0.58, 0.27)):
        s.stroke([p(x + w * float(np.cos(a)), 0.02 + 0.24 * float(np.sin(a))) for a in t], 0.0026, (34, 32, 38))
    s.stroke([p(0.12, 0.06), p(0.31, 0.06)], 0.0026, (34, 32, 38))
    s.stroke([p(-0.52, 0.06), p(-1.0, 0.12)], 0.0026, (34, 32, 38))


def _bubble(s: Sketch, at: At, look: Appearance) -> None:
    """A space helmet with a golden visor."""
    s.oval(at, 0.088, 0.092, look.top)
    visor = mix((70, 60, 60), (236, 178, 84), 0.55)
    s.oval((at[0] + 0.022, at[1] + 0.004), 0.060, 0.062, scale(visor, 0.62))
    s.soft(
        [(at[0] - 0.01, at[1] + 0.055), (at[0] + 0.06, at[1] + 0.045), (at[0] + 0.055, at[1]), (at[0], at[1] + 0.02)],
        mix(visor, (255, 244, 214), 0.7),
        0.85,
        0.008,
    )


def _robot(s: Sketch, at: At, look: Appearance) -> None:
    s.blob(
        [
            (at[0] - 0.075, at[1] + 0.075),
            (at[0] + 0.075, at[1] + 0.075),
            (at[0] + 0.08, at[1] - 0.06),
            (at[0] - 0.08, at[1] - 0.06),
        ],
        look.top,
    )
    s.stroke([(at[0], at[1] + 0.06), (at[0] - 0.01, at[1] + 0.115)], 0.008, look.legs)
    s.oval((at[0] - 0.01, at[1] + 0.118), 0.011, 0.011, (240, 110, 80))
    s.blob(
        [
            (at[0] - 0.03, at[1] + 0.035),
            (at[0] + 0.065, at[1] + 0.035),
            (at[0] + 0.065, at[1] - 0.015),
            (at[0] - 0.03, at[1] - 0.015),
        ],
        scale(look.legs, 0.5),
    )
    for x in (0.0, 0.04):
        s.oval((at[0] + x, at[1] + 0.01), 0.009, 0.011, (130, 240, 250))

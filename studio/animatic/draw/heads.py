"""Heads: face, hair, hats and helmets, and quiet features when the head is large in the frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.shapes import Inks, draw
from studio.animatic.draw.sketch import At, Sketch

RX, RY = 0.048, 0.067
"""Half the width and height of an adult's head, in persons."""
EYES = ((-0.22, 0.24), (0.56, 0.20))
"""Middle and half width of the far and the near eye, in half widths of the head."""
HEADGEAR = ("knitted hat", "hood", "cap", "hat", "robe", "helmet")
"""The first of these that is worn covers the hair."""


def head(s: Sketch, at: At, look: Appearance, *, away: bool = False, face: bool = False) -> None:
    """A head with its centre at `at`, looking right unless seen from behind. face: with features."""
    inks = Inks(look)
    if look.build in ("astronaut", "robot"):
        draw(s, look.build, inks, at)
        return
    larger = 1.32 if look.build == "child" else 1.0
    size = RX * larger, RY * larger
    if not away:
        draw(s, "ear", inks, at, size, size)
    s.poly(_outline(at, size), look.skin)
    if face and not away:
        _features(s, at, size, look, inks)
    for name in _hair(look, away=away):
        draw(s, name, inks, at, size, size)
    for name in _worn(look):
        draw(s, name, inks, at, size, size)


def _outline(at: At, size: tuple[float, float]) -> np.ndarray:
    """The outline of a face in three-quarter view: fuller above, the chin a little forward."""
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    x, y = np.cos(t), np.sin(t)
    low = np.where(y < 0, np.abs(y), 0)
    return np.column_stack((at[0] + size[0] * (x * (1 - 0.34 * low**1.7) + 0.13 * low), at[1] + size[1] * y))


def _features(s: Sketch, at: At, size: tuple[float, float], look: Appearance, inks: Inks) -> None:
    """Brows, eyes, nose and mouth, drawn as shadows rather than outlines."""
    painted = "painted " if look.build == "woman" else ""
    mouth = "open mouth" if look.mouth == "open" else painted + ("smile" if look.mouth == "smile" else "mouth")
    draw(s, "face", inks, at, size, size)
    for x, half in EYES:
        draw(s, "eye", inks, (at[0] + x * size[0], at[1]), (half * size[0], size[1]), size)
    for name in ("nose", "wrinkles" if look.build == "elder" else "", mouth, "cheek"):
        if name:
            draw(s, name, inks, at, size, size)


def _hair(look: Appearance, *, away: bool) -> Iterator[str]:
    """The groups of shapes that make somebody's hair."""
    if away:
        yield "hair from behind"
        if look.long_hair:
            yield "long hair from behind"
    elif "bald" in look.wears:
        yield "bald"
    elif look.build == "elder" and look.sex != "woman" and not look.long_hair:
        yield "thin hair"
    else:
        if look.build == "elder" and look.sex == "woman":
            yield "bun"
        yield "hair"
        if look.long_hair:
            yield "long hair"
        yield "shine"


def _worn(look: Appearance) -> Iterator[str]:
    """The groups of shapes over the hair: beard, glasses, one hat."""
    yield from (name for name in ("beard", "glasses") if name in look.wears)
    wears = (*look.wears, "robe") if look.build == "monk" else look.wears
    yield from [name for name in HEADGEAR if name in wears][:1]

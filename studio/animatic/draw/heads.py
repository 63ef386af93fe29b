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


def head(s: Sketch, at: At, appearance: Appearance, *, away: bool = False, face: bool = False) -> None:
    """A head with its centre at `at`, looking right unless seen from behind. face: with features."""
    inks = Inks(appearance)
    if appearance.build in ("astronaut", "robot"):
        draw(s, appearance.build, inks, at)
        return
    larger = 1.32 if appearance.build == "child" else 1.0
    size = RX * larger, RY * larger
    if not away:
        draw(s, "ear", inks, at, size, size)
    s.poly(_outline(at, size), appearance.skin)
    if face and not away:
        _features(s, at, size, appearance, inks)
    for name in _hair(appearance, away=away):
        draw(s, name, inks, at, size, size)
    for name in _worn(appearance):
        draw(s, name, inks, at, size, size)


def _outline(at: At, size: tuple[float, float]) -> np.ndarray:
    """The outline of a face in three-quarter view: fuller above, the chin a little forward."""
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    x, y = np.cos(t), np.sin(t)
    low = np.where(y < 0, np.abs(y), 0)
    return np.column_stack((at[0] + size[0] * (x * (1 - 0.34 * low**1.7) + 0.13 * low), at[1] + size[1] * y))


def _features(s: Sketch, at: At, size: tuple[float, float], appearance: Appearance, inks: Inks) -> None:
    """Brows, eyes, nose and mouth, drawn as shadows rather than outlines."""
    painted = "painted " if appearance.build == "woman" else ""
    mouth = (
        "open mouth" if appearance.mouth == "open" else painted + ("smile" if appearance.mouth == "smile" else "mouth")
    )
    draw(s, "face", inks, at, size, size)
    for x, half in EYES:
        draw(s, "eye", inks, (at[0] + x * size[0], at[1]), (half * size[0], size[1]), size)
    for name in ("nose", "wrinkles" if appearance.build == "elder" else "", mouth, "cheek"):
        if name:
            draw(s, name, inks, at, size, size)


def _hair(appearance: Appearance, *, away: bool) -> Iterator[str]:
    """The groups of shapes that make somebody's hair."""
    if away:
        yield "hair from behind"
        if appearance.long_hair:
            yield "long hair from behind"
    elif "bald" in appearance.wears:
        yield "bald"
    elif appearance.build == "elder" and appearance.sex != "woman" and not appearance.long_hair:
        yield "thin hair"
    else:
        if appearance.build == "elder" and appearance.sex == "woman":
            yield "bun"
        yield "hair"
        if appearance.long_hair:
            yield "long hair"
        yield "shine"


def _worn(appearance: Appearance) -> Iterator[str]:
    """The groups of shapes over the hair: beard, glasses, one hat."""
    yield from (name for name in ("beard", "glasses") if name in appearance.wears)
    wears = (*appearance.wears, "robe") if appearance.build == "monk" else appearance.wears
    yield from [name for name in HEADGEAR if name in wears][:1]

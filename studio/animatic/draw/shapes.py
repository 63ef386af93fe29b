"""Fixed shapes of people as rows of shapes.toml: heads, hair, hats and what they carry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from studio.animatic import tables
from studio.animatic.draw.appearance import Appearance
from studio.animatic.draw.palette import RGB, hexa, mix, scale
from studio.animatic.draw.sketch import At, Sketch

RING_WIDTH = 0.0026


@dataclass(frozen=True)
class Shape:
    """kind: blob, oval, soft, stroke or ring. sizes: as shapes.toml says. points: (N, 2)."""

    kind: str
    ink: str
    sizes: tuple[float, ...]
    points: np.ndarray


class Inks(dict[str, RGB]):
    """The colours of somebody's shapes by name, mixed when first asked for."""

    def __init__(self, appearance: Appearance) -> None:
        own = {"skin": appearance.skin, "hair": appearance.hair, "top": appearance.top, "legs": appearance.legs}
        hat = appearance.garment_colours.get("hat") or mix(appearance.legs, appearance.top, 0.35)
        cloth = scale(appearance.top if appearance.top != appearance.legs else appearance.shoes, 1.08)
        super().__init__(own, hat=hat, cloth=cloth)

    def __missing__(self, name: str) -> RGB:
        if name.startswith("#"):
            self[name] = hexa(name[1:])
        else:
            base, *other, amount = tables.load("draw/shapes")["ink"][name].split()
            factor = float(amount)
            self[name] = mix(self[base], self[other[0]], factor) if other else scale(self[base], factor)
        return self[name]


def draw(
    s: Sketch, name: str, inks: Inks, at: At, unit: tuple[float, float] = (1.0, 1.0), size: tuple[float, float] = (1, 1)
) -> None:
    """Draw a group of shapes with its origin at `at`. unit: of its coordinates; size: of radii and blurs."""
    for shape in shapes(name):
        points, colour = shape.points * unit + at, inks[shape.ink]
        if shape.kind == "blob":
            s.blob(points, colour)
        elif shape.kind == "oval":
            s.oval((points[0, 0], points[0, 1]), size[0] * shape.sizes[0], size[1] * shape.sizes[1], colour)
        elif shape.kind == "soft":
            s.soft(points, colour, shape.sizes[0], size[0] * shape.sizes[1])
        elif shape.kind == "stroke":
            s.stroke(points, shape.sizes[0], colour)
        else:
            t = np.linspace(0, 2 * np.pi, 25)[:, None]
            rim = np.hstack((size[0] * shape.sizes[0] * np.cos(t), size[1] * shape.sizes[1] * np.sin(t)))
            s.stroke(points + rim, RING_WIDTH, colour)


@cache
def shapes(name: str) -> tuple[Shape, ...]:
    """The shapes of a group in order."""
    return tuple(map(_shape, tables.load("draw/shapes")[name].values()))


def _shape(row: str) -> Shape:
    head, _, points = row.partition(":")
    kind, ink, *sizes = head.split()
    pairs = [[float(number) for number in pair.split()] for pair in points.split(",")]
    return Shape(kind, ink, tuple(map(float, sizes)), np.array(pairs))

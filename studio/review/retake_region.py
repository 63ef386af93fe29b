"""The part of a picture that a comment's drawing marks, and the mask that models read: white where to repaint.

Boxes, ellipses and outlines mark an area; arrows, lines and words only point, and mark none. An outline counts as its
hull: hand-drawn ones rarely close, and models take a generous area better than a tight one.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studio.review.drawing import Drawing, Figure, Stroke

Point = tuple[float, float]
ELLIPSE_STEPS = 72
LEAST_SIDE = 0.01
"""Shapes smaller than this part of the picture, either way, are slips of the pen."""


@dataclass(frozen=True)
class Region:
    """Outlines in parts of the picture's width and height, from its top left corner; what any of them holds is in."""

    outlines: tuple[tuple[Point, ...], ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The box around it: left, top, right, bottom."""
        xs, ys = zip(*(point for outline in self.outlines for point in outline), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def place(self) -> str:
        """Where in the picture it is, in words such as "top left"."""
        left, top, right, bottom = self.bounds
        column = ("left", "", "right")[_third((left + right) / 2)]
        row = ("top", "", "bottom")[_third((top + bottom) / 2)]
        return f"{row} {column}".strip() or "middle"


def of_drawing(drawing: Drawing | None) -> Region | None:
    """What the drawing marks; None where it marks no area."""
    outlines = [outline for shape in (drawing.shapes if drawing else ()) if (outline := _outline(shape))]
    return Region(tuple(outlines)) if outlines else None


def mask_png(region: Region, width: int, height: int) -> bytes:
    """The mask as a PNG of width x height pixels: white inside the region, black elsewhere."""
    from PIL import Image, ImageDraw

    mask = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(mask)
    for outline in region.outlines:
        pen.polygon([(round(x * width), round(y * height)) for x, y in outline], fill=(255, 255, 255))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


def _outline(shape: object) -> tuple[Point, ...] | None:
    found: Sequence[Point] = ()
    if isinstance(shape, Stroke):
        found = _hull((x, y) for x, y, _ in shape.points)
    elif isinstance(shape, Figure) and shape.type in ("box", "ellipse"):
        (x0, y0), (x1, y1) = shape.start, shape.end
        found = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)] if shape.type == "box" else _ellipse(x0, y0, x1, y1)
    if len(found) < 3:
        return None
    xs, ys = zip(*found, strict=True)
    return tuple(found) if max(xs) - min(xs) >= LEAST_SIDE and max(ys) - min(ys) >= LEAST_SIDE else None


def _ellipse(x0: float, y0: float, x1: float, y1: float) -> list[Point]:
    angles = [math.tau * n / ELLIPSE_STEPS for n in range(ELLIPSE_STEPS)]
    middle_x, middle_y, half_x, half_y = (x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) / 2, abs(y1 - y0) / 2
    return [(middle_x + half_x * math.cos(a), middle_y + half_y * math.sin(a)) for a in angles]


def _hull(points: Iterable[Point]) -> list[Point]:
    """The convex hull, by Andrew's monotone chain."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return [*lower[:-1], *upper[:-1]]


def _chain(ordered: Sequence[Point]) -> list[Point]:
    found: list[Point] = []
    for x, y in ordered:
        while len(found) > 1 and _turn(found[-2], found[-1], (x, y)) <= 0:
            found.pop()
        found.append((x, y))
    return found


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _third(place: float) -> int:
    return min(2, int(place * 3))

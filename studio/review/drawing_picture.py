"""A drawing as SVG, and painted over a picture, as the page shows it.

assets/js/review/shapes.js has the same numbers.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from studio.review.drawing import Drawing, Figure, Place, Shape, Stroke, Words
from studio.review.stroke_outline import ring

if TYPE_CHECKING:
    from PIL.Image import Image

FONT = Path(__file__).parents[2] / "assets" / "fonts" / "NotoSansCJKsc-Subset.otf"
FONT_FAMILY = "Noto Sans CJK SC"
UNITS = 1000.0
"""Units of the SVG in the picture's height."""
LINE_HEIGHT, BASELINE = 1.25, 1.06
"""Of a line of text, and where its letters stand, in parts of its size."""
ARROW_ANGLE = 0.5
"""Radians between an arrow's shaft and each half of its head."""
HALO_LEAST, HALO_PART, HALO_OF_TEXT, HALO_OPACITY = 1.6, 0.16, 0.07, 0.65
DARK = 0.35
"""A colour with less light than this has a light halo."""
ROUND = 'stroke-linejoin="round" stroke-linecap="round"'


def draw(image: Image, drawing: Drawing) -> Image:
    """A copy of the picture, RGB, with the drawing over it."""
    from PIL import Image as images  # pictures are for those who ask for one

    over = raster(drawing, image.width, image.height)
    return images.alpha_composite(image.convert("RGBA"), over).convert("RGB")


def raster(drawing: Drawing, width: int, height: int) -> Image:
    """The drawing alone, RGBA, transparent where nothing is drawn. width, height in pixels."""
    import resvg_py
    from PIL import Image as images

    png = resvg_py.svg_to_bytes(
        svg_string=to_svg(drawing, width, height),
        width=width,
        height=height,
        skip_system_fonts=True,
        font_files=[str(FONT)] if any(isinstance(shape, Words) for shape in drawing.shapes) else [],
    )
    with images.open(io.BytesIO(bytes(png))) as image:
        return image.convert("RGBA").resize((width, height))  # a no-op but where the renderer rounds a side


def to_svg(drawing: Drawing, width: int, height: int) -> str:
    """The drawing as an SVG document of this many pixels. What people wrote stays text in it."""
    aspect = width / height
    shapes = "".join(_shape(shape, aspect) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {_fix(UNITS * aspect)} {_fix(UNITS)}" preserveAspectRatio="none">{shapes}</svg>'
    )


def _shape(shape: Shape, aspect: float) -> str:
    """The halo below, the shape itself above."""
    halo, reach = _halo_of(shape.color), 2 * _halo_width(shape)
    around = f'stroke="{halo}" opacity="{HALO_OPACITY}" stroke-width="{_fix(reach)}" {ROUND}'
    if isinstance(shape, Words):
        return _words(shape, aspect, f'fill="{halo}" {around}') + _words(shape, aspect, f'fill="{shape.color}"')
    if isinstance(shape, Stroke):
        path = f'd="{_stroke_path(shape, aspect)}"'
        return f'<path {path} fill="{halo}" {around}/><path {path} fill="{shape.color}"/>'
    path, wide = f'd="{_figure_path(shape, aspect)}" fill="none" {ROUND}', shape.size * UNITS
    return (
        f'<path {path} stroke="{halo}" opacity="{HALO_OPACITY}" stroke-width="{_fix(wide + reach)}"/>'
        f'<path {path} stroke="{shape.color}" stroke-width="{_fix(wide)}"/>'
    )


def _stroke_path(stroke: Stroke, aspect: float) -> str:
    """The outline of the pen's way, joined by curves through the middles of its sides."""
    points = [(x * UNITS * aspect, y * UNITS, pressure) for x, y, pressure in stroke.points]
    outline = ring(points, stroke.size * UNITS)
    middles = [(a + b) / 2 for a, b in zip(outline, [*outline[1:], outline[0]], strict=True)]
    curves = " ".join(f"{_at(a)} {_at(b)}" for a, b in zip(outline, middles, strict=True))
    return f"M{_at(outline[0])}Q{curves}Z"


def _figure_path(figure: Figure, aspect: float) -> str:
    x, y = _units(figure.start, aspect)
    u, v = _units(figure.end, aspect)
    return FIGURES[figure.type](x, y, u, v, figure.size * UNITS)


def _line(x: float, y: float, u: float, v: float, size: float) -> str:
    return f"M{_fix(x)} {_fix(y)}L{_fix(u)} {_fix(v)}"


def _arrow(x: float, y: float, u: float, v: float, size: float) -> str:
    head = min(5 * size + 12, math.hypot(u - x, v - y) * 0.6)
    angle = math.atan2(v - y, u - x)

    def side(turn: float) -> str:
        return f"{_fix(u - head * math.cos(angle + turn))} {_fix(v - head * math.sin(angle + turn))}"

    tip = f"{_fix(u)} {_fix(v)}"
    return f"M{_fix(x)} {_fix(y)}L{tip}M{side(ARROW_ANGLE)}L{tip}L{side(-ARROW_ANGLE)}"


def _box(x: float, y: float, u: float, v: float, size: float) -> str:
    return f"M{_fix(x)} {_fix(y)}H{_fix(u)}V{_fix(v)}H{_fix(x)}Z"


def _ellipse(x: float, y: float, u: float, v: float, size: float) -> str:
    radii, middle = f"{_fix(abs(u - x) / 2)} {_fix(abs(v - y) / 2)}", _fix((y + v) / 2)
    left, right = _fix(min(x, u)), _fix(max(x, u))
    return f"M{left} {middle}A{radii} 0 1 1 {right} {middle}A{radii} 0 1 1 {left} {middle}Z"


FIGURES: dict[str, Callable[[float, float, float, float, float], str]] = {
    "line": _line,
    "arrow": _arrow,
    "box": _box,
    "ellipse": _ellipse,
}


def _words(words: Words, aspect: float, paint: str) -> str:
    x, y = _units(words.at, aspect)
    height = words.size * UNITS
    lines = "".join(
        f'<tspan x="{_fix(x)}" y="{_fix(y + height * (BASELINE + n * LINE_HEIGHT))}">{_characters(line)}</tspan>'
        for n, line in enumerate(words.text.split("\n"))
    )
    family = quoteattr(f"'{FONT_FAMILY}', sans-serif")
    return f'<text font-size="{_fix(height)}" font-family={family} xml:space="preserve" {paint}>{lines}</text>'


def _characters(text: str) -> str:
    """Text as XML takes it; two code points that are no characters it does not take at all."""
    return escape(text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


def _halo_of(color: str) -> str:
    """Black around light colours and white around dark ones, so that a shape is seen on any picture."""
    red, green, blue = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < DARK else "#000000"


def _halo_width(shape: Shape) -> float:
    """How far the halo reaches around a shape, in units."""
    part = shape.size * UNITS
    return part * HALO_OF_TEXT if isinstance(shape, Words) else HALO_LEAST + part * HALO_PART


def _units(place: Place, aspect: float) -> tuple[float, float]:
    return place[0] * UNITS * aspect, place[1] * UNITS


def _at(point: complex) -> str:
    return f"{_fix(point.real)} {_fix(point.imag)}"


def _fix(number: float) -> str:
    """A number of a path: two digits are a fifth of a pixel of an 8K picture at most."""
    return f"{number:.2f}".rstrip("0").rstrip(".")

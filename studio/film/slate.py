"""The slate before a film: title, scene, take, date. Goes into a Cut like any clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.captions import FONT_FILE

if TYPE_CHECKING:
    from PIL import Image, ImageFont

TITLE, TEXT = 0.11, 0.05
"""Heights in parts of the shorter side."""
GROUND, INK, DIM, RULE = "#15171c", "#f2f2ee", "#8d939f", "#343944"


def board(title: str, rows: tuple[tuple[str, str], ...], width: int, height: int) -> Image.Image:
    """A film slate: a clapper's stripes, the title, and a table of names and values; rows without a value are left out.

    All in parts of the picture, so that it looks the same in any size. Letters get smaller where a line is too long.
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (width, height), GROUND)
    pen = ImageDraw.Draw(picture)
    side = min(width, height)
    band, edge = round(0.13 * side), round(0.07 * width)
    for at in range(-band, width + band, band * 2):
        pen.polygon([(at, band), (at + band, band), (at + band * 2, 0), (at + band, 0)], fill=INK)
    given = [(name, value) for name, value in rows if value.strip()]
    font = _fitted(title or " ", TITLE * side, width - 2 * edge)
    pen.text((edge, band + (height - band) * 0.24), title, font=font, fill=INK, anchor="lm")
    top, tall = band + (height - band) * 0.42, (height - band) * 0.5 / max(3, len(given))
    for number, (name, value) in enumerate(given):
        y = top + number * tall
        pen.line([(edge, y), (width - edge, y)], fill=RULE, width=max(1, round(side / 360)))
        small = _fitted(name, TEXT * 0.8 * side, width * 0.22)
        large = _fitted(value, min(TEXT * 1.5 * side, tall * 0.62), width * 0.98 - 2 * edge - width * 0.24)
        pen.text((edge, y + tall / 2), name, font=small, fill=DIM, anchor="lm")
        pen.text((edge + width * 0.24, y + tall / 2), value, font=large, fill=INK, anchor="lm")
    return picture


def _fitted(words: str, size: float, widest: float) -> ImageFont.FreeTypeFont:
    """Our font at this size, or smaller where the words would not fit."""
    from PIL import ImageFont

    font = ImageFont.truetype(FONT_FILE, size)
    long = font.getlength(words)
    return font if long <= widest else ImageFont.truetype(FONT_FILE, size * widest / long)


def clip(out: Path, picture: Image.Image, *, fps: Fraction, seconds: float = 2.0) -> Path:
    """Write the picture as a clip without sound in a film's format, so that it is joined by copying."""
    import numpy as np

    from studio.media.encode import VideoWriter, from_rgb

    frame = from_rgb(np.asarray(picture))
    with VideoWriter(out, width=picture.width, height=picture.height, fps=fps) as made:
        for _ in range(max(1, round(seconds * fps))):
            made.write(frame)
    return out

"""The slate before a film: title, scene, take, date. A clip of the Cut like any other."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.film.captions import FONT_FILE

if TYPE_CHECKING:
    from PIL import Image, ImageFont

TITLE_HEIGHT, TEXT_HEIGHT = 0.11, 0.05
"""Heights as fractions of the picture's shorter side."""
BACKGROUND, FOREGROUND, LABEL_COLOUR, LINE_COLOUR = "#15171c", "#f2f2ee", "#8d939f", "#343944"


def draw_slate(title: str, rows: tuple[tuple[str, str], ...], width: int, height: int) -> Image.Image:
    """A film slate: a clapper's stripes, the title, and a table of names and values; rows without a value are omitted.

    width, height: pixels. All measures are fractions of the picture, so the slate looks the same at any size. Lines
    that would be too long get a smaller font.
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    side_px = min(width, height)
    stripes_px, margin_px = round(0.13 * side_px), round(0.07 * width)
    for at in range(-stripes_px, width + stripes_px, stripes_px * 2):
        draw.polygon(
            [(at, stripes_px), (at + stripes_px, stripes_px), (at + stripes_px * 2, 0), (at + stripes_px, 0)],
            fill=FOREGROUND,
        )
    filled_rows = [(name, value) for name, value in rows if value.strip()]
    font = _fitting_font(title or " ", TITLE_HEIGHT * side_px, width - 2 * margin_px)
    draw.text((margin_px, stripes_px + (height - stripes_px) * 0.24), title, font=font, fill=FOREGROUND, anchor="lm")
    top_px, row_px = stripes_px + (height - stripes_px) * 0.42, (height - stripes_px) * 0.5 / max(3, len(filled_rows))
    for number, (name, value) in enumerate(filled_rows):
        y = top_px + number * row_px
        draw.line([(margin_px, y), (width - margin_px, y)], fill=LINE_COLOUR, width=max(1, round(side_px / 360)))
        label_font = _fitting_font(name, TEXT_HEIGHT * 0.8 * side_px, width * 0.22)
        value_font = _fitting_font(
            value, min(TEXT_HEIGHT * 1.5 * side_px, row_px * 0.62), width * 0.98 - 2 * margin_px - width * 0.24
        )
        draw.text((margin_px, y + row_px / 2), name, font=label_font, fill=LABEL_COLOUR, anchor="lm")
        draw.text((margin_px + width * 0.24, y + row_px / 2), value, font=value_font, fill=FOREGROUND, anchor="lm")
    return picture


def _fitting_font(text: str, size_px: float, max_width_px: float) -> ImageFont.FreeTypeFont:
    """The font at this size in pixels, or smaller where the text would be wider than max_width_px."""
    from PIL import ImageFont

    font = ImageFont.truetype(FONT_FILE, size_px)
    width_px = font.getlength(text)
    return font if width_px <= max_width_px else ImageFont.truetype(FONT_FILE, size_px * max_width_px / width_px)


def write_clip(out: Path, picture: Image.Image, *, fps: Fraction, seconds: float = 2.0) -> Path:
    """Write the picture as a silent clip in the film's format, so that its packets can be copied into the film."""
    import numpy as np

    from studio.media.encode import VideoWriter, from_rgb

    frame = from_rgb(np.asarray(picture))
    with VideoWriter(out, width=picture.width, height=picture.height, fps=fps) as writer:
        for _ in range(max(1, round(seconds * fps))):
            writer.write(frame)
    return out

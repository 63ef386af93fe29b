"""A card of words as a clip: a film's title, the slate before it, credits after it. Goes into a Cut like any clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.media.captions import FONT_FILE

if TYPE_CHECKING:
    from PIL import Image

TITLE, TEXT, GAP = 0.11, 0.05, 0.035
"""Heights in parts of the shorter side."""
WIDEST = 0.86
"""Part of the width that a line may take before its letters get smaller."""


def card(lines: tuple[str, ...], width: int, height: int, *, ground: str = "black", ink: str = "white") -> Image.Image:
    """The picture: the first line large, the others below it, all in the middle. Colours: any CSS colour."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(picture)
    side = min(width, height)
    placed = []
    for number, words in enumerate(lines):
        size = (TEXT if number else TITLE) * side
        font = ImageFont.truetype(FONT_FILE, size)
        if (long := font.getlength(words)) > width * WIDEST:
            font = ImageFont.truetype(FONT_FILE, size * width * WIDEST / long)
        placed.append((words, font, font.size * 1.3))
    y = (height - sum(tall for *_, tall in placed) - GAP * side * max(0, len(placed) - 1)) / 2
    for words, font, tall in placed:
        pen.text((width / 2, y + tall / 2), words, font=font, fill=ink, anchor="mm")
        y += tall + GAP * side
    return picture


def slate(out: Path, lines: tuple[str, ...], *, width: int, height: int, fps: Fraction, seconds: float = 2.0) -> Path:
    """Write the card as a silent-sounding clip of the film's format, so that it is joined by copying."""
    import numpy as np

    from studio.media.encode import SOUND_RATE_HZ, VideoWriter, from_rgb

    frame = from_rgb(np.asarray(card(lines, width, height)))
    with VideoWriter(out, width=width, height=height, fps=fps, channels=2) as clip:
        for _ in range(max(1, round(seconds * fps))):
            clip.write(frame)
        clip.write_sound(np.zeros((round(clip.frames * SOUND_RATE_HZ / fps), 2), np.float32))
    return out

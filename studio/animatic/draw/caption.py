"""The caption strip under an animatic frame: shot size, lens, camera move, what happens; and the small DRAFT mark.

Everything is sized from the frame, so it can be read at 320 px and stays light at 4K.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.animatic.text.caption_text import action_text, speech_text
from studio.animatic.text.reading import Move, PromptReading

FONT = Path(__file__).resolve().parents[3] / "assets" / "fonts" / "NotoSansCJKsc-Subset.otf"
ANGLES = {"low": "Low angle", "high": "High angle", "dutch": "Dutch angle"}
SIZES = {"pov": "POV"}
MAX_LINES = 2
MAX_CHARACTERS_PER_PX = 2
"""No line holds more characters than this for each px: what is longer is not even measured."""


@dataclass(frozen=True)
class Strip:
    """overlay: straight-alpha RGBA of the box only. box: left, top, right, bottom in the frame, even numbers."""

    overlay: np.ndarray
    box: tuple[int, int, int, int]


def strip(
    reading: PromptReading,
    width: int,
    height: int,
    *,
    label: str = "",
    portraits: Sequence[tuple[str, np.ndarray]] = (),
) -> Strip:
    """The caption for a frame of this size: a soft dark foot with one line of facts, and what happens and is said.

    portraits: name and square RGB picture of the cast; they stand at the right of the line of facts.

    Two lines at most: one each where somebody speaks. label: what stands first, such as "Shot 2 of 4". The box spans
    the full width at the bottom of the frame.
    """
    size = _text_px(width, height)
    margin = max(3, round(size * 0.9))
    room = width - 2 * margin
    chips = _chips(portraits, size, room // 2)
    taken = sum(chip.width + size // 2 for chip in chips)
    facts = _fit(_facts(reading, label), font(size), room - round(size * 4.2) - taken)
    small = font(max(8, round(size * 0.9)))
    most = MAX_LINES if height > 8 * size else 1
    spoken = " ".join(speech_text(reading).split())
    lines = _wrapped(" ".join(action_text(reading).split()), small, room, most - 1 if spoken and most > 1 else most)
    if spoken and len(lines) < MAX_LINES and most > 1:
        lines += _wrapped(spoken, small, room, 1)
    speech_from = len(lines) - 1 if spoken and most > 1 else len(lines)
    step = round(size * 1.32)
    tall = min(height, margin + step * (1 + len(lines)) + round(size * 0.5))
    tall += (height - tall) % 2
    image = Image.fromarray(_shade(width, tall), "RGBA")
    draw = ImageDraw.Draw(image)
    top = tall - round(size * 0.5) - step * (1 + len(lines))
    draw.text((margin, top), facts, font=font(size), fill=(255, 236, 200, 255))
    for i, line in enumerate(lines):
        ink = (255, 224, 150, 245) if i >= speech_from else (255, 255, 255, 225)
        draw.text((margin, top + step * (i + 1)), line, font=small, fill=ink)
    _mark(draw, width - margin, top, size)
    right = width - margin - round(size * 4.2)
    for chip in reversed(chips):
        right -= chip.width
        image.alpha_composite(chip, (right, max(0, top + round(size * 0.7) - chip.height // 2)))
        right -= size // 2
    return Strip(np.asarray(image), (0, height - tall, width, height))


def _chips(portraits: Sequence[tuple[str, np.ndarray]], size: int, room: int) -> list[Image.Image]:
    """Each portrait as a disc with its name behind it; names go where all do not fit, then the last discs."""
    for named in (True, False):
        chips = [_chip(name if named else "", picture, size) for name, picture in portraits]
        if sum(chip.width + size // 2 for chip in chips) <= room:
            return chips
    return chips[: max(0, room // (round(size * 1.7) + size // 2))] if portraits else []


def _chip(name: str, picture: np.ndarray, size: int) -> Image.Image:
    side = round(size * 1.7)
    text = font(max(7, round(size * 0.85)))
    wide = side + (round(text.getlength(name) + size * 0.4) if name else 0)
    chip = Image.new("RGBA", (wide, side), (0, 0, 0, 0))
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    chip.paste(Image.fromarray(picture).resize((side, side)), (0, 0), disc.resize((side, side)))
    draw = ImageDraw.Draw(chip)
    draw.ellipse((0, 0, side - 1, side - 1), outline=(255, 236, 200, 220), width=max(1, side // 16))
    draw.text((side + size * 0.3, side / 2), name, font=text, fill=(255, 236, 200, 255), anchor="lm")
    return chip


def draft_mark(width: int, height: int) -> Strip:
    """The small DRAFT mark alone, for the right lower corner of a frame without a caption."""
    size = _text_px(width, height)
    wide, tall = (min(side, round(size * k) // 2 * 2 + 2) for side, k in ((width, 5.4), (height, 2.2)))
    image = Image.new("RGBA", (wide, tall), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    shade = (wide - round(size * 4.3), round(size * 0.25), wide - round(size * 0.35), round(size * 1.75))
    draw.rounded_rectangle(shade, radius=size * 0.35, fill=(10, 10, 16, 120))
    _mark(draw, wide - round(size * 0.6), round(size * 0.35), size)
    left, top = (width - wide) // 2 * 2, (height - tall) // 2 * 2
    return Strip(np.asarray(image), (left, top, left + wide, top + tall))


def name_tag(text: str, width: int, height: int) -> np.ndarray:
    """A name on a dark pill, straight-alpha RGBA with even sides, sized for a frame of width x height."""
    size = _text_px(width, height)
    face = font(size)
    wide, tall = (round(face.getlength(text) + 1.4 * size) // 2 * 2 + 2, round(1.7 * size) // 2 * 2 + 2)
    image = Image.new("RGBA", (wide, tall), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, wide - 1, tall - 1), radius=tall / 2, fill=(10, 10, 16, 205))
    draw.text((wide / 2, tall / 2), text, font=face, fill=(255, 236, 200, 255), anchor="mm")
    return np.asarray(image)


def _text_px(width: int, height: int) -> int:
    """Text height in px: 9 on the smallest frames, about 2.6 % of the shorter side, less on narrow ones."""
    return max(7, min(round(min(width, height) * 0.026 + 3), round(width / 26) + 2))


def _facts(reading: PromptReading, label: str) -> str:
    size = SIZES.get(reading.shot_size, reading.shot_size.capitalize())
    moves = " + ".join(_move(m) for m in reading.moves)
    return "  ·  ".join(part for part in (label, size, ANGLES.get(reading.angle, ""), reading.lens, moves) if part)


def _move(move: Move) -> str:
    name = move.kind.replace("tracking", "track").replace("-", " ").capitalize()
    return name + ("" if move.strength == "normal" else f" ({move.strength})")


def _mark(draw: ImageDraw.ImageDraw, right: int, top: int, size: int) -> None:
    """DRAFT in a thin box at the right end of the first line."""
    face = font(max(7, round(size * 0.78)))
    wide = draw.textlength("DRAFT", font=face)
    pad = max(2, round(size * 0.3))
    box = (right - wide - 2 * pad, top + size * 0.12, right, top + size * 1.25)
    draw.rounded_rectangle(box, radius=pad, outline=(255, 255, 255, 150), width=max(1, size // 14))
    draw.text(((box[0] + right) / 2, (box[1] + box[3]) / 2), "DRAFT", font=face, fill=(255, 255, 255, 190), anchor="mm")


def _shade(width: int, tall: int) -> np.ndarray:
    """A black foot that fades upwards, alpha 0 to 175."""
    ramp = np.clip(np.linspace(0, 1.5, tall), 0, 1) ** 1.2 * 175
    out = np.zeros((tall, width, 4), np.uint8)
    out[..., :3] = (10, 10, 16)
    out[..., 3] = ramp[:, None].astype(np.uint8)
    return out


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font of captions and stand-ins, for English and Chinese; size in px."""
    return ImageFont.truetype(str(FONT), size)


def _fit(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    """The text, cut with an ellipsis where it is wider than room."""
    if len(text) <= MAX_CHARACTERS_PER_PX * room and font.getlength(text) <= room:
        return text
    text = text[: _fitting(text, room, lambda n: font.getlength(text[:n] + "…"))]
    whole = text.rpartition(" ")[0] if text.isascii() else text  # a word is left out rather than cut
    text = whole if len(whole) > 0.6 * len(text) else text
    return text.rstrip(" ·,;") + "…" if text else ""


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int, most: int) -> list[str]:
    """The text in at most `most` lines, broken at spaces or between Chinese characters; the last is cut to fit."""
    lines: list[str] = []
    while text and len(lines) < most:
        if len(lines) == most - 1 or (len(text) <= MAX_CHARACTERS_PER_PX * room and font.getlength(text) <= room):
            lines.append(_fit(text, font, room))
            break
        cut = _break(text, font, room)
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return lines


def _break(text: str, font: ImageFont.FreeTypeFont, room: int) -> int:
    """How many characters fit on a line."""
    fits = max(1, _fitting(text, room, lambda n: font.getlength(text[:n])))
    space = text.rfind(" ", 0, fits + 1)
    ascii_break = fits < len(text) and text[fits - 1].isascii() and text[fits].isascii()
    return space if ascii_break and space > fits // 3 else fits


def _fitting(text: str, room: int, width_of: Callable[[int], float]) -> int:
    """How many characters from the start are at most room wide, by halving: a text's width grows with its length."""
    low, high = 0, min(len(text), MAX_CHARACTERS_PER_PX * max(0, room))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width_of(middle) <= room else (low, middle - 1)
    return low

"""Captions and titles: read from SRT, VTT or ASS files, written as subtitles, or laid out to be drawn in.

pysubs2 reads and writes the formats; libass draws, always with our own font, because without one Chinese titles come
out as boxes and nobody is told.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from studio.errors import MediaError
from studio.film.timeline import CaptionLine
from studio.messages import Message

FONT_FILE = Path(__file__).parents[2] / "assets" / "fonts" / "NotoSansCJKsc-Subset.otf"
FONT_NAME = "Noto Sans CJK SC"
LARGEST_BYTES = 5_000_000
MOST_LINES = 20_000
SECOND = r"{\b0\fscx76\fscy76}"
"""A name plate's further lines, such as somebody's profession, are lighter and smaller."""
_BREAKS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")
Safe = tuple[float, float, float, float]


class _Look(NamedTuple):
    place: int
    size: float
    margin: float
    outline: float
    bold: bool = False


STYLES = {
    "caption": _Look(2, 0.065, 0.06, 0.004),
    "title": _Look(5, 0.16, 0.08, 0.0045, bold=True),
    "lower": _Look(1, 0.078, 0.09, 0.0035, bold=True),
    "label": _Look(9, 0.09, 0.04, 0.003),
}
"""By style: place on the number pad, and sizes in parts of the picture's shorter side. libass counts a whole line as
the size, of which a Chinese character fills 60 %: so a label's characters are 5 % of the shorter side high, as the
Chinese labelling rules ask (GB 45438-2025)."""


def read(path: Path) -> tuple[CaptionLine, ...]:
    """The captions of an SRT, VTT or ASS file, by time. Raises MediaError when it is none."""
    if path.stat().st_size > LARGEST_BYTES:
        raise MediaError(Message("captions.too_large", name=path.name, size=f"{path.stat().st_size / 1e6:.0f}"))
    raw = path.read_bytes()
    text = raw.decode("utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else _decoded(raw)
    return parse(text, name=path.name)


def _decoded(raw: bytes) -> str:
    """UTF-8, else the encodings old Chinese and western files have."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def parse(text: str, *, name: str = "") -> tuple[CaptionLine, ...]:
    """The captions in SRT, VTT or ASS text. Markup is dropped, line breaks stay. Raises MediaError."""
    import pysubs2
    from pysubs2.exceptions import Pysubs2Error

    try:
        events = pysubs2.SSAFile.from_string(text).events
    except (Pysubs2Error, ValueError, KeyError, IndexError):
        raise MediaError(Message("captions.none_found", name=name or Message("captions.the_captions"))) from None
    found = [
        CaptionLine(e.start / 1000, e.end / 1000, e.plaintext.strip()) for e in events[:MOST_LINES] if not e.is_comment
    ]
    found = [line for line in found if line.text and line.end_s > line.start_s]
    if not found:
        raise MediaError(Message("captions.none_found", name=name or Message("captions.the_captions")))
    return tuple(sorted(found, key=lambda line: (line.start_s, line.end_s)))


def as_subtitles(lines: tuple[CaptionLine, ...], form: str = "srt") -> str:
    """The lines as the text of a subtitle file; form: srt or vtt."""
    return _file(lines).to_string(form)


def as_ass(lines: tuple[CaptionLine, ...], width: int, height: int, *, safe: Safe = (0.0, 0.0, 0.0, 0.0)) -> str:
    """The lines laid out for libass at this picture size.

    safe: parts of the picture to keep free at the top, right, bottom and left, where a platform puts its own buttons.
    """
    import pysubs2

    file = _file(lines)
    file.info |= {"PlayResX": str(width), "PlayResY": str(height), "WrapStyle": "0", "ScaledBorderAndShadow": "yes"}
    side = min(width, height)
    for name, look in STYLES.items():
        style = pysubs2.SSAStyle(fontname=FONT_NAME, fontsize=look.size * side, bold=look.bold)
        style.alignment = pysubs2.Alignment(look.place)
        style.marginv = _above(look, look.place, height, side, safe)
        style.marginr, style.marginl = (max(round(look.margin * side), round(safe[i] * width)) for i in (1, 3))
        style.outline, style.shadow = look.outline * side, 0
        file.styles[name] = style
    for event, line in zip(file, lines, strict=True):
        event.marginv = _above(STYLES[line.style], line.place, height, side, safe) if line.place else 0
        first, *rest = event.text.split("\\N") if line.style == "lower" else (event.text,)
        event.text = _codes(line) + first + "".join(rf"\N{SECOND}{words}" for words in rest)
    return file.to_string("ass")


def _above(look: _Look, place: int, height: int, side: int, safe: Safe) -> int:
    """Pixels kept free between the words and the edge they stand at."""
    free = round(look.margin * side)
    kept = safe[0] if place >= 7 else safe[2] if place <= 3 else 0.0
    return max(free, round(kept * height))


def _codes(line: CaptionLine) -> str:
    """Our own codes in front of a line's words: where it stands, and that it comes and goes."""
    place = rf"\an{line.place}" if line.place else ""
    fade = rf"\fad({line.fade_s * 1000:.0f},{line.fade_s * 1000:.0f})" if line.fade_s else ""
    return f"{{{place}{fade}}}" if place or fade else ""


def drawing(
    lines: tuple[CaptionLine, ...], width: int, height: int, folder: Path, *, safe: Safe = (0.0, 0.0, 0.0, 0.0)
) -> str:
    """The ffmpeg filter that draws the lines; its files are written into `folder`, where ffmpeg must run."""
    shutil.copyfile(FONT_FILE, folder / FONT_FILE.name)
    (folder / "words.ass").write_text(as_ass(lines, width, height, safe=safe), encoding="utf-8")
    return "subtitles=filename=words.ass:fontsdir=."


def _file(lines: tuple[CaptionLine, ...]):
    import pysubs2

    file = pysubs2.SSAFile()
    for line in lines:
        words = _BREAKS.sub(" ", line.text.replace("\r\n", "\n"))  # each would end the line of the file
        words = words.replace("\\", "\\\u2060").replace("{", "\\{").replace("\n", "\\N")
        file.append(pysubs2.SSAEvent(round(line.start_s * 1000), round(line.end_s * 1000), words, style=line.style))
    return file

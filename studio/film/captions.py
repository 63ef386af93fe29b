"""Captions and titles: read from SRT, VTT or ASS files, written as subtitles, or burned into the picture.

pysubs2 reads and writes the formats; libass draws, always with the bundled font: without one, Chinese characters are
drawn as boxes, with no error.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from studio.errors import MediaError
from studio.film.timeline import CaptionLine
from studio.messages import Message

if TYPE_CHECKING:
    from pysubs2 import SSAFile

FONT_FILE = Path(__file__).parents[2] / "assets" / "fonts" / "NotoSansCJKsc-Subset.otf"
FONT_NAME = "Noto Sans CJK SC"
MAX_BYTES = 5_000_000
MAX_LINES = 20_000
SECONDARY_STYLE = r"{\b0\fscx76\fscy76}"
"""Style of a lower third's further lines, such as a profession: lighter and smaller."""
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")
SafeArea = tuple[float, float, float, float]


class _Style(NamedTuple):
    place: int
    size: float
    margin: float
    outline: float
    bold: bool = False


STYLES = {
    "caption": _Style(2, 0.065, 0.06, 0.004),
    "title": _Style(5, 0.16, 0.08, 0.0045, bold=True),
    "lower": _Style(1, 0.078, 0.09, 0.0035, bold=True),
    "label": _Style(9, 0.09, 0.04, 0.003),
}
"""By style: alignment as on a number pad, and sizes as fractions of the picture's shorter side. libass's font size is
the height of a line, of which a Chinese character fills 60 %: a label's characters are 5 % of the shorter side high,
as the Chinese labelling rules require (GB 45438-2025)."""


def read(path: Path) -> tuple[CaptionLine, ...]:
    """The captions of an SRT, VTT or ASS file, by time. Raises MediaError for any other file."""
    if path.stat().st_size > MAX_BYTES:
        raise MediaError(Message("captions.too_large", name=path.name, size=f"{path.stat().st_size / 1e6:.0f}"))
    raw = path.read_bytes()
    text = raw.decode("utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else _decode(raw)
    return parse(text, name=path.name)


def _decode(raw: bytes) -> str:
    """The text as UTF-8, else in the encodings of old Chinese and western files."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def parse(text: str, *, name: str = "") -> tuple[CaptionLine, ...]:
    """The captions in SRT, VTT or ASS text. Markup is removed, line breaks are kept. Raises MediaError."""
    import pysubs2
    from pysubs2.exceptions import Pysubs2Error

    try:
        events = pysubs2.SSAFile.from_string(text).events
    except (Pysubs2Error, ValueError, KeyError, IndexError):
        raise MediaError(Message("captions.none_found", name=name or Message("captions.the_captions"))) from None
    lines = [
        CaptionLine(e.start / 1000, e.end / 1000, e.plaintext.strip()) for e in events[:MAX_LINES] if not e.is_comment
    ]
    lines = [line for line in lines if line.text and line.end_s > line.start_s]
    if not lines:
        raise MediaError(Message("captions.none_found", name=name or Message("captions.the_captions")))
    return tuple(sorted(lines, key=lambda line: (line.start_s, line.end_s)))


def as_subtitles(lines: tuple[CaptionLine, ...], form: str = "srt") -> str:
    """The lines as the text of a subtitle file; form: srt or vtt."""
    return _subtitle_file(lines).to_string(form)


def as_ass(lines: tuple[CaptionLine, ...], width: int, height: int, *, safe: SafeArea = (0.0, 0.0, 0.0, 0.0)) -> str:
    """The lines as an ASS file for a picture of this size in pixels.

    safe: margins (top, right, bottom, left) as fractions of the picture, where a platform shows its own controls.
    """
    import pysubs2

    file = _subtitle_file(lines)
    file.info |= {"PlayResX": str(width), "PlayResY": str(height), "WrapStyle": "0", "ScaledBorderAndShadow": "yes"}
    side = min(width, height)
    for name, style_spec in STYLES.items():
        style = pysubs2.SSAStyle(fontname=FONT_NAME, fontsize=style_spec.size * side, bold=style_spec.bold)
        style.alignment = pysubs2.Alignment(style_spec.place)
        style.marginv = _vertical_margin(style_spec, style_spec.place, height, side, safe)
        style.marginr, style.marginl = (max(round(style_spec.margin * side), round(safe[i] * width)) for i in (1, 3))
        style.outline, style.shadow = style_spec.outline * side, 0
        file.styles[name] = style
    for event, line in zip(file, lines, strict=True):
        event.marginv = _vertical_margin(STYLES[line.style], line.place, height, side, safe) if line.place else 0
        first, *rest = event.text.split("\\N") if line.style == "lower" else (event.text,)
        event.text = _override_tags(line) + first + "".join(rf"\N{SECONDARY_STYLE}{line_text}" for line_text in rest)
    return file.to_string("ass")


def _vertical_margin(style_spec: _Style, place: int, height: int, side: int, safe: SafeArea) -> int:
    """Pixels between the text and the edge that it is aligned to."""
    margin = round(style_spec.margin * side)
    safe_margin = safe[0] if place >= 7 else safe[2] if place <= 3 else 0.0
    return max(margin, round(safe_margin * height))


def _override_tags(line: CaptionLine) -> str:
    """ASS override tags before a line's text: its alignment and its fade."""
    place = rf"\an{line.place}" if line.place else ""
    fade = rf"\fad({line.fade_s * 1000:.0f},{line.fade_s * 1000:.0f})" if line.fade_s else ""
    return f"{{{place}{fade}}}" if place or fade else ""


def burn_filter(
    lines: tuple[CaptionLine, ...], width: int, height: int, folder: Path, *, safe: SafeArea = (0.0, 0.0, 0.0, 0.0)
) -> str:
    """The ffmpeg filter that burns the lines in. Its files go to `folder`, which must be ffmpeg's working directory."""
    shutil.copyfile(FONT_FILE, folder / FONT_FILE.name)
    (folder / "words.ass").write_text(as_ass(lines, width, height, safe=safe), encoding="utf-8")
    return "subtitles=filename=words.ass:fontsdir=."


def _subtitle_file(lines: tuple[CaptionLine, ...]) -> SSAFile:
    import pysubs2

    file = pysubs2.SSAFile()
    for line in lines:
        line_text = _CONTROL_CHARACTERS.sub(" ", line.text.replace("\r\n", "\n"))  # each would end the line in the file
        line_text = line_text.replace("\\", "\\\u2060").replace("{", "\\{").replace("\n", "\\N")
        file.append(pysubs2.SSAEvent(round(line.start_s * 1000), round(line.end_s * 1000), line_text, style=line.style))
    return file

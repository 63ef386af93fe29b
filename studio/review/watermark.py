"""Copies of clips, pictures and sound for guests, with who they are for burnt into every picture.

A clip keeps its frames, their times and its sound exactly; only the codec is ours. Of the file's own bytes a copy has
only sound that browsers play as it is. Sound alone has no picture to mark: it is encoded anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.film.captions import FONT_FILE
from studio.media import av_io, hdr, images, thumbnails
from studio.media.files import Cancelled, OnProgress, replacing, run_ffmpeg

if TYPE_CHECKING:
    from PIL import Image

VERSION = 1
"""Raised when marks change, so that copies made earlier are not used."""
SUFFIXES = {Kind.VIDEO: ".mp4", Kind.AUDIO: ".m4a", Kind.IMAGE: ".webp"}
MIMES = {".mp4": "video/mp4", ".m4a": "audio/mp4", ".webp": "image/webp"}
TEXT_CHARS = 120
TEXT_HEIGHT, LEAST_TEXT_PX = 0.036, 11
"""Of the shorter side; in pixels."""
ROWS = 4
ANGLE_DEG = 18
LIGHT, DARK = 84, 70
"""Opacity of the letters and of their edge, of 255: read on white and on black, and yet the picture can be judged."""
MAX_WEBP_PX = 16383
COPIED_SOUND = frozenset({"aac", "mp3"})
"""Codecs that every browser plays in an MP4."""


@dataclass(frozen=True)
class _Facts:
    width: int
    height: int
    length_s: float
    transfer: int
    sound: str


def copy(source: Path, out: Path, kind: Kind, text: str, *, on_progress: OnProgress | None = None,
         cancelled: Cancelled | None = None) -> None:  # fmt: skip
    """Write a marked copy of the file. out: with the suffix of SUFFIXES. Raises MediaError, Stopped, OSError."""
    if kind is Kind.VIDEO:
        _clip(source, out, text, on_progress, cancelled)
    elif kind is Kind.AUDIO:
        args = ["-i", str(source.resolve()), "-map", "0:a:0", "-map_metadata", "-1", "-c:a", "aac", "-b:a", "192k"]
        run_ffmpeg([*args, "-movflags", "+faststart", "-f", "mp4"], out, cancelled=cancelled)
    else:
        picture(source, out, text)


def picture(source: Path, out: Path, text: str, *, max_side_px: int = MAX_WEBP_PX) -> None:
    """Write a marked WebP of a picture, upright and in sRGB, at most max_side_px large."""
    with images.opened(source) as (image, _):
        shown = images.to_srgb(image)
    if max(shown.size) > max_side_px:
        shown.thumbnail((max_side_px, max_side_px))
    mark = layer(*shown.size, text)
    if shown.mode != "RGBA":
        shown = shown.convert("RGB")
    shown.paste(mark, (0, 0), mark)
    with replacing(out) as draft:
        shown.save(draft, "WEBP", method=2, quality=90)


def still(source: Path, out: Path, kind: Kind, text: str, *, max_side_px: int) -> None:
    """Write a marked WebP that stands for the file, at most max_side_px large: the picture, or a clip's poster."""
    if kind is Kind.IMAGE:
        picture(source, out, text, max_side_px=max_side_px)
        return
    with TemporaryDirectory() as folder:
        poster = Path(folder) / "poster.webp"
        thumbnails.poster(source, poster, side_px=max_side_px)
        picture(poster, out, text)


def layer(width: int, height: int, text: str) -> Image.Image:
    """The mark for a picture of this size: the text in tilted rows over all of it, on a transparent ground (RGBA)."""
    from PIL import Image, ImageDraw, ImageFont

    side = min(width, height)
    size = max(LEAST_TEXT_PX, round(side * TEXT_HEIGHT))
    font = ImageFont.truetype(FONT_FILE, size)
    text = text[:TEXT_CHARS]
    reach = math.ceil(math.hypot(width, height))
    sheet = Image.new("RGBA", (reach, reach), (255, 255, 255, 0))
    draw = ImageDraw.Draw(sheet)
    step = font.getlength(text) + 3 * size
    edge = max(1, size // 14)
    for row in range(ROWS):
        y = (reach - side) / 2 + side * (row + 0.5) / ROWS
        x = -step * (0.5 if row % 2 else 0.15)
        while x < reach:
            draw.text((x, y), text, font=font, anchor="lm", fill=(255, 255, 255, LIGHT), stroke_width=edge,
                      stroke_fill=(0, 0, 0, DARK))  # fmt: skip
            x += step
    tilted = sheet.rotate(ANGLE_DEG, Image.Resampling.BICUBIC)
    left, top = (reach - width) // 2, (reach - height) // 2
    return tilted.crop((left, top, left + width, top + height))


def _clip(source: Path, out: Path, text: str, on_progress: OnProgress | None, cancelled: Cancelled | None) -> None:
    facts = _facts(source)
    with TemporaryDirectory() as folder:
        if hdr.is_hdr(facts.transfer):
            mapped = Path(folder) / "sdr.mp4"
            hdr.as_sdr(source, mapped, facts.transfer, cancelled=cancelled)
            source = mapped
        layer(facts.width, facts.height, text).save(Path(folder) / "mark.png")
        # the base's frames pass as they are, each once and at its own time: passthrough, in the file's own time base
        marked = "[0:V:0]scale=trunc(iw/2)*2:trunc(ih/2)*2[base];[base][1:v]overlay=format=auto,format=yuv420p[shown]"
        args = ["-i", str(source.resolve()), "-i", "mark.png", "-filter_complex", marked]
        args += ["-map", "[shown]", "-map", "0:a:0?", "-map_metadata", "-1", "-map_chapters", "-1"]
        args += ["-fps_mode", "passthrough", "-enc_time_base:v", "demux"]
        args += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-force_key_frames", "expr:gte(t,n_forced)"]
        args += ["-c:a", "copy"] if facts.sound in COPIED_SOUND else ["-c:a", "aac", "-b:a", "192k"]
        run_ffmpeg([*args, "-movflags", "+faststart", "-f", "mp4"], out, duration_s=facts.length_s,
                   on_progress=on_progress, cancelled=cancelled, folder=Path(folder))  # fmt: skip


def _facts(source: Path) -> _Facts:
    """What the header says, with the size as displayed: ffmpeg turns what is to be turned before its filters."""
    with av_io.opened(source) as (box, _):
        video = av_io.picture_stream(box)
        if video is None:
            return _Facts(2, 2, 0.0, 0, "")
        sound = box.streams.audio[0].codec_context.name if box.streams.audio else ""
        rotation = _rotation(source)
        width, height = (video.height, video.width) if rotation % 180 else (video.width, video.height)
        length_s = float(video.duration * video.time_base) if video.duration and video.time_base else 0.0
        transfer = int(video.codec_context.color_trc)
        return _Facts(width // 2 * 2, height // 2 * 2, length_s or (box.duration or 0) / 1e6, transfer, sound)


def _rotation(source: Path) -> int:
    """By how many degrees the first frame is shown turned."""
    with av_io.opened(source) as (box, _):
        video = av_io.picture_stream(box)
        frame = next(box.decode(video), None) if video else None
        return int(frame.rotation) if frame is not None else 0

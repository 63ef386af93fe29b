"""The clips of a film: what their streams are made of, whether they can be copied, and bringing odd ones into line.

A clip is copied only if codec, size, pixel format, frame rate, colours and pixel aspect are the film's; anything
else is first encoded to the film's format, once, and kept by content. Opening a file costs more than copying it
(13 of 20 ms), so a few stay open between survey and copy.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import MediaError
from studio.film.timeline import Cut
from studio.media import av_io
from studio.media.files import Cancelled, OnProgress, run_ffmpeg, sha256
from studio.messages import Message

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

OPEN_FILES = 12
BT709 = 1
FULL_RANGE = 2
FORMAT = "1"
"""Raised when normalising changes, so that older cached clips are made anew."""
IDENTITY = (0x10000, 0, 0, 0x10000)


@dataclass(frozen=True)
class SourceClip:
    """The facts of one file that decide how it goes into a film.

    fits: its pictures can be copied as they are. setup: the decoder's parameter sets. reorder: how many frames
    decoding runs ahead of display. start_s: where its picture begins on the file's clock. sound: codec, profile, rate
    and layout; None without sound.
    """

    path: Path
    frames: int
    length_s: float
    fits: bool
    why_not: str
    setup: bytes
    reorder: int
    start_s: float
    sound: tuple[Any, ...] | None


class Shelf:
    """Open containers by path, the least used closed first. Use as a context manager."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, tuple[Any, InputContainer]] = OrderedDict()

    def get(self, path: Path) -> InputContainer:
        """The file's container, ready to read from anywhere after a seek. Raises MediaError."""
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path][1]
        while len(self._open) >= OPEN_FILES:
            self._open.popitem(last=False)[1][0].__exit__(None, None, None)
        manager = av_io.opened(path)
        box, _ = manager.__enter__()
        self._open[path] = (manager, box)
        return box

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.popitem()[1][0].__exit__(None, None, None)


def survey(path: Path, cut: Cut, shelf: Shelf) -> SourceClip:
    """The clip's facts against the film's format, from its header alone. Raises MediaError without a picture."""
    box = shelf.get(path)
    video = av_io.picture_stream(box)
    if video is None:
        raise MediaError(Message("film.clip_no_picture", name=path.name))
    rate = video.average_rate or video.guessed_rate or cut.fps
    if video.duration and video.time_base:
        length_s = float(video.duration * video.time_base)
    else:
        length_s = (box.duration or 0) / 1e6
    why_not = _misfit(path, video, cut, rate, length_s)
    sound = box.streams.audio[0] if box.streams.audio else None
    return SourceClip(
        path=path,
        frames=video.frames or round(length_s * rate),
        length_s=length_s,
        fits=not why_not,
        why_not=why_not,
        setup=bytes(video.codec_context.extradata or b""),
        reorder=video.codec_context.reorder_depth,
        start_s=float((video.start_time or 0) * (video.time_base or 0)),
        sound=_sound_of(sound) if sound else None,
    )


def _sound_of(sound: AudioStream) -> tuple[Any, ...]:
    context = sound.codec_context
    setup = bytes(context.extradata or b"")[:2]  # AAC's object type, rate and channels; the rest are extensions
    return context.name, setup, context.sample_rate, context.layout.name


def _misfit(path: Path, video: VideoStream, cut: Cut, rate: Fraction, length_s: float) -> str:
    """Why the pictures cannot be copied into this film, or ''."""
    context = video.codec_context
    matrix = context.colorspace if context.colorspace not in (0, av_io.UNSPECIFIED) else 0
    matrix = matrix or (BT709 if video.height >= 720 else 6)
    wrong = {
        "codec": context.name != "h264" or "mov" not in video.container.format.name,
        "size": (video.width, video.height) != (cut.width, cut.height),
        "pixel format": video.pix_fmt != "yuv420p" or context.color_range == FULL_RANGE,
        "pixel aspect": (video.sample_aspect_ratio or Fraction(1)) not in (0, 1),
        "frame rate": rate != cut.fps or abs(video.frames / rate - length_s) > 0.6 / float(rate),
        "colours": matrix != BT709,
        "rotation": not _upright(path),
        "fields": context.field_order > 1,
    }
    return ", ".join(name for name, is_wrong in wrong.items() if is_wrong)


def _upright(path: Path) -> bool:
    """True when no track of the MP4 is turned for display: its header's matrices are the identity.

    Read from the file, because PyAV shows rotation only on decoded frames. Source: ISO 14496-12, 8.3.2 (tkhd).
    """
    moov = _moov(path)
    at = moov.find(b"tkhd")
    while at >= 0:
        matrix = at + 4 + (52 if moov[at + 4] else 40)
        numbers = [int.from_bytes(moov[matrix + 4 * i : matrix + 4 * i + 4], "big") for i in (0, 1, 3, 4)]
        if tuple(numbers) != IDENTITY:
            return False
        at = moov.find(b"tkhd", at + 4)
    return True


def _moov(path: Path) -> bytes:
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, start = int.from_bytes(head[:4], "big"), 8
            if size == 1:
                size, start = int.from_bytes(file.read(8), "big"), 16
            if head[4:] == b"moov":
                return file.read(size - start if size else -1)
            if size < start:
                break
            file.seek(size - start, 1)
    return b""


def in_format(
    clip: SourceClip,
    cut: Cut,
    cache: Path,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Path:
    """The clip encoded to the film's size, rate and colours (fitted, with black bars where the shape differs).

    Kept in `cache` by content and format, so the next film of this kind finds it.
    """
    recipe = f"{FORMAT} {cut.width}x{cut.height} {cut.fps} {cut.crf} {cut.preset}"
    key = hashlib.sha256(f"{sha256(clip.path)} {recipe}".encode()).hexdigest()
    made = cache / f"clip-{key[:32]}.mp4"
    if not made.exists():
        args = _normalise(clip, cut)
        run_ffmpeg(args, made, duration_s=clip.length_s, on_progress=on_progress, cancelled=cancelled)
    return made


def fitted(clip: SourceClip, cut: Cut) -> str:
    """The filters that give the clip's picture the film's rate, size (with bars), colours and pixels."""
    size = f"{cut.width}:{cut.height}"
    fields = "bwdif=deint=interlaced," if "fields" in clip.why_not else ""
    picture = (
        f"{fields}fps={cut.fps},scale={size}:force_original_aspect_ratio=decrease:out_color_matrix=bt709:out_range=tv"
    )
    return f"{picture}:flags=bicubic,pad={size}:-1:-1,setsar=1,format=yuv420p,{TAGS}"


def _normalise(clip: SourceClip, cut: Cut) -> list[str]:
    args = ["-i", str(clip.path), "-map", "0:v:0", "-map", "0:a:0?", "-vf", fitted(clip, cut)]
    args += ["-c:v", "libx264", "-preset", cut.preset, "-crf", str(cut.crf), "-g", str(round(cut.fps)), "-bf", "2"]
    return [*args, "-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2", "-movflags", "+faststart"]


TAGS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
"""Filter that marks pictures as BT.709 limited range; without the marks players guess."""

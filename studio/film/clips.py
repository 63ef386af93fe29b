"""The clips of a film: the format of their streams, whether they can be copied, and conforming those that cannot.

A clip is copied only if codec, size, pixel format, frame rate, colours and pixel aspect are the film's; any other clip
is first conformed (encoded to the film's format), once, and cached by content. Opening a file costs more than copying
it (13 of 20 ms), so a few stay open between inspection and copy.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from studio.errors import MediaError
from studio.film.timeline import Cut
from studio.media import av_io
from studio.media.files import Cancelled, OnProgress, run_ffmpeg, sha256
from studio.messages import Message

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_OPEN_FILES = 12
BT709 = 1
FULL_RANGE = 2
CONFORM_VERSION = "1"
"""Increased when conforming changes, so that clips cached earlier are not used."""
IDENTITY_MATRIX = (0x10000, 0, 0, 0x10000)


class SoundFormat(NamedTuple):
    """What two clips' sound must share to be joined. config: the first two bytes of AAC's AudioSpecificConfig."""

    codec: str
    config: bytes
    rate_hz: int
    layout: str


@dataclass(frozen=True)
class SourceClip:
    """The facts of one file that decide how it is used in a film.

    copyable: its packets can be copied. mismatch: what differs from the film's format, '' if copyable. extradata: the
    decoder's parameter sets. reorder_frames: frames by which decoding is ahead of display. start_s: time stamp of its
    first frame. sound: codec, profile, rate and layout; None without sound.
    """

    path: Path
    frames: int
    length_s: float
    copyable: bool
    mismatch: str
    extradata: bytes
    reorder_frames: int
    start_s: float
    sound: SoundFormat | None


class ContainerPool:
    """Open containers by path; the least recently used is closed first. Use as a context manager."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, tuple[ExitStack, InputContainer]] = OrderedDict()

    def get(self, path: Path) -> InputContainer:
        """The file's container, to be read after a seek. Raises MediaError."""
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path][1]
        while len(self._open) >= MAX_OPEN_FILES:
            self._open.popitem(last=False)[1][0].close()
        resources = ExitStack()
        container, _ = resources.enter_context(av_io.opened(path))
        self._open[path] = (resources, container)
        return container

    def __enter__(self) -> ContainerPool:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.popitem()[1][0].close()


def inspect_clip(path: Path, cut: Cut, pool: ContainerPool) -> SourceClip:
    """The clip's facts compared with the film's format, from its header only. Raises MediaError without a picture."""
    container = pool.get(path)
    video = av_io.picture_stream(container)
    if video is None:
        raise MediaError(Message("film.clip_no_picture", name=path.name))
    rate = video.average_rate or video.guessed_rate or cut.fps
    if video.duration and video.time_base:
        length_s = float(video.duration * video.time_base)
    else:
        length_s = (container.duration or 0) / 1e6
    mismatch = _mismatch(path, video, cut, rate, length_s)
    sound = container.streams.audio[0] if container.streams.audio else None
    return SourceClip(
        path=path,
        frames=video.frames or round(length_s * rate),
        length_s=length_s,
        copyable=not mismatch,
        mismatch=mismatch,
        extradata=bytes(video.codec_context.extradata or b""),
        reorder_frames=video.codec_context.reorder_depth,
        start_s=float((video.start_time or 0) * (video.time_base or 0)),
        sound=_sound_format(sound) if sound else None,
    )


def _sound_format(sound: AudioStream) -> SoundFormat:
    context = sound.codec_context
    extradata = bytes(context.extradata or b"")[:2]  # AAC's object type, rate and channels; the rest are extensions
    return SoundFormat(context.name, extradata, context.sample_rate, context.layout.name)


def _mismatch(path: Path, video: VideoStream, cut: Cut, rate: Fraction, length_s: float) -> str:
    """Why the pictures cannot be copied into this film, or ''."""
    context = video.codec_context
    matrix = context.colorspace if context.colorspace not in (0, av_io.UNSPECIFIED) else 0
    matrix = matrix or (BT709 if video.height >= 720 else 6)
    mismatches = {
        "codec": context.name != "h264" or "mov" not in video.container.format.name,
        "size": (video.width, video.height) != (cut.width, cut.height),
        "pixel format": video.pix_fmt != "yuv420p" or context.color_range == FULL_RANGE,
        "pixel aspect": (video.sample_aspect_ratio or Fraction(1)) not in (0, 1),
        "frame rate": rate != cut.fps or abs(video.frames / rate - length_s) > 0.6 / float(rate),
        "colours": matrix != BT709,
        "rotation": not _is_unrotated(path),
        "fields": context.field_order > 1,
    }
    return ", ".join(name for name, differs in mismatches.items() if differs)


def _is_unrotated(path: Path) -> bool:
    """True when the MP4 rotates no track for display: the matrices in its header are the identity.

    Read from the file, because PyAV shows rotation only on decoded frames. Source: ISO 14496-12, 8.3.2 (tkhd).
    """
    moov = _moov(path)
    at = moov.find(b"tkhd")
    while at >= 0:
        matrix = at + 4 + (52 if moov[at + 4] else 40)
        numbers = [int.from_bytes(moov[matrix + 4 * i : matrix + 4 * i + 4], "big") for i in (0, 1, 3, 4)]
        if tuple(numbers) != IDENTITY_MATRIX:
            return False
        at = moov.find(b"tkhd", at + 4)
    return True


def _moov(path: Path) -> bytes:
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, start = int.from_bytes(header[:4], "big"), 8
            if size == 1:
                size, start = int.from_bytes(file.read(8), "big"), 16
            if header[4:] == b"moov":
                return file.read(size - start if size else -1)
            if size < start:
                break
            file.seek(size - start, 1)
    return b""


def conform(
    clip: SourceClip,
    cut: Cut,
    cache: Path,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> Path:
    """The clip encoded to the film's size, rate and colours, with black bars where the aspect ratio differs.

    Cached in `cache` by content and format, for the next film in this format.
    """
    recipe = f"{CONFORM_VERSION} {cut.width}x{cut.height} {cut.fps} {cut.crf} {cut.preset}"
    key = hashlib.sha256(f"{sha256(clip.path)} {recipe}".encode()).hexdigest()
    conformed = cache / f"clip-{key[:32]}.mp4"
    if not conformed.exists():
        args = _conform_args(clip, cut)
        run_ffmpeg(args, conformed, duration_s=clip.length_s, on_progress=on_progress, cancelled=cancelled)
    return conformed


def conform_filters(clip: SourceClip, cut: Cut) -> str:
    """The ffmpeg filters that convert the clip to the film's rate, size (with bars), colours and pixel format."""
    size = f"{cut.width}:{cut.height}"
    fields = "bwdif=deint=interlaced," if "fields" in clip.mismatch else ""
    picture = (
        f"{fields}fps={cut.fps},scale={size}:force_original_aspect_ratio=decrease:out_color_matrix=bt709:out_range=tv"
    )
    return f"{picture}:flags=bicubic,pad={size}:-1:-1,setsar=1,format=yuv420p,{COLOUR_TAGS}"


def _conform_args(clip: SourceClip, cut: Cut) -> list[str]:
    args = ["-i", str(clip.path), "-map", "0:v:0", "-map", "0:a:0?", "-vf", conform_filters(clip, cut)]
    args += ["-c:v", "libx264", "-preset", cut.preset, "-crf", str(cut.crf), "-g", str(round(cut.fps)), "-bf", "2"]
    return [*args, "-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2", "-movflags", "+faststart"]


COLOUR_TAGS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
"""Filter that tags pictures as BT.709 limited range; without tags players guess."""

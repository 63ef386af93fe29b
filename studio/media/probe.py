"""What a media file is: kind, size, length, codecs. Reads headers and at most one frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.domain import Kind
from studio.errors import MediaError
from studio.media import av_io, floats, hdr, images
from studio.media.detect import (
    AMR,
    ASF,
    AVIF,
    BMP,
    CAF,
    FLV,
    GIF,
    ICO,
    JP2,
    JPEG,
    JXL,
    MOV,
    MP4,
    PNG,
    PS,
    TGA,
    WEBM,
    WEBP,
    FileType,
    sniff,
)
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

BROWSER_PICTURES = (PNG, JPEG, WEBP, GIF, AVIF, BMP)
CONVERTED_FORMATS = (JXL, JP2, TGA, ICO, FLV, ASF, PS, CAF, AMR)
"""Formats that browsers and providers refuse: the library keeps them as PNG, MP4, WAV or MP3."""
BROWSER_VIDEO = {"h264", "vp8", "vp9", "av1"}
BROWSER_AUDIO = {"aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le", "pcm_s24le", "pcm_f32le"}
_PRIMARIES = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 12: "display-p3"}
_TRANSFERS = {16: "pq", 18: "hlg"}


@dataclass(frozen=True)
class MediaFacts:
    """Facts about one file. width, height: px as displayed, rotation and pixel aspect applied.

    frames: as the file says, exact after check.verify_decodes. rotation: degrees the stored picture is turned for
    display (EXIF or video matrix). upright: False for a picture stored turned or mirrored. colour: such as 'bt709' or
    'bt2020/pq'; '' unknown. browser_plays: whether ordinary browsers show it. notes: sentences for the user.
    suffix: file name ending that fits the content. remedy: what intake does to the library's copy, '' when nothing.
    pages: of a document, None where that is not known.
    """

    kind: Kind
    mime: str
    suffix: str
    bytes: int
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    frames: int | None = None
    has_audio: bool | None = None
    has_alpha: bool | None = None
    animated: bool = False
    codec: str = ""
    audio_codec: str = ""
    pixel_format: str = ""
    colour: str = ""
    hdr: bool = False
    rotation: int = 0
    upright: bool = True
    browser_plays: bool = True
    notes: tuple[str, ...] = ()
    remedy: str = ""
    pages: int | None = None


def probe(path: Path, *, name: str = "", max_pixels: int = images.MAX_PIXELS) -> MediaFacts:
    """The facts of a picture, video or sound file, by its content.

    name: what to call the file in messages. Raises MediaError for anything else, and for files too broken to open.
    """
    kind = sniff(path, name=name)
    if kind.kind is Kind.IMAGE:
        return _probe_picture(path, name, max_pixels)
    return _probe_stream(path, name)


def _probe_picture(path: Path, name: str, max_pixels: int) -> MediaFacts:
    with images.opened(path, name=name, max_pixels=max_pixels) as (image, kind):
        orientation = image.getexif().get(0x0112, 1)
        width, height = image.size[::-1] if orientation in (5, 6, 7, 8) else image.size
        frames = int(getattr(image, "n_frames", 1)) if kind in (GIF, WEBP, PNG, AVIF) else 1
        animated = frames > 1
        return MediaFacts(
            kind=Kind.IMAGE,
            mime=kind.mime,
            suffix=kind.suffix,
            bytes=path.stat().st_size,
            width=width,
            height=height,
            frames=frames,
            has_alpha=images.has_alpha(image),
            animated=animated,
            codec=kind.name.lower(),
            pixel_format=image.mode,
            colour="icc" if image.info.get("icc_profile") else "",
            upright=orientation in (0, 1),
            rotation={3: 180, 4: 180, 5: 90, 6: 270, 7: 270, 8: 90}.get(orientation, 0),
            browser_plays=kind in BROWSER_PICTURES,
            notes=_picture_notes(kind, frames, "F" if floats.is_one(image) else image.mode),
            remedy=_picture_remedy(kind, image, path, upright=orientation in (0, 1)),
        )


def _picture_remedy(kind: FileType, image: Image.Image, path: Path, *, upright: bool) -> str:
    if kind in CONVERTED_FORMATS or floats.is_one(image):
        return "png"
    if kind is PNG and images.has_heavy_chunks(image, path):
        return "chunks"
    return "" if upright else "upright"


def _picture_notes(kind: FileType, frames: int, mode: str) -> tuple[str, ...]:
    notes = []
    if frames > 1:
        notes.append(Message("filenote.animated", form=kind.name, frames=frames))
    if mode == "F":
        notes.append(Message("filenote.floats"))
    if kind in CONVERTED_FORMATS:
        notes.append(Message("filenote.kept_as_png", form=kind.name))
    elif kind not in BROWSER_PICTURES and mode != "F":
        notes.append(Message("filenote.preview", form=kind.name))
    if mode == "CMYK":
        notes.append(Message("filenote.cmyk"))
    return tuple(notes)


def _probe_stream(path: Path, name: str) -> MediaFacts:
    with av_io.opened(path, name=name) as (box, kind):
        video = av_io.picture_stream(box)
        first = next(box.decode(video), None) if video else None
        return stream_facts(path, name or path.name, box, kind, first)


def stream_facts(path: Path, name: str, box: InputContainer, kind: FileType, first: VideoFrame | None) -> MediaFacts:
    """The facts of an open video or sound. first: the first frame of its picture."""
    video = av_io.picture_stream(box)
    sound = box.streams.audio[0] if box.streams.audio else None
    if video is None and sound is None:
        raise MediaError(Message("file.neither", name=name))
    duration_s = _duration_s(box, video)
    audio_codec = sound.codec_context.codec.canonical_name if sound else ""
    if video is not None:
        return _video_facts(path, name, kind, video, first, audio_codec, duration_s)
    return MediaFacts(
        kind=Kind.AUDIO,
        mime="audio/x-ms-wma" if kind is ASF else kind.mime.replace("video/", "audio/"),
        suffix=".m4a" if kind in (MP4, MOV) else ".wma" if kind is ASF else kind.suffix,
        bytes=path.stat().st_size,
        duration_s=duration_s,
        has_audio=True,
        codec=audio_codec,
        audio_codec=audio_codec,
        browser_plays=audio_codec in BROWSER_AUDIO and kind not in CONVERTED_FORMATS,
        notes=(Message("filenote.kept_as_sound", form=kind.name),) * (kind in CONVERTED_FORMATS),
        remedy="sound" if kind in CONVERTED_FORMATS else "",
    )


def _video_facts(
    path: Path,
    name: str,
    kind: FileType,
    video: VideoStream,
    frame: VideoFrame | None,
    audio_codec: str,
    duration_s: float | None,
) -> MediaFacts:
    if frame is None:
        raise MediaError(Message("file.broken_no_picture", name=name, form=kind.name))
    width, height = av_io.display_size(video, frame.rotation)
    rate = video.average_rate or video.guessed_rate
    codec = video.codec_context.codec.canonical_name
    alpha = video.metadata.get("alpha_mode") == "1" or any(part.is_alpha for part in frame.format.components)
    plays, notes = _playability(kind, codec, frame.format.name, audio_codec)
    return MediaFacts(
        kind=Kind.VIDEO,
        mime=kind.mime.replace("audio/", "video/"),
        suffix=kind.suffix,
        bytes=path.stat().st_size,
        width=width,
        height=height,
        duration_s=duration_s,
        fps=round(float(rate), 3) if rate else None,
        frames=video.frames or None,
        has_audio=bool(audio_codec),
        has_alpha=alpha,
        animated=True,
        codec=codec,
        audio_codec=audio_codec,
        pixel_format=frame.format.name,
        colour=_colour(frame.color_primaries, frame.color_trc),
        hdr=hdr.is_hdr(frame.color_trc),
        rotation=frame.rotation % 360,
        browser_plays=plays,
        notes=(*notes, *_hdr_notes(frame.color_trc)),
        remedy="mp4" if kind in CONVERTED_FORMATS else "",
    )


def _hdr_notes(transfer: int) -> tuple[str, ...]:
    if not hdr.is_hdr(transfer):
        return ()
    curve = "PQ" if transfer == hdr.PQ else "HLG"
    return (Message("filenote.hdr", curve=curve),)


def _duration_s(box: InputContainer, video: VideoStream | None) -> float | None:
    """The picture's own length where the file says it: a film is as long as its picture."""
    if video and video.duration and video.time_base:
        return round(float(video.duration * video.time_base), 3)
    return round(box.duration / 1e6, 3) if box.duration else None


def _colour(primaries: int, transfer: int) -> str:
    name, curve = _PRIMARIES.get(primaries, ""), _TRANSFERS.get(transfer, "")
    return f"{name}/{curve}" if curve else name


def _playability(kind: FileType, codec: str, pixels: str, audio_codec: str) -> tuple[bool, tuple[str, ...]]:
    """Whether ordinary browsers play it, and a sentence for each reason why not."""
    notes = []
    if kind in CONVERTED_FORMATS:
        return False, (Message("filenote.kept_as_mp4", form=kind.name),)
    if kind not in (MP4, MOV, WEBM):
        notes.append(Message("filenote.container", form=kind.name))
    if codec == "hevc":
        notes.append(Message("filenote.h265"))
    elif codec not in BROWSER_VIDEO:
        notes.append(Message("filenote.codec", codec=codec))
    elif codec == "h264" and pixels not in ("yuv420p", "yuvj420p"):
        notes.append(Message("filenote.pixels", pixels=pixels))
    if audio_codec and audio_codec not in BROWSER_AUDIO:
        notes.append(Message("filenote.its_sound", codec=audio_codec))
    return not notes, tuple(notes)

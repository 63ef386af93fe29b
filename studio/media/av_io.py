"""Video and sound files through PyAV: opened by the one demuxer their content shows, files only.

Colour: an untagged frame is read as BT.709 from 720 lines up and BT.601 below, as Chromium does.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import MediaError
from studio.media import hdr
from studio.media.detect import FileType, sniff
from studio.messages import Message

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

UNSPECIFIED = 2
"""FFmpeg's AVCOL_*_UNSPECIFIED."""

log = logging.getLogger(__name__)


@contextmanager
def opened(path: Path, *, name: str = "") -> Iterator[tuple[InputContainer, FileType]]:
    """The open container and its type.

    Inside the block, too, FFmpeg's errors become MediaError sentences; a full disk stays an OSError, for it is no
    fault of the file.
    """
    import av
    from av.error import FFmpegError

    name = name or path.name
    kind = sniff(path, name=name)
    try:
        with av.open(
            str(path), format=kind.reader, options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as box:
            yield box, kind
    except (FFmpegError, UnicodeDecodeError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise OSError(errno.ENOSPC, "No space left on device") from error
        log.info("%s: %s", name, error)
        raise MediaError(Message("file.broken", name=name, form=kind.name)) from None


def picture_stream(box: InputContainer) -> VideoStream | None:
    """The first real video stream; cover art does not count."""
    from av.stream import Disposition

    for stream in box.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def threaded(stream: VideoStream, threads: int = 0) -> VideoStream:
    """Let the decoder use several threads (0: as many as cores)."""
    stream.thread_type = "AUTO"
    stream.thread_count = threads
    return stream


def display_size(stream: VideoStream, rotation: int) -> tuple[int, int]:
    """Width and height as displayed: pixel aspect and rotation applied."""
    width, height = stream.width, stream.height
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if aspect > 0 and aspect != 1:
        width = round(width * aspect)
    return (height, width) if rotation % 180 else (width, height)


def still(frame: VideoFrame, *, max_side_px: int | None = None, aspect: Fraction | None = None) -> Image.Image:
    """The frame as an upright sRGB picture (RGB, or RGBA where the video has alpha), at most max_side_px large.

    HDR is mapped to BT.709. aspect: the stream's pixel aspect; the width is stretched by it.
    """
    from PIL import Image

    width, height = frame.width, frame.height
    if aspect and aspect > 0 and aspect != 1:
        width = round(width * aspect)
    scale = min(1.0, max_side_px / max(width, height)) if max_side_px else 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if hdr.is_hdr(frame.color_trc):
        image = Image.fromarray(hdr.to_sdr(frame, width=size[0], height=size[1]))
        return image.rotate(frame.rotation, expand=True) if frame.rotation else image
    mode = "rgba" if any(part.is_alpha for part in frame.format.components) else "rgb24"
    unknown = frame.colorspace in (UNSPECIFIED, 0) and not frame.format.is_rgb
    rgb = frame.reformat(
        width=size[0],
        height=size[1],
        format=mode,
        src_colorspace=("ITU709" if frame.height >= 720 else "ITU601") if unknown else None,
        interpolation="AREA" if scale < 1 else "BICUBIC",
    )
    image = rgb.to_image() if mode == "rgb24" else Image.fromarray(rgb.to_ndarray(), "RGBA")
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def transfer_of(path: Path) -> int:
    """FFmpeg's number of the clip's transfer curve, by its header; 0 without a picture. Raises MediaError."""
    with opened(path) as (box, _):
        video = picture_stream(box)
        return int(video.codec_context.color_trc) if video else 0

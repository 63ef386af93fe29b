"""JPEG files that lack nothing but their end mark, as messengers and recovery tools leave them.

libjpeg fills what is missing with grey and only warns, so Pillow cannot tell such a file from one that was cut off.
FFmpeg's decoder can: it refuses to read past the end of a scan.
"""

from __future__ import annotations

from pathlib import Path

from studio.media import structure
from studio.media.files import atomic_write


def lacks_only_its_end(path: Path) -> bool:
    """True when the picture is whole but for the mark FF D9 behind it. Decodes the file only where that is missing."""
    import av
    from av.codec.context import CodecContext
    from av.error import FFmpegError

    data = path.read_bytes()
    if structure.jpeg_end(data) is not None:
        return False
    decoder = CodecContext.create("mjpeg", "r")
    decoder.options = {"err_detect": "explode"}
    try:
        frames = [*decoder.decode(av.Packet(data + structure.JPEG_END)), *decoder.decode(None)]
    except FFmpegError:
        return False
    return bool(frames)


def with_its_end(path: Path, out: Path) -> None:
    """Copy the JPEG with its end mark."""
    atomic_write(out, path.read_bytes() + structure.JPEG_END)

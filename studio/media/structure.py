"""Where a picture ends inside its file, by walking its own blocks: what lies behind is no part of it.

An end mark may well stand earlier, inside a thumbnail, a comment or a second picture, so it is never searched for.
Sources: ITU T.81 annex B (JPEG), PNG 3rd ed. 5.3 and 11.3.6, GIF89a specification, WebP
container specification, TIFF 6.0.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable
from pathlib import Path

TAIL_BYTES = 65_536
"""How much behind a picture's end is looked at: its beginning and the end of the file."""
MAX_FRAMES = 10_000
"""Most frames of an animated picture."""
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
_SCAN_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker in entropy-coded data: stuffed zeros, restarts and fill bytes belong to it."""


def trailing_data(path: Path, kind: str) -> bytes:
    """What follows the picture: the first and last 64 KiB of it. kind: the FileType's name; b'' for other formats."""
    walk = _WALKS.get(kind)
    if walk is None or path.stat().st_size == 0:
        return b""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = walk(data)
        if end is None and kind == "JPEG":
            end = max(data.rfind(b"\xff\xda"), 0)  # no end mark: what was appended looks like a part of the last scan
        if end is None or end >= len(data):
            return b""
        return data[end : end + TAIL_BYTES] + data[max(end, len(data) - TAIL_BYTES) :]


def jpeg_end(data: bytes | mmap.mmap) -> int | None:
    """Where the JPEG ends, the further pictures of an MPO file included; None without an end mark."""
    end = _one_jpeg(data, 0)
    while end is not None and data[end : end + 3] == b"\xff\xd8\xff":
        further = _one_jpeg(data, end)
        if further is None:
            return len(data)
        end = further
    return end


def _one_jpeg(data: bytes | mmap.mmap, start: int) -> int | None:
    at = start + 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return at + 2
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0xDA:
                found = _SCAN_MARKER.search(data, at)
                if found is None:
                    return None
                at = found.start()
    return len(data) if data[at : at + 2] == JPEG_END else None


def _png_end(data: bytes | mmap.mmap) -> int | None:
    at = 8
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == b"IEND":
            return at
    return None


def _gif_end(data: bytes | mmap.mmap) -> int | None:
    """None also where more than MAX_FRAMES frames come first: such a file is refused for that."""
    return _gif(data)[1]


def _gif(data: bytes | mmap.mmap) -> tuple[int, int | None]:
    """Number of frames, MAX_FRAMES + 1 at most, and where the file ends."""

    def table(flags: int) -> int:
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    frames, at = 0, 13 + table(data[10]) if len(data) > 13 else len(data)
    while at < len(data) and frames <= MAX_FRAMES:
        block = data[at]
        if block == 0x3B:
            return frames, at + 1
        if block == 0x2C and at + 9 < len(data):
            frames += 1
            at += 11 + table(data[at + 9])
        elif block == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return frames, None


def _gif_frames(data: bytes | mmap.mmap) -> int:
    return _gif(data)[0]


def _webp_frames(data: bytes | mmap.mmap) -> int:
    frames, at = 0, 12
    while at + 8 <= len(data) and frames <= MAX_FRAMES:
        frames += data[at : at + 4] == b"ANMF"
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + (size & 1)
    return frames


def _png_frames(data: bytes | mmap.mmap) -> int:
    """As its acTL chunk says, which stands before the pixels."""
    at = 8
    while at + 12 <= len(data) and (kind := data[at + 4 : at + 8]) != b"IDAT":
        if kind == b"acTL":
            return int.from_bytes(data[at + 8 : at + 12], "big")
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return 1


def _tiff_frames(data: bytes | mmap.mmap) -> int:
    order = "little" if data[:2] == b"II" else "big"
    frames, at = 0, int.from_bytes(data[4:8], order)
    while 8 <= at < len(data) and frames <= MAX_FRAMES:
        frames += 1
        at += 2 + 12 * int.from_bytes(data[at : at + 2], order)
        at = int.from_bytes(data[at : at + 4], order)
    return frames


def too_many_frames(path: Path, kind: str) -> bool:
    """Whether a picture has more than MAX_FRAMES frames, by its blocks up to there. kind: the FileType's name."""
    count = _COUNTS.get(kind)
    if count is None or path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return count(data) > MAX_FRAMES


_COUNTS: dict[str, Callable[[bytes | mmap.mmap], int]] = {
    "GIF": _gif_frames,
    "WebP": _webp_frames,
    "PNG": _png_frames,
    "TIFF": _tiff_frames,
}
_WALKS: dict[str, Callable[[bytes | mmap.mmap], int | None]] = {
    "JPEG": jpeg_end,
    "PNG": _png_end,
    "GIF": _gif_end,
}

"""Animations of a million frames are refused by their blocks or headers: no frame of them is decoded."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import MediaError
from studio.media import png, structure, validate

MANY = 200_000


def gif(frames: int) -> bytes:
    """Of 1x1: a descriptor, the code size and the two codes of one pixel each."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b"\x3b"


def apng(frames: int) -> bytes:
    still = io.BytesIO()
    Image.new("RGB", (1, 1)).save(still, "PNG")
    parts = list(png.chunks(still.getvalue()))
    parts.insert(1, (b"acTL", struct.pack(">II", frames, 0)))
    return png.SIGNATURE + b"".join(png.chunk(*part) for part in parts)


def webp(frames: int) -> bytes:
    still = io.BytesIO()
    Image.new("RGB", (1, 1)).save(still, "WEBP", lossless=True)
    image = still.getvalue()[12:]
    body = bytes(12) + b"\x28\0\0" + b"\0" + image
    anmf = b"ANMF" + struct.pack("<I", len(body)) + body
    head = b"VP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9) + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    content = b"WEBP" + head + anmf * frames
    return b"RIFF" + struct.pack("<I", len(content)) + content


def tiff(frames: int) -> bytes:
    """Directories without entries, one behind the other."""
    return b"II*\0" + b"".join(struct.pack("<I", 8 + 6 * n) + b"\0\0" for n in range(frames)) + bytes(4)


@pytest.mark.parametrize("make", [gif, apng, webp, tiff])
def test_a_picture_of_countless_frames_is_refused_unseen(
    tmp_path: Path, make: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> Image.Image:
        raise AssertionError("it was opened")

    monkeypatch.setattr(Image, "open", opened)
    (path := tmp_path / "picture").write_bytes(make(MANY))
    with pytest.raises(MediaError, match=r"more than 10,000 frames\. Export it as a video"):
        validate.admit(path)


def test_counting_stops_at_the_limit() -> None:
    frames, end = structure._gif(gif(MANY))
    assert (frames, end) == (structure.MAX_FRAMES + 1, None)
    whole = gif(3)
    assert structure._gif(whole) == (3, len(whole))


@pytest.mark.parametrize("make", [gif, webp])
def test_an_ordinary_animation_is_taken(tmp_path: Path, make: Callable[[int], bytes]) -> None:
    (path := tmp_path / "picture").write_bytes(make(5))
    assert validate.admit(path).frames == 5

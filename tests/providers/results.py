"""Real, small media files for provider tests: an MP4 with picture and sound, a PNG. Each differs by its label."""

from __future__ import annotations

import colorsys
import io
import struct
from fractions import Fraction
from functools import lru_cache


def png(width: int, height: int, label: str) -> bytes:
    """A PNG of this size in one colour that follows from the label."""
    from PIL import Image, PngImagePlugin

    colour = tuple(hash_bytes(label)[:3])
    notes = PngImagePlugin.PngInfo()
    notes.add_text("label", label)
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG", pnginfo=notes, compress_level=1)
    return out.getvalue()


TINTS = 8


def tint(number: int) -> tuple[int, int, int]:
    """One of TINTS colours, far apart, that clips are told apart by."""
    red, green, blue = colorsys.hsv_to_rgb(number % TINTS / TINTS, 0.75, 0.8)
    return round(red * 255), round(green * 255), round(blue * 255)


def mp4(width: int, height: int, seconds: float, label: str, *, sound: bool = True, number: int = 0) -> bytes:
    """An MP4 of this shape and length in the tint of this number, a white bar running through it.

    The label lies in a `free` box at the end, so every file has its own hash.
    """
    text = label.encode()
    return _clip(width, height, seconds, sound, number % TINTS) + struct.pack(">I4s", 8 + len(text), b"free") + text


def hash_bytes(label: str) -> bytes:
    from hashlib import sha256

    return sha256(label.encode()).digest()


@lru_cache(maxsize=128)
def _clip(width: int, height: int, seconds: float, sound: bool, number: int) -> bytes:
    import av
    import numpy as np

    out = io.BytesIO()
    rate = 10
    with av.open(out, "w", format="mp4") as box:
        picture = box.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "40"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        voice = box.add_stream("aac", rate=16000, layout="mono") if sound else None
        for i in range(max(1, round(seconds * rate))):
            pixels = np.full((height, width, 3), tint(number), np.uint8)
            pixels[:, i * 4 % width : i * 4 % width + 6] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            box.mux(picture.encode(frame))
        box.mux(picture.encode(None))
        if voice is not None:
            for i in range(max(1, round(seconds * 16000 / 1024))):
                wave = (np.sin(np.arange(i * 1024, (i + 1) * 1024) / 16000 * 440 * 6.283) * 8000).astype(np.int16)
                sample = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
                sample.sample_rate, sample.pts, sample.time_base = 16000, i * 1024, Fraction(1, 16000)
                box.mux(voice.encode(sample))
            box.mux(voice.encode(None))
    return out.getvalue()

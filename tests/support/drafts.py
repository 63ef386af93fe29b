"""Helpers for tests of the draft engine: orders made in this process, and files looked at frame by frame."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from studio.animatic.clips.make import make
from studio.animatic.order import InputFile, Order
from studio.media.encode import VideoWriter, to_rgb


def made(folder: Path, task: str, prompt: str, **given: Any) -> dict[str, Any]:
    """Make one order here, small by default; `inputs` are Sources."""
    base: dict[str, Any] = {"seed": 7, "width": 192, "height": 108, "duration_s": 1.0, "fps": 24, "sound": False}
    settings = {"task": task, "model": "draft/animatic", "prompt": prompt}
    order = Order(task=task, prompt=prompt, folder=str(folder), **{"settings": settings, **base, **given})
    return make(order, lambda fraction, word: None)


def frames(path: str | Path) -> np.ndarray:
    """All frames as uint8 (T, H, W, 3)."""
    with av.open(str(path)) as box:
        return np.stack([to_rgb(frame) for frame in box.decode(video=0)])


def picture(path: str | Path) -> np.ndarray:
    """A still as uint8 (H, W, 3 or 4)."""
    with Image.open(path) as image:
        return np.array(image)


def sound(path: str | Path) -> np.ndarray:
    """The sound track as float32 (n, channels)."""
    with av.open(str(path)) as box:
        return np.concatenate([frame.to_ndarray().T for frame in box.decode(audio=0)])


def cut_frames(clip: np.ndarray, *, least: float = 12.0) -> list[int]:
    """Frames that differ from the one before far more than motion would."""
    change = np.abs(np.diff(clip.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
    return [int(n) + 1 for n in np.flatnonzero(change > least)]


def source_picture(path: Path, pixels: np.ndarray) -> InputFile:
    """The pixels as a PNG input."""
    Image.fromarray(pixels).save(path)
    return InputFile(str(path), "image", path.name, pixels.shape[1], pixels.shape[0])


def source_clip(path: Path, pixels: np.ndarray, *, fps: int = 24, tone_hz: float = 0.0) -> InputFile:
    """Frames (T, H, W, 3) as an MP4 input, with a tone if one is wanted."""
    with VideoWriter(path, width=pixels.shape[2], height=pixels.shape[1], fps=fps, channels=2 if tone_hz else 0) as out:
        for rgb in pixels:
            out.write_rgb(rgb)
        if tone_hz:
            out.write_sound(tone(len(pixels) / fps, tone_hz))
    return InputFile(str(path), "video", path.name, pixels.shape[2], pixels.shape[1], len(pixels) / fps, float(fps))


def source_sound(path: Path, samples: np.ndarray) -> InputFile:
    """Float samples (n, 2) as a WAV input."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return InputFile(str(path), "audio", path.name, duration_s=len(samples) / 48_000)


def tone(seconds: float, hz: float, *, loud: float = 0.3) -> np.ndarray:
    """A sine in stereo, float32 (n, 2)."""
    t = np.arange(round(seconds * 48_000)) / 48_000
    one = (loud * np.sin(math.tau * hz * t)).astype(np.float32)
    return np.stack((one, one), 1)


def scenery(width: int = 384, height: int = 216) -> np.ndarray:
    """A test picture: blue sky, green ground, a red square in the middle, RGB."""
    out = np.empty((height, width, 3), np.uint8)
    out[: height // 2] = (90, 150, 220)
    out[height // 2 :] = (70, 130, 60)
    out[height // 3 : 2 * height // 3, 2 * width // 5 : 3 * width // 5] = (200, 40, 40)
    return out

"""What each task is tried with: every kind of input that a row of the local engine takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from studio.domain import JSON, Kind
from studio.engines.base import Input
from studio.media.encode import VideoWriter
from tests.engines.local.bench import as_input

CASES: list[tuple[str, JSON]] = [
    ("wan2.2-t2v-a14b", {}),
    ("wan2.2-i2v-a14b", {"first_frame": "one"}),
    ("wan2.2-i2v-a14b", {"first_frame": "one", "last_frame": "two"}),
    ("wan2.2-ti2v-5b", {"task": "text-to-video"}),
    ("wan2.2-ti2v-5b", {"task": "image-to-video", "first_frame": "one"}),
    ("wan2.1-vace-14b", {"task": "reference-to-video", "references": ["one", "two"]}),
    ("wan2.1-vace-14b", {"task": "video-to-video", "video": "clip", "params": {"steps": 2, "edit": "restyle"}}),
    ("wan2.1-vace-14b", {"task": "video-to-video", "video": "clip", "params": {"steps": 2, "edit": "extend"}}),
    ("wan2.1-vace-1.3b", {"task": "reference-to-video", "references": ["two"]}),
    ("wan2.2-animate-14b", {"image": "one", "video": "clip", "references": ["face"]}),
    ("wan2.2-animate-14b", {"image": "one", "video": "clip"}),
    ("ltx-2", {"task": "text-to-video", "audio": True}),
    ("ltx-2", {"task": "image-to-video", "first_frame": "one", "audio": False}),
    ("hunyuanvideo-1.5-t2v", {}),
    ("hunyuanvideo-1.5-i2v", {"first_frame": "one"}),
    ("hunyuanvideo-1.5-i2v-fast", {"first_frame": "one"}),
    ("kandinsky-5-t2v-lite", {}),
    ("kandinsky-5-i2v-lite", {"first_frame": "one", "duration_s": 20 / 24}),
    ("flux2-klein-4b", {"task": "text-to-image"}),
    ("flux2-klein-4b", {"task": "image-edit", "images": ["one", "two"]}),
    ("z-image-turbo", {}),
    ("qwen-image", {}),
    ("qwen-image-edit", {"images": ["one", "two"], "params": {"steps": 2, "reference_megapixels": 0.05}}),
]
"""Row and request, of which the bench makes a small job. Kandinsky evens out its first frames by later ones, so it
needs more than four latent frames."""


def waves(width: int, height: int, phase: float) -> np.ndarray:
    """A smooth picture, uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([np.sin(x / 9 + phase), np.cos(y / 7 + phase), np.sin((x + y) / 11 - phase)], -1)
    return np.ascontiguousarray(((rgb + 1) * 127.5).astype("uint8"))


def make_files(folder: Path) -> dict[str, Input]:
    """Two pictures and two clips of nine frames, by asset id."""
    made: dict[str, Input] = {}
    for name, phase in (("one", 0.0), ("two", 2.0)):
        Image.fromarray(waves(120, 80, phase)).save(folder / f"{name}.png")
        made[name] = as_input(folder / f"{name}.png", Kind.IMAGE)
    for name, width in (("clip", 96), ("face", 64)):
        with VideoWriter(folder / f"{name}.mp4", width=width, height=64, fps=16) as writer:
            for i in range(9):
                writer.write_rgb(waves(width, 64, i / 3))
        made[name] = as_input(folder / f"{name}.mp4", Kind.VIDEO)
    return made

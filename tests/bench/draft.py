"""Speed of drafts: a 5 s 1280x720 clip at 30 frames a second, against encoding the very same frames alone.

The reference encodes the finished frames from memory with the same encoder and settings and nothing else; the draft
reads the prompt, draws the scene, moves it, makes the sound and encodes both. Medians of three, interleaved, one run.
Goal: ratio at most 2.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

CASES = {
    "pan, city, rain": "Wide shot, a city street at night in the rain, neon, two people walk, slow pan right",
    "dolly, forest": "Medium shot, a woman in a red coat walks through a forest at dawn, dolly in, birds",
    "two shots": "Shot 1 [0-2s] aerial of the sea at sunset, crane up. Shot 2 [2-5s] close-up of a man, handheld",
    "static, cafe": "Static medium shot, a couple talks in a cafe in the afternoon",
    "own picture": "slow dolly in",
}
TIMES = 3


def main(argv: list[str]) -> None:
    """One JSON line for each case; an argument picks cases by a part of their name."""
    cv2.setNumThreads(1)  # as in the workers
    for name, prompt in CASES.items():
        if not argv or any(part in name for part in argv):
            with tempfile.TemporaryDirectory() as folder:
                print(json.dumps({"bench": "draft", "case": name, **_case(prompt, name, Path(folder))}), flush=True)


def _case(prompt: str, name: str, folder: Path) -> dict[str, float]:
    from studio.animatic.clips import from_picture, from_words, prompt_shots
    from studio.animatic.clips.make import make
    from studio.animatic.order import InputFile, Order

    own = name == "own picture"
    inputs = {"first_frame": [InputFile(str(_picture(folder)), "image", "own.png", 1920, 1280)]} if own else {}
    task = "image-to-video" if own else "text-to-video"
    order = Order(task, prompt, 7, 1280, 720, 5.0, 30, True, str(folder), inputs=inputs)
    shots, _ = prompt_shots.plan(order, (from_picture if own else from_words).painter)
    frames = _drawn(shots, order.width, order.height)
    drafts, alone = [], []
    for _ in range(TIMES):
        alone.append(_timed(lambda: _encode(frames, order.fps, folder / "alone.mp4")))
        drafts.append(_timed(lambda: make(order, lambda fraction, word: None)))
    (cpu, wall), (cpu_alone, wall_alone) = _median(drafts), _median(alone)
    return {
        "cpu_s": cpu,
        "wall_s": wall,
        "encode_cpu_s": cpu_alone,
        "encode_wall_s": wall_alone,
        "cpu_ratio": round(cpu / cpu_alone, 2),
        "wall_ratio": round(wall / wall_alone, 2),
    }


def _drawn(shots: list, width: int, height: int) -> list[tuple[np.ndarray, ...]]:
    """All frames of the clip as planes in memory, about 200 MB."""
    out = []
    for shot in shots:
        paint = shot.build()
        for n in range(shot.end - shot.start):
            canvas = tuple(np.empty(s, np.uint8) for s in ((height, width), *[(height // 2, width // 2)] * 2))
            paint(n, canvas)
            out.append(canvas)
    return out


def _encode(frames: list[tuple[np.ndarray, ...]], fps: int, path: Path) -> None:
    from studio.media.encode import VideoWriter, planes

    height, width = frames[0][0].shape
    with VideoWriter(path, width=width, height=height, fps=fps) as writer:
        frame = writer.blank()
        for ready in frames:
            for plane, made in zip(planes(frame), ready, strict=True):
                np.copyto(plane, made)
            writer.write(frame)


def _picture(folder: Path) -> Path:
    """A picture with detail at every scale, like a photograph: 1/f noise in three colours."""
    from PIL import Image

    rng = np.random.default_rng(3)
    height, width = 1280, 1920
    y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    fall = 1 / np.maximum(np.hypot(x, y), 1 / width) ** 1.1
    channels = [np.fft.irfft2(np.fft.rfft2(rng.standard_normal((height, width))) * fall) for _ in range(3)]
    shown = [np.clip(128 + 45 * c / c.std(), 0, 255) for c in channels]
    path = folder / "own.png"
    Image.fromarray(np.stack(shown, 2).astype(np.uint8)).save(path)
    return path


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def _median(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    cpus, walls = zip(*pairs, strict=True)
    return round(statistics.median(cpus), 3), round(statistics.median(walls), 3)

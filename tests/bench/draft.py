"""Speed of drafts: a 5 s 1280x720 clip at 30 frames a second, against encoding the very same frames alone.

The reference encodes the finished frames from memory with the same encoder and settings and nothing else; the draft
reads the prompt, draws the scene, moves it, makes the sound and encodes both. Medians of three, interleaved, one run.
felt_s is what a user feels: from a press in a warm studio, over HTTP, until the run is done and its file is there, with
worker, check and settings in the file; felt_ratio is against the same reference. Goal: ratio at most 1.4.

python -m tests.bench draft [part of a case's name]
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.bench._serve import Program, program

CASES = {
    "pan, city, rain": "Wide shot, a city street at night in the rain, neon, two people walk, slow pan right",
    "dolly, forest": "Medium shot, a woman in a red coat walks through a forest at dawn, dolly in, birds",
    "two shots": "Shot 1 [0-2s] aerial of the sea at sunset, crane up. Shot 2 [2-5s] close-up of a man, handheld",
    "static, cafe": "Static medium shot, a couple talks in a cafe in the afternoon",
    "own picture": "slow dolly in",
}
TIMES = 3
GOAL = 1.4
TASKS = ("text-to-video", "image-to-video")
ENDED = ("succeeded", "failed", "cancelled", "held")
SEEDS = itertools.count(1)


def main(argv: list[str]) -> None:
    """One JSON line for each case; an argument picks cases by a part of their name."""
    cv2.setNumThreads(1)  # as in the workers
    with tempfile.TemporaryDirectory() as base, program("studio", Path(base)) as studio:
        studio.first_answer()
        _felt_s(studio, "warm up", None)
        for name, prompt in CASES.items():
            if not argv or any(part in name for part in argv):
                with tempfile.TemporaryDirectory() as folder:
                    figures = _case(studio, prompt, name, Path(folder))
                    print(json.dumps({"bench": "draft", "case": name, "goal": GOAL, **figures}), flush=True)


def _case(studio: Program, prompt: str, name: str, folder: Path) -> dict[str, float]:
    from studio.animatic.clips import from_picture, from_words, prompt_shots
    from studio.animatic.clips.make import make
    from studio.animatic.order import InputFile, Order

    own = name == "own picture"
    inputs = {"first_frame": [InputFile(str(_picture(folder)), "image", "own.png", 1920, 1280)]} if own else {}
    task = "image-to-video" if own else "text-to-video"
    order = Order(task, prompt, 7, 1280, 720, 5.0, 30, True, str(folder), inputs=inputs)
    shots, _ = prompt_shots.plan(order, (from_picture if own else from_words).painter)
    frames = _drawn(shots, order.width, order.height)
    drafts, alone, felt = [], [], []
    for _ in range(TIMES):
        felt.append(_felt_s(studio, prompt, folder / "own.png" if own else None))
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
        "felt_s": round(statistics.median(felt), 3),
        "felt_ratio": round(statistics.median(felt) / wall_alone, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _felt_s(studio: Program, prompt: str, picture: Path | None) -> float:
    """Seconds from the press until the run has succeeded and its file can be read."""
    body: dict[str, object] = {"model": "draft/animatic", "task": TASKS[picture is not None], "prompt": prompt}
    body |= {"width": 1280, "height": 720, "duration_s": 5, "fps": 30, "seed": next(SEEDS), "audio": True}
    if picture:
        headers = {"Content-Type": "image/png"}
        body["first_frame"] = _ask(studio, "assets?name=own.png", picture.read_bytes(), headers)["id"]
    began = time.perf_counter()
    (run,) = _ask(studio, "runs", json.dumps(body).encode())
    while run["status"] not in ENDED:
        time.sleep(0.02)
        run = _ask(studio, f"runs/{run['id']}")
    assert run["status"] == "succeeded", run
    with urllib.request.urlopen(urllib.parse.urljoin(studio.url, run["assets"][0]["url"]), timeout=60) as file:
        file.read(1)
    return time.perf_counter() - began


def _ask(studio: Program, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    """The answer of the REST API; with a body it is a POST."""
    kind = {"Content-Type": "application/json", "Idempotency-Key": str(next(SEEDS))} if body else {}
    request = urllib.request.Request(f"{studio.url}api/v1/{path}", data=body, headers=kind | (headers or {}))
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


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

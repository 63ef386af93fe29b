"""One set of tiny models and one engine for all tests of the local engine: importing torch takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain import Kind
from studio.engines.base import Input
from studio.media.encode import VideoWriter
from tests.local.bench import Bench, as_input, build_tiny, need_torch


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny repositories of all models."""
    need_torch()
    return build_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def bench(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One engine for all tests that need none of their own."""
    made = Bench(tmp_path_factory.mktemp("data"), tiny_models)
    yield made
    made.close()


def waves(width: int, height: int, phase: float) -> np.ndarray:
    """A smooth picture, uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([np.sin(x / 9 + phase), np.cos(y / 7 + phase), np.sin((x + y) / 11 - phase)], -1)
    return np.ascontiguousarray(((rgb + 1) * 127.5).astype("uint8"))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Input]:
    """Two pictures and two clips of nine frames, by asset id."""
    folder = tmp_path_factory.mktemp("inputs")
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

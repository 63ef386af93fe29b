"""Every row of the catalogue runs through engine and worker process, with every kind of input that it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.domain import JSON, Kind, Status, Task
from studio.engines.base import Input
from studio.media.encode import VideoWriter
from studio.media.probe import probe
from tests.local.bench import ROWS, Bench, as_input


def waves(width: int, height: int, phase: float) -> np.ndarray:
    """A smooth picture, uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([np.sin(x / 9 + phase), np.cos(y / 7 + phase), np.sin((x + y) / 11 - phase)], -1)
    return np.ascontiguousarray(((rgb + 1) * 127.5).astype("uint8"))


@pytest.fixture(scope="module")
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
    ("kandinsky-5-t2v-lite", {}),
    ("flux2-klein-4b", {"task": "text-to-image"}),
    ("flux2-klein-4b", {"task": "image-edit", "images": ["one", "two"]}),
    ("z-image-turbo", {}),
    ("qwen-image", {}),
    ("qwen-image-edit", {"images": ["one", "two"], "params": {"steps": 2, "reference_megapixels": 0.05}}),
]


@pytest.mark.parametrize(("name", "body"), CASES, ids=lambda v: v if isinstance(v, str) else "+".join(v) or "words")
def test_the_model_makes_a_file_of_the_size_length_and_sound_asked_for(
    bench: Bench, files: dict[str, Input], name: str, body: JSON
) -> None:
    made = bench.make(bench.job(name, files, **body))
    assert made.status == Status.SUCCEEDED
    output = made.outputs[0]
    assert output.path is not None
    found = probe(output.path)
    assert (found.kind, found.width, found.height) == (output.kind, 96, 64)
    if output.kind == Kind.VIDEO:
        fps = ROWS.get(f"local/{name}").default_fps or 16
        assert math.isclose(found.duration_s or 0, 9 / fps, abs_tol=0.02)
        assert found.has_audio == body.get("audio", False)


def test_no_row_is_left_out() -> None:
    """Every task of every local row stands in the cases above."""
    rows = {(m.id.removeprefix("local/"), t) for m in ROWS if m.provider == "local" for t in m.tasks}
    assert {n for n, _ in rows} == {n for n, _ in CASES}
    named = {(n, Task(b["task"])) for n, b in CASES if "task" in b}
    assert {(n, t) for n, t in rows if any(n == m for m, _ in named)} - named <= {
        ("wan2.1-vace-1.3b", Task.VIDEO_TO_VIDEO)
    }


def test_an_input_changes_the_result(bench: Bench, files: dict[str, Input]) -> None:
    """First and last frame, references and guiding clips are really looked at."""
    digest: Callable[[JSON, str], bytes] = lambda body, name: _bytes(bench, files, name, body)  # noqa: E731
    first = {"first_frame": "one"}
    assert digest(first, "wan2.2-i2v-a14b") != digest({"first_frame": "two"}, "wan2.2-i2v-a14b")
    assert digest(first, "wan2.2-i2v-a14b") != digest(first | {"last_frame": "two"}, "wan2.2-i2v-a14b")


def _bytes(bench: Bench, files: dict[str, Input], name: str, body: JSON) -> bytes:
    path = bench.make(bench.job(name, files, **body)).outputs[0].path
    return Path(path or "").read_bytes()


def test_the_stages_apart_give_the_bytes_of_the_plain_pipeline(bench: Bench, tiny_models: Path, tmp_path: Path) -> None:
    """Encoding, denoising and decoding apart, with offloaded text model and streamed frames, changes nothing."""
    import subprocess
    import sys

    names = {"wan2.2-t2v-a14b": "clip.mp4", "wan2.2-ti2v-5b": "clip.mp4", "z-image-turbo": "image.png"}
    names |= {"qwen-image": "image.png", "flux2-klein-4b": "image.png"}
    command = [sys.executable, "-m", "tests.local.plain", str(tiny_models), str(tmp_path), *names]
    subprocess.run(command, check=True, timeout=100, capture_output=True)
    for name, file in names.items():
        mine = bench.make(
            bench.job(name, params={"steps": 3, "step_cache": "off"} if "image" not in name else {"steps": 3})
        )
        assert Path(mine.outputs[0].path or "").read_bytes() == (tmp_path / name / file).read_bytes(), name

"""Every row of the catalogue runs through engine and worker process, with every kind of input that it takes."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from studio.domain import JSON, Kind, Status, Task
from studio.engines.base import Input, Job
from studio.engines.local import recipe
from studio.media.probe import probe
from tests.engines.local.bench import ROWS, Bench
from tests.engines.local.inputs import CASES


@pytest.mark.parametrize(("name", "body"), CASES, ids=lambda v: v if isinstance(v, str) else "+".join(v) or "words")
def test_the_model_makes_a_file_of_the_size_length_and_sound_asked_for(
    bench: Bench, files: dict[str, Input], name: str, body: JSON
) -> None:
    job = bench.job(name, files, **body)
    made = bench.make(job)
    assert made.status == Status.SUCCEEDED
    output = made.outputs[0]
    assert output.path is not None
    found = probe(output.path)
    assert (found.kind, found.width, found.height) == (output.kind, 96, 64)
    assert (job.work_dir / "preview.jpg").is_file(), "it was seen while it was made"
    if output.kind == Kind.VIDEO:
        planned = recipe.write(job)
        assert math.isclose(found.duration_s or 0, planned.frames / planned.fps, abs_tol=0.02)
        assert not flat(output.path), "a picture of one colour: the latents held no numbers"
        assert found.has_audio == body.get("audio", False)


def flat(path: Path) -> bool:
    """Whether a clip shows nothing but one colour."""
    return bool(pixels(path).std() < 1)


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
    first: JSON = {"first_frame": "one"}
    results = {
        _bytes(bench, files, "wan2.2-i2v-a14b", b)
        for b in (first, {"first_frame": "two"}, first | {"last_frame": "two"})
    }
    assert len(results) == 3
    edit: JSON = {"task": "video-to-video", "video": "clip"}
    ways = [{"edit": "extend"}, {"edit": "restyle", "control": "grey"}, {"edit": "restyle", "control_strength": 0.3}]
    assert len({_bytes(bench, files, "wan2.1-vace-1.3b", edit | {"params": w | {"steps": 2}}) for w in ways}) == 3


def _bytes(bench: Bench, files: dict[str, Input], name: str, body: JSON) -> bytes:
    path = bench.make(bench.job(name, files, **body)).outputs[0].path
    return Path(path or "").read_bytes()


def test_the_stages_apart_give_what_the_plain_pipeline_gives(bench: Bench, tiny_models: Path, tmp_path: Path) -> None:
    """Encoding, denoising and decoding apart, text model freed, frames streamed: within one grey level.

    Not bytes: where tensors lie in memory decides which kernel of the processor adds them up. Clips are written without
    loss, for a lossy encoder makes tens of levels of one; their way through YUV makes up to five of it.
    Guidance wrong by 0.3% moves the mean by 0.14.
    """
    names = ["wan2.2-t2v-a14b", "wan2.2-ti2v-5b", "z-image-turbo", "qwen-image", "flux2-klein-4b"]
    command = [sys.executable, "-m", "tests.engines.local.plain", str(tiny_models), str(tmp_path), *names]
    subprocess.run(command, check=True, timeout=100, capture_output=True)
    for name in names:
        mine = Path(bench.make(lossless(bench.job(name))).outputs[0].path or "")
        apart = np.abs(pixels(mine) - pixels(tmp_path / name / mine.name))
        assert apart.max() <= 6 and apart.mean() < 0.1, name


def lossless(job: Job) -> Job:
    """The same run with a row that asks for a clip without loss."""
    return replace(job, model=job.model.model_copy(update={"engine": job.model.engine | {"crf": 0}}))


def pixels(path: Path) -> np.ndarray:
    """All pictures of a file, as whole numbers that can be subtracted."""
    if path.suffix == ".png":
        return np.asarray(Image.open(path)).astype(int)
    with av.open(str(path)) as file:
        return np.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)]).astype(int)

"""Previews of runs on the own card: every family shows one, in its own colours or said to be in false ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.engines.local.colours import Colours, factors
from tests.engines.local.bench import ROOT, Bench, need_torch
from tests.engines.local.bench import ROWS as ROWS_OF

ROWS = ["wan2.2-ti2v-5b", "ltx-2", "hunyuanvideo-1.5-t2v", "flux2-klein-4b", "qwen-image"]
"""One of each geometry; test_models.py sees a picture of every row."""


@pytest.mark.parametrize("name", ROWS)
def test_every_family_shows_a_picture_of_the_shape_asked_for(bench: Bench, name: str) -> None:
    task = "text-to-image" if name == "flux2-klein-4b" else ROWS_OF.get(f"local/{name}").tasks[0]
    job = bench.job(name, task=task, params={"steps": 4})
    seen = bench.watch(bench.submit(job))
    shown = [p for p in seen if p.preview]
    assert shown, "no look found a picture"
    assert shown[-1].preview == job.work_dir / "preview.jpg"
    with Image.open(job.work_dir / "preview.jpg") as picture:
        assert picture.format == "JPEG"
        assert picture.size == (384, 256)
    measured = name in ("wan2.2-ti2v-5b", "qwen-image")
    assert shown[-1].false_colours == (not measured), "tiny models of the others have fewer channels than the real ones"


def test_tokens_are_unpacked_as_the_pipeline_packed_them_and_steps_point_to_the_result() -> None:
    need_torch()
    command = [sys.executable, "-m", "tests.engines.local.geometry"]
    told = subprocess.run(command, cwd=ROOT, check=True, timeout=100, capture_output=True, text=True).stdout
    found = json.loads(told.splitlines()[-1])
    assert {k for part in found.values() for k, held in part.items() if not held} == set()


@pytest.mark.parametrize(
    ("space", "channels"),
    [("wan21", 16), ("wan22", 48), ("flux", 16), ("flux2", 32), ("hunyuan", 16), ("hunyuan15", 32)],
)
def test_measured_spaces_have_a_row_for_every_channel(space: str, channels: int) -> None:
    known = factors(space)
    assert known is not None
    assert known[0].shape == (channels, 3)
    colours = Colours(space)
    made = colours.picture(np.zeros((channels, 4, 6), np.float32))
    assert made.shape == (4, 6, 3)
    assert not colours.false_colours
    grey = ((known[1] + 1) * 127.5).round()
    assert np.abs(made[0, 0].astype(int) - grey).max() <= 1


def test_without_measured_colours_shapes_are_shown_and_hold_still() -> None:
    """An edge is seen wherever it lies among the channels, and the same picture twice is not turned to its negative."""
    rng = np.random.default_rng(1)
    latents = rng.normal(0, 0.05, (128, 16, 24)).astype(np.float32)
    latents[40:60, :, 12:] += 1.0
    colours = Colours("")
    first = colours.picture(latents).astype(int)
    again = colours.picture(latents + rng.normal(0, 0.02, latents.shape).astype(np.float32)).astype(int)
    assert colours.false_colours
    assert abs(first[:, :12].mean() - first[:, 12:].mean()) > 60
    assert np.abs(first - again).mean() < 12


def test_a_preview_never_costs_the_run(bench: Bench, tmp_path: Path) -> None:
    """Here: its place is taken by a folder."""
    job = bench.job("z-image-turbo", params={"steps": 3})
    (job.work_dir / "preview.jpg").mkdir()
    assert bench.make(job).outputs

"""Options for speed: each acts where its row offers it, keeps to the picture as closely as it says, and is recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.domain import JSON, Progress, Status, Task
from studio.engines.base import Input
from studio.errors import Refused
from studio.messages import Message, of_error
from tests.engines.local.bench import ROWS, Bench, need_torch
from tests.engines.local.test_models import lossless, pixels

STEPS = 14
INPUTS: dict[Task, JSON] = {
    Task.IMAGE_TO_VIDEO: {"first_frame": "one"},
    Task.VIDEO_TO_VIDEO: {"image": "one", "video": "clip"},
    Task.REFERENCE_TO_VIDEO: {"references": ["one"]},
}


def path_of(made: Progress) -> Path:
    assert made.status == Status.SUCCEEDED
    return made.outputs[0].path or Path()


def difference(a: Path, b: Path) -> float:
    """The mean difference of two results in grey levels."""
    return float(np.abs(pixels(a) - pixels(b)).mean())


def run(bench: Bench, name: str, **params: object) -> tuple[Path, JSON]:
    """A clip without loss, three steps from a picture where the model takes one, and what the run tells of itself."""
    inputs = bench.pictures("one")
    taken = {"first_frame": "one"} if "i2v" in name else {}
    made = bench.make(lossless(bench.job(name, inputs, params={"steps": 3} | params, **taken)))
    return path_of(made), made.usage


# ------------------------------------------------------------------------------------------------------- step caches

OFFERS = {
    m.id.removeprefix("local/"): m.params["step_cache"].choices
    for m in ROWS
    if m.provider == "local" and "step_cache" in m.params
}
ONE_A_NETWORK = ["wan2.2-t2v-a14b", "wan2.2-ti2v-5b", "wan2.1-vace-1.3b", "wan2.2-animate-14b", "ltx-2"]
ONE_A_NETWORK += ["hunyuanvideo-1.5-i2v", "kandinsky-5-t2v-lite", "qwen-image"]


def cached(bench: Bench, files: dict[str, Input], name: str, cache: str) -> Progress:
    task = ROWS.get(f"local/{name}").tasks[0]
    body = {"task": task, "width": 64, "height": 64} | dict(INPUTS.get(task, {}))
    return bench.make(lossless(bench.job(name, files, params={"steps": STEPS, "step_cache": cache}, **body)))


@pytest.mark.parametrize("name", ONE_A_NETWORK)
def test_a_step_cache_that_a_row_offers_leaves_work_out(bench: Bench, files: dict[str, Input], name: str) -> None:
    """Of the first block alone it is only seen that it runs: random networks change too much from step to step."""
    plain = path_of(cached(bench, files, name, "off"))
    for cache in set(OFFERS[name]) - {"auto", "off"}:
        made = cached(bench, files, name, cache)
        assert made.usage["on"]["step_cache"] == cache
        assert cache == "first-block" or difference(path_of(made), plain) > 0


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_standard_mode_uses_only_a_cache_that_its_row_offers(name: str) -> None:
    model = ROWS.get(f"local/{name}")
    for mode in model.engine["modes"].values():
        assert mode.get("step_cache", "off") in model.params["step_cache"].choices
        if mode.get("step_cache") == "mag":
            assert set(model.engine["mag_cache"]) == {t.value for t in model.tasks}


# ------------------------------------------------------------------------------------------------------------ layers


@pytest.mark.parametrize("name", ["wan2.2-t2v-a14b", "wan2.2-i2v-a14b", "wan2.2-ti2v-5b", "wan2.1-vace-1.3b"])
def test_fused_projections_give_the_same_picture(bench: Bench, name: str) -> None:
    body: JSON = {"task": "reference-to-video", "references": ["one"]} if "vace" in name else {}
    body |= {"first_frame": "one"} if "i2v" in name else {}
    jobs = [
        lossless(bench.job(name, bench.pictures("one"), params={"steps": 3, "fused": f}, **body)) for f in (False, True)
    ]
    plain, fused = (bench.make(j) for j in jobs)
    assert (plain.usage["on"]["fused"], fused.usage["on"]["fused"]) == (False, True)
    assert difference(path_of(plain), path_of(fused)) < 0.1, "grey levels; the sums are added in another order"


@pytest.fixture(scope="module")
def plain(bench: Bench) -> tuple[Path, Path]:
    """A clip in 16 bits, and the same with other guidance."""
    return run(bench, "wan2.2-t2v-a14b")[0], run(bench, "wan2.2-t2v-a14b", guidance=1.2)[0]


@pytest.mark.parametrize("rung", ["resident", "one_part", "blocks", "leaves"])
def test_8_bits_stay_close_to_16_on_every_rung(bench: Bench, plain: tuple[Path, Path], rung: str) -> None:
    """Nearer to the picture of 16 bits than a picture of 16 bits with other guidance is; random weights amplify."""
    sixteen, other = plain
    job = lossless(bench.job("wan2.2-t2v-a14b", params={"steps": 3, "precision": "fp8"}))
    bench.remember(job, rung)
    made = bench.make(job)
    assert (made.usage["on"]["rung"], made.usage["on"]["weights"], made.usage["on"]["products"]) == (rung, 8, 8)
    assert 0 < difference(sixteen, path_of(made)) < difference(sixteen, other)


def test_a_kernel_that_is_not_here_is_refused_by_name_and_auto_finds_one(bench: Bench) -> None:
    with pytest.raises(Refused, match=r"kernel sage cannot be used here") as caught:
        run(bench, "wan2.2-t2v-a14b", attention="sage")
    told = of_error(caught.value)
    assert isinstance(told, Message) and told.id == "local.kernel_sage", "the id comes through the worker's pipe"
    assert run(bench, "wan2.2-t2v-a14b", attention="auto")[1]["on"]["attention"] == "native"


PROBE = """
import json
from studio.engines.local import torch_imports
torch_imports.load()
import torch
from studio.engines.local import attention, fp8, step_caches
torch.manual_seed(3)
plain = torch.nn.Linear(256, 128).to(torch.bfloat16)
x = torch.randn(32, 256).to(torch.bfloat16)
exact = plain(x).float()
cards = {"H100": (9, 0), "5090": (12, 0), "4090": (8, 9), "none": (0, 0)}
print(json.dumps({
    "kernels": {k: attention.candidates(v, masked=False) for k, v in cards.items()},
    "masked": attention.candidates((9, 0), masked=True),
    "spread": step_caches.spread([1.0, 0.9, 0.8, 0.7], 4) + step_caches.spread([1.0, 0.9, 0.8, 0.7], 2),
    "error": float((fp8.Float8Linear(plain)(x).float() - exact).abs().mean() / exact.abs().mean()),
}))
"""


def test_kernels_by_card_ratios_by_steps_and_the_error_of_an_8_bit_layer() -> None:
    need_torch()
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert found["kernels"] == {
        "H100": ["flash3", "cudnn", "native"],
        "5090": ["cudnn", "native"],
        "4090": ["native"],
        "none": ["native"],
    }
    assert found["masked"] == ["cudnn", "native"]
    assert found["spread"] == pytest.approx([1.0, 0.9, 0.8, 0.7, 1.0, 0.9 * 0.8 * 0.7])
    assert 0.005 < found["error"] < 0.05, "of what comes out, on average"


# ---------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("wan2.2-i2v-a14b", {"first_frame": "one"}),
        ("hunyuanvideo-1.5-i2v-fast", {"first_frame": "one"}),
        ("flux2-klein-4b", {"task": "image-edit", "images": ["one"]}),
    ],
)
def test_a_picture_is_encoded_once_for_all_seeds_and_the_result_is_the_same(
    bench: Bench, name: str, body: JSON
) -> None:
    inputs = bench.pictures("one")
    made = [bench.make(lossless(bench.job(name, inputs, seed=s, width=80, **body))) for s in (41, 41, 42)]
    seen = [m.usage["times"]["pictures"] for m in made]
    assert seen[0]["made"] > 0 and seen[0]["reused"] == 0
    assert [s["made"] for s in seen[1:]] == [0, 0]
    first, again, other = (path_of(m) for m in made)
    assert difference(first, again) == 0 < difference(first, other)

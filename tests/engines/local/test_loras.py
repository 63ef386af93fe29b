"""LoRA files change the result while they are named, for the experts they are for, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain import JSON, REQUEST, Status
from studio.errors import CapabilityError
from tests.engines.local.bench import ROWS, Bench, need_torch
from tests.engines.local.test_models import lossless, pixels


def write_lora(path: Path, strength: float) -> None:
    """A LoRA of rank 2 for the first block of a tiny Wan network, 48 wide."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    name = "transformer.blocks.0.attn1.to_q.lora_{}.weight"
    down, up = random.normal(size=(2, 48)), strength * random.normal(size=(48, 2))
    save_file({name.format("A"): down.astype(np.float32), name.format("B"): up.astype(np.float32)}, path)


def make(bench: Bench, **params: object) -> bytes:
    made = bench.make(bench.job("wan2.2-t2v-a14b", seed=60, params={"steps": 3} | params))
    assert made.outputs[0].path is not None
    return made.outputs[0].path.read_bytes()


def test_a_lora_acts_by_its_strength_and_expert_and_is_gone_when_it_is_not_named(bench: Bench) -> None:
    for name in ("film.safetensors", "walk.high.safetensors"):
        write_lora(bench.folder / "loras" / name, 2.0)
    plain = make(bench)
    lines = ["film.safetensors", "film.safetensors:0.3", "walk.high.safetensors"]
    with_loras = {make(bench, loras=line) for line in lines}
    assert len(with_loras | {plain}) == 4
    assert make(bench) == plain


def write_original(path: Path) -> None:
    """A LoRA of every block of a tiny Wan network, named as the distilled files of the real ones are, with `alpha`."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(6)
    layers = [f"{kind}_attn.{part}" for kind in ("self", "cross") for part in "qkvo"]
    sides = dict.fromkeys(layers, (48, 48)) | {"ffn.0": (48, 96), "ffn.2": (96, 48)}
    tensors = {}
    for block in range(4):
        for layer, (wide, out) in sides.items():
            name = f"diffusion_model.blocks.{block}.{layer}"
            tensors[f"{name}.lora_down.weight"] = random.normal(size=(2, wide)).astype(np.float32)
            tensors[f"{name}.lora_up.weight"] = 0.1 * random.normal(size=(out, 2)).astype(np.float32)
            tensors[f"{name}.alpha"] = np.array(2.0, np.float32)
    save_file(tensors, path)


FOUR_STEPS: dict[str, JSON] = {
    "wan2.2-t2v-a14b": {},
    "wan2.2-i2v-a14b": {"first_frame": "one"},
    "wan2.2-ti2v-5b": {"task": "image-to-video", "first_frame": "one"},
    "wan2.1-vace-14b": {"task": "reference-to-video", "references": ["one"]},
}


@pytest.mark.parametrize("name", FOUR_STEPS)
def test_draft_mode_names_the_files_it_lacks_and_runs_four_steps_with_them(
    bench: Bench, tiny_models: Path, name: str
) -> None:
    row, inputs = ROWS.get(f"local/{name}"), bench.pictures("one")
    body: JSON = {"params": {"mode": "draft"}} | FOUR_STEPS[name]
    job = bench.job(name, inputs, **body)
    assets = {i: one.asset for i, one in inputs.items()}
    loras = row.engine["modes"]["draft"]["loras"]
    (problem,) = bench.engine.problems(job.request, row, assets)
    assert (problem.field, loras[0]["repo"] in str(problem)) == ("mode", True)
    for one in loras:
        write_original(tiny_models / one["repo"] / one["file"])
    assert bench.engine.problems(job.request, row, assets) == []
    seen = bench.watch(bench.submit(job))
    assert seen[-1].status == Status.SUCCEEDED
    assert any(p.word.endswith("/4") for p in seen)
    assert (seen[-1].usage["steps"], seen[-1].usage["guidance"]) == (4, 1)
    assert [one.get("expert") for one in loras] == (["high", "low"] if "a14b" in name else [None])


def test_distilled_files_change_the_result_also_in_8_bits(bench: Bench) -> None:
    write_original(bench.folder / "loras" / "fast.safetensors")
    runs: list[JSON] = [{}, {"loras": "fast.safetensors"}, {"loras": "fast.safetensors", "precision": "fp8"}]
    jobs = [bench.job("wan2.2-ti2v-5b", task="text-to-video", params={"steps": 3} | r) for r in runs]
    made = [bench.make(lossless(job)) for job in jobs]
    plain, with_file, eight = (pixels(Path(m.outputs[0].path or "")) for m in made)
    assert made[2].usage["on"]["weights"] == 8
    assert np.abs(with_file - plain).mean() > np.abs(eight - with_file).mean() > 0


@pytest.mark.parametrize("line", ["../secret.safetensors", "film.ckpt", "film.safetensors:much"])
def test_a_lora_line_that_cannot_be_right_is_refused(bench: Bench, line: str) -> None:
    need_torch()
    row = ROWS.get("local/wan2.2-t2v-a14b")
    body = {"task": "text-to-video", "model": row.id, "prompt": "x", "params": {"loras": line}}
    (problem,) = bench.engine.problems(REQUEST.validate_python(body), row, {})
    assert isinstance(problem, CapabilityError)
    assert problem.field == "loras"

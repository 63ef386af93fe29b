"""LoRA files change the result while they are named, for the experts they are for, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.domain import REQUEST, Status
from studio.errors import CapabilityError
from tests.local.bench import ROWS, Bench, need_torch

LIGHTNING = "lightx2v/Wan2.2-Lightning/Wan2.2-T2V-A14B-4steps-lora-rank64-Seko-V1.1"


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


def test_draft_mode_names_the_files_it_lacks_and_runs_four_steps_with_them(bench: Bench, tiny_models: Path) -> None:
    row = ROWS.get("local/wan2.2-t2v-a14b")
    body = {"task": "text-to-video", "model": row.id, "prompt": "fast", "params": {"mode": "draft"}}
    (problem,) = bench.engine.problems(REQUEST.validate_python(body), row, {})
    assert (problem.field, "lightx2v/Wan2.2-Lightning" in str(problem)) == ("mode", True)
    for file in ("high_noise_model.safetensors", "low_noise_model.safetensors"):
        write_lora(tiny_models / LIGHTNING / file, 0.5)
    assert bench.engine.problems(REQUEST.validate_python(body), row, {}) == []
    seen = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", params={"mode": "draft"})))
    assert seen[-1].status == Status.SUCCEEDED
    assert any(p.word.endswith("/4") for p in seen)
    assert (seen[-1].usage["steps"], seen[-1].usage["guidance"]) == (4, 1)


@pytest.mark.parametrize("line", ["../secret.safetensors", "film.ckpt", "film.safetensors:much"])
def test_a_lora_line_that_cannot_be_right_is_refused(bench: Bench, line: str) -> None:
    need_torch()
    row = ROWS.get("local/wan2.2-t2v-a14b")
    body = {"task": "text-to-video", "model": row.id, "prompt": "x", "params": {"loras": line}}
    (problem,) = bench.engine.problems(REQUEST.validate_python(body), row, {})
    assert isinstance(problem, CapabilityError)
    assert problem.field == "loras"

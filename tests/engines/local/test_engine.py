"""The local engine end to end: real worker process, real pipelines with tiny random weights, on the processor."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from studio.domain import Progress, Status
from studio.errors import EngineError
from tests.engines.local.bench import Bench


def digest(made: Progress) -> str:
    path = made.outputs[0].path
    assert path is not None
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_file_and_another_seed_another(bench: Bench) -> None:
    first, again, other = (bench.make(bench.job("wan2.2-t2v-a14b", seed=s)) for s in (7, 7, 8))
    assert first.status == Status.SUCCEEDED
    assert digest(first) == digest(again) != digest(other)
    assert first.seed == 7


def test_progress_names_every_stage_and_step_and_never_goes_back(bench: Bench) -> None:
    seen = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt="a prompt of its own", params={"steps": 20})))
    assert {"encoding", "denoising", "decoding"} <= {p.word.split()[0] for p in seen}
    assert len({p.word for p in seen if p.word.startswith("denoising")}) > 3
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions)
    assert any(p.eta_s is not None for p in seen)


def test_a_prompt_is_encoded_once(bench: Bench) -> None:
    prompt = "encoded only once"
    first = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt=prompt)))
    again = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt=prompt, seed=9)))
    assert "encoding" in [p.word for p in first]
    assert "encoding" not in [p.word for p in again]


def test_what_was_on_is_kept_with_the_result(bench: Bench) -> None:
    """Enough to repeat it: steps, guidance, kernel, precision, cache, rung, versions, seconds of each stage."""
    usage = bench.make(bench.job("wan2.2-t2v-a14b", params={"steps": 14, "step_cache": "first-block"})).usage
    assert usage["on"] | {"rung": "resident", "dtype": "float32", "attention": "native"} == usage["on"]
    assert usage["on"]["step_cache"] == "first-block"
    assert {"torch", "diffusers", "transformers"} <= set(usage["versions"])
    assert {"denoise_s", "decode_s", "step_s"} <= set(usage["times"])
    assert usage["on"] | {"fused": False, "weights": 16, "compile": False, "shift": 12.0} == usage["on"]
    assert (usage["tiled"], usage["loras"], usage["guidance_until"]) == (False, {}, 0.67)
    few = bench.make(bench.job("wan2.2-t2v-a14b", params={"steps": 3, "step_cache": "first-block"})).usage
    assert few["on"]["step_cache"] == "off", "distilled models lose visibly by a skipped step"


def test_a_card_that_is_not_there_is_said_and_not_tried_for_ever(tiny_models: Path, tmp_path: Path) -> None:
    lonely = Bench(tmp_path, tiny_models, devices="7")
    try:
        with pytest.raises(EngineError, match="worker for GPU 7 could not start"):
            lonely.make(lonely.job("z-image-turbo"))
    finally:
        lonely.close()

"""The local engine end to end: real worker process, real pipelines with tiny random weights, on the processor."""

from __future__ import annotations

import hashlib

from studio.domain import Progress, Status
from tests.local.bench import Bench


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
    seen = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt="a prompt of its own")))
    words = [p.word for p in seen]
    assert {"encoding", "denoising 1/3", "decoding 5/9"} <= set(words)
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions)
    assert any(p.eta_s is not None for p in seen)


def test_a_prompt_is_encoded_once(bench: Bench) -> None:
    prompt = "encoded only once"
    first = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt=prompt)))
    again = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", prompt=prompt, seed=9)))
    assert "encoding" in [p.word for p in first]
    assert "encoding" not in [p.word for p in again]

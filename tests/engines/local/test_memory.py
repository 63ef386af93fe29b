"""The ladder of memory: every rung works, out-of-memory goes down by itself, and what worked is remembered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain import Status
from studio.engines.local import plan, recipe
from studio.errors import EngineError, Refused
from tests.engines.local.bench import ROWS, Bench


@pytest.fixture(scope="module")
def own(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An engine with two devices and a short idle time, whose memory limit tests may change."""
    made = Bench(tmp_path_factory.mktemp("memory"), tiny_models, devices="cpu,cpu", idle_s=4.0)
    yield made
    made.close()


def peaks(own: Bench) -> dict[str, int]:
    """The expected peak of the usual run on every rung."""
    made = recipe.write(own.job("wan2.2-t2v-a14b"))
    part = own.engine.parts(ROWS.get("local/wan2.2-t2v-a14b"))
    return {r: plan.peak(r, part, made.width, made.height, made.frames, made.engine) for r in plan.RUNGS}


def test_out_of_memory_goes_down_the_ladder_and_starts_there_next_time(own: Bench) -> None:
    own.engine.limit_memory(peaks(own)["one_part"])
    first = own.make(own.job("wan2.2-t2v-a14b", prompt="down the ladder"))
    assert first.usage["rungs_tried"] == ["resident", "text_freed", "one_part"]
    again = own.make(own.job("wan2.2-t2v-a14b", prompt="down the ladder", seed=8))
    assert again.usage["rungs_tried"] == ["one_part"]
    seen = json.loads((own.folder / "cache" / "local" / "seen.json").read_text())
    assert [v["rung"] for v in seen.values()] == ["one_part"]


def test_what_no_rung_can_hold_is_refused_with_advice_and_the_next_run_works(own: Bench) -> None:
    own.engine.limit_memory(1)
    with pytest.raises(Refused, match=r"even layer by layer\. Choose a smaller size"):
        own.make(own.job("wan2.2-t2v-a14b", width=128))
    own.engine.limit_memory(None)
    assert own.make(own.job("wan2.2-t2v-a14b", width=128)).status == Status.SUCCEEDED


@pytest.mark.parametrize("rung", plan.RUNGS)
def test_every_rung_makes_the_clip(own: Bench, rung: str) -> None:
    """As after an earlier out-of-memory: the remembered rung is the first that is tried."""
    own.engine.limit_memory(None)
    job = own.job("wan2.2-i2v-a14b", own.pictures("one"), first_frame="one", height=96)
    own.remember(job, rung)
    made = own.make(job)
    assert made.usage["on"]["rung"] == rung
    assert made.usage["rungs_tried"] == [rung]


def test_a_failed_decode_does_not_cost_the_denoising(own: Bench) -> None:
    job = own.job("wan2.2-t2v-a14b", seed=90, params={"steps": 20})
    job.work_dir.rmdir()
    job.work_dir.touch()  # nothing can be written into a file
    with pytest.raises(EngineError, match="decoding"):
        own.make(job)
    again = own.watch(own.submit(own.job("wan2.2-t2v-a14b", seed=90, params={"steps": 20})))
    assert again[-1].status == Status.SUCCEEDED
    assert not [p.word for p in again if p.word.startswith("denoising")]
    assert not list((own.folder / "cache" / "local" / "latents").iterdir()), "kept latents are thrown away in the end"


def test_two_cards_work_at_once_and_each_keeps_its_model(own: Bench) -> None:
    names = ("z-image-turbo", "flux2-klein-4b")
    for _ in range(2):  # the second time both processes are there, so neither card is freed while the other starts
        handles = [own.submit(own.job(n, task="text-to-image", params={"steps": 20})) for n in names]
        assert len({card["run"] for card in own.engine.status() if card["run"]}) == 2
        for handle in handles:
            assert own.watch(handle)[-1].status == Status.SUCCEEDED
    for name in reversed(names):
        words = [p.word for p in own.watch(own.submit(own.job(name, task="text-to-image", seed=3)))]
        assert "loading" not in words, f"{name} was loaded already"


def test_an_idle_card_is_freed(own: Bench) -> None:
    own.make(own.job("z-image-turbo"))
    assert any(card["loaded"] for card in own.engine.status())
    deadline = time.monotonic() + 20
    while any(card["loaded"] for card in own.engine.status()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(card["loaded"] for card in own.engine.status())

"""Workers of the draft engine that are killed, hang or break: their runs start again, are held or fail, each in a
sentence and at once, and the other runs go on. Real worker processes under a real job manager."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.catalogue import load
from studio.domain import HeldReason, Run, Status
from studio.engines.draft import DraftEngine, pool
from studio.errors import CapabilityError
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK

LONG: dict[str, Any] = {"task": "text-to-video", "model": "draft/animatic", "prompt": "pan over snowy mountains"}
LONG |= {"duration_s": 60, "audio": False, "width": 640, "height": 360, "fps": 60}
SHORT: dict[str, Any] = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a red coat"}
SHORT |= {"width": 128, "height": 72}
TRACES = (".cpp", ".py", "Traceback", "/")


@contextmanager
def opened(
    data: Path, *, workers: int = 1, silent_s: float = pool.HANG_TIMEOUT_S, idle_s: float = pool.IDLE_S
) -> Iterator[tuple[Studio, DraftEngine]]:
    """A studio with the draft engine alone."""
    settings = Settings(data=data, workers=workers)
    engine = DraftEngine(settings, hang_timeout_s=silent_s, idle_s=idle_s)
    with Studio.open(settings, engines={"draft": engine}, catalogue=load(), timing=QUICK) as studio:
        yield studio, engine


def until(true: Callable[[], bool], within_s: float = 120) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def drawing(studio: Studio, run: Run) -> bool:
    return (studio.local.runs.get(run.id).fraction or 0) > 0.001


def settled(studio: Studio, run: Run) -> Run:
    until(lambda: studio.local.runs.get(run.id).status not in (Status.QUEUED, Status.RUNNING))
    return studio.local.runs.get(run.id)


def whys(studio: Studio, run: Run) -> list[str]:
    return [e.why for e in studio.local.runs.history(run.id)]


def kill_its_worker(studio: Studio, engine: DraftEngine, run: Run, how: int = signal.SIGKILL) -> None:
    until(lambda: drawing(studio, run))
    os.kill(engine.pool.pids()[0], how)


def test_a_worker_without_work_is_ended_and_the_next_draft_gets_another(tmp_path: Path) -> None:
    """Ended by closing its input, which it answers with exit code 0; one at work stays."""
    with opened(tmp_path, idle_s=0.4) as (studio, engine):
        for seed in (1, 2):
            [run] = studio.local.requests.submit(SHORT | {"seed": seed})
            until(lambda: bool(engine.pool.pids()))
            assert settled(studio, run).status == Status.SUCCEEDED
            until(lambda: engine.pool.pids() == [])
        [long] = studio.local.requests.submit(LONG | {"duration_s": 4})
        until(lambda: drawing(studio, long))
        [worker] = engine.pool.pids()
        assert settled(studio, long).status == Status.SUCCEEDED
        assert engine.pool.pids() in ([worker], [])
        assert whys(studio, long).count("The run starts again.") == 0


def test_a_run_whose_worker_is_killed_starts_again_at_once_with_the_reason(tmp_path: Path) -> None:
    with opened(tmp_path) as (studio, engine):
        [run] = studio.local.requests.submit(LONG | {"duration_s": 8})
        kill_its_worker(studio, engine, run)
        until(lambda: "signal 9" in (studio.local.runs.get(run.id).note or ""))
        [other] = studio.local.requests.submit(SHORT)
        done = [settled(studio, r) for r in (run, other)]
        assert [r.status for r in done] == [Status.SUCCEEDED] * 2
        assert done[0].note is None
        assert "The draft engine stopped unexpectedly (signal 9). The run starts again." in whys(studio, run)
        assert done[0].attempt == 2


def test_a_run_that_loses_two_workers_waits_for_a_person_and_the_others_go_on(tmp_path: Path) -> None:
    with opened(tmp_path) as (studio, engine):
        [run] = studio.local.requests.submit(LONG)
        kill_its_worker(studio, engine, run)
        until(lambda: studio.local.runs.get(run.id).attempt == 2)
        kill_its_worker(studio, engine, run)
        held = settled(studio, run)
        assert (held.status, held.held_reason) == (Status.HELD, HeldReason.CRASHED_TWICE)
        assert "signal 9" in (held.error or "")
        assert [c.id for c in studio.queue.hold_choices(held)] == ["try_again", "give_up"]
        [other] = studio.local.requests.submit(SHORT)
        assert settled(studio, other).status == Status.SUCCEEDED
        studio.local.runs.decide(run.id, "try_again")
        until(lambda: drawing(studio, run))
        studio.local.runs.cancel(run.id)
        assert settled(studio, run).status == Status.CANCELLED


@pytest.mark.skipif(os.name == "nt", reason="stopping a process in the middle needs POSIX signals")
def test_a_hung_worker_is_ended_and_its_run_starts_again_once(tmp_path: Path) -> None:
    with opened(tmp_path, silent_s=9) as (studio, engine):
        [run] = studio.local.requests.submit(LONG)
        kill_its_worker(studio, engine, run, signal.SIGSTOP)
        until(lambda: studio.local.runs.get(run.id).attempt == 2)
        kill_its_worker(studio, engine, run, signal.SIGSTOP)
        failed = settled(studio, run)
        assert failed.status == Status.FAILED
        assert failed.error == "The draft engine made no progress for 9 seconds and was stopped. This happened twice."
        [other] = studio.local.requests.submit(SHORT)
        assert settled(studio, other).status == Status.SUCCEEDED


def command(patch: str) -> tuple[str, ...]:
    """A real worker whose drawing does something else first. drawn: how many jobs this process had before."""
    return (
        sys.executable,
        "-c",
        "import runpy\nfrom studio.animatic.clips import make\nreal, drawn = make.make, []\n"
        f"def broken(order, tell):\n    drawn.append(order)\n    {patch}\n    return real(order, tell)\n"
        "make.make = broken\nrunpy.run_module('studio.animatic.worker', run_name='__main__')",
    )


BREAK = "if 'break' in order.prompt: raise RuntimeError('/io/opencv/imgwarp.cpp:1427: error')"


def test_an_engine_that_breaks_fails_the_run_at_once_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both places break and are free again: the runs behind them are drawn."""
    monkeypatch.setattr(pool, "COMMAND", command(BREAK))
    with opened(tmp_path, workers=2) as (studio, _):
        bad = [studio.local.requests.submit(SHORT | {"prompt": "break"})[0] for _ in range(3)]
        good = [studio.local.requests.submit(SHORT)[0] for _ in range(2)]
        done = [settled(studio, r) for r in bad]
        assert {r.status for r in done} == {Status.FAILED}
        assert not [t for r in done for t in TRACES if t in (r.error or "")]
        assert "RuntimeError" in (done[0].error or "")
        assert {settled(studio, r).status for r in good} == {Status.SUCCEEDED}


def test_what_a_worn_worker_breaks_on_is_drawn_by_a_fresh_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "COMMAND", command("if len(drawn) > 1: raise RuntimeError('worn')"))
    with opened(tmp_path) as (studio, _):
        for _ in range(2):
            assert settled(studio, studio.local.requests.submit(SHORT)[0]).status == Status.SUCCEEDED


WRONG = {
    "{'kind': 'video'}": "type image instead of video",
    "{'kind': 'hologram'}": "returned no result",
    "{'size': [64, 64]}": "128x72 pixels instead of 64x64",
    "{'size': 5}": "returned no result",
    "{'path': '/nowhere/draft.png'}": "left no file",
}
"""What a worker may say falsely about its result, and what is said of it."""


def test_a_wrong_word_about_the_result_fails_the_run_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = f"return {{**real(order, tell), **[{{}}, {', '.join(WRONG)}][order.seed]}}"
    monkeypatch.setattr(pool, "COMMAND", command(patch))
    with opened(tmp_path) as (studio, _):
        made = [studio.local.requests.submit(SHORT | {"seed": n})[0] for n in range(len(WRONG) + 1)]
        good, *bad = [settled(studio, r) for r in made]
        assert good.status == Status.SUCCEEDED
        for run, sentence in zip(bad, WRONG.values(), strict=True):
            assert run.status == Status.FAILED
            assert sentence in (run.error or "")


def picture(studio: Studio, folder: Path, width: int, height: int) -> str:
    path = folder / f"{width}x{height}.png"
    Image.new("RGB", (width, height), "teal").save(path)
    return studio.local.assets.add(path).id


def test_pictures_longer_than_any_clip_are_refused_before_they_wait(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    slots = {"image-to-video": "first_frame", "image-edit": "image", "reference-to-video": "references"}
    with Studio.open(settings, engines={"draft": DraftEngine(settings)}, catalogue=load(), start=False) as studio:
        for size in ((2000, 1), (1, 500), (30000, 2)):
            thin = picture(studio, tmp_path, *size)
            for task, slot in slots.items():
                body = {"task": task, "model": "draft/animatic", "prompt": "pan"}
                with pytest.raises(CapabilityError, match="up to 64:1"):
                    studio.local.requests.submit(body | {slot: [thin] if slot == "references" else thin})
    row = load().get("draft/animatic")
    assert {spec.max_aspect for spec in row.inputs.values() if "audio" not in spec.kinds} == {64}


@pytest.mark.parametrize("shape", [(1, 1), (64, 1), (1, 64), (3, 190)])
def test_the_thinnest_pictures_that_are_taken_keep_their_shape(tmp_path: Path, shape: tuple[int, int]) -> None:
    with opened(tmp_path / "data", workers=2) as (studio, _):
        thin, square = picture(studio, tmp_path, *shape), picture(studio, tmp_path, 3, 3)
        shared = {"model": "draft/animatic", "tier": "480P", "duration_s": 1, "fps": 12, "audio": False}
        [clip] = studio.local.requests.submit(
            shared | {"task": "image-to-video", "prompt": "orbit", "first_frame": thin, "last_frame": square}
        )
        edit = {"task": "image-edit", "model": "draft/animatic", "prompt": "oil painting", "image": thin}
        [edited] = studio.local.requests.submit(edit)
        moving, still = settled(studio, clip).assets, settled(studio, edited).assets
        made = [a for a in moving if a.kind == "video"][-1]
        assert (made.width or 0) / (made.height or 1) == pytest.approx(shape[0] / shape[1], rel=0.02)
        assert (still[-1].width, still[-1].height) == shape

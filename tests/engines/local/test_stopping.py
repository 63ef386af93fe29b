"""Cancelling, killing, crashing: the studio goes on, the card is free again, and the next result is right."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from studio.domain import Status
from studio.errors import WorkerLost
from tests.engines.local.bench import Bench

LONG = {"steps": 1000}


def worker(bench: Bench) -> int:
    """The process that holds the model."""
    return next(card["pid"] for card in bench.engine.status() if card["run"])


def test_a_cancel_is_seen_at_the_next_step_and_the_model_stays_loaded(bench: Bench) -> None:
    expected = _bytes(bench, seed=70)
    handle = bench.submit(bench.job("wan2.2-t2v-a14b", seed=71, params=LONG))
    bench.watch(handle, until="denoising")
    pid, began = worker(bench), time.monotonic()
    assert bench.cancel(handle)
    assert bench.watch(handle)[-1].status == Status.CANCELLED
    assert time.monotonic() - began < 3
    seen = bench.watch(bench.submit(bench.job("wan2.2-t2v-a14b", seed=72)))
    assert "loading" not in [p.word for p in seen]
    assert _bytes(bench, seed=70) == expected, "an aborted run left something behind"
    assert not bench.cancel(handle), "a run that ended cannot be cancelled"
    assert bench.engine.status()[0]["pid"] == pid


def _bytes(bench: Bench, seed: int) -> bytes:
    path = bench.make(bench.job("wan2.2-t2v-a14b", seed=seed)).outputs[0].path
    assert path is not None
    return path.read_bytes()


def test_a_waiting_run_is_cancelled_at_once(bench: Bench) -> None:
    running = bench.submit(bench.job("wan2.2-t2v-a14b", seed=73, params=LONG))
    waiting = bench.submit(bench.job("wan2.2-t2v-a14b", seed=74))
    assert bench.look(waiting).position == 1
    assert bench.cancel(waiting)
    assert bench.look(waiting).status == Status.CANCELLED
    bench.cancel(running)
    bench.watch(running)


@pytest.mark.skipif(os.name == "nt", reason="stopping a process in the middle needs POSIX signals")
def test_a_worker_that_does_not_answer_is_killed_after_the_grace_time(bench: Bench) -> None:
    handle = bench.submit(bench.job("wan2.2-t2v-a14b", seed=75, params=LONG))
    bench.watch(handle, until="denoising")
    os.kill(worker(bench), signal.SIGSTOP)  # a kernel that never returns
    began = time.monotonic()
    bench.cancel(handle)
    assert bench.watch(handle)[-1].status == Status.CANCELLED
    assert time.monotonic() - began < bench.GRACE_S + 3
    assert bench.make(bench.job("wan2.2-t2v-a14b", seed=76)).status == Status.SUCCEEDED


def test_a_killed_worker_is_said_at_once_and_the_next_is_there_in_no_time(bench: Bench) -> None:
    """The job manager counts how often; here the run only learns what became of its worker."""
    handle = bench.submit(bench.job("wan2.2-t2v-a14b", seed=77, params=LONG))
    bench.watch(handle, until="denoising")
    os.kill(first := worker(bench), signal.SIGKILL)
    with pytest.raises(WorkerLost, match="signal 9") as lost:
        bench.watch(handle)
    assert not lost.value.hung
    began = time.monotonic()
    assert bench.make(bench.job("wan2.2-t2v-a14b", seed=78)).status == Status.SUCCEEDED
    assert time.monotonic() - began < 5, "the libraries were imported again"
    assert bench.engine.status()[0]["pid"] != first


def test_a_run_goes_on_after_its_worker_was_killed(bench: Bench) -> None:
    expected = _bytes(bench, seed=79)
    job = bench.job("wan2.2-t2v-a14b", seed=79)
    handle = bench.submit(job)
    os.kill(worker(bench), signal.SIGKILL)
    with pytest.raises(WorkerLost):
        bench.watch(handle)
    path = bench.make(job).outputs[0].path
    assert path is not None
    assert path.read_bytes() == expected


@pytest.mark.skipif(os.name == "nt", reason="stopping a process in the middle needs POSIX signals")
def test_a_hung_worker_is_ended_and_the_card_is_free(tmp_path: Path, tiny_models: Path) -> None:
    own = Bench(tmp_path, tiny_models, silent_s=6)
    try:
        handle = own.submit(own.job("wan2.2-t2v-a14b", seed=80, params=LONG))
        own.watch(handle, until="denoising")
        os.kill(worker(own), signal.SIGSTOP)  # a kernel that never returns
        with pytest.raises(WorkerLost, match="no progress") as lost:
            own.watch(handle)
        assert lost.value.hung
        assert own.make(own.job("wan2.2-t2v-a14b", seed=81)).status == Status.SUCCEEDED
    finally:
        own.close()


def test_a_worker_that_is_slow_to_start_does_not_hang(tmp_path: Path, tiny_models: Path) -> None:
    """Importing the libraries takes seconds, longer than the longest silence that this run is granted."""
    own = Bench(tmp_path, tiny_models, silent_s=0.3)
    try:
        handle = own.submit(own.job("wan2.2-t2v-a14b", seed=82))
        time.sleep(1)
        assert own.look(handle).status == Status.RUNNING
    finally:
        own.close()

"""What a restart of ComfyUI loses is queued again or held, and said; what it has is never queued twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.domain import JSON, HeldReason, Run, Status
from studio.studio import Studio
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served
from tests.support.comfyui import opened

BODY: JSON = {"task": "text-to-image", "model": "comfyui/qwen-image", "prompt": "a fox", "width": 256, "height": 256}


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    """A ComfyUI with every official file."""
    return ComfyServer(tmp_path / "comfy", official_files())


@pytest.fixture
def comfy(server: ComfyServer) -> Iterator[str]:
    """Its address."""
    with served(server.app()) as base:
        yield base


def until(look: Callable[[], bool], *, within_s: float = 20) -> None:
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def said(studio: Studio, run: Run) -> str:
    return " ".join(event.why or "" for event in studio.local.runs.history(run.id))


def test_a_run_that_a_restart_lost_starts_again_and_says_so(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.step_s = 0.2
    with opened(tmp_path, comfy) as studio:
        running, waiting = studio.local.requests.submit(BODY | {"n": 2})
        until(lambda: len(server.posts) == 2 and server.running is not None)
        server.forget()
        server.step_s = 0.01
        done = studio.local.runs.wait([running.id, waiting.id], timeout_s=20)
        assert [(r.status, r.attempt) for r in done] == [(Status.SUCCEEDED, 2)] * 2
        assert all("It was restarted" in said(studio, run) for run in done)
    assert sorted(server.posts.values()) == [2, 2]


def test_a_server_that_loses_a_run_again_and_again_is_not_fed_for_ever(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    server.step_s = 0.5
    with opened(tmp_path, comfy) as studio:
        [run] = studio.local.requests.submit(BODY)

        def lost() -> bool:
            if server.running is not None:
                server.forget()
            return studio.local.runs.get(run.id).status == Status.HELD

        until(lost)
        held = studio.local.runs.get(run.id)
        assert held.held_reason == HeldReason.CRASHED_TWICE
        assert "no longer has this run" in (held.error or "")
    assert list(server.posts.values()) == [held.attempt]


def test_a_run_whose_answer_was_lost_is_found_there_and_not_queued_twice(
    tmp_path: Path, server: ComfyServer, comfy: str
) -> None:
    server.lose_answer = True
    with opened(tmp_path, comfy) as studio:
        [run] = studio.local.requests.submit(BODY)
        [done] = studio.local.runs.wait([run.id], timeout_s=20)
        assert done.status == Status.SUCCEEDED
    assert list(server.posts.values()) == [1]


def test_a_studio_that_restarts_finds_its_run_where_it_left_it(tmp_path: Path, server: ComfyServer, comfy: str) -> None:
    server.step_s = 0.2
    with opened(tmp_path, comfy) as studio:
        [run] = studio.local.requests.submit(BODY)
        until(lambda: studio.local.runs.get(run.id).handle is not None)
    server.step_s = 0.01
    with opened(tmp_path, comfy) as studio:
        [done] = studio.local.runs.wait([run.id], timeout_s=20)
        assert (done.status, done.attempt) == (Status.SUCCEEDED, 1)
    assert list(server.posts.values()) == [1]

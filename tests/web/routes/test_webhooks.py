"""Providers call a run's one-time address: the run is looked at once, at once. Everything else is refused alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from studio.domain import Run, Status
from studio.studio import Studio
from tests.engines.alibaba.test_studio import rest
from tests.providers.fal import FalServer
from tests.providers.webhooks import Ed25519Signer, WebhookSender
from tests.support import webhooks

BODY = {"model": "fal/wan2.7-t2v", "task": "text-to-video", "duration_s": 2, "prompt": "a fox"}
JSON_TYPE = {"content-type": "application/json"}
LIMIT_S = 15


@pytest.fixture(scope="module")
def fal() -> Iterator[FalServer]:
    with FalServer() as server:
        yield server


@pytest.fixture
def server(fal: FalServer) -> FalServer:
    """As new: runs of earlier tests may wait for ever, and nobody asks about them."""
    fal.calls.clear()
    fal.webhooks = WebhookSender(fal.webhook_headers, studio=fal.webhooks.studio)
    fal.queue_s, fal.running_s = 0.05, 0.1
    return fal


@pytest.fixture(scope="module")
def studio(fal: FalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Served under its public name, closed by a password, without a poll by the clock."""
    closed = webhooks.opened("fal", tmp_path_factory.mktemp("hooks"), fal.url, password=webhooks.PASSWORD)
    with closed as studio, webhooks.served(studio) as fal.webhooks.studio:
        yield studio


def noted(studio: Studio, run: Run) -> str | None:
    return studio.local.runs.get(run.id).note


def submit(studio: Studio) -> Run:
    (run,) = studio.local.requests.submit(BODY)
    return run


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("fault", ["", "twice", "before the answer"])
def test_a_call_brings_the_result_without_a_poll_by_the_clock(studio: Studio, server: FalServer, fault: str) -> None:
    server.webhooks.faults.append(fault)
    if fault == "before the answer":
        server.queue_s = server.running_s = 0
    run = rest(studio, submit(studio))
    assert run.status == Status.SUCCEEDED, run.error
    assert server.calls["status"] == 1
    until(lambda: len(server.webhooks.answers) == 1 + (fault == "twice"))
    assert server.webhooks.answers == [204, 404][: len(server.webhooks.answers)]
    (address,) = server.webhooks.urls
    token = address.rpartition("/")[2]
    assert address == f"{webhooks.PUBLIC}/hooks/{token}"
    kept = b"".join(p.read_bytes() for p in studio.settings.data.glob("studio.db*"))
    assert token.encode() not in kept


@pytest.mark.parametrize(("fault", "answer"), [("forged", 404), ("late", 404), ("other run", 404), ("plain text", 415)])
def test_a_call_that_is_not_the_providers_own_wakes_nobody(
    studio: Studio, server: FalServer, fault: str, answer: int
) -> None:
    server.webhooks.faults.append(fault)
    run = submit(studio)
    until(lambda: server.webhooks.answers)
    assert server.webhooks.answers == [answer]
    assert studio.local.runs.get(run.id).status == Status.RUNNING
    assert server.calls["status"] == 0


def test_a_call_signed_with_another_key_is_refused_and_keys_are_not_asked_for_at_every_call(
    studio: Studio, server: FalServer
) -> None:
    published, server.signer = server.signer, Ed25519Signer()
    key_set, server.signer.key_set = server.signer.key_set, published.key_set
    try:
        for count in (1, 2):
            submit(studio)
            until(lambda count=count: len(server.webhooks.answers) == count)
    finally:
        server.signer.key_set, server.signer = key_set, published
    assert (server.webhooks.answers, server.calls["status"]) == ([404, 404], 0)
    assert server.calls["keys"] <= 1


def test_the_address_dies_with_its_run_and_then_answers_as_any_other(studio: Studio, server: FalServer) -> None:
    rest(studio, submit(studio))
    dead = server.webhooks.urls[0].removeprefix(webhooks.PUBLIC)
    unknown = "/hooks/" + "A" * 43
    with httpx.Client(base_url=server.webhooks.studio, headers=JSON_TYPE) as web:
        answers = [web.post(path, content=b"{}") for path in (dead, unknown)]
        told = [(a.status_code, a.content, {k: v for k, v in a.headers.items() if k != "date"}) for a in answers]
        assert told[0] == told[1]
        assert told[0][:2] == (404, b"")
        statuses = {web.post(unknown, content=b"{}").status_code for _ in range(80)}
    assert statuses == {404, 429}, "guesses have a rate"
    assert rest(studio, submit(studio)).status == Status.SUCCEEDED, "known addresses have none"


@pytest.mark.parametrize("answer", ["there", "lost"])
def test_an_address_still_works_after_a_restart(tmp_path: Path, answer: str) -> None:
    """Only its hash was kept. Where the submit's answer was lost, the call says which task is the run's."""
    with FalServer() as server:
        if answer == "lost":
            server.fail("submit", "drop-after")
        server.webhooks.faults.append("lost")
        server.queue_s = server.running_s = 0
        with webhooks.opened("fal", tmp_path / "data", server.url) as studio:
            run = submit(studio)
            until(lambda: studio.local.runs.get(run.id).handle or "calls when" in (noted(studio, run) or ""))
        again = webhooks.opened("fal", tmp_path / "data", server.url)
        with again as studio, webhooks.served(studio) as server.webhooks.studio:
            until(lambda: studio.webhooks.knows(server.webhooks.urls[0].rpartition("/")[2]))
            assert call(server, next(iter(server.tasks))).status_code == 204
            assert rest(studio, run).status == Status.SUCCEEDED


def call(server: FalServer, task: str, **more: str) -> httpx.Response:
    """One call as fal makes it."""
    sender = server.webhooks
    raw = json.dumps(server.webhook(task)).encode()
    headers = {**JSON_TYPE, **server.webhook_headers(raw, task, int(time.time())), "host": "studio.example", **more}
    return httpx.post(sender.urls[-1].replace(webhooks.PUBLIC, sender.studio), content=raw, headers=headers)


def test_a_call_is_bounded_and_answers_nothing(studio: Studio, server: FalServer) -> None:
    server.webhooks.faults.append("lost")
    submit(studio)
    until(lambda: server.webhooks.urls)
    address = server.webhooks.urls[0].replace(webhooks.PUBLIC, server.webhooks.studio)
    bodies = {b"{": 400, b"[" * 100_000: 400, b'{"a":' * 90 + b"1" + b"}" * 90: 400, b" " * (2**20 + 1): 413}
    with httpx.Client(headers=JSON_TYPE) as web:
        for body, status in bodies.items():
            answer = web.post(address, content=body)
            assert (answer.status_code, answer.content) == (status, b"")
        for verb in ("GET", "PUT", "DELETE", "OPTIONS"):
            assert web.request(verb, address).status_code in (401, 405), verb
        assert web.post(f"{address}/more", content=b"{}").status_code == 401
    assert server.calls["status"] == 0


def test_without_a_public_address_no_provider_is_given_one(server: FalServer, tmp_path: Path) -> None:
    timing = webhooks.QUICK
    with webhooks.opened("fal", tmp_path / "data", server.url, public="", timing=timing) as studio:
        assert rest(studio, submit(studio)).status == Status.SUCCEEDED
    assert server.webhooks.urls == []

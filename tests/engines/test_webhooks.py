"""Webhooks of every provider that calls: sent in its way, verified by its scheme, and only a reason to look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.domain import JSON, HeldReason, Status
from studio.engines.base import Webhooks
from studio.engines.webhook_signatures import hex_hmac
from tests.engines.alibaba.test_studio import rest
from tests.providers.apimart import ApimartServer
from tests.providers.atlascloud import AtlascloudServer
from tests.providers.fal import FalServer
from tests.providers.kie import KieServer
from tests.providers.replicate import ReplicateServer
from tests.providers.runware import RunwareServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.providers.webhooks import Ed25519Signer
from tests.support import webhooks
from tests.support.receiver import until

SERVERS: dict[str, type[Any]] = {
    "fal": FalServer,
    "replicate": ReplicateServer,
    "wavespeed": WaveSpeedServer,
    "atlascloud": AtlascloudServer,
    "kie": KieServer,
    "runware": RunwareServer,
    "apimart": ApimartServer,
}
MODELS = {"fal": "wan2.7-t2v", "wavespeed": "wan2.7-t2v", "kie": "wan2.7-t2v", "runware": "wan2.6", "apimart": "wan2.6"}
LOOK = {"fal": "status", "replicate": "get", "wavespeed": "result"}
SIGNED = ("fal", "replicate", "wavespeed", "atlascloud")


def body(engine: str, studio: Any) -> JSON:
    name = MODELS.get(engine, "wan2.6-t2v")
    model = studio.catalogue.get(f"{engine}/{name}")
    seconds = model.durations.default if model.durations else None
    return {"task": "text-to-video", "model": model.id, "prompt": "a fox", "duration_s": seconds}


@pytest.mark.parametrize("engine", SERVERS)
def test_the_providers_own_call_brings_the_result_and_no_other_call_does(engine: str, tmp_path: Path) -> None:
    """No poll by the clock is due for an hour. Where a provider signs nothing, the address alone counts."""
    faults = ["forged", "late", "other run"] if engine in SIGNED else ["other run"]
    with (
        SERVERS[engine]() as server,
        webhooks.opened(engine, tmp_path / "data", server.url) as studio,
        webhooks.served(studio) as server.webhooks.studio,
    ):
        if engine == "atlascloud":
            server.unknown_looks = 0
        (run,) = studio.local.requests.submit(body(engine, studio))
        run = rest(studio, run)
        assert run.status == Status.SUCCEEDED, run.error
        server.webhooks.faults += faults
        waiting = [run.id for _ in faults for run in studio.local.requests.submit(body(engine, studio))]
        until(lambda: len(server.webhooks.answers) == 1 + len(faults))
        assert server.webhooks.answers == [204] + [404] * len(faults)
        assert {run.status for run in map(studio.local.runs.get, waiting)} == {Status.RUNNING}
        assert server.calls[LOOK.get(engine, "poll")] == 1, "that of the first run"


@pytest.mark.parametrize("engine", ["fal", "atlascloud", "kie", "apimart"])
def test_a_call_finds_the_task_of_a_submit_whose_answer_was_lost(engine: str, tmp_path: Path) -> None:
    """These providers cannot be asked; without a call such a run waits for a person."""
    with (
        SERVERS[engine]() as server,
        webhooks.opened(engine, tmp_path / "data", server.url) as studio,
        webhooks.served(studio) as server.webhooks.studio,
    ):
        if engine == "atlascloud":
            server.unknown_looks = 0
        server.fail("submit", "drop-after")
        (run,) = studio.local.requests.submit(body(engine, studio))
        run = rest(studio, run)
        assert run.status == Status.SUCCEEDED, run.error
        assert (run.note or "").find("calls when") < 0
        assert server.submits_by_prompt() == {"a fox": 1}
        server.fail("submit", "drop-after")
        server.webhooks.faults.append("lost")
        (lost,) = studio.local.requests.submit(body(engine, studio))
        until(lambda: "calls when" in (studio.local.runs.get(lost.id).note or ""))
        studio.local.runs.cancel(lost.id)
        lost = rest(studio, lost)
        assert (lost.status, lost.held_reason) == (Status.HELD, HeldReason.LOST_SUBMIT)


def test_the_schemes_agree_with_known_signatures() -> None:
    """Vectors made apart from this code: the providers' own samples are missing, or do not match their own words."""
    fal = Ed25519Signer(bytes(range(32)))
    assert fal.key_set()["keys"][0]["x"] == "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
    raw = b'{"request_id":"r1","gateway_request_id":"r1","status":"OK","payload":{"seed":1}}'
    with FalServer() as server:
        server.signer = fal
        headers = server.webhook_headers(raw, "r1", 1790000000)
    assert headers["X-Fal-Webhook-Signature"].startswith("fc43ad5824fae1d266dad77847a3bc5d19e573233a2e291ec3a8beffe9")
    told = (
        b'{"id":"abc123","model":"alibaba/wan-2.6/text-to-video","outputs":["https://cdn.example.test/v.mp4"],'
        b'"status":"completed","error":""}'
    )
    signature = hex_hmac("test-secret-001", b"abc123.1790000000." + told)
    assert signature == "2f604b66017a92fe291cf2715b2baa7afd08d0a6dad188948c5df64731e08278"


def test_every_engine_that_can_be_called_is_tested_here(tmp_path: Path) -> None:
    from studio import engines
    from studio.settings import Settings

    built = {name: engines.build(name, Settings(data=tmp_path)) for name in engines.REGISTRY}
    assert {name for name, engine in built.items() if isinstance(engine, Webhooks)} == set(SERVERS)

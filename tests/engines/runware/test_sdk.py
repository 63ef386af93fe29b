"""The local Runware server is a faithful one: the official Python SDK works against it, unchanged; and the studio sends
what the SDK sends for the same intent, key by key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind
from studio.engines.base import Input, Job
from studio.engines.runware import RunwareEngine
from tests.providers.runware import RunwareServer
from tests.support.provider_cases import settings

sdk: Any = pytest.importorskip("runware")
utils: Any = pytest.importorskip("runware.utils")
types: Any = pytest.importorskip("runware.types")

PICTURE = "11111111-1111-4111-8111-111111111111"
OWN = {"taskUUID"}
"""Differs between any two calls."""


@pytest.fixture
def server() -> Iterator[RunwareServer]:
    with RunwareServer() as server:
        yield server


def with_sdk(server: RunwareServer, story: Any, key: str = RunwareServer.KEY) -> Any:
    """An unknown WebSocket address would send streamed text to the real service, so it is mapped as well."""
    utils._WS_TO_HTTP[server.ws_url] = server.url

    async def bounded() -> Any:
        client = sdk.Runware(api_key=key, url=server.ws_url, max_retries=1)
        try:
            async with asyncio.timeout(60):
                await client.connect()
                return await story(client)
        finally:
            await client.disconnect()

    return asyncio.run(bounded())


def clip(**more: Any) -> Any:
    asked = {"model": "alibaba:wan@2.6", "positivePrompt": "a red fox", "width": 1280, "height": 720, "duration": 5}
    return types.IVideoInference(**(asked | {"includeCost": True, "numberResults": 1} | more))


def test_the_sdk_submits_polls_and_reads_a_clip(server: RunwareServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK waits 30 s for a poll that only says "processing", so the clip is ready at once here."""
    monkeypatch.setattr("runware.base.VIDEO_POLLING_DELAY", 50)
    server.amount, server.pending_s, server.running_s = "0.5", 0.0, 0.0

    async def story(client: Any) -> Any:
        sent = await client.videoInference(clip())
        return await client.getResponse(taskUUID=sent.taskUUID)

    (made,) = with_sdk(server, story)
    assert made.videoURL.startswith(f"{server.url}/results/")
    assert (made.cost, server.submits_by_prompt()) == (0.5, {"a red fox": 1})


def test_the_sdk_reads_a_refusal_and_a_moderated_task(server: RunwareServer) -> None:
    async def story(client: Any) -> list[str]:
        told = []
        for wrong in ({"duration": 7}, {"model": "nobody:x@1"}):
            with pytest.raises(Exception) as caught:
                await client.videoInference(clip(**wrong))
            told.append(str(caught.value))
        return told

    duration, model = with_sdk(server, story)
    assert "duration" in duration and "model" in model
    assert not server.tasks


def test_the_sdk_stores_a_file(server: RunwareServer, tmp_path: Path) -> None:
    file = tmp_path / "in.png"
    file.write_bytes(b"picture")
    stored = with_sdk(server, lambda client: client.uploadMedia(str(file)))
    assert server.uploads[stored.mediaUUID] == b"picture"


INTENTS: dict[str, tuple[JSON, Any]] = {
    "text to video": (
        {"task": "text-to-video", "model": "runware/wan2.6", "duration_s": 5, "negative_prompt": "rain", "seed": 7},
        lambda: clip(
            positivePrompt="a fox", negativePrompt="rain", seed=7, outputType="URL", outputFormat="MP4",
            providerSettings=types.IAlibabaProviderSettings(promptExtend=True, audio=True, shotType="single"),
        ),
    ),
    "first frame": (
        {"task": "image-to-video", "model": "runware/wan2.6", "first_frame": "first", "seed": 7},
        lambda: clip(
            positivePrompt="a fox", seed=7, outputType="URL", outputFormat="MP4", width=None, height=None,
            resolution="720p", inputs={"frameImages": [{"image": PICTURE, "frame": "first"}]},
            providerSettings=types.IAlibabaProviderSettings(promptExtend=True, audio=True, shotType="single"),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("intent", INTENTS)
def test_the_studio_sends_what_the_sdk_sends(server: RunwareServer, tmp_path: Path, intent: str) -> None:
    body, of_sdk = INTENTS[intent]
    server.uploads[PICTURE] = b"x"

    async def ours(engine: RunwareEngine) -> None:
        catalogue = load()
        request = validation.parse({"prompt": "a fox"} | body, catalogue)
        model = catalogue.get(request.model)
        asset = Asset(id="first", kind=Kind.IMAGE, mime="image/png")
        inputs = {"first": Input(asset, tmp_path)} if "first_frame" in body else {}
        job = Job("r_1", validation.complete(request, model), model, 7, tmp_path, inputs, {"first": PICTURE})
        await engine.submit(job)
        await engine.close()

    asyncio.run(ours(RunwareEngine(settings(tmp_path, "runware", server))))
    with_sdk(server, lambda client: client.videoInference(of_sdk()))
    (call,) = [call for call in server.seen if server.topic(call) == "submit"]
    ((sent,), theirs) = call.json(), [m for m in server.messages if m["taskType"] == "videoInference"]
    assert (call.method, call.path, call.headers["authorization"]) == ("POST", "/v1", f"Bearer {server.KEY}")
    assert call.headers["content-type"] == "application/json"
    wanted = {k: v for k, v in theirs[0].items() if k not in OWN | {"numberResults"}}
    assert {k: v for k, v in sent.items() if k not in OWN} == wanted
    assert theirs[0].get("numberResults", 1) == 1, "one result is the provider's default"

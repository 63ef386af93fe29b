"""The inference providers of huggingface_hub, neither ours nor theirs, work against the local servers unchanged."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference import _providers as providers

from tests.providers.fal import FalServer
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer

MODELS: dict[str, tuple[Any, str]] = {
    "fal-ai": (FalServer, "fal-ai/wan/v2.7/text-to-video"),
    "wavespeed": (WaveSpeedServer, "alibaba/wan-2.7/text-to-video"),
    "replicate": (ReplicateServer, "wan-video/wan-2.7-t2v"),
}


@pytest.fixture(params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def server(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Its helper has the base URL as an attribute, and asks the hub for a model's name at the provider: told here."""
    server_of, model = MODELS[name]
    helper: Any = providers.PROVIDERS[name]["text-to-video"]  # pyright: ignore[reportArgumentType]
    module = importlib.import_module(type(helper).__module__)
    told = InferenceProviderMapping(
        provider=name, hf_model_id="Wan-AI/Wan2.7", providerId=model, task="text-to-video", status="live"
    )
    common = importlib.import_module(f"{providers.__name__}._common")
    monkeypatch.setitem(common.HARDCODED_MODEL_INFERENCE_MAPPING[name], "Wan-AI/Wan2.7", told)
    monkeypatch.setattr(module, "_POLLING_INTERVAL", 0.02, raising=False)
    with server_of() as server:
        monkeypatch.setattr(helper, "base_url", server.url)
        yield server


def test_a_clip_is_made(server: Any, name: str) -> None:
    """And nothing but what it was given is sent: the server refuses a field that the provider does not know."""
    client = InferenceClient(provider=name, api_key=server.KEY)  # pyright: ignore[reportArgumentType]
    clip = client.text_to_video("a red fox", model="Wan-AI/Wan2.7", seed=7, extra_body={"duration": 2})
    assert clip[4:8] == b"ftyp"
    (task,) = server.tasks.values()
    body = task.body.get("input", task.body)
    assert {k: body[k] for k in ("prompt", "seed", "duration")} == {"prompt": "a red fox", "seed": 7, "duration": 2}


def test_a_refusal_is_an_error_of_http(server: Any, name: str) -> None:
    wrong = InferenceClient(provider=name, api_key="another key")  # pyright: ignore[reportArgumentType]
    with pytest.raises(Exception, match="401"):
        wrong.text_to_video("a red fox", model="Wan-AI/Wan2.7")
    assert not server.tasks

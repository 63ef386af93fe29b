"""Paid by a Hugging Face account: the studio's engines and huggingface_hub's own client send the same through the same
router, and nothing of the provider's own key, uploads or lists is used."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import InferenceClient, constants
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference import _providers as providers
from huggingface_hub.utils import get_session
from pydantic import SecretStr

from studio.catalogue import Catalogue, load
from studio.domain import Status
from studio.engines import hub_router
from studio.engines.base import Engine, Input, Job, SubmitLookup
from studio.engines.hub_router import HUB_NAMES, MAX_INLINE_BYTES, TOKEN, can_route, mapped_ids
from studio.errors import OutOfCredit, Refused, Unauthorised, UnknownOutcome
from studio.settings import Settings
from tests.providers import results
from tests.providers.fal import FalServer
from tests.providers.http_server import Call
from tests.providers.hub_router import MAPPED, HubRouter
from tests.providers.replicate import ReplicateServer
from tests.providers.wavespeed import WaveSpeedServer
from tests.support.engine_play import finish, play
from tests.support.provider_jobs import asked, catalogue

MODELS = {
    "fal": "fal-ai/wan/v2.7/text-to-video",
    "wavespeed": "alibaba/wan-2.7/text-to-video",
    "replicate": "wan-video/wan-2.7-image",
}
VISITOR = "hf_oauth_visitor"


@pytest.fixture
def router() -> Iterator[HubRouter]:
    with HubRouter(FalServer(), WaveSpeedServer(), ReplicateServer()) as running:
        yield running


def settings_of(router: HubRouter, token: str = VISITOR) -> Settings:
    own = {name: SecretStr("the studio's own") for name in ("FAL_KEY", "WAVESPEED_API_KEY", "REPLICATE_API_TOKEN")}
    return Settings(secrets=own | {TOKEN: SecretStr(token)}, options={hub_router.ROUTER_BASE: router.url})


def row(name: str, provider_id: str) -> Any:
    return next(m for m in catalogue() if m.provider == name and m.engine.get("id") == provider_id)


def job(name: str, provider_id: str = "", **more: Any) -> Job:
    model = row(name, provider_id or MODELS[name])
    return asked({"task": model.tasks[0], "model": model.id} | more)[0]


def run(router: HubRouter, name: str, one: Job, token: str = VISITOR) -> Any:
    async def story(engine: Engine) -> Any:
        ready = replace(one, uploads=await engine.prepare(one), webhook_url="https://studio.example/hooks/x")
        return await finish(engine, await engine.submit(ready))

    return play(lambda: hub_router.build(name, settings_of(router, token)), story)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_is_made_and_paid_by_the_visitor(router: HubRouter, name: str) -> None:
    done = run(router, name, job(name))
    assert done.status == Status.SUCCEEDED and done.outputs
    assert dict(router.paid) == {VISITOR: 1}
    server = router.behind[HUB_NAMES[name]]
    assert len(server.tasks) == 1
    assert {call.path.split("/")[1] for call in router.seen} == {HUB_NAMES[name]}
    assert not any("webhook" in key for call in router.seen for key in call.query)


def first_call(router: HubRouter) -> Call:
    return next(call for call in router.seen if call.method == "POST")


@pytest.mark.parametrize("name", MODELS)
def test_its_own_client_sends_the_same(router: HubRouter, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, query, body and the headers that count, as huggingface_hub's helper for this provider sends them."""
    hub_name, provider_id = HUB_NAMES[name], MODELS[name]
    task = MAPPED[hub_name][provider_id]
    helper: Any = providers.PROVIDERS[hub_name][task]  # pyright: ignore[reportArgumentType]
    told = InferenceProviderMapping(
        provider=hub_name, hf_model_id="Wan-AI/Wan2.7", providerId=provider_id, task=task, status="live"
    )
    common = importlib.import_module(f"{providers.__name__}._common")
    monkeypatch.setitem(common.HARDCODED_MODEL_INFERENCE_MAPPING[hub_name], "Wan-AI/Wan2.7", told)
    monkeypatch.setattr(constants, "INFERENCE_PROXY_TEMPLATE", f"{router.url}/{{provider}}")
    asked_of_them = helper.prepare_request(
        inputs="a red fox", parameters={"seed": 7}, headers={}, model="Wan-AI/Wan2.7", api_key=VISITOR, extra_payload={}
    )
    run(router, name, job(name, prompt="a red fox", seed=7))
    ours = first_call(router)
    query = "&".join(f"{k}={v}" for k, v in ours.query.items())
    assert asked_of_them.url == f"{router.url}{ours.path}" + (f"?{query}" if query else "")
    assert asked_of_them.headers["authorization"] == ours.headers["authorization"] == f"Bearer {VISITOR}"
    assert ("prefer" in asked_of_them.headers) == ("prefer" in ours.headers)
    body = ours.json()
    sent, theirs = body.get("input", body), asked_of_them.json.get("input", asked_of_them.json)
    assert {k: sent[k] for k in theirs} == theirs


@pytest.mark.parametrize("name", MODELS)
def test_its_own_client_makes_a_file_through_the_same_router(
    router: HubRouter, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof of the router server: what huggingface_hub does from end to end works there. The helpers that poll know
    the router by its public name, so they are told where that is."""
    hub_name, provider_id = HUB_NAMES[name], MODELS[name]
    task = MAPPED[hub_name][provider_id]
    helper: Any = providers.PROVIDERS[hub_name][task]  # pyright: ignore[reportArgumentType]
    module = importlib.import_module(type(helper).__module__)
    told = InferenceProviderMapping(
        provider=hub_name, hf_model_id="Wan-AI/Wan2.7", providerId=provider_id, task=task, status="live"
    )
    common = importlib.import_module(f"{providers.__name__}._common")
    monkeypatch.setitem(common.HARDCODED_MODEL_INFERENCE_MAPPING[hub_name], "Wan-AI/Wan2.7", told)
    monkeypatch.setattr(constants, "INFERENCE_PROXY_TEMPLATE", f"{router.url}/{{provider}}")
    monkeypatch.setattr(module, "_POLLING_INTERVAL", 0.02, raising=False)
    if hasattr(module, "urlparse"):
        at_router = f"{router.host}:{router.port}"
        real = module.urlparse

        def parsed(url: str) -> Any:
            found = real(url)
            return found._replace(netloc="router.huggingface.co") if found.netloc == at_router else found

        monkeypatch.setattr(module, "urlparse", parsed)
        monkeypatch.setattr(module, "get_session", lambda: _Redirected(router))
    client = InferenceClient(provider=hub_name, api_key=VISITOR)  # pyright: ignore[reportArgumentType]
    if task == "text-to-video":
        made = client.text_to_video("a red fox", model="Wan-AI/Wan2.7", seed=7, extra_body={"duration": 2})
        assert made[4:8] == b"ftyp"
    else:
        assert client.text_to_image("a red fox", model="Wan-AI/Wan2.7").width
    assert router.paid[VISITOR] == 1


class _Redirected:
    """A session for which the router's public name is the local server."""

    def __init__(self, router: HubRouter) -> None:
        self.local = router.url

    def get(self, url: str, **more: Any) -> Any:
        return get_session().get(url.replace("http://router.huggingface.co", self.local), **more)


def test_an_input_travels_inside_of_the_request(router: HubRouter, tmp_path: Path) -> None:
    picture = tmp_path / "in.png"
    picture.write_bytes(results.png(320, 240, "in"))
    one = job("fal", "fal-ai/wan/v2.7/image-to-video", first_frame="first")
    one = replace(one, inputs={i: Input(file.asset, picture) for i, file in one.inputs.items()}, uploads={})
    done = run(router, "fal", one)
    assert done.status == Status.SUCCEEDED
    assert first_call(router).json()["image_url"].startswith("data:image/png;base64,")
    picture.write_bytes(b"x" * (MAX_INLINE_BYTES + 1))
    with pytest.raises(Refused, match="too large"):
        run(router, "fal", one)


@pytest.mark.parametrize("name", MODELS)
def test_refusals_are_of_the_class_that_says_what_to_do(router: HubRouter, name: str) -> None:
    with pytest.raises(Unauthorised):
        run(router, name, job(name), token="hf_oauth_of_nobody")
    router.without_credit.add(VISITOR)
    with pytest.raises(OutOfCredit):
        run(router, name, job(name))
    assert not router.behind[HUB_NAMES[name]].tasks


@pytest.mark.parametrize("name", MODELS)
def test_a_lost_submit_is_left_to_a_person(router: HubRouter, name: str) -> None:
    """It is sent once, and neither a list nor a second submit is tried."""
    router.fail(HUB_NAMES[name], "drop-after")
    with pytest.raises(UnknownOutcome):
        run(router, name, job(name))
    assert router.calls[HUB_NAMES[name]] == 1

    async def look_up(engine: Engine) -> None:
        assert isinstance(engine, SubmitLookup) == (name != "fal")  # whose engine has no list at all
        if isinstance(engine, SubmitLookup):
            with pytest.raises(UnknownOutcome):
                await engine.find(job(name), submitted_after=0, submitted_before=1)

    play(lambda: hub_router.build(name, settings_of(router)), look_up)
    assert router.calls[HUB_NAMES[name]] == 1


def test_only_mapped_models_are_offered(router: HubRouter) -> None:
    import httpx

    mapped = mapped_ids(httpx.get(f"{router.url}/api/partners/fal-ai/models").json())
    assert mapped == set(MAPPED["fal-ai"])  # and none that is only tried out
    rows: Catalogue = load()
    offered = {m.engine["id"] for m in rows if can_route(m, mapped) and m.provider == "fal"}
    assert offered == set(MAPPED["fal-ai"])
    assert not can_route(row("replicate", "wan-video/wan-2.7-t2v"), MAPPED["replicate"])
    assert can_route(row("replicate", "wan-video/wan-2.7-image"), MAPPED["replicate"])
    with pytest.raises(Refused):
        run(router, "fal", job("fal", "fal-ai/wan/v2.7/pro/text-to-image"))

"""REST services of the common shape: the guide's requests key by key, and what only a file's table decides."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from studio import engines
from studio.catalogue import load, validation
from studio.domain import JSON, Asset, Kind, Progress, Status
from studio.engines.addresses import LinkGone
from studio.engines.base import Engine, Input, Job
from studio.engines.generic import GenericEngine, answers
from studio.engines.generic.spec import Api
from studio.engines.receipt import Receipt
from studio.errors import Refused, UnknownOutcome
from studio.settings import Settings
from tests.providers.generic import EnvelopeServer, GuideServer
from tests.providers.results import png
from tests.support.provider_cases import PROVIDERS

CATALOGUE = load()
CLIP: JSON = {"task": "text-to-video", "model": "generic/wan-2.6", "prompt": "a fox"}


def play(engine: Engine, story: Any) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            try:
                return await story(engine)
            finally:
                await engine.close()

    return asyncio.run(bounded())


def job(body: JSON, inputs: dict[str, Input] | None = None) -> Job:
    request = validation.parse(body, CATALOGUE)
    model = CATALOGUE.get(request.model)
    return Job("r_1", validation.complete(request, model), model, None, Path("unused"), inputs or {})


def guide(server: GuideServer) -> Engine:
    key = {"WAN_API_KEY": SecretStr(server.KEY)}
    return engines.build("generic", Settings(secrets=key, options={"WAN_BASE_URL": server.base}))


def test_the_guides_requests_are_sent_key_by_key(tmp_path: Path) -> None:
    """As its Python listings send them. Source: WAN 2.6 API Guide, "Text-to-Video" and "Image-to-Video"."""
    picture = tmp_path / "a.png"
    picture.write_bytes(png(64, 48, "a"))
    frame = {"a1": Input(Asset(id="a1", kind=Kind.IMAGE, mime="image/png"), picture)}
    common = {"duration": 5, "resolution": "1280x720", "fps": 16, "num_inference_steps": 50}
    with GuideServer() as server:

        async def story(engine: Engine) -> None:
            await engine.submit(job(CLIP))
            await engine.submit(job(CLIP | {"task": "image-to-video", "first_frame": "a1"}, frame))

        play(guide(server), story)
        first, second = (call for call in server.seen if server.topic(call) == "submit")
    assert (first.path, second.path) == ("/v1/video/generations", "/v1/video/image-to-video")
    assert first.json() == {"model": "wan-2.6", "prompt": "a fox", "parameters": common | {"guidance_scale": 7.5}}
    uri = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
    assert second.json() == {
        "model": "wan-2.6",
        "prompt": "a fox",
        "image": uri,
        "parameters": common | {"motion_strength": 0.7},
    }


def test_key_and_address_are_asked_for_in_turn() -> None:
    key = {"WAN_API_KEY": SecretStr("k" * 20)}
    assert "WAN_API_KEY" in (engines.build("generic", Settings()).missing() or "")
    assert "WAN_BASE_URL" in (engines.build("generic", Settings(secrets=key)).missing() or "")
    wrong = Settings(secrets=key, options={"WAN_BASE_URL": "api.example.com"})
    assert "full address" in (engines.build("generic", wrong).missing() or "")


def service(server: EnvelopeServer, **changes: Any) -> tuple[GenericEngine, Api]:
    api = Api.model_validate(
        {"label": "Mine", "base_url": server.url, "local": True, "key_env": "MINE_API_KEY"}
        | {"auth": {"header": "X-Api-Key", "scheme": ""}, "submit": {"path": "/tasks/create", "id": ["data.id"]}}
        | {"poll": {"path": "/tasks/query", "method": "POST", "body": {"id": "{task}"}, "state": ["data.state"]}}
        | changes
    )
    settings = Settings(secrets={"MINE_API_KEY": SecretStr(server.KEY)})
    return GenericEngine(settings, "mine", api), api


@pytest.fixture
def picture_job(tmp_path: Path) -> Job:
    with PROVIDERS["envelope"](tmp_path) as case:
        request = validation.parse(dict(case.body), case.catalogue)
        model = case.catalogue.get(request.model)
        return Job("r_7", validation.complete(request, model), model, None, tmp_path)


@pytest.mark.parametrize("do", ["drop-before", "drop-after", "truncate"])
def test_a_header_for_repeats_makes_a_lost_answer_safe_to_repeat(picture_job: Job, do: str) -> None:
    """Without one the same loss leaves the outcome open, and the run is held (test_paid_providers)."""
    submit = {"path": "/tasks/create", "id": ["data.id"], "idempotency_header": "Idempotency-Key"}
    with EnvelopeServer() as server:
        server.fail("submit", do)

        async def story(engine: Engine) -> str:
            with pytest.raises(Exception) as lost:
                await engine.submit(picture_job)
            assert getattr(lost.value, "transient", False)
            assert not isinstance(lost.value, UnknownOutcome)
            return await engine.submit(picture_job)

        handle = play(service(server, submit=submit)[0], story)
        assert list(server.tasks) == [Receipt.read(handle, "Mine").task]


def test_a_task_is_cancelled_where_the_file_says_how(picture_job: Job) -> None:
    with EnvelopeServer() as server:
        server.pending_s = 60
        states = {"cancelled": ["4"], "queued": ["0"]}
        engine, _ = service(server, cancel={"path": "/tasks/{task}/cancel"}, states=states)

        async def story(engine: GenericEngine) -> list[Progress]:
            handle = await engine.submit(picture_job)
            before = await engine.poll(handle)
            assert await engine.cancel(handle)
            return [before, await engine.poll(handle)]

        assert [seen.status for seen in play(engine, story)] == [Status.QUEUED, Status.CANCELLED]
        without, _ = service(server)
        assert play(without, lambda e: e.cancel(Receipt("t", "image").handle())) is False


def test_an_unknown_word_keeps_the_run_waiting_and_is_shown(picture_job: Job) -> None:
    with EnvelopeServer() as server:
        server.pending_s = 60
        engine, _ = service(server, states={"queued": []})

        async def story(engine: Engine) -> Progress:
            return await engine.poll(await engine.submit(picture_job))

        seen = play(engine, story)
        assert (seen.status, seen.word) == (Status.RUNNING, "0")


@pytest.mark.parametrize(
    "base", ["https://127.0.0.1/v1", "https://box.lan", "http://api.example.com", "https://a@b.example"]
)
def test_a_file_leads_to_public_addresses_only_unless_it_says_local(base: str) -> None:
    with pytest.raises(ValidationError):
        Api.model_validate({"label": "Mine", "base_url": base, "key_env": "MINE_API_KEY"})
    if "@" not in base:
        Api.model_validate({"label": "Mine", "base_url": base, "local": True})


def test_a_name_that_turns_out_private_is_refused_at_the_connection(picture_job: Job) -> None:
    with EnvelopeServer() as server:
        engine, api = service(server)
        api = api.model_copy(update={"local": False})
        closed = GenericEngine(Settings(secrets={"MINE_API_KEY": SecretStr("x" * 20)}), "mine", api)
        with pytest.raises(Exception, match="private"):
            play(closed, lambda e: e.submit(picture_job))
        assert server.calls.total() == 0
        assert engine.info.base_url == server.url
        assert closed.info.base_url == ""


def test_where_clouds_keep_their_secrets_is_never_called(picture_job: Job) -> None:
    api = Api.model_validate({"label": "Mine", "base_url": "http://169.254.169.254/latest", "local": True})
    with pytest.raises(LinkGone):
        play(GenericEngine(Settings(), "mine", api), lambda e: e.submit(picture_job))


@pytest.mark.parametrize("path", ["https://elsewhere.example/x", "//elsewhere.example", "/../x", "x"])
def test_a_row_cannot_send_its_runs_elsewhere(picture_job: Job, path: str) -> None:
    model = picture_job.model.model_copy(update={"engine": {"model": "wan-x", "path": path}})
    with EnvelopeServer() as server:
        with pytest.raises(Refused):
            play(service(server)[0], lambda e: e.submit(replace(picture_job, model=model)))
        assert server.calls.total() == 0


BODY: JSON = {
    "data": {"id": 7, "list": [{"url": "https://a"}, {"url": "https://b"}, 5], "deep": [[{"u": "x"}]]},
    "output": [{"content": [{"url": "https://c", "type": "video"}, {"type": "text"}]}, None],
    "id": "..",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.id", 7),
        ("data.list[1].url", "https://b"),
        ("data.list[9].url", None),
        ("data.list[].url", ["https://a", "https://b"]),
        ("output[].content[].url", ["https://c"]),
        ("data.deep[0][0].u", "x"),
        ("data.id.more", None),
        ("nothing[]", None),
    ],
)
def test_paths_find_values_in_answers_of_any_shape(path: str, value: Any) -> None:
    assert answers.at(BODY, path) == value


@pytest.mark.parametrize(
    ("given", "share"), [(0.45, 0.45), (45, 0.45), ("45%", 0.45), (1, 1), ("1%", 0.01), (900, None)]
)
def test_progress_is_read_as_a_part_or_as_percent(given: Any, share: float | None) -> None:
    assert answers.fraction({"progress": given}, ["progress"]) == pytest.approx(share) if share else share is None


def test_a_name_that_would_change_the_address_is_no_task() -> None:
    assert answers.task(BODY, ["id", "data.id"]) == "7"
    assert answers.task({"id": True, "data": {"id": "a/b?c"}}, ["id", "data.id"]) == "a/b?c"

"""fal's own client works against the local server, unchanged; and the studio sends what that client sends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

fal_client: Any = pytest.importorskip("fal_client")

from studio.catalogue import load  # noqa: E402
from studio.domain import JSON, Task  # noqa: E402
from studio.engines.base import Input, Job  # noqa: E402
from studio.engines.fal import FalEngine  # noqa: E402
from tests.engines.fal.test_engine import settings  # noqa: E402
from tests.providers import results  # noqa: E402
from tests.providers.fal import FalServer  # noqa: E402
from tests.providers.http_server import Call, Recording  # noqa: E402
from tests.support import row_jobs  # noqa: E402

ROWS = load()
T2V, T2I, I2V = "fal-ai/wan/v2.7/text-to-video", "wan/v2.6/text-to-image", "wan/v2.6/image-to-video"


class FalRecorder(Recording, FalServer):
    """Keeps every call."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FalRecorder]:
    """Plain http needs the client's own constants: its settings allow other hosts, but only https."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with FalRecorder() as server:
        monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{server.url}/")
        monkeypatch.setattr(fal_client.client, "REST_URL", server.url)
        monkeypatch.setattr(fal_client.client, "CDN_URL", server.url)
        yield server


def client(key: str = FalServer.KEY) -> Any:
    return fal_client.SyncClient(key=key)


def test_the_client_submits_waits_and_downloads(server: FalRecorder) -> None:
    server.walks = True
    handle = client().submit(T2V, arguments={"prompt": "a red fox", "duration": 3, "seed": 4})
    seen = [type(status).__name__ for status in handle.iter_events(interval=0.02)]
    assert list(dict.fromkeys(seen)) == ["Queued", "InProgress", "Completed"]
    result = handle.get(interval=0.02)
    assert result["seed"] == 4
    assert httpx.get(result["video"]["url"], timeout=10).content[4:8] == b"ftyp"
    assert server.submits_by_prompt() == {"a red fox": 1}


def test_the_client_gets_several_pictures(server: FalRecorder) -> None:
    result = client().subscribe(T2I, arguments={"prompt": "x", "max_images": 3})
    assert [httpx.get(i["url"], timeout=10).content[:4] for i in result["images"]] == [b"\x89PNG"] * 3


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_the_client_uploads_by_both_ways(server: FalRecorder, repository: str) -> None:
    link = client().upload(b"picture", "image/png", file_name="a.png", repository=repository)
    assert httpx.get(link, timeout=10).content == b"picture"


def test_the_client_cancels(server: FalRecorder) -> None:
    server.queue_s = 60
    handle = client().submit(T2V, arguments={"prompt": "a"})
    handle.cancel()
    status = handle.status()
    assert (type(status).__name__, status.error_type) == ("Completed", "client_cancelled")
    with pytest.raises(fal_client.FalClientHTTPError) as late:
        handle.cancel()
    assert late.value.status_code == 400


@pytest.mark.parametrize(
    ("model", "arguments", "key", "status"),
    [
        (T2V, {"prompt": "a", "duration": "5"}, FalServer.KEY, 422),
        (T2V, {"duration": 5}, FalServer.KEY, 422),
        (I2V, {"prompt": "a", "image_url": "https://x/a.png", "duration": 5}, FalServer.KEY, 422),
        (T2V, {"prompt": "a"}, "wrong", 401),
        ("fal-ai/nothing", {"prompt": "a"}, FalServer.KEY, 404),
    ],
)
def test_the_client_is_refused_as_documented(
    server: FalRecorder, model: str, arguments: JSON, key: str, status: int
) -> None:
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        client(key).submit(model, arguments=arguments)
    assert caught.value.status_code == status
    assert not server.tasks


@pytest.mark.parametrize("told", [True, False])
def test_the_client_learns_of_a_failed_run(server: FalRecorder, told: bool) -> None:
    server.told = told
    server.finish("content_policy_violation", "Not this.")
    handle = client().submit(T2V, arguments={"prompt": "a"})
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get(interval=0.02)
    assert (caught.value.status_code, caught.value.error_type) == (422, "content_policy_violation")


# ------------------------------------------------------------------------------------ the same, by client and studio

SAME: list[tuple[str, Task, JSON, JSON]] = [
    (
        "wan2.6-t2v", Task.TEXT_TO_VIDEO, {"aspect": "9:16", "tier": "1080P", "duration_s": 10, "prompt_extend": False},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "1080p", "aspect_ratio": "9:16", "duration": "10",
            "enable_prompt_expansion": False, "multi_shots": False,
        },
    ),
    (
        "wan2.7-t2v", Task.TEXT_TO_VIDEO, {"negative_prompt": "blurred", "duration_s": 3},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "720p", "aspect_ratio": "16:9", "duration": 3,
            "enable_prompt_expansion": True, "negative_prompt": "blurred",
        },
    ),
    (
        "wan2.6-t2i", Task.TEXT_TO_IMAGE, {"width": 1280, "height": 720, "max_images": 2},
        {"prompt": "a red fox", "seed": 7, "image_size": {"width": 1280, "height": 720}, "max_images": 2},
    ),
    (
        "wan3.0-t2v", Task.TEXT_TO_VIDEO, {"audio": False, "tier": "480P", "duration_s": 30},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "480p", "aspect_ratio": "16:9", "duration": 30,
            "audio": False,
        },
    ),
    (
        "wan2.6-i2v-flash", Task.IMAGE_TO_VIDEO, {"audio": False},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "720p", "duration": "5", "enable_prompt_expansion": True,
            "multi_shots": False, "generate_audio": False, "image_url": "<file>",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "task", "asked", "arguments"), SAME, ids=[s[0] for s in SAME])
def test_client_and_studio_send_the_same(
    server: FalRecorder, tmp_path: Path, name: str, task: Task, asked: JSON, arguments: JSON
) -> None:
    """Path, query, the headers that mean something, the body key by key; files by what lies at their address."""
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    model = ROWS.get(f"fal/{name}")
    one = row_jobs.job(model, task, **asked)
    one = replace(one, uploads={}, inputs={i: Input(file.asset, picture) for i, file in one.inputs.items()})
    theirs = arguments
    if "image_url" in arguments:
        link = client().upload(picture.read_bytes(), "image/png", file_name="first.png", repository="fal")
        theirs = arguments | {"image_url": link}
    client().submit(model.engine["id"], arguments=theirs)
    asyncio.run(submitted(server, one))
    for topic in ("initiate", "put", "submit") if one.inputs else ("submit",):
        sdk, ours = server.of(topic)
        assert said(server, sdk) == said(server, ours)


async def submitted(server: FalRecorder, one: Job) -> str:
    engine = FalEngine(settings(server))
    try:
        return await engine.submit(replace(one, uploads=await engine.prepare(one)))
    finally:
        await engine.close()


def said(server: FalServer, call: Call) -> JSON:
    """What a call says, without names that are made anew each time. The client sends its key to signed addresses too;
    the studio does not."""
    path, names = call.path, ["authorization", "content-type"]
    if path.startswith("/put/"):
        path, names = "/put", names[1:]
    headers = {name: call.headers.get(name) for name in names}
    body = call.json() if call.body[:1] == b"{" else call.body
    if isinstance(body, dict):
        body = {name: server.files.get(str(v).partition("/kept/")[2], v) for name, v in body.items()}
    return {"path": path, "method": call.method, "headers": headers, "body": body}

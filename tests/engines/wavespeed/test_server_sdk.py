"""WaveSpeedAI's own client works against the local server, unchanged; and the studio sends what that client sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

wavespeed: Any = pytest.importorskip("wavespeed")

from studio.domain import JSON, Task  # noqa: E402
from studio.engines.base import Input, Job  # noqa: E402
from tests.engines.wavespeed.test_engine import ROWS, engine  # noqa: E402
from tests.providers import results  # noqa: E402
from tests.providers.http_server import Call, Recording, as_json  # noqa: E402
from tests.providers.wavespeed import WaveSpeedServer  # noqa: E402
from tests.support import row_jobs  # noqa: E402

T2V = "alibaba/wan-2.7/text-to-video"


class WaveSpeedRecorder(Recording, WaveSpeedServer):
    """Keeps every call."""


@pytest.fixture
def server() -> Iterator[WaveSpeedRecorder]:
    with WaveSpeedRecorder() as server:
        yield server


def client(server: WaveSpeedServer, key: str = WaveSpeedServer.KEY) -> Any:
    return wavespeed.Client(key, base_url=server.url, retry_interval=0.01)


def test_the_client_submits_waits_and_downloads(server: WaveSpeedRecorder) -> None:
    server.walks = True
    made = client(server).run(T2V, {"prompt": "a red fox", "duration": 3, "seed": 4}, poll_interval=0.02)
    assert httpx.get(made["outputs"][0], timeout=10).content[4:8] == b"ftyp"
    assert server.submits_by_prompt() == {"a red fox": 1}


def test_the_client_outlasts_faults_of_looks_but_sends_once(server: WaveSpeedRecorder) -> None:
    server.fail("result", "reply", times=2, reply=as_json({"code": 503, "message": "busy"}, 503))
    client(server).run(T2V, {"prompt": "a"}, poll_interval=0.02)
    server.fail("submit", "drop-after")
    with pytest.raises(RuntimeError, match="may already have been created"):
        client(server).run(T2V, {"prompt": "b"}, max_retries=3)
    assert server.calls["submit"] == 2


@pytest.mark.parametrize("end", ["failed", "cancelled", "timeout"])
def test_the_client_learns_of_every_bad_end(server: WaveSpeedRecorder, end: str) -> None:
    server.finish(end, "Not this.")
    with pytest.raises(RuntimeError, match=f"Prediction {end}.*Not this"):
        client(server).run(T2V, {"prompt": "a"}, poll_interval=0.02)


@pytest.mark.parametrize(
    ("model", "body", "key", "status"),
    [
        (T2V, {"prompt": "a", "duration": "5"}, WaveSpeedServer.KEY, 400),
        (T2V, {"duration": 5}, WaveSpeedServer.KEY, 400),
        (T2V, {"prompt": "a"}, "wrong", 401),
        ("alibaba/nothing", {"prompt": "a"}, WaveSpeedServer.KEY, 404),
    ],
)
def test_the_client_is_refused(server: WaveSpeedRecorder, model: str, body: JSON, key: str, status: int) -> None:
    with pytest.raises(RuntimeError, match=f"HTTP {status}"):
        client(server, key).run(model, body)
    assert not server.tasks


def test_the_client_uploads(server: WaveSpeedRecorder, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    assert httpx.get(client(server).upload(str(file)), timeout=10).content == b"picture"


SAME: list[tuple[str, Task, JSON, JSON]] = [
    (
        "wan2.6-t2v", Task.TEXT_TO_VIDEO,
        {"width": 1080, "height": 1920, "duration_s": 10, "negative_prompt": "blurred"},
        {
            "prompt": "a red fox", "seed": 7, "size": "1080*1920", "duration": 10, "enable_prompt_expansion": False,
            "shot_type": "single", "negative_prompt": "blurred",
        },
    ),
    (
        "wan3.0-t2v", Task.TEXT_TO_VIDEO, {"audio": False, "aspect": "1:1", "tier": "480P"},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "480p", "aspect_ratio": "1:1", "duration": 5,
            "enable_audio": False, "enable_prompt_expansion": False,
        },
    ),
    (
        "wan2.7-i2v", Task.IMAGE_TO_VIDEO, {},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "720p", "duration": 5, "enable_prompt_expansion": False,
            "image": "<file>",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "task", "asked", "body"), SAME, ids=[s[0] for s in SAME])
def test_client_and_studio_send_the_same(
    server: WaveSpeedRecorder, tmp_path: Path, name: str, task: Task, asked: JSON, body: JSON
) -> None:
    """Path, method, the headers that mean something, the body key by key; files by what lies at their address."""
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    one = row_jobs.job(ROWS[name], task, **asked)
    one = replace(one, uploads={}, inputs={i: Input(file.asset, picture) for i, file in one.inputs.items()})
    theirs = body | ({"image": client(server).upload(str(picture))} if "image" in body else {})
    client(server).run(ROWS[name].engine["id"], theirs, poll_interval=0.02)
    asyncio.run(submitted(server, one))
    for topic in ("ticket", "put", "submit") if one.inputs else ("submit",):
        sdk, ours = server.of(topic)
        assert said(server, sdk) == said(server, ours)


async def submitted(server: WaveSpeedServer, one: Job) -> str:
    studio = engine(server)
    try:
        return await studio.submit(replace(one, uploads=await studio.prepare(one)))
    finally:
        await studio.close()


def said(server: WaveSpeedServer, call: Call) -> JSON:
    """What a call says, without names that are made anew each time."""
    headers = {name: call.headers.get(name) for name in ("authorization", "content-type")}
    path = "/put" if call.path.startswith("/put/") else call.path
    body = call.json() if call.body[:1] == b"{" else call.body
    if isinstance(body, dict):
        body = {name: server.files.get(str(v).partition("/kept/")[2], v) for name, v in body.items()}
    return {"path": path, "method": call.method, "headers": headers, "body": body}

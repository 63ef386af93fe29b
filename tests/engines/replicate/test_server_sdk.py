"""Replicate's own client works against the local server, unchanged; and the studio sends what that client sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

replicate: Any = pytest.importorskip("replicate")
ReplicateError: Any = pytest.importorskip("replicate.exceptions").ReplicateError

from studio.domain import JSON, Task  # noqa: E402
from studio.engines.base import Input, Job  # noqa: E402
from tests.engines.replicate.test_engine import ROWS, engine  # noqa: E402
from tests.providers import results  # noqa: E402
from tests.providers.http_server import Call, Recording  # noqa: E402
from tests.providers.replicate import ReplicateServer  # noqa: E402
from tests.support import row_jobs  # noqa: E402

T2V = "wan-video/wan-2.7-t2v"


class ReplicateRecorder(Recording, ReplicateServer):
    """Keeps every call."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplicateRecorder]:
    monkeypatch.setenv("REPLICATE_POLL_INTERVAL", "0.02")
    with ReplicateRecorder() as server:
        yield server


def client(server: ReplicateServer, key: str = ReplicateServer.KEY) -> Any:
    made = replicate.Client(api_token=key, base_url=server.url)
    made.poll_interval = 0.02
    return made


def created(server: ReplicateServer, **body: Any) -> Any:
    return client(server).models.predictions.create(T2V, input={"prompt": "a red fox"} | body)


def test_the_client_submits_waits_and_downloads(server: ReplicateRecorder) -> None:
    made = created(server, duration=3)
    assert (made.status, made.model) in (("starting", T2V), ("processing", T2V))
    made.wait()
    assert made.status == "succeeded"
    assert httpx.get(made.output, timeout=10).content[4:8] == b"ftyp"
    assert server.submits_by_prompt() == {"a red fox": 1}


def test_the_client_reads_the_progress_and_the_list(server: ReplicateRecorder) -> None:
    server.starting_s, server.running_s = 0.0, 60
    made = created(server)
    made.reload()
    assert made.progress.percentage == 0.45
    (listed,) = client(server).predictions.list().results
    assert (listed.id, listed.input["prompt"]) == (made.id, "a red fox")


def test_the_client_cancels_and_learns_of_a_failure(server: ReplicateRecorder) -> None:
    server.starting_s = 60
    made = created(server)
    made.cancel()
    made.reload()
    assert made.status == "canceled"
    server.starting_s = 0.0
    server.finish("failed", "no frames (E006)")
    failed = created(server)
    failed.wait()
    assert (failed.status, failed.error, failed.output) == ("failed", "no frames (E006)", None)


def test_the_client_uploads_and_asks_for_the_account(server: ReplicateRecorder, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"picture")
    sent = client(server).files.create(file)
    assert (sent.size, server.files[sent.id]) == (7, b"picture")
    assert client(server).accounts.current().username == "tester"


@pytest.mark.parametrize(
    ("model", "body", "key", "status"),
    [
        (T2V, {"prompt": "a", "duration": "5"}, ReplicateServer.KEY, 422),
        (T2V, {"duration": 5}, ReplicateServer.KEY, 422),
        (T2V, {"prompt": "a"}, "wrong", 401),
        ("wan-video/nothing", {"prompt": "a"}, ReplicateServer.KEY, 404),
    ],
)
def test_the_client_is_refused(server: ReplicateRecorder, model: str, body: JSON, key: str, status: int) -> None:
    with pytest.raises(ReplicateError) as caught:
        client(server, key).models.predictions.create(model, input=body)
    assert caught.value.status == status
    assert not server.tasks


SAME: list[tuple[str, Task, JSON, JSON]] = [
    (
        "wan2.6-t2v", Task.TEXT_TO_VIDEO, {"width": 1080, "height": 1920, "duration_s": 10, "prompt_extend": False},
        {
            "prompt": "a red fox", "seed": 7, "size": "1080*1920", "duration": 10, "enable_prompt_expansion": False,
            "multi_shots": False,
        },
    ),
    (
        "wan2.7-image", Task.TEXT_TO_IMAGE, {"width": 2048, "height": 1152, "num_outputs": 2},
        {"prompt": "a red fox", "seed": 7, "size": "2048*1152", "num_outputs": 2, "thinking_mode": True},
    ),
    (
        "wan2.7-i2v", Task.IMAGE_TO_VIDEO, {},
        {
            "prompt": "a red fox", "seed": 7, "resolution": "720p", "duration": 5, "enable_prompt_expansion": True,
            "first_frame": "<file>",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "task", "asked", "body"), SAME, ids=[s[0] for s in SAME])
def test_client_and_studio_send_the_same(
    server: ReplicateRecorder, tmp_path: Path, name: str, task: Task, asked: JSON, body: JSON
) -> None:
    """Path, method, the headers that mean something, the body key by key; files by what lies at their address."""
    picture = tmp_path / "first.png"
    picture.write_bytes(results.png(64, 48, "x"))
    one = row_jobs.job(ROWS[name], task, **asked)
    one = replace(one, uploads={}, inputs={i: Input(file.asset, picture) for i, file in one.inputs.items()})
    with picture.open("rb") as file:
        theirs = body | ({"first_frame": file} if "first_frame" in body else {})
        client(server).models.predictions.create(ROWS[name].engine["id"], input=theirs)
    asyncio.run(submitted(server, one))
    for topic in ("files", "submit") if one.inputs else ("submit",):
        sdk, ours = server.of(topic)
        assert said(server, sdk) == said(server, ours)


async def submitted(server: ReplicateServer, one: Job) -> str:
    studio = engine(server)
    try:
        return await studio.submit(replace(one, uploads=await studio.prepare(one)))
    finally:
        await studio.close()


def said(server: ReplicateServer, call: Call) -> JSON:
    """What a call says, without names that are made anew each time, such as the boundary of a form."""
    kind, _, boundary = call.headers.get("content-type", "").partition("; boundary=")
    body: Any = call.body.replace(boundary.encode(), b"<boundary>") if boundary else call.json()
    if isinstance(body, dict):
        given = {name: server.files.get(str(v).rpartition("/")[2], v) for name, v in body["input"].items()}
        body = body | {"input": given}
    return {"path": call.path, "method": call.method, "key": call.headers["authorization"], "kind": kind, "body": body}

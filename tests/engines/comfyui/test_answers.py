"""ComfyUI's answers as foreign input: what cannot be read is asked for again, and no run is queued twice for it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from studio.domain import JSON, Status
from studio.engines.comfyui import inspect, refusals
from studio.engines.comfyui.websocket import Listener, RunProgress
from tests.engines.alibaba.test_studio import rest
from tests.providers.comfyui import ComfyServer, official_files
from tests.providers.serving import served
from tests.support.comfyui import opened

BODY: JSON = {"task": "text-to-image", "model": "comfyui/qwen-image", "prompt": "a fox", "width": 256, "height": 256}
DEEP = b"[" * 200_000
UNREADABLE = {
    "nested": (200, b'{"queue_running":' + DEEP),
    "page": (200, b"<html>sign in</html>"),
    "cut": (200, b'{"queue_running": ['),
    "list": (200, b"[1]"),
    "number": (200, b"1e400"),
    "bytes": (200, b"\xff\xfe\x00" * 50),
    "nothing": (200, b""),
}
LOOKS = UNREADABLE | {"not found": (404, b"<html>nginx</html>"), "fault": (502, b"bad gateway")}
OTHER_SHAPES = {
    "queue": [
        b"{}", b'{"queue_running": 5, "queue_pending": []}', b'{"queue_running": [[1]], "queue_pending": []}',
        b'{"queue_running": [], "queue_pending": [{"a": 1}]}',
        b'{"queue_running": [[1e999, "x"]], "queue_pending": []}',
    ],
    "upload": [b"{}", b'{"name": 5}', b'{"name": "x", "subfolder": [1]}'],
}  # fmt: skip


class Proxy:
    """In front of the server: lets calls through, and now and then answers with something else.

    odd: first part of the path -> (status, content) of the next answers.
    """

    def __init__(self, server: ComfyServer) -> None:
        self.app, self.odd = server.app(), dict[str, list[tuple[int, bytes]]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        odd = self.odd.get(scope.get("path", "").split("/")[1]) if scope["type"] == "http" else None
        if not odd:
            await self.app(scope, receive, send)
            return
        status, content = odd.pop(0)
        await self.app(scope, receive, nowhere)
        await Response(content, status, media_type="application/json")(scope, receive, send)


async def nowhere(_: Message) -> None:
    """The answer is lost."""


@pytest.fixture
def server(tmp_path: Path) -> ComfyServer:
    return ComfyServer(tmp_path / "comfy", official_files())


@pytest.fixture
def proxy(server: ComfyServer) -> Proxy:
    return Proxy(server)


@pytest.fixture
def url(proxy: Proxy) -> Iterator[str]:
    with served(proxy) as base:
        yield base


@pytest.mark.parametrize("part", ["queue", "history", "object_info", "upload"])
def test_a_look_that_cannot_be_read_is_repeated(
    tmp_path: Path, server: ComfyServer, proxy: Proxy, url: str, part: str
) -> None:
    answers = UNREADABLE if part == "upload" else LOOKS
    Image.new("RGB", (256, 256), "red").save(tmp_path / "in.png")
    with opened(tmp_path, url) as studio:
        picture = studio.local.assets.add(tmp_path / "in.png")
        clip = {"task": "image-to-video", "model": "comfyui/wan2.2-i2v-a14b", "prompt": "x", "first_frame": picture.id}
        proxy.odd[part] = [*answers.values(), *((200, text) for text in OTHER_SHAPES.get(part, []))]
        (run,) = studio.local.runs.wait(
            [studio.local.requests.submit(clip if part == "upload" else BODY)[0].id], timeout_s=40
        )
        said = " ".join(event.why or "" for event in studio.local.runs.history(run.id))
    assert (run.status, run.attempt, proxy.odd[part]) == (Status.SUCCEEDED, 1, [])
    assert list(server.posts.values()) == [1]
    assert not any(word in said for word in ("Recursion", "Traceback", "unexpected", "Error"))


def test_a_submit_whose_answer_cannot_be_read_is_looked_up(
    tmp_path: Path, server: ComfyServer, proxy: Proxy, url: str
) -> None:
    """Each graph was taken although the answer says nothing: it is found under its own id, not queued again."""
    answers = [*UNREADABLE.values(), (200, b"{}"), (200, b'{"prompt_id": [1]}'), (500, b"no")]
    with opened(tmp_path, url) as studio:
        proxy.odd["prompt"] = list(answers)
        runs = [studio.local.requests.submit(BODY | {"prompt": f"fox {n}"})[0] for n in range(len(answers))]
        done = studio.local.runs.wait([run.id for run in runs], timeout_s=60)
    assert {run.status for run in done} == {Status.SUCCEEDED}
    assert (proxy.odd["prompt"], set(server.posts.values())) == ([], {1})


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (400, b"<html>", "no reason given"),
        (400, b'{"error": "x", "node_errors": [1]}', "no reason given"),
        (400, b'{"node_errors": {"1": {"errors": "x"}, "2": 5}}', "no reason given"),
        (400, b'{"error": {"message": "' + b"a" * 9999 + b'"}}', "a…."),
        (400, b'{"error": {"type": "missing_node_type", "extra_info": 5, "details": "Foo"}}', "no node called Foo"),
        (200, b'{"prompt_id": "another", "node_errors": {}}', "Update ComfyUI"),
        (302, b"", "redirect"),
        (404, b"", "refused the request"),
    ],
)
def test_a_refusal_of_any_shape_is_a_sentence(
    tmp_path: Path, proxy: Proxy, url: str, status: int, content: bytes, words: str
) -> None:
    with opened(tmp_path, url) as studio:
        proxy.odd["prompt"] = [(status, content)] * 9
        run = rest(studio, studio.local.requests.submit(BODY)[0])
    assert run.status in (Status.FAILED, Status.HELD)
    assert words in (run.error or "")
    assert len(run.error or "") < 300


@pytest.mark.parametrize(
    "entry",
    [
        {"status": 5, "prompt": "x", "outputs": {}},
        {"status": {"messages": [[[1], {}], ["execution_start", {"timestamp": "1e999"}], 5]}, "prompt": [1, 2, 3, 4]},
        {
            "status": {"messages": [["execution_cached", {"nodes": 5}]]},
            "prompt": [0, "", {"1": 5}, {inspect.KIND: [1, 2]}],
        },
        {"status": {"messages": [["execution_start", {"timestamp": 0}], ["execution_success", {"timestamp": 1e18}]]}},
    ],
)
def test_a_finished_run_of_any_shape_has_no_time_it_cannot_have(entry: JSON) -> None:
    work = inspect.history_entry(entry)
    assert (work.seconds, work.kind, work.spared, work.failed) == (None, None, False, False)


def test_node_definitions_of_any_shape_are_read_as_far_as_known() -> None:
    odd: Any = {"A": 5, "B": {}, "C": {"input": [1]}, "D": {"input": {"required": {"x": "y", "z": ["INT", {}]}}}}
    known = inspect.known_nodes(odd)
    assert {k: v["input"]["required"] for k, v in known.items()} == {"B": {}, "C": {}, "D": {"z": ["INT", {}]}}


FRAMES: list[str | bytes] = [
    DEEP.decode(), "5", "[]", '{"type": "progress"}', '{"type": "progress", "data": []}',
    '{"type": "progress", "data": {"prompt_id": "p", "value": 1, "max": 0}}',
    '{"type": "progress", "data": {"prompt_id": "p", "value": NaN, "max": 4}}',
    '{"type": "progress", "data": {"prompt_id": ["p"], "value": 1, "max": 4}}',
    '{"type": "progress_state", "data": {"prompt_id": "p", "nodes": [5]}}',
    b"", b"\0", struct.pack(">I", 4), struct.pack(">II", 4, 2**31) + b"{}", struct.pack(">II", 4, 2) + b"[]",
    struct.pack(">II", 4, len(DEEP)) + DEEP,
]  # fmt: skip


def test_events_of_any_shape_stop_no_progress() -> None:
    heard: list[str] = []
    listener = Listener("http://127.0.0.1:9", "me", {}, heard.append)
    listener._runs["p"] = seen = RunProgress(4)
    for frame in FRAMES:
        listener._receive(frame)
    assert (seen.share, seen.preview) == (0.0, None)
    listener._receive(json.dumps({"type": "progress", "data": {"prompt_id": "p", "value": 9, "max": 4}}))
    assert seen.share == 1.0


def test_faults_are_told_in_short() -> None:
    fault = {
        "class_type": "K" * 999,
        "errors": [{"type": "t", "extra_info": {"input_name": "f", "received_value": ["v"] * 999}}],
    }
    assert len(refusals.node_faults({str(n): fault for n in range(99)})) < 1500

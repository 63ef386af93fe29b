"""What every call of an engine must do alike: who gets the key, which answers are read, signed uploads, events."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from studio.domain import JSON
from studio.engines.addresses import LinkGone
from studio.engines.http import ApiClient, api_base, base_problem
from studio.errors import EngineError, Unavailable, UnknownOutcome
from tests.providers.http_server import Call, HttpServer, Reply, as_json

T = TypeVar("T")
KEY = "secret-key-1234"


class Recorder(HttpServer):
    """Keeps every call and answers what was laid in for its path, else {}."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(host=host)
        self.seen: list[Call] = []
        self.answers: dict[str, Reply] = {}

    def topic(self, call: Call) -> str:
        return call.path

    async def answer(self, call: Call, topic: str) -> Reply:
        self.seen.append(call)
        return self.answers.get(call.path, as_json({}))

    def keys(self) -> list[str | None]:
        return [call.headers.get("authorization") for call in self.seen]


@pytest.fixture
def provider() -> Iterator[Recorder]:
    with Recorder() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Recorder]:
    with Recorder() as server:
        yield server


def with_client(base: str, story: Callable[[ApiClient], Coroutine[Any, Any, T]], *hosts: str) -> T:
    async def bounded() -> T:
        client = ApiClient(
            base, label="Provider", auth=lambda: {"Authorization": f"Key {KEY}"}, hosts=hosts, total_s=10
        )
        try:
            async with asyncio.timeout(30):
                return await story(client)
        finally:
            await client.close()

    return asyncio.run(bounded())


def test_the_key_goes_to_the_hosts_of_the_engine_only(provider: Recorder, elsewhere: Recorder) -> None:
    """An address that an answer names is called; whether it learns the key is decided by scheme, host and port."""

    async def story(client: ApiClient) -> None:
        await client.call("GET", "/tasks/1")
        await client.call("GET", f"{provider.url}/requests/1/status", params={"logs": 1})
        await client.call("GET", f"http://user:pass@127.0.0.1:{provider.port}/odd")
        with pytest.raises(LinkGone, match="private network"):
            await client.call("GET", f"{elsewhere.url}/steal")

    with_client(provider.url, story)
    assert provider.keys()[:2] == [f"Key {KEY}"] * 2
    assert KEY not in str(provider.keys()[2])
    assert provider.seen[1].query == {"logs": "1"}
    assert elsewhere.seen == []


def test_a_second_host_of_the_provider_gets_the_key(provider: Recorder, elsewhere: Recorder) -> None:
    with_client(provider.url, lambda c: c.call("POST", f"{elsewhere.url}/storage", json={"a": 1}), elsewhere.url)
    assert elsewhere.keys() == [f"Key {KEY}"]
    assert elsewhere.seen[0].json() == {"a": 1}


@pytest.mark.parametrize(
    ("text", "body", "items"),
    [
        ('[{"id": 1}, 5, {"id": 2}]', {}, ({"id": 1}, {"id": 2})),
        ('{"data": [1]}', {"data": [1]}, ()),
        ("[]", {}, ()),
    ],
)
def test_objects_and_lists_are_answers(provider: Recorder, text: str, body: object, items: object) -> None:
    provider.answers["/x"] = Reply(body=text.encode())
    reply = with_client(provider.url, lambda c: c.call("POST", "/x", json=[{"taskType": "getResponse"}]))
    assert (reply.body, reply.items, reply.is_json) == (body, items, True)
    assert provider.seen[0].json() == [{"taskType": "getResponse"}]


@pytest.mark.parametrize(("paid", "kind"), [(True, UnknownOutcome), (False, Unavailable)])
def test_an_answer_that_is_neither_leaves_a_paid_call_open(
    provider: Recorder, paid: bool, kind: type[EngineError]
) -> None:
    provider.answers["/x"] = Reply(body=b'"text"')
    with pytest.raises(kind):
        with_client(provider.url, lambda c: c.call("POST", "/x", json={}, paid=paid))


def test_a_file_is_put_to_a_signed_address_without_the_key(provider: Recorder, tmp_path: Path) -> None:
    """With exactly the headers that were signed, and its length; an answer that names a neighbour is not followed."""
    file = tmp_path / "a.png"
    file.write_bytes(bytes(range(256)) * 4096)
    signed = {"Content-Type": "image/png"}

    async def story(client: ApiClient) -> int:
        with pytest.raises(LinkGone):
            await client.put_file("http://10.0.0.1/put", file, headers=signed, total_s=5)
        reply = await client.put_file(f"{provider.url}/bucket/a.png?sig=1", file, headers=signed, total_s=20)
        return reply.status_code

    assert with_client(provider.url, story) == 200
    (call,) = provider.seen
    assert (call.method, call.query, call.headers["content-type"]) == ("PUT", {"sig": "1"}, "image/png")
    assert call.headers["content-length"] == str(256 * 4096)
    assert call.body == file.read_bytes()
    assert KEY not in str(call.headers)


def test_a_form_goes_to_the_providers_own_call_with_the_key(provider: Recorder, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"\x89PNG bytes")
    provider.answers["/upload"] = as_json({"url": "https://files.test/a.png"})

    async def story(client: ApiClient) -> JSON:
        with file.open("rb") as opened:
            sent = {"file": ("a.png", opened, "image/png")}
            return (await client.call("POST", "/upload", form={"path": "images"}, files=sent)).body

    assert with_client(provider.url, story) == {"url": "https://files.test/a.png"}
    (call,) = provider.seen
    assert provider.keys() == [f"Key {KEY}"]
    assert call.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="path"\r\n\r\nimages' in call.body
    assert b'name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG bytes' in call.body


def event(data: str, name: str = "") -> str:
    return (f"event: {name}\n" if name else "") + "".join(f"data: {line}\n" for line in data.split("\n")) + "\n"


WHOLE = json.dumps({"text": "line\u2028separator", "list": [1, 2]}, indent=1, ensure_ascii=False)
STREAMS: dict[str, tuple[bytes, list[tuple[str, Any]]]] = {
    "data of several lines": (event(WHOLE).encode(), [("message", json.loads(WHOLE))]),
    "names and comments": ((": hello\n\n" + event('{"a": 1}', "result")).encode(), [("result", {"a": 1})]),
    "other line ends": (event('{"a": 1}').replace("\n", "\r\n").encode(), [("message", {"a": 1})]),
    "no blank line at the end": (event('{"a": 1}').rstrip().encode(), [("message", {"a": 1})]),
    "cut inside an event": (b'data: {"a": 1}\n\ndata: {"b":\n', [("message", {"a": 1})]),
    "no JSON between": (b'data: hello\n\ndata: [1]\n\ndata: {"a": 1}\n\n', [("message", {"a": 1})]),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", STREAMS)
def test_events_are_read_as_the_standard_has_it(provider: Recorder, name: str, packed: bool) -> None:
    body, expected = STREAMS[name]
    headers = {"content-type": "text/event-stream"} | ({"content-encoding": "gzip"} if packed else {})
    provider.answers["/s"] = Reply(headers=headers, body=gzip.compress(body) if packed else body)

    async def story(client: ApiClient) -> list[tuple[str, Any]]:
        request = client.client.build_request("GET", provider.url + "/s")
        async with client.sending(request, paid=False) as response:
            return [found async for found in client.events(response)]

    assert with_client(provider.url, story) == expected


def test_a_stream_without_an_end_is_cut_off(provider: Recorder) -> None:
    body = gzip.compress(event(json.dumps({"x": "a" * (9 * 2**20)})).encode())
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    provider.answers["/s"] = Reply(headers=headers, body=body)

    async def story(client: ApiClient) -> None:
        request = client.client.build_request("GET", provider.url + "/s")
        async with client.sending(request, paid=True) as response:
            async for _ in client.events(response):
                pass

    with pytest.raises(UnknownOutcome, match="larger than"):
        with_client(provider.url, story)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("", "https://api.example.com/v3"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/v3"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/v3"),
        ("https://proxy.example.com/own/", "https://proxy.example.com/own"),
    ],
)
def test_a_base_url_without_a_path_gets_the_usual_one(given: str, base: str) -> None:
    assert api_base(given, "https://api.example.com/v3") == base
    assert base_problem("X_BASE_URL", base) is None
    assert "X_BASE_URL" in (base_problem("X_BASE_URL", "127.0.0.1:9") or "")

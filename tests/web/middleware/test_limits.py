"""What strangers and long use may take of the studio is bounded: connections, uploads, Gradio's sessions."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from gradio.state_holder import StateHolder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.settings import Settings
from studio.studio import Studio
from studio.web.app import MAX_SESSIONS
from studio.web.middleware import connections, upload_limits
from studio.web.middleware.upload_limits import UploadLimits
from tests.providers.serving import served as serving
from tests.support.kit import QUICK

PATIENCE_S = 20
FILE = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[str]:
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("limits")
    made = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    settings = Settings(data=folder / "data")
    with (
        Studio.open(settings, engines=made, catalogue=catalogue, timing=QUICK) as studio,
        served(studio, server_port=None) as address,
    ):
        yield address.rstrip("/")


def connected(url: str, sent: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=PATIENCE_S)
    opened.sendall(sent)
    return opened


def is_closed(opened: socket.socket) -> bool:
    """Whether the server closes the connection before patience ends."""
    try:
        return opened.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: ",
        b"POST /ui/trash HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{",
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n",
    ],
    ids=["nothing", "headers", "second request", "body", "upload"],
)
def test_a_request_that_never_ends_is_given_up(url: str, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_S", 0.3)
    monkeypatch.setattr(connections, "BODY_S", 0.3)
    with connected(url, sent) as opened:
        while sent.startswith(b"GET /healthz") and b"}" not in opened.recv(4096):
            pass  # the answer to the first of the two
        assert is_closed(opened)


def test_half_open_connections_are_bounded_and_others_are_served(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest give way, long before their time is up; an event stream is a whole request and stays."""
    monkeypatch.setattr(connections, "MAX_HALF_OPEN", 20)
    monkeypatch.setattr(connections, "HEADER_S", 3600.0)
    with connected(url, b"GET /events/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") as stream:
        assert stream.recv(15) == b"HTTP/1.1 200 OK"
        half = [connected(url, b"GET / HTTP/1.1\r\nHost: ") for _ in range(60)]
        assert httpx.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200
        assert all(is_closed(opened) for opened in half[:35])
        stream.settimeout(0.2)
        assert not is_closed(stream) or stream.recv(1)
        for opened in half:
            opened.close()


def test_a_slow_but_steady_upload_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_S", 1.0)

    async def count(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    def pieces() -> Iterator[bytes]:
        for _ in range(6):
            time.sleep(0.4)
            yield b"x" * 8192

    protocol = type("Protocol", (connections.BoundedProtocol,), {"half_open": {}})
    with serving(Starlette(routes=[Route("/", count, methods=["POST"])]), http=protocol) as url:
        assert httpx.post(url, content=pieces(), timeout=PATIENCE_S).text == str(6 * 8192)


def receiving(folder: Path, **options: int) -> UploadLimits:
    async def keep(request: Request) -> PlainTextResponse:
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return PlainTextResponse(str(size))

    return UploadLimits(Starlette(routes=[Route("/", keep, methods=["POST"])]), folder, folder, **options)


@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_that_the_disk_cannot_hold_is_refused(
    tmp_path: Path, declared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its declared length before it comes; without one while it comes. 1 EB is kept back, so nothing has room."""
    monkeypatch.setattr(upload_limits, "CHECK_BYTES", 1000)
    body = b"x" * 50_000
    with serving(receiving(tmp_path, reserve_bytes=2**60)) as url:
        answer = httpx.post(url, content=body if declared else iter([body]), headers=FILE, timeout=PATIENCE_S)
    assert answer.status_code == 507
    assert "Free some space" in answer.json()["error"]


def test_too_many_uploads_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limits, "MAX_CONCURRENT_UPLOADS", 2)
    with serving(receiving(tmp_path)) as url:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n1"
        hanging = [connected(url, head) for _ in range(2)]
        until = time.monotonic() + PATIENCE_S
        while httpx.post(url, content=b"x", headers=FILE).status_code != 429:
            assert time.monotonic() < until
        assert httpx.post(url, json={}).status_code == 200  # the pages themselves are not held up
        for opened in hanging:
            opened.close()
        while httpx.post(url, content=b"x", headers=FILE).status_code != 200:
            assert time.monotonic() < until


def test_waiting_files_are_bounded_and_old_ones_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_limits, "MAX_WAITING_FILES", 5)
    for n in range(5):
        (tmp_path / f"hash{n}").mkdir()
        (tmp_path / f"hash{n}" / "a.png").write_bytes(b"x")
    cut_off = tmp_path / "tmp_cut_off"
    cut_off.write_bytes(b"x")
    os.utime(cut_off, (0, time.time() - upload_limits.MAX_WAIT_S / 2))
    with serving(receiving(tmp_path)) as url:
        assert httpx.post(url, content=b"x", headers=FILE).status_code == 429
        assert not cut_off.exists()
        os.utime(tmp_path / "hash0" / "a.png", (0, time.time() - 2 * upload_limits.MAX_WAIT_S))
        assert httpx.post(url, content=b"x", headers=FILE).status_code == 200
        assert not (tmp_path / "hash0" / "a.png").exists()


def test_gradios_sessions_are_bounded(url: str) -> None:
    """Each call of the API makes a session of about a megabyte, and Gradio would keep ten thousand of them."""
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as web:
        for n in range(MAX_SESSIONS + 10):
            asked = web.post("/gradio_api/call/search", json={"data": ["", "", "", "", "", 0, None, 1]}).json()
            assert "complete" in web.get(f"/gradio_api/call/search/{asked['event_id']}").text, n
    holders = [o for o in gc.get_objects() if isinstance(o, StateHolder) and getattr(o, "blocks", None)]
    assert max(len(holder.session_data) for holder in holders) <= MAX_SESSIONS
    assert any(len(holder.session_data) > MAX_SESSIONS // 2 for holder in holders)


def test_a_websocket_that_does_not_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what was sent to it, and its place, would stay for as long as it likes."""
    monkeypatch.setattr(connections, "UNREAD_S", 0.3)
    ended = threading.Event()

    async def talk(line: WebSocket) -> None:
        await line.accept()
        try:
            while True:
                await line.send_text("x" * 60_000)
        except WebSocketDisconnect:
            ended.set()

    app = Starlette(routes=[WebSocketRoute("/", talk)])
    with serving(app, ws=connections.BoundedWebSocket, ws_per_message_deflate=False) as url:
        head = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        with connected(url, f"{head}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()):
            assert ended.wait(PATIENCE_S)

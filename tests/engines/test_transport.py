"""Whether a call was sent, and what came of it: what decides between another try and a held run, on real sockets.

A call that costs money raises Unavailable where its first byte was never sent, and UnknownOutcome from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from studio.engines import addresses, transport
from studio.engines.addresses import NOWHERE, AllowedHosts, LinkGone
from studio.engines.http import ApiClient, Reply
from studio.errors import EngineError, Unavailable, UnknownOutcome

T = TypeVar("T")
GOOD = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{"a": 1}'
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


class Lines:
    """A server whose handler plays each connection (reader, writer, number from 1); requests are kept in `heads`."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._handler, self._host, self._tls = handler, host, tls
        self.connections, self.heads = 0, list[bytes]()

    async def __aenter__(self) -> Lines:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        port = self._server.sockets[0].getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"{'https' if self._tls else 'http'}://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """Read a request to its end; its head."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(length[0].partition(b":")[2]) if length else 0)
        self.heads.append(head)
        return head

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._handler(reader, writer, self.connections)
            await writer.drain()
        writer.close()


def play(story: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The story, bounded in time."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await story()

    return asyncio.run(bounded())


def client(base: str, total_s: float = 5.0) -> contextlib.AbstractAsyncContextManager[ApiClient]:
    """A provider's client at this address."""
    return contextlib.aclosing(
        _Closing(base, label="Provider", auth=lambda: {"Authorization": "Key k"}, total_s=total_s)
    )


class _Closing(ApiClient):
    async def aclose(self) -> None:
        await self.close()


async def paid(api: ApiClient) -> Reply:
    return await api.call("POST", "/submit", json={"prompt": "a"}, paid=True)


def submit_error(handler: Handler, total_s: float = 5.0) -> tuple[EngineError, Lines]:
    """What a paid call to this server raises."""

    async def story() -> tuple[EngineError, Lines]:
        async with Lines(handler) as lines, client(lines.url, total_s) as api:
            with pytest.raises(EngineError) as raised:
                await paid(api)
            return raised.value, lines

    return play(story)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_refused_connection_was_never_sent() -> None:
    async def story() -> None:
        async with client(f"http://127.0.0.1:{closed_port()}") as api:
            with pytest.raises(Unavailable, match="ConnectError"):
                await paid(api)

    play(story)


def test_a_name_that_nobody_knows_was_never_sent() -> None:
    async def story() -> None:
        async with client("http://nobody.invalid") as api:
            with pytest.raises(Unavailable, match="ConnectError"):
                await paid(api)

    play(story)


def test_a_connection_that_is_never_made_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose queue of connections is full answers no more of them."""
    with socket.socket() as full, socket.socket() as taken:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        taken.connect(full.getsockname())
        base = f"http://127.0.0.1:{full.getsockname()[1]}"

        async def story() -> None:
            async with client(base) as api:
                api.client.timeout = httpx.Timeout(30.0, connect=0.2)
                with pytest.raises(Unavailable, match="ConnectTimeout"):
                    await asyncio.gather(*(paid(api) for _ in range(3)))

        play(story)


def test_a_server_without_tls_was_never_sent_anything() -> None:
    """The handshake fails, before any of the request."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await reader.read(1000)
        writer.write(GOOD)

    async def story() -> None:
        async with Lines(plain) as lines, client(lines.url.replace("http", "https")) as api:
            with pytest.raises(Unavailable, match="ConnectError"):
                await paid(api)

    play(story)


def test_a_certificate_that_nobody_signed_gets_no_request(tmp_path: Path) -> None:
    """Nor does one of another name; the provider's key stays here."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        asked.append(await reader.read(1000))

    async def story() -> None:
        async with Lines(serve, tls=own_certificate(tmp_path)) as lines, client(lines.url) as api:
            with pytest.raises(Unavailable, match="ConnectError"):
                await paid(api)

    play(story)
    assert not any(asked)


def test_a_certificate_that_is_trusted_carries_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are kept over TLS as well; the same certificate under another name is refused."""
    tls = own_certificate(tmp_path)
    trust(tmp_path, monkeypatch)

    async def story() -> None:
        async with Lines(answer_all, tls=tls) as lines:
            async with client(lines.url) as api:
                replies = [await paid(api) for _ in range(3)]
            assert [reply.body for reply in replies] == [{"a": 1}] * 3
            assert lines.connections == 1
            async with client(lines.url.replace("127.0.0.1", "localhost")) as api:
                with pytest.raises(Unavailable, match="ConnectError"):
                    await paid(api)

    play(story)


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients trust cert.pem besides the usual ones."""
    trusting = addresses.ssl_context.__wrapped__()
    trusting.load_verify_locations(folder / "cert.pem")
    monkeypatch.setattr(addresses, "ssl_context", lambda: trusting)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
    while True:
        await _read_request(reader)
        writer.write(GOOD)
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    return await Lines(answer_all).request(reader)


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate for 127.0.0.1 that nobody signed; it lies in cert.pem."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_look_is_not_repeated_by_itself() -> None:
    """Not even on a kept connection: how often a provider is asked is the job manager's business."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await lines_of[0].request(reader)
        writer.write(GOOD)
        await lines_of[0].request(reader)

    lines_of: list[Lines] = []

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            lines_of.append(lines)
            await api.call("GET", "/1")
            with pytest.raises(Unavailable, match="RemoteProtocolError"):
                await api.call("GET", "/2")
            assert (lines.connections, len(lines.heads)) == (1, 2)

    play(story)


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_line_that_ends_after_the_request_leaves_it_open(how: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await _read_request(reader)
        if how == "reset":
            writer.transport.abort()

    error, lines = submit_error(handler)
    assert isinstance(error, UnknownOutcome)
    assert lines.connections == 1


def test_a_line_that_ends_before_the_request_was_read_leaves_it_open() -> None:
    """The bytes are on their way: nobody can say whether somebody has read them."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: int) -> None:
        writer.transport.abort()

    error, lines = submit_error(handler)
    assert isinstance(error, UnknownOutcome)
    assert lines.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd",
    ],
    ids=["half a body", "half a chunk", "half a head", "no HTTP", "no gzip"],
)
def test_half_an_answer_leaves_it_open(answer: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await _read_request(reader)
        writer.write(answer)

    error, lines = submit_error(handler)
    assert isinstance(error, UnknownOutcome)
    assert lines.connections == 1


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"], ids=["none", "begun"])
def test_an_answer_that_does_not_come_leaves_it_open(begun: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await _read_request(reader)
        writer.write(begun)
        await reader.read()

    error, lines = submit_error(handler, total_s=0.3)
    assert isinstance(error, UnknownOutcome)
    assert (error.code, lines.connections) == ("timeout", 1)


def test_a_read_that_stalls_is_an_answer_lost() -> None:
    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter, __: int) -> None:
        await _read_request(reader)
        await reader.read()

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            api.client.timeout = httpx.Timeout(0.2)
            with pytest.raises(UnknownOutcome, match="ReadTimeout"):
                await paid(api)

    play(story)


@pytest.mark.parametrize("tls", ["", "closed", "shut down"])
def test_a_kept_connection_that_the_server_closed_is_not_used(
    tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two calls, while the loop was busy with something else: each submit arrives once, on a new connection."""
    context = own_certificate(tmp_path)
    trust(tmp_path, monkeypatch)
    told, closed, heads = threading.Semaphore(0), threading.Semaphore(0), list[bytes]()

    def serve(listening: socket.socket) -> None:
        for _ in range(3):
            line, _ = listening.accept()
            line = context.wrap_socket(line, server_side=True) if tls else line
            heads.append(line.recv(65536))
            line.sendall(GOOD)
            told.acquire(timeout=10)
            if tls == "shut down":
                line.settimeout(0.05)
                with contextlib.suppress(OSError):
                    line.unwrap()  # pyright: ignore[reportAttributeAccessIssue]
            line.close()
            closed.release()

    async def story(port: int) -> None:
        async with client(f"{'https' if tls else 'http'}://127.0.0.1:{port}") as api:
            for _ in range(3):
                assert (await paid(api)).body == {"a": 1}
                told.release()
                closed.acquire(timeout=10)  # blocks the loop, which hears of nothing

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,), daemon=True)
        server.start()
        play(lambda: story(listening.getsockname()[1]))
        server.join(10)
    assert len(heads) == 3


def test_calls_share_connections_and_answers_stay_apart() -> None:
    """As many at once as there are connections, each with its own answer."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        while True:
            head = await lines_of[0].request(reader)
            number = head.split(b" ")[1].rpartition(b"/")[2]
            body = b'{"number": %s}' % number
            await asyncio.sleep(0.001)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()

    lines_of: list[Lines] = []

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            lines_of.append(lines)
            replies = await asyncio.gather(*(api.call("GET", f"/{i}") for i in range(200)))
            assert [reply.body["number"] for reply in replies] == list(range(200))
            assert lines.connections <= 50

    play(story)


def test_a_cancelled_call_takes_nobody_elses_answer() -> None:
    """Its connection is closed, for its answer may still come."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await _read_request(reader)
        await asyncio.sleep(0.3 if number == 1 else 0)
        body = b'{"number": %d}' % number
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await api.call("GET", "/1")
            await asyncio.sleep(0.3)
            assert (await api.call("GET", "/2")).body == {"number": 2}

    play(story)


def test_ipv6_carries_calls() -> None:
    async def story() -> None:
        async with Lines(answer_all, host="::1") as lines, client(lines.url) as api:
            assert (await paid(api)).body == {"a": 1}

    play(story)


def test_large_and_streamed_bodies_arrive_whole(tmp_path: Path) -> None:
    """They take httpx's pool; small ones do not."""
    bodies: list[int] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            (length,) = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            bodies.append(len(await reader.readexactly(int(length.partition(b":")[2]))))
            writer.write(GOOD)
            await writer.drain()

    file = tmp_path / "a.bin"
    file.write_bytes(b"a" * 3_000_000)

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            await api.call("POST", "/x", json={"image": "a" * (transport.MAX_SENT_AT_ONCE + 1)}, paid=True)
            await api.call("POST", "/x", json={"image": "a" * (transport.MAX_SENT_AT_ONCE // 2)}, paid=True)
            with file.open("rb") as opened:
                await api.call("POST", "/x", files={"file": ("a.bin", opened, "image/png")})

    play(story)
    assert bodies[0] > transport.MAX_SENT_AT_ONCE > bodies[1]
    assert bodies[2] > 3_000_000


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_private_addresses_are_not_reached_by_a_link(host: str) -> None:
    """Not even where nobody has looked at the link before; its own home may be private."""

    async def story() -> None:
        async with Lines(answer_all, host="::1" if ":" in host else "127.0.0.1") as lines:
            port = lines.url.rpartition(":")[2]
            limits, timeout = httpx.Limits(), httpx.Timeout(5)
            async with addresses.client(limits, timeout) as http:
                url = f"http://{host}:{port}/x"
                for home in (NOWHERE, AllowedHosts.of(f"http://{host}:1")):
                    with pytest.raises(LinkGone, match="private network"):
                        await http.send(http.build_request("GET", url, extensions={"home": home}))
                assert lines.connections == 0
                mine = AllowedHosts.of(url)
                answer = await http.send(http.build_request("GET", url, extensions={"home": mine}))
                assert answer.json() == {"a": 1}

    play(story)


def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check sees a public address; whoever connects looks up the name once more, and judges what it finds."""
    answers = iter(["93.184.216.34", "127.0.0.1"])

    async def story() -> None:
        loop = asyncio.get_running_loop()

        async def lookup(host: str, port: int, **_: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        async with Lines(answer_all) as lines, addresses.client(httpx.Limits(), httpx.Timeout(5)) as http:
            monkeypatch.setattr(loop, "getaddrinfo", lookup)
            url = addresses.parse(f"http://rebinding.test:{lines.url.rpartition(':')[2]}/x")
            await addresses.check(url, NOWHERE)
            with pytest.raises(LinkGone, match="private network"):
                await http.send(http.build_request("GET", url))
            assert lines.connections == 0

    play(story)


def test_redirects_are_answers_and_not_followed() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await _read_request(reader)
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")

    error, lines = submit_error(handler)
    assert error.code == "302"
    assert lines.connections == 1


def test_a_proxy_of_the_environment_gets_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole address goes to it; NO_PROXY is kept to."""

    async def story() -> None:
        async with Lines(answer_all) as proxy, Lines(answer_all) as direct:
            heads: list[bytes] = []

            async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
                heads.append(await proxy.request(reader))
                writer.write(GOOD)

            proxy._handler = record
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            async with client("http://provider.test") as api:
                assert (await paid(api)).body == {"a": 1}
            async with client(direct.url) as api:
                assert (await paid(api)).body == {"a": 1}
            assert [head.split(b"\r\n")[0] for head in heads] == [b"POST http://provider.test/submit HTTP/1.1"]
            assert direct.connections == 1

    play(story)


def test_a_client_works_on_one_loop_after_another() -> None:
    """Each has connections of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        api = ApiClient(f"http://127.0.0.1:{listening.getsockname()[1]}", label="Provider", auth=dict)

        def serve() -> None:
            for _ in range(2):
                line, _ = listening.accept()
                line.recv(65536)
                line.sendall(GOOD)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        for _ in range(2):
            assert play(lambda: paid(api)).body == {"a": 1}
        server.join(10)
        play(api.close)


def test_cookies_are_not_kept() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        while True:
            await lines_of[0].request(reader)
            writer.write(GOOD.replace(b"content-type", b"set-cookie: a=1; path=/\r\ncontent-type"))

    lines_of: list[Lines] = []

    async def story() -> None:
        async with Lines(handler) as lines, client(lines.url) as api:
            lines_of.append(lines)
            await paid(api)
            await paid(api)
            assert len(lines.heads) == 2 and not any(b"cookie" in head.lower() for head in lines.heads)

    play(story)


def test_headers_arrive_as_they_were_given() -> None:
    """Nothing is added that httpx would not send, and a long signed address comes back whole."""
    long = "https://files.test/?sig=" + "a" * 20_000

    async def story() -> None:
        heads: list[bytes] = []

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
            heads.append(await _read_request(reader))
            writer.write(b"HTTP/1.1 200 OK\r\nx-link: %s\r\ncontent-length: 2\r\n\r\n{}" % long.encode())

        async with Lines(handler) as lines, client(lines.url) as api:
            reply = await api.call("GET", "/a%2Fb?x=%20y", headers={"X-Own": "1"})
            assert reply.headers["x-link"] == long
            first = heads[0].decode().lower()
            assert first.startswith("get /a%2fb?x=%20y http/1.1\r\n")
            names = sorted(line.partition(":")[0] for line in first.split("\r\n")[1:] if line)
            expected = ["accept", "accept-encoding", "authorization", "connection", "host", "user-agent", "x-own"]
            assert names == expected

    play(story)

"""A small model hub on this machine: the two calls that the hub's client makes, with ranges, over real HTTP."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories as {repo: {file: bytes}}. slow: files sent only to this share, then held until `go` is set.
    hashes, sizes: what it says of a file in place of the truth. links: where it sends for a file. listing: in place of
    its whole list."""

    def __init__(self, repos: dict[str, dict[str, bytes]]) -> None:
        self.repos = repos
        self.slow: dict[str, float] = {}
        self.hashes: dict[str, str] = {}
        self.sizes: dict[str, Any] = {}
        self.links: dict[str, str] = {}
        self.listing: bytes | None = None
        self.go = threading.Event()
        self.ranges: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/"):
            return self._list(path.removeprefix("/api/models/").partition("/revision/")[0])
        repo, _, rest = path.strip("/").partition("/resolve/")
        name = rest.partition("/")[2]
        content = self.hub.repos.get(repo, {}).get(name)
        if content is None:
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        return self._file(name, content, body=body)

    def _list(self, repo: str) -> None:
        files = self.hub.repos.get(repo)
        if files is None:
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        if self.hub.listing is not None:
            return self._send(200, self.hub.listing, {"Content-Type": "application/json"})
        siblings = [
            {
                "rfilename": n,
                "size": self.hub.sizes.get(n, len(c)),
                "lfs": {"sha256": self.hub.hashes.get(n) or hashlib.sha256(c).hexdigest()},
            }
            for n, c in files.items()
        ]
        answer = {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}
        return self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _file(self, name: str, content: bytes, *, body: bool) -> None:
        digest = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(content))}
        headers |= {"X-Linked-Etag": f'"{digest}"', "Accept-Ranges": "bytes"}
        if not body:
            return self._send(200, content, headers, body=False)
        self.hub.asked.append(name)
        if link := self.hub.links.get(name):
            return self._send(302, b"", {"Location": link})
        first = 0
        if asked := self.headers.get("Range"):
            self.hub.ranges.append((name, asked))
            first = int(asked.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        return self._send(206 if first else 200, content[first:], headers, hold=self.hub.slow.get(name))

    def _send(
        self, code: int, content: bytes, headers: dict[str, str], *, body: bool = True, hold: float | None = None
    ) -> None:
        self.send_response(code)
        for key, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(key, value)
        self.end_headers()
        if not body:
            return
        cut = len(content) if hold is None or self.hub.go.is_set() else int(hold * len(content))
        try:
            self.wfile.write(content[:cut])
            if cut < len(content):
                self.wfile.flush()
                self.hub.go.wait(30)
                self.wfile.write(content[cut:])
        except OSError:
            self.close_connection = True


@contextmanager
def serve(repos: dict[str, dict[str, bytes]]) -> Iterator[Hub]:
    """The hub, at its url, until the block ends."""
    hub = Hub(repos)
    kind: Any = type("Bound", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.go.set()
        server.shutdown()
        server.server_close()
        thread.join()

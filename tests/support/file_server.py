"""A small real file server that can misbehave: for downloads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Files:
    """What is served, and what was asked. cut_after: bytes after which the next answers break off, one each.

    statuses: answers given before any file, one each. redirects: path -> where. lengths: whether sizes are told.
    ranges: whether parts can be asked for.
    """

    url: str = ""
    content: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True
    lengths: bool = True
    etag: str = '"one"'


@contextmanager
def file_server() -> Iterator[Files]:
    """Serve on a free port of this machine."""
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            files.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            if files.statuses:
                self.answer(files.statuses.pop(0))
            elif self.path in files.redirects:
                self.answer(302, {"location": files.redirects[self.path]})
            elif self.path not in files.content:
                self.answer(404)
            else:
                self.send_file(files.content[self.path])

        def send_file(self, body: bytes) -> None:
            start, wanted = 0, self.headers.get("range", "")
            fresh = self.headers.get("if-range", files.etag) == files.etag
            if files.ranges and wanted.startswith("bytes=") and fresh:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
            headers = {"etag": files.etag}
            if start:
                headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            if files.lengths:
                headers["content-length"] = str(len(body) - start)
            self.answer(206 if start else 200, headers)
            end = min(len(body), start + files.cut_after.pop(0)) if files.cut_after else len(body)
            self.wfile.write(body[start:end])
            if end < len(body) or not files.lengths:
                self.close_connection = True

        def answer(self, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {"content-length": "0"}).items():
                self.send_header(name, value)
            if headers and "location" in headers:
                self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

"""A page of the gallery over HTTP: the first one, the 200th, one that has not changed, and its bytes on the wire.

100,000 realistic runs (`--data` takes a folder that `tests.bench._corpus` has built; it is copied). References in the
same run: the bare health check of the same server, and the rows of the page read by one SQLite statement. Goal: p50 of
the first page <= 3 ms. cpu_ms: of the server's process, a page.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli

from tests.bench import _corpus, _live
from tests.bench._live import tell, times_ms

PAGE = "/ui/runs?limit=80&trashed=false&query="
BROWSER = {"accept-encoding": "gzip, deflate, br, zstd", "accept-language": "en"}
DEEP = 200
KEPT_S, SETTLED_S = 3.0, 20.0


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="bench wire", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="a data folder to copy, in the place of building one")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--port", type=int, default=0)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "data", wanted.data, wanted.runs)
        statement_ms = _statement(folder / "data" / "studio.db", wanted.calls)
        with _live.studio(folder, wanted.port) as url:
            _measure(url, wanted.calls)
        tell("wire", "sqlite_statement", statement_ms)


def fill(data: Path, ready: Path | None, runs: int) -> None:
    """Make the data folder: a copy of a ready one, or built anew."""
    if ready is not None:
        shutil.copytree(ready, data)
    else:
        _corpus.build(data, runs)


class Client:
    """One kept connection, as a browser has it."""

    def __init__(self, url: str) -> None:
        self.port = urlsplit(url).port or 80
        self._used = time.monotonic()
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """The answer; its body has been read into `.body`."""
        return self.ask("GET", path, None, **headers)

    def ask(self, method: str, path: str, body: Any, **headers: str) -> http.client.HTTPResponse:
        """As `get`, with a body that is sent as JSON."""
        sent = None if body is None else json.dumps(body)
        kind = {"content-type": "application/json"} if sent else {}
        if time.monotonic() - self._used > KEPT_S:  # the server may have ended it
            self._connection.close()
        self._connection.request(method, path, sent, BROWSER | kind | headers)
        answer: Any = self._connection.getresponse()
        self._used = time.monotonic()
        answer.body = answer.read()
        return answer


def plain(answer: Any) -> bytes:
    """The body as it was before it was compressed."""
    encoding = answer.headers.get("content-encoding", "")
    return brotli.decompress(answer.body) if encoding == "br" else answer.body


def settle(port: int) -> None:
    """Wait until the studio has done what it does after a start, SETTLED_S seconds at most."""
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        before = _cpu_s(port)
        time.sleep(1)
        if _cpu_s(port) - before < 0.12:
            return


def _measure(url: str, calls: int) -> None:
    client = Client(url)
    client.get(PAGE)
    settle(client.port)
    before = _cpu_s(client.port)
    first = times_ms(lambda: client.get(PAGE), calls)
    cpu_ms = (_cpu_s(client.port) - before) / (calls + 2) * 1000
    answer: Any = client.get(PAGE)
    plain: Any = client.get(PAGE, **{"accept-encoding": "identity"})
    sizes = {"bytes": len(answer.body), "plain_bytes": len(plain.body)}
    tell("wire", "first_page", first, goal=3.0, cpu_ms=round(cpu_ms, 2), **sizes)
    tell("wire", "bare_route", times_ms(lambda: client.get("/healthz"), calls))
    if tag := answer.headers.get("etag"):
        again = times_ms(lambda: client.get(PAGE, **{"if-none-match": tag}), calls)
        status = client.get(PAGE, **{"if-none-match": tag}).status
        tell("wire", "unchanged_page", again, status=status)
    seq = None
    for _ in range(DEEP - 1):
        page: Any = client.get(PAGE if seq is None else f"{PAGE}&before={seq}", **{"accept-encoding": "identity"})
        if (found := json.loads(page.body)["next_before"]) is None:
            return
        seq = found
    tell("wire", f"page_{DEEP}", times_ms(lambda: client.get(f"{PAGE}&before={seq}"), calls))


def _statement(path: Path, calls: int) -> list[float]:
    """Milliseconds of reading the rows of a page, and nothing else."""
    db = sqlite3.connect(path, isolation_level=None)
    sql = "SELECT * FROM runs WHERE trashed_at IS NULL ORDER BY seq DESC LIMIT 80"
    times = times_ms(lambda: db.execute(sql).fetchall(), calls)
    db.close()
    return times


def _cpu_s(port: int) -> float:
    """CPU seconds so far of the studio that was started on this port (Linux); 0 elsewhere."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text()
            if "app.py\0" in command and f"--port\0{port}\0" in command:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    return 0.0

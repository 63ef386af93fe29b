"""What a page and a program feel of a long queue: 10, 100, 1,000 and 10,000 runs that wait.

Figures, by HTTP: one more submit, the list that every page gets when it connects (milliseconds and KB), the fiftieth
page of rows, a move, Settings' page, and the end of all that waits by one press. References in the same run: the
studio's health check, and one UPDATE of as many rows of a bare SQLite file, in WAL as the studio's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.bench import _live
from tests.bench._live import tell, times_ms

REQUEST: dict[str, Any] = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a fox in the rain " * 6}
MOST_A_CALL = 1000
PAGE = 50


def main(argv: list[str]) -> None:
    """Print one JSON line per figure and size."""
    parser = argparse.ArgumentParser(prog="bench queue", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--calls", type=int, default=15)
    parser.add_argument("--port", type=int, default=0)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as open_:
        url = open_.enter_context(_live.studio(Path(name), wanted.port))
        http = open_.enter_context(httpx.Client(base_url=url, timeout=300))
        http.post("ui/queue/pause", json={}).raise_for_status()
        for size in wanted.sizes:
            _measure(http, Path(name), size, wanted.calls)


def _measure(http: httpx.Client, folder: Path, size: int, calls: int) -> None:
    began = time.perf_counter()
    ids: list[str] = []
    for start in range(0, size, MOST_A_CALL):
        requests = [REQUEST] * min(MOST_A_CALL, size - start)
        ids += [run["id"] for run in http.post("api/v1/runs", json=requests).raise_for_status().json()]
    tell("queue", "submit_all", [(time.perf_counter() - began) * 1000], waiting=size)
    few = max(5, calls // 3) if size > MOST_A_CALL else calls

    def get(path: str) -> httpx.Response:
        return http.get(path).raise_for_status()

    def move(path: str, **body: Any) -> None:
        http.post(f"ui/runs/{path}", json=body).raise_for_status()

    tell("queue", "healthz", times_ms(lambda: get("healthz"), calls), waiting=size)
    kb = round(len(get("ui/queue").content) / 1000, 1)
    tell("queue", "ui_queue", times_ms(lambda: get("ui/queue"), few), waiting=size, kb=kb)
    with contextlib.suppress(httpx.HTTPStatusError):  # before, there were no pages of it
        skip = max(0, min(size - PAGE, 49 * PAGE))
        tell("queue", "page_of_rows", times_ms(lambda: get(f"ui/queue/rows?skip={skip}"), few), waiting=size, skip=skip)
    tell("queue", "move", times_ms(lambda: move(f"{ids[-1]}/move", before=ids[0]), few), waiting=size)
    tell("queue", "ui_house", times_ms(lambda: get("ui/house"), few), waiting=size)
    one = times_ms(lambda: http.post("api/v1/runs", json=REQUEST).raise_for_status(), calls)
    tell("queue", "one_more_submit", one, waiting=size)
    began = time.perf_counter()
    cancelled = http.post("ui/queue/clear", json={}).raise_for_status().json()["cancelled"]
    taken_ms = (time.perf_counter() - began) * 1000
    assert cancelled >= size
    tell("queue", "cancel_all", [taken_ms], waiting=size, one_update_ms=_one_update(folder / f"bare{size}.db", size))


def _one_update(path: Path, size: int) -> float:
    """Milliseconds in which SQLite changes the status of as many rows, indexed by it, in one statement."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, status TEXT, request TEXT)")
    db.execute("CREATE INDEX runs_status ON runs (status)")
    db.execute("BEGIN")
    db.executemany("INSERT INTO runs (status, request) VALUES ('queued', ?)", [(json.dumps(REQUEST),)] * size)
    db.execute("COMMIT")
    times: list[float] = []
    for old, new in (("queued", "cancelled"), ("cancelled", "queued"), ("queued", "cancelled")):
        began = time.perf_counter()
        db.execute("UPDATE runs SET status = ? WHERE status = ?", [new, old])
        times.append((time.perf_counter() - began) * 1000)
    db.close()
    return round(statistics.median(times), 2)

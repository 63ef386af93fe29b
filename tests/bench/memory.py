"""Whether the studio grows with use: resident memory after thousands of API calls and opened pages.

A call is `/gradio_api/call/search` and its answer. A page is what a browser asks of Gradio when it opens one: the page
itself, its configuration, an event in a session of its own, and the heartbeat that tells when it is closed. Growth is
counted from the end of the warm-up, when every bounded store is full.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import tempfile
import time
from pathlib import Path

import httpx

from tests.bench._serve import program

GOAL_MB = 30
SEARCH = {"data": ["", "", "", "", "", 0, None, 1]}


def main(argv: list[str]) -> None:
    """Print one JSON line per stretch of calls and of pages."""
    parser = argparse.ArgumentParser(prog="memory", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--warm-up", type=int, default=200)
    parser.add_argument("--parts", type=int, default=4, help="figures for each of the two kinds")
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, program("studio", Path(folder)) as studio:
        studio.first_answer()
        with httpx.Client(base_url=studio.url, timeout=60) as web:
            _measure(web, studio.process.pid, chosen)


def _measure(web: httpx.Client, pid: int, chosen: argparse.Namespace) -> None:
    for _ in range(chosen.warm_up):
        call(web)
    for _ in range(chosen.warm_up // 4):
        page(web)
    start = rss_mb(pid)
    for name, act, total in (("calls", call, chosen.calls), ("pages", page, chosen.pages)):
        for part in range(1, chosen.parts + 1):
            began = time.perf_counter()
            share = total // chosen.parts
            for _ in range(share):
                act(web)
            line = {"bench": "memory", "figure": name, "done": part * share, "rss_mb": round(rss_mb(pid), 1)}
            line |= {"growth_mb": round(rss_mb(pid) - start, 1), "goal_mb": GOAL_MB}
            print(json.dumps(line | {"per_s": round(share / (time.perf_counter() - began), 1)}), flush=True)


def call(web: httpx.Client) -> None:
    """One call of the API, answered."""
    asked = web.post("/gradio_api/call/search", json=SEARCH).raise_for_status().json()
    answer = web.get(f"/gradio_api/call/search/{asked['event_id']}").text
    assert "complete" in answer, answer


def page(web: httpx.Client) -> None:
    """One page opened and closed again."""
    session = secrets.token_hex(6)
    web.get("/").raise_for_status()
    web.get("/config").raise_for_status()
    with web.stream("GET", f"/gradio_api/heartbeat/{session}") as beating:
        beating.raise_for_status()
        web.post("/gradio_api/run/search", json=SEARCH | {"session_hash": session}).raise_for_status()


def rss_mb(pid: int) -> float:
    """Resident memory of the process in MB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

"""How long somebody waits who presses Generate while others search: p95 of a submit over HTTP, goal under 20 ms.

100,000 realistic runs (`--data` takes a folder that `tests.bench._corpus` has built; it is copied), the queue paused.
Four clients, in a process of their own, search without a pause, each over a kept connection. Submits come as the page
sends them (where this version has that address) and by the REST API, each alone first and then meanwhile. References in
the same run: the bare health check alone and meanwhile, which is what any answer of the same server takes.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.bench import _live
from tests.bench._corpus import CHINESE, COMMON, PHRASE, RARE, USUAL
from tests.bench._live import tell, times_ms
from tests.bench._serve import ROOT
from tests.bench.wire import Client, fill, plain, settle

MODEL, TASK = "draft/animatic", "text-to-image"
QUERIES = (
    "", COMMON, USUAL, RARE, f"{COMMON}%20{USUAL}", f"%22{PHRASE.replace(' ', '%20')}%22", "model:draft/animatic",
    f"{USUAL}%20-{COMMON}", "rating:%3E=4", quote(CHINESE),
)  # fmt: skip
"""What the four search for, in turn."""


def main(argv: list[str]) -> None:
    """Fill, search, submit, tell."""
    parser = argparse.ArgumentParser(prog="bench submit", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="a data folder to copy, in the place of building one")
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--submits", type=int, default=200)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--search", help="an address: search it without a pause, until the input ends")
    wanted = parser.parse_args(argv)
    if wanted.search:
        _search(wanted.search, wanted.readers)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "data", wanted.data, wanted.runs)
        with _live.studio(folder, wanted.port) as url:
            client = Client(url)
            client.ask("POST", "/ui/queue/pause", {})
            settle(client.port)
            calls = {"bare": lambda: client.get("/healthz"), "rest": lambda: _by_rest(client)}
            if by_page := _page_of(client):
                calls["page"] = by_page
            for figure, call in calls.items():
                tell("submit", f"{figure}_alone", times_ms(call, wanted.submits))
            with _searching(url, wanted.readers) as searched:
                for figure, call in calls.items():
                    goal = {} if figure == "bare" else {"goal_p95": 20.0}
                    tell("submit", f"{figure}_while_searching", times_ms(call, wanted.submits), **goal)
            print(json.dumps({"bench": "submit", "figure": "searches_per_s", "value": searched()}), flush=True)


def _by_rest(client: Client) -> None:
    body = {"task": TASK, "model": MODEL, "prompt": f"a fox in the rain {random.random()}"}
    answer: Any = client.ask("POST", "/api/v1/runs", body)
    if answer.status not in (200, 201):
        raise RuntimeError(answer.body)


def _page_of(client: Client) -> Callable[[], None] | None:
    """A press of Generate as the page sends it; None where this version has no such address."""

    terms = ""

    def press() -> Any:
        form = {"model": MODEL, "values": {"prompt": "a fox in the rain"}}
        data = {"key": f"press {random.random()}", "terms": terms}
        answer: Any = client.ask("POST", "/ui/forms/t2i/generate", {"form": form, "data": data})
        return json.loads(plain(answer))["parts"]["bar"] if answer.status == 200 else None

    def checked() -> None:
        if not (told := press()) or not told.get("submitted"):
            raise RuntimeError(f"the page's submit was answered with {told}")

    if (told := press()) is None:
        return None
    terms = told["terms"]
    return checked


@contextmanager
def _searching(url: str, readers: int) -> Iterator[Callable[[], float]]:
    """Clients that search while the context lasts; gives what tells, afterwards, how many searches a second."""
    command = [sys.executable, "-m", "tests.bench", "submit", "--search", url, "--readers", str(readers)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    process.stdout.readline()  # all are under way
    result: list[float] = []
    try:
        yield lambda: result[0]
    finally:
        process.stdin.close()
        result.append(json.loads(process.stdout.readline() or "0"))
        process.wait(20)


def _search(url: str, readers: int) -> None:
    stop, searches = threading.Event(), [0] * readers

    def read(number: int) -> None:
        client = Client(url)
        while not stop.is_set():
            query = QUERIES[(searches[number] + number) % len(QUERIES)]
            client.get(f"/ui/runs?limit=80&trashed=false&query={query}")
            searches[number] += 1

    threads = [threading.Thread(target=read, args=(n,), daemon=True) for n in range(readers)]
    for thread in threads:
        thread.start()
    while not all(searches):
        time.sleep(0.05)
    before, began = sum(searches), time.perf_counter()
    print("searching", flush=True)
    sys.stdin.read()
    print(json.dumps(round((sum(searches) - before) / (time.perf_counter() - began), 1)), flush=True)
    stop.set()
    for thread in threads:
        thread.join(10)

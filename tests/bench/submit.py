"""How fast a run is stored while the gallery is searched: p95 of Studio.submit, goal under 20 ms.

A gallery of 20,000 runs; four threads search it without a pause, each with a page's worth of runs built. The reference
is the least any program can do in the same seconds: one bare INSERT of the same prompt into a SQLite file in WAL, on a
connection of its own, while the same four threads search.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from studio.catalogue import load
from studio.domain import Request, Run, Task
from studio.engines.fake import FakeEngine
from studio.settings import Settings
from studio.store import runs
from studio.store.mapping import new_id, stamp
from studio.store.runs import NewRun
from studio.studio import Studio

WORDS = (
    "red",
    "blue",
    "coat",
    "cat",
    "dog",
    "rain",
    "city",
    "night",
    "forest",
    "sea",
    "old",
    "woman",
    "红色",
    "外套",
    "城市",
)
QUERIES = ("", "red coat", "红色", "cat -dog", "model:fake/image", '"red coat" city', "rating:>=1", "after:2026-01-01")


def main(argv: list[str]) -> None:
    """Fill, search, submit, tell."""
    parser = argparse.ArgumentParser(prog="bench submit")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--submits", type=int, default=300)
    wanted = parser.parse_args(argv)
    catalogue = load(Path(__file__).parents[1] / "catalogue")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data")
        with Studio.open(settings, engines={"fake": FakeEngine()}, catalogue=catalogue) as studio:
            studio.queue.pause()
            fill(studio, wanted.runs)
            bare = bare_insert(Path(folder) / "bare.db")
            quiet = timed(lambda: studio.local.requests.submit(body()), wanted.submits)
            stop, searches = threading.Event(), [0] * wanted.readers
            readers = [
                threading.Thread(target=search, args=(studio, stop, searches, n), daemon=True)
                for n in range(wanted.readers)
            ]
            for reader in readers:
                reader.start()
            cpu, start = time.process_time(), time.perf_counter()
            reference = timed(bare, wanted.submits)
            busy = timed(lambda: studio.local.requests.submit(body()), wanted.submits)
            took, cpu = time.perf_counter() - start, time.process_time() - cpu
            stop.set()
            for reader in readers:
                reader.join(10)
    tell("submit_quiet_p95_ms", p95(quiet))
    tell("submit_busy_p50_ms", statistics.median(busy))
    tell("submit_busy_p95_ms", p95(busy), goal=20.0)
    tell("bare_insert_busy_p95_ms", p95(reference))
    tell("submit_against_bare_insert_p95", p95(busy) / p95(reference))
    tell("searches_per_s_meanwhile", sum(searches) / took, cores=round(cpu / took, 2))


def body() -> dict[str, object]:
    """A request as a user would send it."""
    return {"task": "text-to-image", "model": "fake/image", "prompt": prompt()}


def prompt() -> str:
    """Twenty words."""
    return " ".join(random.choices(WORDS, k=20))


def fill(studio: Studio, count: int) -> None:
    """Store this many ended runs, a thousand a transaction."""
    for start in range(0, count, 1000):
        with studio.context.store.write() as db:
            for _ in range(start, min(start + 1000, count)):
                request = Request(task=Task.TEXT_TO_IMAGE, model="fake/image", prompt=prompt(), width=640, height=360)
                run = Run(id=new_id("r_"), request=request, model="fake/image", provider="fake")
                stored = runs.add(db, NewRun(run, {}))
                ended = {"status": "succeeded", "finished_at": stamp(), "rating": random.choice((0, 0, 0, 1, 5))}
                runs.note(db, stored.id, **ended)


def search(studio: Studio, stop: threading.Event, searches: list[int], number: int) -> None:
    """Search without a pause until told to stop."""
    while not stop.is_set():
        studio.local.gallery.search(random.choice(QUERIES))
        searches[number] += 1


def bare_insert(path: Path) -> Callable[[], object]:
    """One INSERT in its own transaction: the reference."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY, prompt TEXT)")
    return lambda: db.execute("INSERT INTO runs (prompt) VALUES (?)", [prompt()])


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each call, a short pause between them as between people."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
        time.sleep(0.005)
    return times


def p95(times: list[float]) -> float:
    """The time that one call in twenty exceeds."""
    return statistics.quantiles(times, n=20)[-1]


def tell(name: str, value: float, **more: object) -> None:
    """One JSON line."""
    print(json.dumps({"bench": "submit", "figure": name, "value": round(value, 3)} | more), flush=True)

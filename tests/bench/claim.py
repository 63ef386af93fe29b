"""How long taking the next run out of a long queue takes: with every model free, and with models on hold.

20,000 runs of three models wait; those of the first model are at the head. Each claim is a transaction of its own, as
in the scheduler, and is taken back afterwards so that the queue stays as long.
--people: whose runs take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from studio.domain import Request, Run, Task
from studio.settings import Settings
from studio.store import model_holds, queue, runs
from studio.store.mapping import new_id
from studio.store.runs import NewRun
from studio.studio import Studio

MODELS = ("fake/image", "fake/clip", "fake/other")


def main(argv: list[str]) -> None:
    """Fill, claim, print."""
    parser = argparse.ArgumentParser(prog="bench claim")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--claims", type=int, default=300)
    parser.add_argument("--people", type=int, default=1)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio.open(Settings(data=Path(folder) / "data"), engines={}, start=False)
        _fill(studio, options.runs, options.people)
        for name, held in (("none", ()), ("one model", MODELS[:1]), ("two models", MODELS[:2])):
            times = sorted(_claim_ms(studio, held) for _ in range(options.claims))
            p50, p95 = round(statistics.median(times), 3), round(times[int(len(times) * 0.95)], 3)
            print(
                json.dumps(
                    {"held": name, "waiting": options.runs, "people": options.people, "median_ms": p50, "p95_ms": p95}
                )
            )
        studio.close()


def _fill(studio: Studio, count: int, people: int) -> None:
    with studio.context.store.write() as db:
        for number in range(count):
            model = MODELS[min(2, number * 4 // count)]  # the last model has half of the queue
            request = Request(task=Task.TEXT_TO_IMAGE, model=model, prompt=f"run {number}")
            run = Run(
                id=new_id("r_"),
                owner=f"p_{number % people}" if people > 1 else "",
                request=request,
                model=model,
                provider="fake",
            )
            runs.add(db, NewRun(run, {}))


def _claim_ms(studio: Studio, held: tuple[str, ...]) -> float:
    start = time.perf_counter()
    with studio.context.store.write() as db:
        run = queue.claim(db, queue.Lane("fake"), [*held, *model_holds.blocked(db)])
    took_ms = (time.perf_counter() - start) * 1000
    assert run is not None and run.model not in held
    with studio.context.store.write() as db:
        db.conn.execute("UPDATE runs SET status = 'queued', phase = NULL WHERE id = ?", [run.id])
    return took_ms

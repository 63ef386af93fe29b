"""What a studio takes that has nothing to do, before and after work, beside an empty Gradio app in the same run.

Figures: CPU of one core in percent while both are idle, resident memory of the whole tree of processes after the start,
after 100 draft pictures and a 5 s clip in 720p, and some time after that; the first draft after that time, from the
request to its file. Both programs serve one page before they are looked at.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench._serve import Program, program

CPU_GOAL_PERCENT, MEMORY_GOAL_MB, FIRST_DRAFT_GOAL_S = 1.0, 230, 1.5
PICTURE = {"task": "text-to-image", "model": "draft/animatic", "width": 1280, "height": 720}
CLIP = PICTURE | {"task": "text-to-video", "duration_s": 5, "prompt": "a dolly through a forest at dawn"}
WAIT_S = 60
SETTLE_S = 10


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="idle", description=__doc__)
    parser.add_argument("--drafts", type=int, default=100)
    parser.add_argument("--watch", type=float, default=30, help="seconds over which the CPU is counted")
    parser.add_argument("--after", type=float, default=180, help="seconds from the last run to the last look at memory")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        running: dict[str, Program] = {}
        for which in ("empty", "studio"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            running[which] = stack.enter_context(program(which, folder))
            running[which].first_answer()
        studio, empty = running["studio"], running["empty"]
        time.sleep(SETTLE_S)
        _print_memory("rss_after_start_mb", studio, empty)
        _print_cpu("idle_cpu_percent", studio, empty, options.watch)
        began = time.perf_counter()
        _finish(studio, [PICTURE | {"prompt": f"a harbour at dawn, {n}", "seed": n} for n in range(options.drafts)])
        _finish(studio, [CLIP])
        _print("work_s", studio=time.perf_counter() - began)
        _print_memory("rss_after_work_mb", studio, empty)
        time.sleep(options.after - options.watch)
        _print_cpu("idle_cpu_after_work_percent", studio, empty, options.watch)
        _print_memory("rss_later_mb", studio, empty, after_s=options.after, goal=MEMORY_GOAL_MB)
        began = time.perf_counter()
        _finish(studio, [PICTURE | {"prompt": "a harbour at dusk", "seed": 1}])
        _print("first_draft_later_s", studio=time.perf_counter() - began, goal=FIRST_DRAFT_GOAL_S)
        began = time.perf_counter()
        _finish(studio, [PICTURE | {"prompt": "a harbour at night", "seed": 2}])
        _print("second_draft_later_s", studio=time.perf_counter() - began)


def _finish(studio: Program, bodies: list[dict[str, Any]]) -> None:
    """Submit the requests and wait until all have succeeded. Raises RuntimeError where one has not."""
    ids = [run["id"] for body in bodies for run in _post(studio, "api/v1/runs", body)]
    while ids:
        runs = _post(studio, "api/v1/runs/wait", {"run_ids": ids, "timeout_s": WAIT_S})
        if bad := [run for run in runs if run["status"] in ("failed", "cancelled", "held")]:
            raise RuntimeError(f"a draft has not succeeded: {bad[0]}")
        ids = [run["id"] for run in runs if run["status"] != "succeeded"]


def _post(studio: Program, path: str, body: dict[str, Any]) -> Any:
    data = json.dumps(body).encode()
    ask = urllib.request.Request(f"{studio.url}{path}", data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(ask, timeout=WAIT_S * 2) as answer:
        return json.loads(answer.read())


def _print_memory(figure: str, studio: Program, empty: Program, **more: float) -> None:
    _print(figure, studio=studio.rss_mb(), empty=empty.rss_mb(), processes=studio.processes(), **more)


def _print_cpu(figure: str, studio: Program, empty: Program, watch_s: float) -> None:
    before = studio.cpu_s(), empty.cpu_s()
    time.sleep(watch_s)
    used = ((after - b) / watch_s * 100 for after, b in zip((studio.cpu_s(), empty.cpu_s()), before, strict=True))
    _print(figure, studio=next(used), empty=next(used), goal=CPU_GOAL_PERCENT)


def _print(figure: str, **values: float) -> None:
    print(json.dumps({"bench": "idle", "figure": figure, **{k: round(v, 2) for k, v in values.items()}}), flush=True)

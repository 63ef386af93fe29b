"""How long until the first page: the studio against an empty Gradio app, started in the same way on the same machine.

Figures: seconds from the start of the process to the first 200 of `/`, the same in CPU seconds of the process, bytes of
the page as sent, and, with Chromium, seconds from asking for the page to its first form (to first paint). Each start is
a new process; the two take turns, and medians are compared, because machines are busy.

--data FOLDER: a studio with these runs besides, on a copy that stays for the rounds (first_200_s and its CPU; and after
a kill, first_200_after_kill_s and how long the check in the background goes on from then). The folder itself is left
alone; see tests/bench/_corpus.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench._serve import PATIENCE_S, Program, program

GOALS = {"first_200_s": 1.1, "first_200_cpu_s": 1.1}
"""Most times what an empty Gradio app takes."""
DATA_GOAL_S = 1.0
"""Most seconds that the start with many runs takes longer than one with none."""
SETTLE_S, QUIET_S, QUIET_SHARE = 900, 5, 0.05
"""A studio has nothing left to do that takes less than this share of a core for so many seconds."""
READY = {"studio": "#t2i-bar .sf-runs", "empty": "#ready textarea"}


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a data folder with many runs")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data" if options.data else None
        if copy:
            shutil.copytree(options.data, copy)
            _bring_up_to_date(copy)
        taken: dict[str, list[dict[str, float]]] = {"empty": [], "studio": []} | ({"data": []} if copy else {})
        for _ in range(options.rounds):
            for which, figures in taken.items():
                with tempfile.TemporaryDirectory() as own:
                    figures.append(_start(which, Path(own), copy if which == "data" else None))
        if copy:
            _print_data(taken, options.rounds)
            _print_after_kill(copy)
    for figure in taken["studio"][0]:
        studio, empty = (median(t[figure] for t in taken[w]) for w in ("studio", "empty"))
        _print(figure, studio=studio, empty=empty, ratio=studio / empty, rounds=options.rounds, goal=GOALS.get(figure))


def _bring_up_to_date(data: Path) -> None:
    """A start that changes the database to this version, until what it goes on with in the background is done."""
    with tempfile.TemporaryDirectory() as folder, program("studio", Path(folder), data) as started:
        started.first_answer()
        _print("data_first_start_s", studio=time.perf_counter() - started.began)
        until, before = time.monotonic() + SETTLE_S, started.cpu_s()
        while time.monotonic() < until:
            time.sleep(QUIET_S)
            if (used := started.cpu_s()) - before < QUIET_S * QUIET_SHARE:
                return
            before = used


def _print_data(taken: dict[str, list[dict[str, float]]], rounds: int) -> None:
    for figure in GOALS:
        many, none = (median(t[figure] for t in taken[w]) for w in ("data", "studio"))
        _print(f"data_{figure}", studio=many, without_runs=none, more=many - none, rounds=rounds, goal=DATA_GOAL_S)


def _print_after_kill(data: Path) -> None:
    """A start after a kill: until the page answers, and until the database has been looked through."""
    with tempfile.TemporaryDirectory() as folder, program("studio", Path(folder), data) as killed:
        killed.first_answer()
        killed.process.kill()
        killed.process.wait()
    with tempfile.TemporaryDirectory() as folder, program("studio", Path(folder), data) as started:
        started.first_answer()
        answered = time.perf_counter()
        while _storage(started) is not None and time.perf_counter() < answered + PATIENCE_S:
            time.sleep(0.1)
        checked = time.perf_counter()
    _print("data_first_200_after_kill_s", studio=answered - started.began)
    _print("data_checked_after_kill_s", studio=checked - started.began)


def _storage(started: Program) -> str | None:
    """Why the studio cannot write, as its pages have it; None where it can."""
    with urllib.request.urlopen(f"{started.url}ui/queue", timeout=60) as answer:
        return json.loads(answer.read())["storage"]


def _print(figure: str, *, goal: float | None = None, **values: float) -> None:
    line: dict[str, Any] = {"bench": "start", "figure": figure, **{k: round(v, 3) for k, v in values.items()}}
    print(json.dumps(line | ({"goal": goal} if goal is not None else {})), flush=True)


def _start(which: str, folder: Path, data: Path | None) -> dict[str, float]:
    with program("empty" if which == "empty" else "studio", folder, data) as started:
        page = started.first_answer()
        figures = {"first_200_s": time.perf_counter() - started.began, "first_200_cpu_s": started.cpu_s()}
        figures["page_bytes"] = float(len(page))
        return figures if data else figures | _painted(started.url, READY[which])


def _painted(url: str, selector: str) -> dict[str, float]:
    """Seconds from asking for the page to its first paint and its first live control; {} without a browser."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector, timeout=PATIENCE_S * 1000)
        ready = time.perf_counter() - began
        script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        paint = page.wait_for_function(script, timeout=10_000).json_value()
        browser.close()
    return {"first_paint_s": float(paint) / 1000, "first_form_s": ready}

"""The first usable form in Chromium: the studio against an empty Gradio app, in turns, each page in a new profile.

usable: from the start of the navigation until the prompt can be typed into and the line above Generate stands (of the
empty app: until its only text box is there); cold with nothing kept by the browser, warm on a reload. blocked: what
long tasks of the main thread took beyond 50 ms each, until 1.5 s after. Then, on the studio's page alone: from a press
of Generate to the run's card on the page, with the draft engine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench._serve import Program, program

READY = {
    "studio": "#t2i-prompt textarea:enabled, #t2i-bar .sf-runs",
    "empty": "#ready textarea:enabled",
}
GOALS: dict[str, dict[str, float]] = {
    "usable_cold_s": {"goal": 1.2, "goal_ratio": 1.3},
    "usable_warm_s": {"goal": 1.2, "goal_ratio": 1.3},
    "blocked_cold_ms": {"goal": 300},
    "components": {"goal": 60},
}
PRESS_GOAL_MS = 100
SETTLE_MS = 1500
PRESSES_APART_MS = 1500
WATCH = """(selectors) => {
  window.readyAt = null;
  window.blocked = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) blocked += Math.max(0, task.duration - 50);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const there = selectors.every((one) => document.querySelector(one)?.checkVisibility());
    if (there) window.readyAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
PRESS = """(word) => new Promise((done) => {
  const before = performance.now();
  const look = () => {
    const card = [...document.querySelectorAll("#t2i-feed .st-card")].find((one) => one.textContent.includes(word));
    if (card?.checkVisibility()) done(performance.now() - before);
    else requestAnimationFrame(look);
  };
  document.getElementById("t2i-generate").click();
  look();
})"""
CONFIG = "[gradio_config.components.length, gradio_config.dependencies.length]"


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="first_form", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=8)
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        program("empty", Path(folder)) as empty,
        program("studio", Path(folder)) as studio,
    ):
        measure({"empty": empty, "studio": studio}, options.rounds, options.presses)


def measure(programs: dict[str, Program], rounds: int, presses: int) -> None:
    """Print the figures of these programs, which may have answered nobody yet."""
    from playwright.sync_api import sync_playwright

    for one in programs.values():
        one.first_answer()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    taken: dict[str, list[dict[str, float]]] = {which: [] for which in programs}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for round_ in range(rounds + 1):
            for which, one in programs.items():
                figures = _visit(browser, one.url, READY[which])
                if round_:  # the first visit of a new process makes what later ones find
                    taken[which].append(figures)
        pressed = _presses(browser, programs["studio"].url, presses)
        browser.close()
    for figure in taken["studio"][0]:
        studio, empty = (median(t[figure] for t in taken[w]) for w in ("studio", "empty"))
        ratio = {"ratio": round(studio / empty, 2)} if empty else {}
        told = {"studio": round(studio, 3), "empty": round(empty, 3)} | ratio | {"rounds": rounds}
        _print(figure, **told, **GOALS.get(figure, {}))
    _print("press_to_card_ms", median=round(median(pressed), 1), max=round(max(pressed), 1), goal=PRESS_GOAL_MS)


def _visit(browser: Any, url: str, ready: str) -> dict[str, float]:
    """One new profile that opens the page, and then reloads it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    loaded: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"({WATCH})({json.dumps(ready.split(', '))})")
    figures: dict[str, float] = {}
    for how in ("cold", "warm"):
        loaded.clear()
        asked.clear()
        page.goto(url, wait_until="commit") if how == "cold" else page.reload(wait_until="commit")
        page.wait_for_function("window.readyAt !== null", timeout=60_000)
        page.wait_for_timeout(SETTLE_MS)
        figures[f"usable_{how}_s"] = page.evaluate("readyAt") / 1000
        figures[f"blocked_{how}_ms"] = page.evaluate("blocked")
        figures[f"requests_{how}"] = len([u for u in asked if not u.startswith(("data:", "blob:"))])
        figures[f"bytes_{how}"] = sum(loaded)
    components, dependencies = page.evaluate(CONFIG)
    figures |= {"components": components, "dependencies": dependencies}
    devtools.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
    figures["heap_mb"] = metrics["JSHeapUsedSize"] / 2**20
    context.close()
    return figures


def _presses(browser: Any, url: str, count: int) -> list[float]:
    """Milliseconds from each press of Generate to the card of its run."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.locator("#t2i-bar .sf-runs").wait_for(timeout=60_000)
    page.locator("#t2i-tier label", has_text="480P").click()
    page.wait_for_timeout(2 * SETTLE_MS)
    took: list[float] = []
    for n in range(count):
        page.locator("#t2i-prompt textarea").fill(f"press{n}")
        page.wait_for_function("document.querySelector('#t2i-bar .sf-facts').ariaBusy !== 'true'")
        page.wait_for_timeout(PRESSES_APART_MS)
        took.append(page.evaluate(PRESS, f"press{n}"))
        time.sleep(0.5)
    context.close()
    return took


def _print(figure: str, **values: float) -> None:
    print(json.dumps({"bench": "first_form", "figure": figure} | values), flush=True)

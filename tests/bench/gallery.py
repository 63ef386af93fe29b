"""The gallery page with 20,000 runs in a real browser: time to the first pictures, and frames while scrolling through.

Frames are judged against the same page scrolled with nothing in it but its own height, measured in the same browser.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from studio.catalogue import load
from studio.domain import Request, Run, Status, Task
from studio.engines.fake import FakeEngine
from studio.settings import Settings
from studio.store import runs
from studio.store.mapping import new_id
from studio.store.runs import NewRun
from studio.studio import Studio

if TYPE_CHECKING:
    from playwright.sync_api import Page

REAL = 120
"""Runs that are really made; the others show the same files."""
SEEN = """() => {
  const all = [...document.querySelectorAll('.st-cell img')];
  const inside = all.filter((i) => i.getBoundingClientRect().top < innerHeight);
  return inside.length > 8 && inside.every((i) => i.complete && i.naturalWidth);
}"""
SCROLL = """async ([steps, px]) => {
  const times = [];
  let last = performance.now();
  for (let i = 0; i < steps; i++) {
    scrollBy(0, px);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return { times, cells: document.querySelectorAll('.st-cell').length, y: scrollY };
}"""


def main(argv: list[str]) -> None:
    """Fill, open, scroll, tell."""
    parser = argparse.ArgumentParser(prog="bench gallery")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=600)
    wanted = parser.parse_args(argv)
    from studio.web.app import served

    rows = load(Path(__file__).parents[1] / "catalogue")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder) / "data")
        with Studio.open(settings, engines={"fake": FakeEngine(repeatable=True)}, catalogue=rows) as studio:
            fill(studio, wanted.runs)
            tell(page_p95_ms=pages(studio))
            with served(studio, server_port=None) as url:
                browse(url, wanted.steps)


def fill(studio: Studio, count: int) -> None:
    """REAL runs through the engine, and so many more in the database that show their files."""
    body = {"task": "text-to-image", "model": "fake/image", "width": 640, "height": 360}
    ids = [r.id for n in range(REAL) for r in studio.local.requests.submit(body | {"prompt": f"real run {n}"})]
    done = studio.local.runs.wait(ids, timeout_s=120)
    with studio.context.store.write() as db:
        shown = [run.assets[0].id for run in done]
        for n in range(count - REAL):
            request = Request(task=Task.TEXT_TO_IMAGE, model="fake/image", prompt=f"a red coat in the rain, take {n}")
            run = Run(id=new_id("r_"), request=request, model="fake/image", provider="fake", seed=n)
            made = runs.add(db, NewRun(run, {}))
            done_run = runs.move(db, runs.move(db, made, Status.RUNNING, "Began."), Status.SUCCEEDED, "Done.")
            runs.attach(db, done_run.seq, "output", 0, shown[n % REAL])


def pages(studio: Studio) -> float:
    """p95 of reading a page of cards, from the newest to the oldest run, in milliseconds."""
    from studio.web.routes.run_json import card

    times: list[float] = []
    before: int | None = None
    while True:
        began = time.perf_counter()
        page = studio.local.gallery.search(before=before, limit=80)
        [card(studio, run) for run in page.runs]
        times.append((time.perf_counter() - began) * 1000)
        before = page.next_before
        if before is None:
            return round(statistics.quantiles(times, n=20)[-1], 2)


def browse(url: str, steps: int) -> None:
    """Open the gallery twice (the previews are made on first sight) and scroll down it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(url)
        for visit in ("first", "again"):
            page.locator("#tab-t2i-button").click()
            page.reload()
            page.locator("#tab-gallery-button").wait_for()
            began = time.perf_counter()
            page.locator("#tab-gallery-button").click()
            page.locator(".st-cell").first.wait_for()
            cells_ms = (time.perf_counter() - began) * 1000
            page.wait_for_function(SEEN)
            pictures_ms = (time.perf_counter() - began) * 1000
            tell(visit=visit, cells_ms=round(cells_ms), pictures_ms=round(pictures_ms))
        bare = scrolled(page, steps, bare=True)
        full = scrolled(page, steps)
        tell(scroll=full, bare=bare, ratio_p95=round(full["p95_ms"] / bare["p95_ms"], 2))
        browser.close()


def scrolled(page: Page, steps: int, *, bare: bool = False) -> dict[str, float]:
    """Milliseconds a frame while scrolling 160 px a frame; bare: the cells hidden, only the height left."""
    page.evaluate(f"document.querySelector('.st-grid').classList.toggle('bare', {str(bare).lower()})")
    page.add_style_tag(content=".bare > * { display: none }")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    told = page.evaluate(SCROLL, [steps, 160])
    times = sorted(told["times"])
    at = {f"p{q}_ms": round(times[int(len(times) * q / 100) - 1], 1) for q in (50, 95, 99)}
    return at | {"cells": told["cells"], "scrolled_px": told["y"]}


def tell(**figures: object) -> None:
    """One figure a line."""
    print(json.dumps({"bench": "gallery"} | figures), flush=True)

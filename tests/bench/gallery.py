"""The gallery with 100,000 realistic runs in a real browser: first pictures, frames while scrolling fast, memory, and
how long after the end of a run its picture is there; and its searches over HTTP (words, facets, the trash, deep pages).

`--data` takes a folder that `tests.bench._corpus` has built; it is copied. References in the same run: the same page
scrolled with nothing in it but its own height, and the bare health check. Goals: no frame over 50 ms on an idle
machine, heap flat after 2,000 items, end of a run to its picture under 150 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.bench import _live
from tests.bench._corpus import CHINESE, COMMON, PHRASE, RARE, USUAL
from tests.bench._live import tell, times_ms
from tests.bench.wire import Client, fill

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = "/ui/runs?limit=80&trashed=false"
SEARCHES = {
    "first_page": "", "common_word": f"&query={COMMON}", "usual_word": f"&query={USUAL}", "rare_word": f"&query={RARE}",
    "two_words": f"&query={COMMON}%20{USUAL}", "phrase": f"&query={quote(f'{chr(34)}{PHRASE}{chr(34)}')}",
    "chinese": f"&query={quote(CHINESE)}", "without": f"&query=-{COMMON}", "failed": "&status=failed",
    "stars": "&rating_min=4", "model": "&model=draft/animatic", "word_failed_stars":
    f"&query={COMMON}&status=failed&rating_min=5",
}  # fmt: skip
DEEP_PAGES = 50
SEEN = """() => {
  const all = [...document.querySelectorAll('.st-cell img')];
  const inside = all.filter((i) => i.getBoundingClientRect().top < innerHeight);
  return inside.length > 8 && inside.every((i) => i.complete && i.naturalWidth);
}"""
SCROLL = """async (steps) => {
  const times = [];
  let last = performance.now();
  let step = 7;
  for (let i = 0; i < steps; i++) {
    step = (step * 16807) % 2147483647;
    scrollBy(0, 160 + (step % 90));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return { times, cells: document.querySelectorAll('.st-cell').length, y: scrollY };
}"""
WATCH = """() => {
  window.seenAt = {};
  const look = () => {
    for (const pic of document.querySelectorAll('.st-cell .st-pic.seen')) {
      const id = pic.closest('.st-cell').dataset.id;
      if (pic.querySelector('img:not(.faint, .st-glimpse)')) window.seenAt[id] ??= Date.now();
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="bench gallery", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="a data folder to copy, in the place of building one")
    parser.add_argument("--steps", type=int, default=570, help="frames to scroll; 3.5 of them pass a row")
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--port", type=int, default=0)
    wanted = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "data", wanted.data, wanted.runs)
        with _live.studio(folder, wanted.port) as url:
            search(Client(url), wanted.calls)
            browse(url, wanted.steps)


def search(client: Client, calls: int) -> None:
    """Each kind of search: its first page, and one far down."""
    tell("gallery", "bare_route", times_ms(lambda: client.get("/healthz"), calls))
    for name, query in SEARCHES.items():
        tell("gallery", name, times_ms(lambda query=query: client.get(PAGE + query), calls))
        before = ""
        for _ in range(DEEP_PAGES):
            page: Any = client.get(PAGE + query + before, **{"accept-encoding": "identity"})
            if (found := json.loads(page.body)["next_before"]) is None:
                break
            before = f"&before={found}"
        else:
            deep = PAGE + query + before
            tell("gallery", f"{name}_page_{DEEP_PAGES}", times_ms(lambda deep=deep: client.get(deep), calls))


def browse(url: str, steps: int) -> None:
    """Open the gallery twice (the previews are made on first sight), scroll down it, and wait for runs."""
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
            say(figure=f"open_{visit}", cells_ms=round(cells_ms), pictures_ms=round(pictures_ms))
        heap_before = heap_mb(page)
        say(figure="scroll_bare", **scrolled(page, steps, bare=True))
        say(figure="scroll", goal_over_50=0, **scrolled(page, steps))
        say(figure="heap_mb", before=heap_before, after=heap_mb(page))
        page.evaluate("scrollTo(0, 0)")
        finished(page, Client(url))
        browser.close()


def scrolled(page: Page, steps: int, *, bare: bool = False) -> dict[str, float]:
    """Milliseconds a frame while scrolling 160-250 px a frame; bare: the cells hidden, only the height left."""
    page.evaluate(f"document.querySelector('.st-grid').classList.toggle('bare', {str(bare).lower()})")
    page.add_style_tag(content=".bare > * { display: none }")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    told = page.evaluate(SCROLL, steps)
    times = sorted(told["times"])
    at = {f"p{q}_ms": round(times[int(len(times) * q / 100) - 1], 1) for q in (50, 95, 99)}
    at |= {"max_ms": round(times[-1], 1), "over_50": sum(time > 50 for time in times), "frames": len(times)}
    return at | {"cells": told["cells"], "scrolled_px": told["y"]}


def heap_mb(page: Page) -> float:
    """What scripts hold after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return round(used / 1e6, 1)


def finished(page: Page, client: Client) -> None:
    """Milliseconds from the end of a run, as the studio notes it, until its picture is in the gallery."""
    page.evaluate(WATCH)
    delays: list[float] = []
    for number in range(8):
        body = {"task": "text-to-image", "model": "draft/animatic", "prompt": f"a fox in the rain, take {number}"}
        answer: Any = client.ask("POST", "/api/v1/runs", body)
        run_id = json.loads(answer.body)[0]["id"]
        page.wait_for_function("(id) => window.seenAt[id]", arg=run_id, timeout=60_000)
        ended: Any = client.get(f"/api/v1/runs/{run_id}", **{"accept-encoding": "identity"})
        at = datetime.fromisoformat(json.loads(ended.body)["finished_at"]).timestamp() * 1000
        delays.append(page.evaluate("(id) => window.seenAt[id]", run_id) - at)
    say(figure="end_to_picture_ms", goal=150, p50=round(statistics.median(delays)), max=round(max(delays)))


def say(**figures: object) -> None:
    """One figure a line."""
    print(json.dumps({"bench": "gallery", "load": round(os.getloadavg()[0], 1)} | figures), flush=True)

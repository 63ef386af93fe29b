"""Opening a review with 60 takes and 500 comments: p95 of its GET, and in a browser the time until the first picture
and the comments are shown."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import httpx

from studio.review.model import NewComment
from studio.settings import Settings
from studio.studio import Studio

REAL = 6
"""Clips that are really made; each stands in the review so many times."""
SHOWN = """() => {
  const picture = document.querySelector('.fp .fp-media');
  return picture?.readyState >= 2 && document.querySelectorAll('.rv-thread').length > 0;
}"""


def main(argv: list[str]) -> None:
    """Fill, ask, open, tell."""
    parser = argparse.ArgumentParser(prog="bench review")
    parser.add_argument("--takes", type=int, default=60)
    parser.add_argument("--comments", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=100)
    wanted = parser.parse_args(argv)
    from studio.web.app import served

    with tempfile.TemporaryDirectory() as folder, Studio.open(Settings(data=Path(folder) / "data")) as studio:
        review = fill(studio, wanted.takes, wanted.comments)
        with served(studio, server_port=None) as url:
            ask(url, review, wanted.rounds)
            browse(url, review)


def fill(studio: Studio, takes: int, comments: int) -> str:
    """The review's id. Half of the comments stand on the first take, the others on all in turn."""
    local = studio.local
    body = {"task": "text-to-video", "model": "draft/animatic", "duration_s": 2}
    ids = [run.id for n in range(REAL) for run in local.requests.submit(body | {"prompt": f"A red boat, take {n}"})]
    local.runs.wait(ids, timeout_s=300)
    review = local.reviews.create("Dailies").id
    for n in range(takes):
        local.reviews.add(review, run_ids=[ids[n % REAL]])
    versions = [one.id for one in local.reviews.get(review).content.versions]
    for n in range(comments):
        version = versions[0] if n % 2 else versions[n % takes]
        local.review_comments.add(review, version, NewComment(f"Comment {n}: a little darker at the bow", n % 40))
    return review


def ask(url: str, review: str, rounds: int) -> None:
    """GET of the whole review over HTTP."""
    with httpx.Client(base_url=url) as client:
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            answer = client.get(f"ui/reviews/{review}").raise_for_status()
            times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    tell(get_p50_ms=times[rounds // 2], get_p95_ms=times[int(rounds * 0.95) - 1], kilobytes=len(answer.content) / 1000)


def browse(url: str, review: str) -> None:
    """From the press on its card to the first picture and the comments; the page itself is open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}?tab=review")
        for name in ("first_open_ms", "second_open_ms"):
            page.locator(".rv-card a").click(timeout=60_000, trial=True)
            begun = page.evaluate("document.querySelector('.rv-card a').click(), performance.now()")
            page.wait_for_function(SHOWN, timeout=60_000, polling=10)
            shown = page.evaluate("[performance.now(), document.querySelectorAll('.rv-thread').length]")
            tell(**{name: shown[0] - begun, "threads_drawn": shown[1]})
            page.locator("[data-do=close-review]").click()
        browser.close()


def tell(**figures: float) -> None:
    """One JSON line."""
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}), flush=True)

"""Review rooms: from a stroke's beginning on one page until it is drawn on the other, and the like for comments.

Two pages of one real Chromium, each its own person, on one machine: their clocks are the same. A stroke counts from
the pointer going down on the one page to the frame after the other page has put it on the picture; growth from the last
move of the pointer; a comment from the press of Enter to the thread in the other's list; a step of the leader from the
press to the follower's frame. `sockets` is the studio alone: one client draws, and the others hear it. Goal: strokes
within 300 ms at p95.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import ClientConnection, connect

from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENT_MS
from tests.support import samples
from tests.support.review_team import Team, review_team

GOAL_MS = 300.0
NOW = "performance.timeOrigin + performance.now()"
WATCH = """() => {
  const now = () => NOW;
  window.seen = { down: 0, moved: 0, entered: 0, key: 0, drawn: [], threads: [], frames: [] };
  const told = (name) => (e) => (window.seen[name] = performance.timeOrigin + e.timeStamp);
  document.addEventListener("pointerdown", told("down"), true);
  document.addEventListener("pointermove", told("moved"), true);
  document.addEventListener("keydown", (e) => told(e.key === "Enter" ? "entered" : "key")(e), true);
  const painted = (list, what) => requestAnimationFrame(() => list.push([now(), what()]));
  const points = () => document.querySelector(".rd-others path")?.getAttribute("d").length ?? 0;
  new MutationObserver(() => points() && painted(window.seen.drawn, points))
    .observe(document.querySelector(".rd-others"), { childList: true, subtree: true });
  const threads = () => document.querySelectorAll(".rv-thread").length;
  new MutationObserver(() => painted(window.seen.threads, threads))
    .observe(document.querySelector(".rv-threads"), { childList: true, subtree: true });
  const clock = document.querySelector(".fp-clock");
  new MutationObserver(() => painted(window.seen.frames, () => Number(clock.dataset.frame)))
    .observe(clock, { attributes: true, attributeFilter: ["data-frame"] });
}""".replace("NOW", NOW)


def main(argv: list[str]) -> None:
    """Serve, open, draw, report."""
    from studio.web import app

    parser = argparse.ArgumentParser(prog="bench room")
    parser.add_argument("--strokes", type=int, default=40)
    parser.add_argument("--comments", type=int, default=15)
    parser.add_argument("--people", type=int, nargs="*", default=[2, 20, 50])
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        Studio.open(Settings(data=Path(folder) / "data", access="password"), engines={}) as studio,
        app.served(studio, server_port=None) as url,
    ):
        app.freeze()
        clip = samples.clip(Path(folder) / "take.mp4", seconds=6, width=960, height=540, fps=24)
        team = review_team(studio, clip)
        for people in options.people:
            _report("sockets: stroke to the last of all", _sockets(team, url, people, options.strokes), people=people)
        with sync_playwright() as playwright, ExitStack() as stack:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            stack.callback(browser.close)
            contexts = (stack.enter_context(team.context(browser, url, login)) for login in ("anna", "ben"))
            anna, ben = (_opened(context, url, team) for context in contexts)
            _browsers(anna, ben, options.strokes, options.comments)


def _opened(context: Any, url: str, team: Team) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS * 3)
    page.goto(f"{url}?tab=review&review={team.review}")
    page.locator(".rr-face").nth(0).wait_for()
    page.locator(".rd-surface").wait_for(state="attached")
    page.evaluate(WATCH)
    return page


def _browsers(anna: Page, ben: Page, strokes: int, comments: int) -> None:
    def seen(page: Page, name: str) -> Any:
        return page.evaluate(f"window.seen.{name}")

    def do(page: Page, name: str) -> None:
        page.locator(f'#tab-review [data-do="{name}"]').click()

    do(anna, "room-lead")
    do(ben, "room-follow")
    steps: list[float] = []
    for frame in range(1, strokes + 1):
        ben.evaluate("window.seen.frames.length = 0")
        do(anna, "on")
        ben.wait_for_function(f"window.seen.frames.some(([, frame]) => frame === {frame})")
        steps.append(next(at for at, n in seen(ben, "frames") if n == frame) - seen(anna, "down"))
    _report("step of the leader to the follower's frame", steps)

    do(anna, "draw")
    anna.locator(".rd-layer.editing").wait_for()
    box = anna.locator(".rd-surface").bounding_box()
    assert box
    begun: list[float] = []
    grown: list[float] = []
    for n in range(strokes):
        ben.evaluate("window.seen.drawn.length = 0")
        x, y = box["x"] + 40 + n, box["y"] + 40 + n
        anna.mouse.move(x, y)
        anna.mouse.down()
        ben.wait_for_function("window.seen.drawn.length > 0")
        begun.append(seen(ben, "drawn")[0][0] - seen(anna, "down"))
        ben.evaluate("window.seen.drawn.length = 0")
        anna.mouse.move(x + 60, y + 40)
        ben.wait_for_function("window.seen.drawn.length > 0")
        grown.append(seen(ben, "drawn")[0][0] - seen(anna, "moved"))
        anna.mouse.up()
        anna.keyboard.press("Control+z")
        ben.wait_for_function("!document.querySelector('.rd-others .rd-shape')")
    _report("stroke begun until drawn on the other page", begun, goal_ms=GOAL_MS)
    _report("stroke grown until drawn on the other page", grown, goal_ms=GOAL_MS)
    do(anna, "draw")

    written: list[float] = []
    for n in range(comments):
        ben.evaluate("window.seen.threads.length = 0")
        anna.locator('[data-do="write"]').fill(f"Less of this {n}")
        anna.keyboard.press("Enter")
        ben.wait_for_function(f"window.seen.threads.some(([, threads]) => threads >= {n + 1})")
        written.append(next(at for at, count in seen(ben, "threads") if count >= n + 1) - seen(anna, "entered"))
    _report("comment sent until shown on the other page", written)


def _sockets(team: Team, url: str, people: int, strokes: int) -> list[float]:
    """Milliseconds from the send of a piece of a stroke until the last of so many people has it."""
    from studio.web.middleware.security import authenticator_of

    authenticator = authenticator_of(team.studio.settings, team.studio.people)
    assert authenticator
    version = team.studio.acting_for(team.people["anna"]).reviews.get(team.review).content.versions[0].id
    address = f"{url.rstrip('/').replace('http', 'ws', 1)}/ui/reviews/{team.review}/room"
    with ExitStack() as stack:
        lines: list[ClientConnection] = []
        for n in range(people):
            login = f"guest{people}-{n}"
            person = team.studio.people.create(login, role=Role.REVIEWER).id
            team.studio.acting_for(team.people["pia"]).projects.set_member(team.project, person, Role.REVIEWER)
            token = team.studio.people.sign_in(person, method="password")
            cookie = {"cookie": f"{authenticator.cookie}={token}"}
            lines.append(stack.enter_context(connect(address, additional_headers=cookie, close_timeout=1)))
        arrived: dict[str, list[float]] = {f"s{n}": [] for n in range(strokes)}

        def listen(line: ClientConnection) -> None:
            for text in line:
                at = time.perf_counter()
                for shape in json.loads(text).get("shapes", ()):
                    arrived[shape["id"]].append(at)

        for line in lines[1:]:
            threading.Thread(target=listen, args=(line,), daemon=True).start()
        time.sleep(1)
        took: list[float] = []
        for n in range(strokes):
            shape = {"type": "stroke", "points": [[0.1, 0.2, 0.5]] * 20, "color": "#ff3b30", "size": 0.01}
            said = {"type": "shape", "id": f"s{n}", "version": version, "frame": 0, "internal": False, "shape": shape}
            began = time.perf_counter()
            lines[0].send(json.dumps(said))
            while len(arrived[f"s{n}"]) < people - 1 and time.perf_counter() - began < PATIENT_MS / 1000:
                time.sleep(0.001)
            took.append((max(arrived[f"s{n}"]) - began) * 1000)
            time.sleep(0.05)
        return took


def _report(name: str, times_ms: list[float], **more: float) -> None:
    p95 = statistics.quantiles(times_ms, n=20)[-1]
    figures = {
        "p50_ms": statistics.median(times_ms),
        "p95_ms": p95,
        "most_ms": max(times_ms),
        "load": os.getloadavg()[0],
    }
    print(json.dumps({"what": name, "n": len(times_ms)} | {k: round(v, 1) for k, v in (figures | more).items()}))

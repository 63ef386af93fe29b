"""A board in Chromium, as the person before it feels it: from an event to the frame that shows what it did.

Times are of the page's own clock, from the event's time stamp to the first task after the frame that was drawn for it.
`key_main` and `open_main` are processor time of the page's main thread a key, an opening, whoever else has the cores.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import CDPSession, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
TYPED = "a woman in a red coat walks along the quay while gulls rise from the nets, "
KEY_MS = 70
OPENINGS, SELECTIONS, DRAGS, EDITS = 5, 12, 3, 5

PAINTED = """() => {
  const afterPaint = (done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  });
  window.benchTimes = [];
  window.benchWatch = (type) => addEventListener(type, (e) => {
    afterPaint((now) => window.benchTimes.push(now - e.timeStamp));
  }, true);
  window.benchUntil = (type, shown) => new Promise((done) => addEventListener(type, (e) => {
    const look = () => shown() ? afterPaint((now) => done(now - e.timeStamp)) : requestAnimationFrame(look);
    requestAnimationFrame(look);
  }, { capture: true, once: true }));
}"""
"""benchWatch(type): each event of this type adds its time. benchUntil(type, shown): a promise of the time from the next
one until `shown` is true and drawn."""

Figures = dict[str, list[float]]


@contextmanager
def pages() -> Iterator[Page]:
    """A page of the system's Chromium."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        yield launched.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
        launched.close()


class Meter:
    """Processor time of the page's main thread, whoever else has the cores."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked_ms(self) -> float:
        """Since the page's beginning."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "TaskDuration") * 1000


def typed_bare(page: Page, url: str) -> tuple[list[float], float]:
    """Milliseconds from each key to its frame in a text area on an empty page, and of work a key."""
    page.goto(f"{url}/healthz")
    page.evaluate("document.body.replaceChildren(document.createElement('textarea'))")
    return _typed(page, "textarea")


def measured(page: Page, url: str, board: str, shots: int) -> Figures:
    """By what was done: milliseconds to the frame that shows it."""
    page.goto(f"{url}/?tab=storyboard")
    figures: Figures = {}
    figures["open"], figures["open_main"] = _opened(page, board, shots)
    times, worked = _typed(page, ".bd-panel textarea[data-field=prompt]", pause=True)
    figures |= {"key": times, "key_main": [worked], "select": _selected(page, shots)}
    figures["drag"], figures["drop"] = _dragged(page)
    figures |= _edited(page, shots)
    return figures


def _opened(page: Page, board: str, shots: int) -> tuple[list[float], list[float]]:
    """From the click in the list of boards until all cards are drawn and the first shot's words can be changed."""
    times: list[float] = []
    works: list[float] = []
    meter = Meter(page)
    for _ in range(OPENINGS):
        page.locator(f'.bd-board[data-id="{board}"] a').wait_for()
        page.evaluate(PAINTED)
        page.evaluate(
            """(shots) => { window.benchDone = benchUntil("click", () =>
            document.querySelectorAll(".bd-card").length === shots
            && document.querySelector(".bd-panel textarea[data-field=prompt]")?.value); }""",
            shots,
        )
        before = meter.worked_ms()
        page.locator(f'.bd-board[data-id="{board}"] a').click()
        times.append(page.evaluate("window.benchDone"))
        works.append(meter.worked_ms() - before)
        page.wait_for_timeout(700)  # models have come, pictures are drawn
        if len(times) < OPENINGS:
            page.locator("[data-do=boards]").click()
    return times, works


def _typed(page: Page, area: str, *, pause: bool = False) -> tuple[list[float], float]:
    page.evaluate(PAINTED)
    page.locator(area).focus()
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.evaluate('benchWatch("keydown")')
    meter = Meter(page)
    before = meter.worked_ms()
    for words in (TYPED, TYPED):
        page.keyboard.type(words, delay=KEY_MS)
        if pause:
            page.wait_for_timeout(620)  # the edit leaves, and its answer comes while typing goes on
    page.wait_for_timeout(100)
    worked = (meter.worked_ms() - before) / (2 * len(TYPED))
    return page.evaluate("window.benchTimes.splice(0)"), worked


def _selected(page: Page, shots: int) -> list[float]:
    times: list[float] = []
    page.wait_for_timeout(900)
    for turn in range(SELECTIONS):
        place = (turn * 2 + 1) % min(shots, 6)
        page.evaluate(
            """(place) => { const card = document.querySelectorAll(".bd-card")[place];
            window.benchDone = benchUntil("pointerdown", () => card.getAttribute("aria-current") === "true"); }""",
            place,
        )
        page.locator(".bd-card").nth(place).click(position={"x": 30, "y": 40})
        times.append(page.evaluate("window.benchDone"))
        page.wait_for_timeout(60)
    return times


def _dragged(page: Page) -> tuple[list[float], list[float]]:
    """Of each move of the pointer; and of each drop until the card stands in its new place."""
    moves: list[float] = []
    drops: list[float] = []
    for _ in range(DRAGS):
        page.evaluate(PAINTED)
        card = page.locator(".bd-card").first
        box = card.bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.evaluate('benchWatch("pointermove")')
        for step in range(30):
            page.mouse.move(box["x"] + 40 + step * 12, box["y"] + 40)
            page.wait_for_timeout(17)
        moves += page.evaluate("window.benchTimes.splice(0)")
        page.evaluate(
            """() => { const first = document.querySelector(".bd-card").dataset.id;
            window.benchDone = benchUntil("pointerup",
            () => document.querySelector(".bd-card").dataset.id !== first); }"""
        )
        page.mouse.up()
        drops.append(page.evaluate("window.benchDone"))
        page.wait_for_timeout(500)
    return moves, drops


def _edited(page: Page, shots: int) -> Figures:
    """From the press until the answer is drawn: another shot, that shot removed, and brought back by undo."""
    figures: Figures = {"add": [], "remove": [], "undo": []}
    presses = {"add": (".bd-panel h3", "a", shots + 1), "remove": ("[data-do=remove]", "", shots), "undo": ("", "", 0)}
    for _ in range(EDITS):
        for name, (_where, key, count) in presses.items():
            count = count or shots + 1
            page.evaluate(
                """([type, count]) => { window.benchDone = benchUntil(type,
                () => document.querySelectorAll(".bd-card").length === count); }""",
                ["keydown" if key else "click", count],
            )
            if key:
                page.evaluate("document.activeElement.blur()")
                page.keyboard.press(key)
            else:
                page.locator(f"[data-do={name}]").first.click()
            figures[name].append(page.evaluate("window.benchDone"))
            page.wait_for_timeout(150)
        page.evaluate("document.activeElement.blur()")
        page.locator("[data-do=remove]").first.click()
        page.wait_for_timeout(200)
    return figures

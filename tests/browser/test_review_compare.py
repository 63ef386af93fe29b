"""Versions in step: clips whose frames carry their numbers, after random steps, runs and shifts."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from studio.web.static import asset_url
from tests.browser.conftest import Site
from tests.support.numbered import SEEN, numbered

pytestmark = pytest.mark.browser

FILM, SHORT = Fraction(25), Fraction(30)
COUNT, SHORT_COUNT = 90, 60
OPEN = """async ([compare, session, id, versions]) => {
  const { openCompare } = await import(new URL(compare, document.baseURI).href);
  const { ReviewSession } = await import(new URL(session, document.baseURI).href);
  window.reviewSession = new ReviewSession({ id });
  await reviewSession.load();
  window.view = openCompare(reviewSession, versions);
}"""
SHOWN = f"""() => {{
  const clips = view.tracks.map((track) => track.clip);
  return {{ at: view.frame, told: clips.map((clip) => clip.frame), seen: clips.map((clip) => ({SEEN})(clip.picture)) }};
}}"""
QUIET = "() => !view.inStep.playing && !view.inStep.busy && view.tracks.every(({ clip }) => clip.ready)"


class Compared:
    """A review with two equal clips of 25 frames a second and a shorter one of 30, open in Compare."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def shown(self) -> tuple[int, list[int]]:
        """The place of the time line, and the frame of each clip, as its number says and as it was drawn."""
        self.page.wait_for_function(QUIET)
        told: dict[str, Any] = self.page.evaluate(SHOWN)
        assert told["told"] == told["seen"]
        return told["at"], told["seen"]

    def picture(self) -> np.ndarray:
        """What is seen of the clips, uint8 RGB, without the labels above them."""
        self.page.wait_for_function(QUIET)
        self.page.add_style_tag(content=".rc-captions { display: none !important }")
        return np.array(Image.open(io.BytesIO(self.page.locator(".rc-stage").screenshot())).convert("RGB"))


def wanted(at: int, shift: int = 0) -> list[int]:
    """The time line counts 30 a second: of 25 the frame nearest in time, halves up; the short clip holds its last."""
    film = min((2 * at * 25 + 30) // 60, COUNT - 1)
    return [film, min(film + shift, COUNT - 1), min(at, SHORT_COUNT - 1)]


@pytest.fixture
def review(site: Site, tmp_path: Path) -> tuple[str, list[str]]:
    """A review with an item for each clip: its id, and those of the versions."""
    local = site.studio.local
    film = local.assets.add(numbered(tmp_path / "film.mp4", FILM, count=COUNT), name="film.mp4")
    short = local.assets.add(numbered(tmp_path / "short.mp4", SHORT, count=SHORT_COUNT), name="short.mp4")
    made = local.reviews.create("In step")
    for asset in (film, film, short):
        local.reviews.add(made.id, asset_ids=[asset.id])
    return made.id, [version.id for version in local.reviews.get(made.id).content.versions]


@pytest.fixture
def compared(context: BrowserContext, site: Site, review: tuple[str, list[str]]) -> Iterator[Compared]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url)
    page.locator("#tab-t2i-button").wait_for()
    page.evaluate(OPEN, [asset_url("js/review/compare.js"), asset_url("js/review/session.js"), *review])
    expect(page.locator(".rc-caption")).to_have_count(3)
    yield Compared(page)
    assert errors == []


def test_clips_stay_in_step(compared: Compared) -> None:
    """Each shows its frame of the same place after steps, jumps and runs, with a shift as well; then a comment."""
    page, keys = compared.page, compared.page.keyboard
    dice = random.Random(7)
    assert compared.shown() == (0, wanted(0))
    for _ in range(6):
        before, _frames = compared.shown()
        step = dice.choice(["ArrowRight", "ArrowLeft", "Shift+ArrowRight", "."])
        keys.press(step)
        by = {"ArrowRight": 1, ".": 1, "ArrowLeft": -1, "Shift+ArrowRight": 10}[step]
        at, frames = compared.shown()
        assert at == max(0, before + by) and frames == wanted(at)
    for _ in range(3):
        page.evaluate("(at) => view.seek(at)", dice.randrange(20, 100))
        at, frames = compared.shown()
        assert frames == wanted(at)
        keys.press(" ")
        page.wait_for_function("(at) => view.frame > at || view.frame < at", arg=at)
        page.wait_for_timeout(dice.randrange(50, 300))
        keys.press(" ")
        at, frames = compared.shown()
        assert frames == wanted(at)
    keys.press("2")
    keys.press("]")
    keys.press("]")
    page.evaluate("view.seek(31)")
    assert compared.shown() == (31, wanted(31, shift=2))
    keys.press("End")
    assert compared.shown() == (107, wanted(107, shift=2))
    page.evaluate("view.seek(31)")
    compared.shown()

    keys.press("c")
    keys.type("The light jumps")
    keys.press("Enter")
    page.wait_for_function("reviewSession.review.comments.length === 1")
    comment = page.evaluate("reviewSession.review.comments[0]")
    assert comment["frame_in"] == wanted(31, shift=2)[1]
    assert comment["version"] == page.evaluate("view.tracks[1].version.id")
    keys.press("Escape")
    keys.press("Escape")
    expect(page.locator(".rc-dialog")).to_have_count(0)


def test_the_difference_of_equal_clips_is_black(compared: Compared) -> None:
    """And shows what differs; the wipe and the opacity show as much of each as they say."""
    page, keys = compared.page, compared.page.keyboard
    page.evaluate("view.seek(60)")
    keys.press("d")
    page.locator("[data-do=gain]").fill("32")
    assert compared.picture().max() <= 20  # the page around it is not quite black
    keys.press("2")
    keys.press("]")
    assert compared.picture().max() > 200

    keys.press("w")
    page.locator("[data-do=no-shift]").click()
    page.evaluate("view.seek(0)")  # nothing of the number is white
    page.evaluate("view.inStep.shift(1, 75)")
    line = page.locator(".rc-line")
    line.focus()
    for _ in range(10):
        line.press("Shift+ArrowLeft")
    assert line.get_attribute("aria-valuenow") == "0"
    all_above = int(compared.picture().sum())
    line.press("End")
    assert compared.picture().sum() < all_above / 4
    keys.press("o")
    page.locator("[data-do=opacity]").fill("0")
    assert compared.picture().sum() < all_above / 4
    page.locator("[data-do=opacity]").fill("100")
    assert int(compared.picture().sum()) == pytest.approx(all_above, rel=0.05)


def test_versions_are_chosen_on_the_page(context: BrowserContext, site: Site, review: tuple[str, list[str]]) -> None:
    """By a key, with two ticked that make sense; and by Ctrl and a press on another item."""
    page = context.new_page()
    page.goto(f"{site.url.rstrip('/')}/?tab=review&review={review[0]}")
    page.locator(".rv-itemopen").nth(2).wait_for()
    page.keyboard.press("Shift+C")
    expect(page.locator(".rc-choice input:checked")).to_have_count(2)
    page.locator(".rc-choice input").nth(2).check()
    page.locator("[data-do=compare-go]").click()
    expect(page.locator(".rc-caption")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator(".rc-dialog")).to_have_count(0)
    page.locator(".rv-itemopen").nth(2).click(modifiers=["Control"])
    expect(page.locator(".rc-choice input:checked")).to_have_count(2)
    expect(page.locator(".rc-choice input").nth(2)).to_be_checked()

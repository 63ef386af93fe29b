"""A review from two runs of the gallery, in the browser: comments on frames, answers, order; what a reload keeps."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.review.model import NewComment
from tests.browser.conftest import Site, violations

FRAMES = 60
PROMPTS = ("A ferry leaves the quay", "A gull on a bollard")


@pytest.fixture(scope="module")
def runs(site: Site) -> list[str]:
    """Two clips of two seconds, newest last."""
    services = site.studio.local
    body = {"task": "text-to-video", "model": "draft/animatic", "duration_s": FRAMES // 30, "fps": 30}
    made = [run.id for p in PROMPTS for run in services.requests.submit(body | {"prompt": p})]
    assert {run.status for run in services.runs.wait(made, timeout_s=60)} == {"succeeded"}
    return made


@pytest.fixture(scope="module")
def review(site: Site, runs: list[str]) -> str:
    """A review of the two."""
    services = site.studio.local
    made = services.reviews.create("Ferry, looks")
    services.reviews.add(made.id, run_ids=runs)
    return made.id


def opened(page: Page, site: Site, review: str) -> Page:
    page.goto(f"{site.url}?review={review}")
    expect(page.locator(".fp .fp-clock")).to_contain_text("/")
    return page


def thread(page: Page, words: str) -> Locator:
    return page.locator(".rv-thread", has_text=words)


def comment(page: Page, words: str) -> None:
    page.locator("[data-do=write]").fill(words)
    page.keyboard.press("Enter")
    expect(thread(page, words)).to_be_visible()


def press(page: Page, key: str, shown: int) -> None:
    """A key of the player; waits for the frame it leads to."""
    page.keyboard.press(key)
    expect(page.locator(".fp .fp-clock")).to_have_attribute("data-frame", str(shown))


def titles(page: Page) -> list[str]:
    return page.locator(".rv-itemname").all_inner_texts()


def test_a_review_of_two_runs_with_all_that_is_said_outlasts_a_reload(
    open_page: Callable[..., Page], runs: list[str]
) -> None:
    page = open_page("gallery")
    for run in runs:
        cell = page.locator(f"#cell-{run}")
        cell.hover()
        cell.locator(".st-tick").click()
    page.locator("[data-do=add-to-review]").click()
    page.locator("[data-field=new-review]").fill("Ferry, week 1")
    page.locator("[data-do=create-and-add]").click()
    page.get_by_role("button", name="Open review").click()
    expect(page.locator(".rv-item")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"review=rv_\w+&item=ri_\w+"))
    first, second = titles(page)

    page.locator(".rv-title").click()
    press(page, "Home", 0)
    press(page, "ArrowRight", 1)
    press(page, "Shift+ArrowRight", 11)
    comment(page, "Too dark at the bow")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    press(page, "Shift+ArrowRight", 21)
    page.keyboard.press("o")
    comment(page, "The horizon tilts here")
    page.locator("[data-do=unpin]").click()
    comment(page, "Lovely mood")
    at = {words: thread(page, words).locator(".rv-at").inner_text() for words in ("dark", "horizon", "mood")}
    assert at == {"dark": "00:00:00:11", "horizon": "00:00:00:11 – 00:00:00:21", "mood": "Whole clip"}

    tilt = thread(page, "horizon tilts")
    tilt.locator("[data-do=answer]").click()
    page.keyboard.type("Held in the next take")
    page.keyboard.press("Enter")
    expect(tilt.locator(".rv-answers")).to_contain_text("Held in the next take")
    tilt.locator("[data-do=resolve]").click()
    expect(tilt).to_have_class(re.compile("resolved"))
    page.locator(".rv-item").first.locator(".rv-itemopen").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".rv-itemname").first).to_have_text(second)
    page.locator("[data-do=write]").fill("half a thought")

    page.reload()
    expect(page.locator(".rv-thread")).to_have_count(3)
    assert titles(page) == [second, first]
    expect(page.locator("[data-do=write]")).to_have_value("half a thought")
    expect(thread(page, "horizon tilts").locator(".rv-answers")).to_contain_text("Held in the next take")
    page.locator("select[data-do=filter]").select_option("open")
    expect(page.locator(".rv-thread")).to_have_count(2)
    thread(page, "dark").locator("[data-do=jump]").click()
    expect(page.locator(".fp .fp-clock")).to_have_attribute("data-frame", "11")
    expect(page.locator(".rv-composer.head [data-do=pin]")).to_have_text("00:00:00:21")  # where the draft was begun
    page.locator("[data-do=close-review]").click()
    card = page.locator(".rv-card", has_text="Ferry, week 1")
    expect(card).to_contain_text("2 items · 2 open")


def test_a_failed_send_loses_nothing(open_page: Callable[..., Page], site: Site, review: str) -> None:
    page = opened(open_page("review"), site, review)
    page.route("**/comments", lambda route: route.fulfill(status=507, json={"error": "The disk is full."}))
    page.locator("[data-do=write]").fill("Hold this frame longer")
    page.keyboard.press("Enter")
    expect(page.locator(".rv-problem")).to_have_text("The disk is full.")
    page.unroute_all()
    expect(page.locator("[data-do=write]")).to_have_value("Hold this frame longer")
    page.locator("#review .rv-composer [data-do=send], #review [data-do=send]").first.click()
    expect(thread(page, "Hold this frame longer")).to_be_visible()


def test_what_another_page_says_appears_and_what_is_typed_stays(
    open_page: Callable[..., Page], site: Site, review: str
) -> None:
    page = opened(open_page("review"), site, review)
    comments = site.studio.local.review_comments
    version = site.studio.local.reviews.get(review).content.versions[0].id
    asked = comments.add(review, version, NewComment("Who sails this?", 3))
    row = thread(page, "Who sails this?")
    row.locator("[data-do=answer]").click()
    page.keyboard.type("My uncle")
    comments.add(review, version, NewComment("Nobody, it is drawn", parent=asked.id))
    expect(row.locator(".rv-answers")).to_contain_text("Nobody, it is drawn")
    page.keyboard.type(" and his dog")
    expect(row.locator("[data-do=answer-text]")).to_have_value("My uncle and his dog")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_passes_axe(open_page: Callable[..., Page], site: Site, review: str, axe: str, scheme: str) -> None:
    page = opened(open_page("review"), site, review)
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.evaluate(axe)
    found = {"comments": violations(page)}
    page.locator("[data-tab=info]").click()
    found["info"] = violations(page)
    page.locator("[data-do=close-review]").click()
    expect(page.locator(".rv-card").first).to_be_visible()
    found["list"] = violations(page)
    assert {part: wrong for part, wrong in found.items() if wrong} == {}


def test_on_a_phone_the_picture_stays_above_comments_items_and_info(
    open_page: Callable[..., Page], site: Site, review: str
) -> None:
    page = open_page("review")
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, site, review)
    for tab, part in (("items", ".rv-strip"), ("info", ".rv-info"), ("comments", ".rv-comments")):
        page.locator(f"[data-tab={tab}]").click()
        expect(page.locator(part)).to_be_visible()
        expect(page.locator(".fp .fp-view")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

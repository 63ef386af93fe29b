"""Two people in a review room, each in a browser of their own: the same frame, live strokes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS
from tests.support.numbered import SEEN, numbered
from tests.support.review_team import Team, review_team

DRAWN = f"() => ({SEEN})([...document.querySelectorAll('.fp-media')].findLast((one) => !one.hidden))"
"""The number in the picture that is on screen."""


@pytest.fixture
def pair(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Page, Team]]:
    """Anna's page and Ben's."""
    from studio.web.app import served

    clips = [numbered(tmp_path / f"{name}.mp4", Fraction(24), scale=3) for name in ("quay", "boat")]
    settings = Settings(data=tmp_path / "data", access="password", workers=1)
    with (
        Studio.open(settings, engines={}) as studio,
        served(studio, server_port=None) as url,
        ExitStack() as stack,
    ):
        team = review_team(studio, *clips)
        pages, errors = [], list[str]()
        for login in ("anna", "ben"):
            page = stack.enter_context(team.context(browser, url, login)).new_page()
            page.set_default_timeout(PATIENT_MS)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{url}?tab=review&review={team.review}")
            pages.append(page)
        yield pages[0], pages[1], team
        assert errors == []


def do(page: Page, name: str) -> Locator:
    return page.locator(f'#tab-review [data-do="{name}"]')


def expect_frame(page: Page, frame: int) -> None:
    """By its number, and by what the picture shows."""
    expect(page.locator(".fp-clock")).to_have_attribute("data-frame", str(frame))
    page.wait_for_function(f"(frame) => ({DRAWN})() === frame", arg=frame)


def test_two_people_review_together(pair: tuple[Page, Page, Team]) -> None:
    anna, ben, team = pair
    for page in pair[:2]:
        expect(page.locator(".rr-face")).to_have_count(2)
    do(anna, "room-lead").click()
    do(ben, "room-follow").click()
    expect(anna.locator(".rr-word")).to_have_text("You lead; 1 person follows")

    for _ in range(3):
        do(anna, "on").click()
    for page in pair[:2]:
        expect_frame(page, 3)

    do(anna, "draw").click()
    expect(anna.locator(".rd-layer.editing")).to_be_visible()
    box = anna.locator(".rd-surface").bounding_box()
    assert box
    anna.mouse.move(box["x"] + 60, box["y"] + 40)
    anna.mouse.down()
    anna.mouse.move(box["x"] + 160, box["y"] + 90, steps=8)
    expect(ben.locator(".rd-others .rd-shape")).to_have_count(1)
    anna.mouse.up()
    expect(ben.locator(".rd-others .rd-shape")).to_have_count(1)

    do(anna, "write").fill("Less of this")
    do(anna, "send").click()
    expect(ben.locator(".rv-thread")).to_contain_text("Less of this")
    expect(ben.locator(".rd-others .rd-shape")).to_have_count(0)

    do(ben, "back").click()
    expect(do(ben, "room-follow")).to_have_text("Follow again")
    expect_frame(ben, 2)
    do(anna, "next-item").click()
    do(anna, "on").click()
    expect_frame(anna, 1)
    expect_frame(ben, 2)
    do(ben, "room-follow").click()
    expect(ben.locator(".rv-title")).to_have_text(anna.locator(".rv-title").inner_text())
    expect_frame(ben, 1)

    do(anna, "room-point").click()
    aim = anna.locator(".rr-aim").bounding_box()
    assert aim
    anna.mouse.move(aim["x"] + aim["width"] / 4, aim["y"] + aim["height"] / 2)
    expect(ben.locator(".rr-dot")).to_have_attribute("style", re.compile("left: 25%; top: 50%"))

    team.studio.acting_for(team.people["anna"]).reviews.unshare(team.review)
    expect(ben.locator(".rr-word")).to_have_text("You no longer have access to this review.")

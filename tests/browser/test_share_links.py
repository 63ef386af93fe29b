"""A member shares a review by a link; somebody without an account opens it, comments, and reads the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENT_MS, Site
from tests.support.samples import clip

PASSWORD = "open sesame"


@pytest.fixture
def guest(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody else."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    yield made
    made.close()


def test_a_guest_comments_by_a_link_and_reads_the_answer(
    context: BrowserContext, guest: BrowserContext, site: Site, tmp_path: Path
) -> None:
    services = site.studio.local
    own = services.assets.add(clip(tmp_path / "aerial.mp4", seconds=1), name="aerial.mp4")
    review = services.reviews.create("Harbour, first cut", "").id
    services.reviews.add(review, asset_ids=[own.id])

    errors: list[str] = []
    member = opened(context, f"{site.url}?review={review}", errors)
    member.locator("[data-do=links]").click()
    expect(member.locator(".rl-note.warn")).to_be_visible()  # this studio asks nobody to sign in
    member.locator("[data-field=label]").fill("Acme")
    member.locator("[data-field=password]").fill(PASSWORD)
    member.locator(".rl-form").get_by_text("Put each guest's name into the picture").click()
    member.locator("[data-do=save-link]").click()
    address = member.locator("[data-field=address]").input_value()
    assert address.startswith(f"{site.url}shared/r#")
    member.locator("[data-do=done]").click()
    expect(member.locator(".rl-row.open .rl-name b")).to_have_text("Acme")
    member.keyboard.press("Escape")

    assert guest.request.get(f"{site.url}shared/api/reviews/{review}").status == 401  # also where nobody signs in
    visitor = opened(guest, address, errors)
    assert "#" not in visitor.url, "the token stays in the address"
    expect(visitor.locator("#title")).not_to_contain_text("Harbour")
    visitor.locator("#name").fill("Ada")
    visitor.locator("#password").fill("wrong, but long")
    visitor.locator("#enter").click()
    expect(visitor.get_by_role("alert")).to_contain_text("Wrong password")
    errors.clear()  # of the refused request
    visitor.locator("#password").fill(PASSWORD)
    visitor.locator("#enter").click()
    expect(visitor.locator("#shared-bar")).to_contain_text("Ada")
    expect(visitor.locator("video").first).to_be_attached(timeout=60_000)  # once the copy with the name is made
    expect(visitor.locator("[data-do=links]")).to_have_count(0)
    write(visitor, "The horizon tilts.")

    expect(member.locator(".rv-side").get_by_text("The horizon tilts.")).to_be_visible()
    expect(member.locator(".rv-side").get_by_text("Ada").first).to_be_visible()
    write(member, "Levelled in the next take.")
    expect(visitor.locator(".rv-side").get_by_text("Levelled in the next take.")).to_be_visible(timeout=30_000)

    member.locator("[data-do=links]").click()
    member.locator(".rl-row [data-do=revoke]").click()
    member.locator("[data-do=yes]").click()
    expect(member.locator(".rl-over summary")).to_be_visible()
    # the page leaves by itself: back before the review, and the link leads nowhere
    expect(visitor.locator("#about.bad")).to_be_visible()
    assert errors == []


def opened(context: BrowserContext, address: str, errors: list[str]) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page


def write(page: Page, text: str) -> None:
    """Comment on the version that is shown."""
    page.locator(".rv-side textarea").first.fill(text)
    page.locator(".rv-side [data-do=send]").first.click()

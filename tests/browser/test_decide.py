"""The page behind the link in a message about a run that waits: it asks, and a press decides."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from studio.domain import HeldReason, Run, Status
from studio.store import decision_links, runs
from tests.browser.conftest import Site

WHY = "This run costs $4.20, over the limit of $1.00 for one run."


@pytest.fixture
def held(site: Site) -> Run:
    site.studio.queue.pause()
    [run] = site.studio.local.requests.submit(
        {"task": "text-to-image", "model": "draft/animatic", "prompt": "<b>a decided harbour</b>"}
    )
    with site.studio.context.store.write() as db:
        held = runs.move(db, run, Status.HELD, WHY, held_reason=HeldReason.BUDGET.value, error=WHY)
    site.studio.queue.resume()
    return held


def opened(context: BrowserContext, site: Site, question: str) -> Page:
    with site.studio.context.store.write() as db:
        token = decision_links.make(db, "", question)
    page = context.new_page()
    page.goto(f"{site.url}decide#{token}")
    return page


def test_a_press_approves_and_the_link_is_used(context: BrowserContext, site: Site, held: Run) -> None:
    page = opened(context, site, held.batch or held.id)
    expect(page.locator("#why")).to_have_text(WHY)
    expect(page.locator("#prompt")).to_have_text("<b>a decided harbour</b>")
    assert "#" not in page.url, "the token stays in the address"
    assert site.studio.local.runs.get(held.id).status is Status.HELD
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text("Approved: 1 run starts now.")
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    assert site.studio.local.runs.wait([held.id], timeout_s=20)[0].status is Status.SUCCEEDED


def test_a_link_that_is_over_says_so(context: BrowserContext, site: Site, held: Run) -> None:
    page = opened(context, site, held.batch or held.id)
    expect(page.get_by_role("button", name="Reject")).to_be_visible()
    with site.studio.context.store.write() as db:
        decision_links.close_question(db, held.batch or held.id)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_have_text(
        "This link was used already, or is over. Open the studio to decide."
    )
    site.studio.local.runs.cancel(held.id)

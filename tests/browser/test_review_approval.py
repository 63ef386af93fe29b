"""Statuses in a browser: one is added in the settings, set in a review with a note, and demanded by an export."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from studio.services.delivery_approval import Demand
from tests.browser.conftest import PATIENT_MS, Site


def test_a_take_is_approved_where_an_export_demands_it(site: Site, context: BrowserContext) -> None:
    local, page = site.studio.local, context.new_page()
    board = local.storyboards.create("Approval", script="Shot 1 [0-1s] a quay", model="draft/animatic").board
    [run] = local.storyboards.render(board.id, shots=[board.shots[0].id])
    assert local.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    review = local.reviews.create("To approve", "").id
    local.reviews.add(review, board_id=board.id)

    page.goto(f"{site.url}?tab=settings")
    rules = page.locator(".st-box.review")
    rules.locator("[data-do=add-status]").click(timeout=PATIENT_MS)
    page.locator("[data-field=name]").fill("Final <b>look</b>")
    page.locator("dialog[open] select").first.select_option("done")
    page.locator("[data-do=save-status]").click()
    added = rules.locator(".ra-statuses li", has_text="Final <b>look</b>")
    expect(added).to_contain_text("Creator and above")
    rules.locator("[data-field=demand]").select_option("takes")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert local.delivery_approval.of_studio() is Demand.TAKES

    page.goto(f"{site.url}?tab=storyboard&board={board.id}")
    page.locator("[data-do=export]").first.click(timeout=PATIENT_MS)
    expect(page.locator(".bd-checks")).to_contain_text("the take is not approved")
    expect(page.locator(".ra-reports a")).to_have_attribute("href", f"{site.url}ui/reviews/{review}/report.pdf")
    page.locator("[data-do=export-now]").click()
    expect(page.get_by_role("alert")).to_contain_text("Ask for the approval in the review To approve.")

    page.goto(f"{site.url}?tab=review&review={review}")
    chip = page.locator("[data-do=status]")
    expect(chip).to_have_text("No status", timeout=PATIENT_MS)
    chip.click()
    page.locator(".ra-pop textarea").fill("as on Monday")
    page.locator(".ra-choice", has_text="Final <b>look</b>").click()
    expect(chip).to_have_text("Final <b>look</b>")
    chip.click()
    expect(page.locator(".ra-history")).to_contain_text("as on Monday")
    page.keyboard.press("Escape")
    expect(page.locator(".ra-pop")).to_have_count(0)
    expect(chip).to_be_focused()
    try:
        local.exports.start(board.id, "shots")
        local.exports.start(board.id, "edl")  # refused before: now nothing is in its way
    finally:
        local.delivery_approval.set_studio(Demand.NONE)

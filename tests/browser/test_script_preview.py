"""A pasted shot list is seen as a table before anything is made of it, put right there, and becomes the storyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, violations

CSV = '''Shot,Duration,Shot Size,Movement,Description,Dialogue
1,3s,Wide shot,static,A harbour at dawn,
2,4s,Close-up,slow push in,"Maren lights the lamp, twice","Maren: ""Every night."""
3,5s,Medium shot,pan left,Gulls over the pier,
'''

Opener = Callable[..., Page]


def test_a_shot_list_is_looked_over_before_it_becomes_a_storyboard(
    open_page: Opener, context: BrowserContext, site: Site, axe: str
) -> None:
    page = open_page("storyboard")
    page.locator("[data-do=new-board]").first.click()
    text = page.locator("[data-field=script]")
    text.fill(CSV)
    expect(page.locator(".sp-row").first).to_be_visible()
    text.press("Escape")  # a window that goes by accident takes no script with it
    expect(text).to_have_count(0)
    page.locator("[data-do=new-board]").first.click()
    expect(text).to_have_value(CSV)
    shown = page.locator(".sp-count")
    expect(shown).to_have_text("3 shots, 12 s")
    form = page.get_by_label("Form of the script")
    expect(form.locator("option:checked")).to_have_text("CSV shot list")

    def cell(row: int, field: str) -> str:
        return f".sp-rows .sp-row:nth-child({row}) .sp-cell[data-field={field}]"

    expect(page.locator(cell(2, "prompt"))).to_have_text("Maren lights the lamp, twice")
    expect(page.locator(cell(2, "dialogue"))).to_have_text('Maren: "Every night."')
    page.locator(cell(2, "move")).hover()
    shown_of = "(r) => r.startContainer.data.slice(r.startOffset, r.endOffset)"
    lit = f"[...(CSS.highlights.get('script-lit') || [])].map({shown_of})"
    page.wait_for_function(f"String({lit}) === 'slow push in'")

    page.locator(cell(1, "duration")).click()
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("0.1 to 60 seconds")
    page.locator("[data-field=edit-duration]").fill("6,5 s")
    page.keyboard.press("Enter")
    expect(shown).to_have_text("3 shots, 16 s")
    page.locator(cell(1, "duration")).press("ArrowRight")
    page.keyboard.type("Long shot")
    page.keyboard.press("Escape")
    expect(page.locator(cell(1, "shot_size"))).to_have_text("Wide shot")
    page.locator("[data-do=remove-shot]").nth(2).click()
    text.press("ControlOrMeta+Home")
    text.press_sequentially("\n")  # read again: the changes stay with their shots
    expect(page.locator(".sp-two")).to_contain_text("1 cell changed")
    expect(page.locator(cell(1, "duration"))).to_contain_text("6.5 s")
    page.evaluate(axe)
    assert violations(page) == []

    form.select_option(label="Plain text")
    expect(shown).not_to_have_text(re.compile("^2 shots"))
    form.select_option(label="CSV shot list")
    page.locator("[data-do=create]", has_text="2 shots").click()
    expect(page.locator(".bd-card")).to_have_count(2)
    made = site.studio.local.storyboards.all()[0].board
    assert [(s.shot_size, s.move, s.duration_s) for s in made.shots] == [
        ("Wide shot", "static", 6.5),
        ("Close-up", "slow push in", 4.0),
    ]
    assert "Every night." in made.shots[1].dialogue

    page.locator("[data-view=script]").click()
    expect(page.locator("[data-field=script-view]")).to_have_value(re.compile("Maren lights the lamp"))
    apply = page.locator("[data-do=apply-script]")
    expect(apply).to_be_disabled()
    page.locator(".bd-scriptview [data-do=remove-shot]").first.click()
    apply.click()
    page.locator("[data-do=replace]").click()
    expect(page.locator(".bd-scriptview .sp-rows .sp-row")).to_have_count(1)
    assert len(site.studio.local.storyboards.get(made.id).board.shots) == 1

"""Hints on the words: beside a form and at a shot. A press mends, Undo takes it back, nothing keeps from Generate."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

Open = Callable[..., Page]
SELECTED = "box => box.value.slice(box.selectionStart, box.selectionEnd)"


def test_a_hint_shows_its_words_is_mended_by_one_press_and_taken_back(open_page: Open) -> None:
    page = open_page("t2v")
    box, hints = page.locator("#t2v-prompt textarea"), page.locator("#t2v-lint")
    box.fill("A wombat sleeps on a boat.")
    expect(page.locator("#t2v-generate")).to_be_enabled()
    expect(hints.locator(".lt-box")).to_be_hidden()
    box.fill("a {tame|wild} wombat at night under bright sunlight")
    choice = hints.locator("li[data-rule='foreign.choice']")
    choice.locator("button.lt-words").click()
    assert box.evaluate(SELECTED) == "{tame|wild}"
    expect(page.locator("#t2v-prompt .sf-refusal")).to_contain_text("not sent")
    choice.get_by_role("button", name="Make one run per choice").click()
    expect(page.locator("#t2v-bar .sf-runs")).to_contain_text("2")
    expect(page.locator("#t2v-combinations input")).to_be_checked()
    expect(choice).to_have_count(0)
    expect(page.locator("#t2v-generate")).to_be_enabled()
    expect(hints.locator("li[data-rule='contradiction']")).to_be_visible()
    hints.get_by_role("button", name="Undo").click()
    expect(page.locator("#t2v-combinations input")).not_to_be_checked()
    choice.get_by_role("button", name="Write “tame”").click()
    expect(box).to_have_value("a tame wombat at night under bright sunlight")
    hints.get_by_role("button", name="Undo").click()
    expect(box).to_have_value("a {tame|wild} wombat at night under bright sunlight")


def test_a_shot_is_counted_on_its_card_and_mended_in_its_panel(open_page: Open, site: Site) -> None:
    script = "Shot 1 [0-2s] a numbat on a log\nShot 2 [2-4s] a (golden:1.2) lamp beside a numbat"
    board = site.studio.local.storyboards.create("Numbats", script=script, model="draft/animatic").board
    page = open_page()
    page.goto(f"{site.url}?board={board.id}")
    card = page.locator(f".bd-card[data-id='{board.shots[1].id}']")
    expect(card.locator(".bd-number")).to_have_attribute("data-lint", "1")
    expect(page.locator(".bd-number[data-lint]")).to_have_count(1)
    card.click()
    panel = page.locator(".bd-panel")
    panel.get_by_role("button", name="Write “golden”").click()
    words = panel.locator("textarea[data-field=prompt]")
    expect(words).to_have_value("a golden lamp beside a numbat")
    expect(page.locator(".bd-number[data-lint]")).to_have_count(0)
    panel.locator("[data-do=lint-undo]").click()
    expect(words).to_have_value("a (golden:1.2) lamp beside a numbat")
    expect(card.locator(".bd-number")).to_have_attribute("data-lint", "1")
    panel.get_by_role("button", name="Send it as it stands").click()
    expect(page.locator(".bd-number[data-lint]")).to_have_count(0)
    assert site.studio.local.storyboards.get(board.id).board.shots[1].literal_prompt

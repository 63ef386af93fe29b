"""The model picker with hundreds of rows: families, search, keys; and ideas that call references as the model does."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import pick_model


def test_families_words_and_keys_lead_to_a_model_and_ideas_call_references_its_way(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("r2v")
    idea = page.locator("#r2v-ideas .si-idea").first
    pick_model(page, "r2v", "alibaba/wan2.7-r2v")
    expect(idea).to_have_text("Image 1 walks through a rainy market and stops in front of Image 2")
    page.locator("#r2v-model").click()
    options = page.locator("#r2v-picker .sp-option")
    expect(page.locator("#r2v-picker .sp-option[aria-selected=true]")).to_be_in_viewport()
    page.locator("#r2v-picker .sp-family", has_text="HappyHorse").click()
    expect(page.locator("#r2v-picker .sp-option[data-id$='wan2.7-r2v']")).to_have_count(0)
    search = page.locator("#r2v-picker .sp-search")
    search.fill("no such words")
    expect(page.locator("#r2v-picker .sp-none")).to_be_visible()
    search.fill("happyhorse model studio 1.0")
    expect(options).to_have_count(1)
    search.fill("")
    page.locator("#r2v-picker .sp-family", has_text="All").click()
    search.focus()
    search.press("ArrowDown")
    expect(options.first).to_be_focused()
    page.keyboard.press("End")
    expect(options.last).to_be_focused()
    page.keyboard.press("Home")
    expect(options.first).to_be_focused()
    page.keyboard.press("h")
    expect(search).to_be_focused()
    search.fill("happyhorse model studio 1.0")
    search.press("Enter")
    expect(page.locator("#r2v-model")).to_have_attribute("data-model", "alibaba/happyhorse-1.0-r2v")
    expect(idea).to_have_text("character1 walks through a rainy market and stops in front of character2")

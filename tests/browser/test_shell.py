"""The frame around every page: look, language, keys, and that the page asks nothing outside the studio."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import show

Open = Callable[..., Page]


def test_light_or_dark_is_the_persons_choice_and_is_kept(open_page: Open) -> None:
    """It starts as the system wishes (dark here)."""
    page = open_page()
    assert page.evaluate("document.body.classList.contains('dark')")
    page.locator("#studio-theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    show(page, "t2i")
    assert not page.evaluate("document.body.classList.contains('dark')")


def test_the_language_is_the_persons_choice_and_is_kept(open_page: Open) -> None:
    page = open_page()
    page.locator("#studio-language").click()
    expect(page.locator("#t2i-generate")).to_have_text("生成")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("#studio-language").click()
    expect(page.locator("#t2i-generate")).to_have_text("Generate")


def test_a_slash_searches_from_anywhere_but_a_text_field(open_page: Open) -> None:
    page = open_page("t2i")
    box = page.locator("#t2i-prompt textarea")
    box.press("/")
    expect(box).to_have_value("/")
    box.blur()
    page.keyboard.press("/")
    expect(
        page.locator(".studio-search input:focus, .studio-search textarea:focus, input.studio-search:focus")
    ).to_have_count(1)


def test_arrow_keys_move_between_the_tabs(open_page: Open) -> None:
    page = open_page("t2i")
    page.locator("#tab-t2i-button").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#tab-edit-button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#create-edit")).to_be_visible()


def test_text_is_readable_in_light_and_dark(open_page: Open) -> None:
    """Contrast of 4.5 and more (WCAG AA) for labels, hints and the button, measured on the page."""
    page = open_page("t2v")
    for _ in range(2):
        page.evaluate(FADED)
        found = page.evaluate(CONTRAST, PICKED)
        assert {name for name, contrast in found.items() if contrast < 4.5} == set()
        page.locator("#studio-theme").click()


FADED = """Promise.allSettled(
  document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished))"""
"""Waits until colours have faded over."""
PICKED = {
    "label": "#t2v-prompt .ct-label",
    "count": "#t2v-prompt .sf-count",
    "chip": "#t2v-tier label:not(:has(:checked)) span",
    "chosen": "#t2v-tier label:has(:checked) span",
    "about": "#t2v-model .sp-about",
    "facts": "#t2v-bar .sf-runs",
    "button": "#t2v-generate",
    "help": "#t2v-caption .ct-info",
    "tab": "#tab-edit-button",
}
CONTRAST = """(picked) => {
  const made = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const canvas = made.getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const color = rgba(getComputedStyle(e).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  const contrast = (e) => {
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  return Object.fromEntries(Object.entries(picked).map(([name, s]) => [name, contrast(document.querySelector(s))]));
}"""

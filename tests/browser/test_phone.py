"""The pages on a phone: nothing is wider than the screen, and what a finger presses is 40 px high."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENT_MS, Site

TABS = ("t2i", "i2v", "storyboard", "gallery", "queue", "settings")
SMALL = """() => [...document.querySelectorAll('.st-b:not(.tiny, .cn-task), #studio-tabs [role=tab], .sc-line button')]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height && e.getBoundingClientRect().height < 39.5)
  .map((e) => `${e.className} ${e.textContent} ${e.getBoundingClientRect().height}`)"""


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="en-US"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.goto(site.url)
    expect(page.locator("#studio-theme")).to_be_visible()
    yield page
    context.close()


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_fits_a_phone_and_a_finger(phone: Page, tab: str) -> None:
    phone.locator(f"#tab-{tab}-button").tap()
    expect(phone.locator(f"#tab-{tab}-button")).to_have_attribute("aria-selected", "true")
    if tab == "settings":
        expect(phone.locator(".tell-me")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate(SMALL) == []

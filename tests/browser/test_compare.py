"""Where to run this? and Compare in the browser: a table of models, one press to two of them, and a blind vote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from studio import engines
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site, pick_model, show
from tests.support.kit import QUICK
from tests.support.provider_cases import PROVIDERS

SLOW_MS = 60_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The draft engine and Runware's local server are ready; Alibaba has no key."""
    from studio.web.app import served

    with PROVIDERS["runware"](tmp_path) as case:
        made = {name: engines.build(name, case.settings) for name in ("draft", "alibaba")} | {"runware": case.build()}
        with (
            Studio.open(case.settings, engines=made, catalogue=case.catalogue, timing=QUICK) as studio,
            served(studio, server_port=None) as url,
        ):
            yield Site(url, studio)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    page, errors = context.new_page(), []
    page.set_default_timeout(PATIENT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url)
    yield page
    context.close()
    assert errors == []


def test_a_request_finds_its_model_is_compared_and_judged_blind(page: Page, site: Site) -> None:
    show(page, "t2i")
    pick_model(page, "t2i", "draft/animatic")
    page.locator("#t2i-prompt textarea").fill("a heron in the reeds")
    page.locator("#t2i-where-open").click()
    rows = page.locator(".cw-row")
    expect(rows.first).to_have_class("cw-row current")
    alibaba = page.locator('.cw-row[data-id="alibaba/wan2.6-t2i"]')
    expect(alibaba.get_by_role("button", name="Add a key")).to_be_visible()
    page.get_by_label("Ready to use only").check()
    expect(alibaba).to_have_count(0)
    other = page.locator('.cw-row[data-id="runware/wan2.7-image"]')
    other.get_by_role("button", name="Use this").click()
    expect(page.locator("#t2i-model")).to_have_attribute("data-model", "runware/wan2.7-image")
    expect(page.locator("#t2i-prompt textarea")).to_have_value("a heron in the reeds")

    page.locator("#t2i-where-open").click()
    expect(page.locator(".cw-row.current input")).to_be_checked()
    page.locator('.cw-row[data-id="draft/animatic"] input').check()
    expect(page.locator(".cw-total")).to_contain_text("2 models, one run each: $")
    page.locator(".cw-go").click()
    view = page.locator(".cw-view")
    expect(view.locator(".cw-pic > img")).to_have_count(2, timeout=SLOW_MS)
    expect(view.locator(".cw-caption").first).to_contain_text("took")
    assert "compare=c_" in page.url

    view.locator(".cw-pic").first.dblclick(position={"x": 40, "y": 40})
    shifts = "[...document.querySelectorAll('.cw-pic > img')].map((i) => getComputedStyle(i).transform)"
    page.wait_for_function(f"(() => {{ const [a, b] = {shifts}; return a.startsWith('matrix(3,') && b[7] === '3' }})()")

    view.locator("[data-do=blind]").click()
    expect(view).not_to_contain_text("Runware")
    expect(view).not_to_contain_text("$")
    judged = view.locator(".cw-cell").first.get_attribute("data-id")
    view.locator(".cw-cell").first.locator("[data-do=best]").click()
    expect(view.locator(".cw-cell.best")).to_contain_text("Your vote")
    assert view.locator(".cw-cell.best").get_attribute("data-id") == judged
    rates = site.studio.local.comparisons.win_rates("text-to-image")
    assert [(rate.votes, rate.rate) for rate in rates] == [(1, 1.0), (1, 0.0)]

    page.reload()
    expect(view.locator(".cw-cell.best")).to_contain_text("Your vote")
    view.locator("[data-do=close]").click()
    expect(view).to_have_count(0)
    page.wait_for_function("!location.search.includes('compare=')")

"""The address says which tab, run, board and dialog are open: reload, Back and links lead there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from studio.domain import Status
from tests.browser.conftest import Site

Opener = Callable[..., Page]
PANEL = ".st-panel"


def at(page: Page, tab: str) -> None:
    """That tab is open."""
    expect(page.locator(f"#tab-{tab}-button")).to_have_attribute("aria-selected", "true")


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    """A finished picture."""
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a heron at the address"}
    [run] = site.studio.local.requests.submit(body | {"width": 320, "height": 192})
    [done] = site.studio.local.runs.wait([run.id], timeout_s=60)
    assert done.status is Status.SUCCEEDED
    return run.id


def test_back_returns_to_the_tab_before_and_a_reload_stays(open_page: Opener) -> None:
    page = open_page("gallery")
    expect(page).to_have_url(re.compile("tab=gallery"))
    page.locator("#tab-queue-button").click()
    expect(page).to_have_url(re.compile("tab=queue"))
    page.go_back()
    at(page, "gallery")
    page.go_forward()
    at(page, "queue")
    page.reload()
    at(page, "queue")
    page.go_back()
    at(page, "gallery")


def test_back_closes_the_run_and_closing_it_takes_its_entry_away(open_page: Opener, run_id: str) -> None:
    page = open_page("gallery")
    page.locator(f"#cell-{run_id}").click()
    expect(page).to_have_url(re.compile(f"run={run_id}"))
    page.go_back()
    expect(page.locator(PANEL)).to_have_count(0)
    at(page, "gallery")
    page.go_forward()
    expect(page.locator(PANEL)).to_contain_text("a heron at the address")
    page.locator(f"{PANEL} [data-do=close]").click()
    expect(page).not_to_have_url(re.compile("run="))
    page.go_back()
    at(page, "t2i")


def test_links_open_a_run_over_any_tab(open_page: Opener, site: Site, run_id: str) -> None:
    page = open_page()
    page.goto(f"{site.url}?run={run_id}")
    at(page, "gallery")
    expect(page.locator(PANEL)).to_contain_text("a heron at the address")
    page.goto(f"{site.url}?tab=queue&run={run_id}")
    at(page, "queue")
    expect(page.locator(PANEL)).to_contain_text("a heron at the address")


def test_back_leaves_a_board_and_its_dialogs(open_page: Opener, site: Site) -> None:
    board = site.studio.local.storyboards.create("Address", script="Shot 1 [0-2s] a heron")
    page = open_page("storyboard")
    page.locator(f".bd-board[data-id='{board.board.id}'] a").click()
    expect(page).to_have_url(re.compile(f"board={board.board.id}"))
    page.locator("[data-do=export]").first.click()
    expect(page.locator("dialog[open]")).to_be_visible()
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"board={board.board.id}"))
    page.go_back()
    expect(page.locator(f".bd-board[data-id='{board.board.id}']")).to_be_visible()
    page.reload()
    at(page, "storyboard")


def test_a_link_opens_a_view_of_a_board_and_back_goes_through_views(open_page: Opener, site: Site) -> None:
    board = site.studio.local.storyboards.create("Views", script="Shot 1 [0-2s] a heron").board
    page = open_page("t2i")
    page.goto(f"{site.url}?board={board.id}&view=script")
    at(page, "storyboard")
    expect(page.locator("#storyboard h1")).to_have_text("Views")
    expect(page.locator("[data-field=script-view]")).to_have_value(re.compile("heron"))
    for view in ("cast", "sheet"):
        page.locator(f"[data-view={view}]").click()
        expect(page).to_have_url(re.compile(f"view={view}"))
    expect(page.locator(".bd-sheet")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-view=cast]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("[data-view=cast]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-view=cut]").click()
    expect(page).not_to_have_url(re.compile("view="))
    page.goto(f"{site.url}?board={board.id}&view=nothing")
    expect(page.locator("[data-view=cut]")).to_have_attribute("aria-pressed", "true")

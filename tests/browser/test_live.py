"""What others change in a board appears without a reload; two changes of one field are shown, and a person decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from studio.services.board_repository import StoredBoard
from studio.storyboard import edit
from tests.browser.conftest import Site

SCRIPT = "Shot 1 [0-2s] a harbour\nShot 2 [2-4s] a woman"


@pytest.fixture
def board(site: Site) -> StoredBoard:
    return site.studio.local.storyboards.create("Together", script=SCRIPT, width=256, height=144, fps=12, audio=False)


def opened(page: Page, site: Site, board: StoredBoard) -> Page:
    page.goto(f"{site.url}?board={board.board.id}")
    expect(page.locator(".bd-card")).to_have_count(len(board.board.shots))
    return page


def elsewhere(site: Site, board: StoredBoard, **fields: object) -> None:
    """Somebody else changes the first shot."""
    shot = board.board.shots[0].id
    site.studio.local.storyboards.edit(board.board.id, "prompt", lambda b: edit.change(b, shot, **fields))


def test_a_change_appears_on_another_page(open_page: Callable[..., Page], site: Site, board: StoredBoard) -> None:
    one, two = opened(open_page(), site, board), opened(open_page(), site, board)
    one.locator(".bd-card").first.click()
    one.locator(".bd-panel textarea").first.fill("a harbour at night")
    expect(two.locator(".bd-card .bd-words").first).to_have_text("a harbour at night")


def test_a_board_made_elsewhere_appears_in_the_list(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("storyboard")
    expect(page.locator(".bd-boards")).to_be_visible()
    made = site.studio.local.storyboards.create("Made elsewhere", script=SCRIPT)
    expect(page.locator(f'.bd-board[data-id="{made.board.id}"]')).to_be_visible()


@pytest.mark.parametrize(("button", "stands"), [("mine", "a harbour at dawn"), ("theirs", "a harbour at night")])
def test_two_changes_of_one_field(
    open_page: Callable[..., Page], site: Site, board: StoredBoard, button: str, stands: str
) -> None:
    page = opened(open_page(), site, board)
    page.locator(".bd-card").first.click()
    area = page.locator(".bd-panel textarea").first
    page.route(
        "**/edit?*", lambda route: (elsewhere(site, board, prompt="a harbour at night"), route.continue_()), times=1
    )
    area.fill("a harbour at dawn")
    dialog = page.locator("dialog.bd-dialog")
    expect(dialog.locator("pre")).to_have_text(["a harbour at night", "a harbour at dawn"])
    dialog.locator(f'[data-do="{button}"]').click()
    expect(area).to_have_value(stands)
    expect(page.locator(".bd-card .bd-words").first).to_have_text(stands)
    assert site.studio.local.storyboards.get(board.board.id).board.shots[0].prompt == stands

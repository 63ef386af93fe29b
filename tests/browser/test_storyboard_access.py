"""The storyboard by finger, by keys and for a screen reader: cards move, controls have names, in an order of sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, expect

from studio.services.board_repository import StoredBoard
from tests.browser.conftest import PATIENT_MS, Site

SCRIPT = "Shot 1 [0-2s] a harbour\nShot 2 [2-4s] a woman\nShot 3 [4-6s] a dog\nShot 4 [6-8s] a gull"
PHONE: ViewportSize = {"width": 390, "height": 844}

JSON = dict[str, Any]


@pytest.fixture
def board(site: Site) -> StoredBoard:
    return site.studio.local.storyboards.create("Harbour", script=SCRIPT, width=256, height=144, fps=12, audio=False)


@pytest.fixture
def page(open_page: Callable[..., Page], board: StoredBoard) -> Page:
    return opened(open_page("storyboard"), board)


@pytest.fixture
def phone(browser: Browser, site: Site, board: StoredBoard) -> Iterator[Page]:
    """The editor on a phone with a touch screen."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.goto(f"{site.url}?board={board.board.id}")
    expect(page.locator(".bd-card")).to_have_count(4)
    yield page
    context.close()


def opened(page: Page, board: StoredBoard) -> Page:
    page.locator(f'.bd-board[data-id="{board.board.id}"] a').click()
    expect(page.locator(".bd-card")).to_have_count(len(board.board.shots))
    return page


def words(page: Page) -> list[str]:
    return page.locator(".bd-card .bd-words").all_inner_texts()


class Finger:
    """One finger on the screen, as Chromium sees it."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)

    def down(self, x: float, y: float) -> None:
        self._send("touchStart", x, y)

    def move(self, x: float, y: float) -> None:
        self._send("touchMove", x, y)

    def up(self) -> None:
        self.cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _send(self, kind: str, x: float, y: float) -> None:
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


def middle(page: Page, number: int) -> tuple[float, float]:
    card = page.locator(".bd-card").nth(number - 1)
    card.hover(trial=True)  # until it stands still
    box = card.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_long_press_lifts_a_card_and_the_finger_moves_it(phone: Page, site: Site, board: StoredBoard) -> None:
    phone.locator(".bd-cards").scroll_into_view_if_needed()
    finger, (x, y), (to, _) = Finger(phone), middle(phone, 1), middle(phone, 3)
    finger.down(x, y)
    expect(phone.locator(".bd-card.dragged")).to_have_count(1)
    for step in range(1, 7):
        finger.move(x + (to + 40 - x) * step / 6, y)
    expect(phone.locator(".bd-drop")).to_be_visible()
    finger.up()
    expect(phone.locator(".bd-card .bd-words").nth(2)).to_have_text("a harbour")
    expect(phone.locator(".bd-saved")).to_have_text("Saved")
    phone.wait_for_function("!document.querySelector('.bd-card.dragged')")
    stored = [s.prompt for s in site.studio.local.storyboards.get(board.board.id).board.shots]
    assert stored == words(phone) == ["a woman", "a dog", "a harbour", "a gull"]


def test_a_swipe_scrolls_and_moves_nothing(phone: Page, site: Site, board: StoredBoard) -> None:
    phone.locator(".bd-cards").scroll_into_view_if_needed()
    finger, (x, y) = Finger(phone), middle(phone, 2)
    before = phone.evaluate("document.querySelector('.bd-cards').scrollLeft")
    finger.down(x, y)
    for step in range(1, 9):
        finger.move(x - 20 * step, y)
    finger.up()
    phone.wait_for_function(f"document.querySelector('.bd-cards').scrollLeft > {before} + 20")
    assert words(phone) == ["a harbour", "a woman", "a dog", "a gull"]
    expect(phone.locator(".bd-card.dragged")).to_have_count(0)


def tree(page: Page) -> list[JSON]:
    """The accessibility tree's nodes that are not ignored."""
    found = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [n for n in found if not n.get("ignored")]


def said(node: JSON, what: str = "name") -> str:
    return str(node.get(what, {}).get("value", ""))


def facts(node: JSON) -> JSON:
    return {p["name"]: p["value"].get("value") for p in node.get("properties", [])}


def test_the_strip_is_a_list_of_cards_with_their_transitions(page: Page) -> None:
    nodes = {n["nodeId"]: n for n in tree(page)}
    strip = next(n for n in nodes.values() if said(n, "role") == "list" and said(n) == "Shots")
    items = [nodes[i] for i in strip["childIds"] if i in nodes]
    assert [said(i, "role") for i in items] == ["listitem"] * 5
    inside = [[nodes[c] for c in i["childIds"] if c in nodes] for i in items]
    assert [[said(n, "role") for n in group] for group in inside] == [["button"] * 2] * 3 + [["button"]] * 2
    assert said(inside[1][0]).startswith("Shot 2, 2 s, In progress")
    assert said(inside[1][1]) == "After shot 2: Cut"


@pytest.mark.parametrize("view", ["cut", "sheet", "joints", "cast", "script"])
def test_everything_that_takes_the_focus_has_a_name(page: Page, view: str) -> None:
    page.locator(f"[data-view={view}]").click()
    nodes = [n for n in tree(page) if facts(n).get("focusable") and said(n, "role") not in ("RootWebArea", "option")]
    assert len(nodes) > 20
    assert [said(n, "role") for n in nodes if not said(n).strip()] == []


def test_tab_stops_at_the_chosen_card_then_at_its_transition(page: Page) -> None:
    page.locator(".bd-card").nth(1).click()
    page.keyboard.press("Tab")
    expect(page.locator("[data-join]").nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-do=add-shot]")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    card = page.locator(".bd-card").nth(1)
    expect(card).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("ArrowRight")
    expect(page.locator(".bd-card").nth(2)).to_be_focused()
    expect(page.locator(".bd-card[aria-current=true]")).to_have_count(1)


def test_the_status_is_one_stop_with_arrows(page: Page, site: Site, board: StoredBoard) -> None:
    group = page.locator(".bd-panel .bd-status")
    group.get_by_role("radio", name="In progress").focus()
    page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="In review")).to_be_focused()
    expect(group.get_by_role("radio", name="In review")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.locator(".bd-panel :focus")).to_have_count(1)
    expect(group.locator(":focus")).to_have_count(0)
    assert site.studio.local.storyboards.get(board.board.id).board.shots[0].status == "in_review"

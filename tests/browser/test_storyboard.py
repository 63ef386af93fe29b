"""The storyboard in the browser: from a pasted script to an exported film, by hand and by keys, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio.media.probe import probe
from studio.services.board_repository import StoredBoard
from studio.storyboard import edit
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site

SCRIPT = "Noir.\nShot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] a woman in a red coat\nShot 3 [2-3s] a dog on a beach"
EVIL = """<img src=x onerror="window.hit=1"> ${window.hit=1} {{window.hit}} <script>window.hit=1</script>"""
SMALL = {"width": 256, "height": 144, "fps": 12, "audio": False}

Opener = Callable[..., Page]


@pytest.fixture
def board(site: Site) -> StoredBoard:
    return site.studio.local.storyboards.create("Harbour", script=SCRIPT, **SMALL)


@pytest.fixture
def page(open_page: Opener, board: StoredBoard) -> Page:
    """The editor with the board of three shots."""
    return opened(open_page("storyboard"), board)


def opened(page: Page, board: StoredBoard) -> Page:
    page.locator(f'.bd-board[data-id="{board.board.id}"] a').click()
    expect(page.locator(".bd-card")).to_have_count(len(board.board.shots), timeout=PATIENT_MS)
    return page


def card(page: Page, number: int) -> Locator:
    return page.locator(".bd-card").nth(number - 1)


def prompts(studio: Studio, board: StoredBoard) -> list[str]:
    return [s.prompt for s in studio.local.storyboards.get(board.board.id).board.shots]


def middle(place: Locator) -> tuple[float, float]:
    place.hover(trial=True)  # until it stands still
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def saved(page: Page) -> None:
    expect(page.locator(".bd-saved")).to_have_text("Saved")


def drafted(page: Page) -> None:
    page.locator("[data-do=draft-all]").click()
    expect(page.locator(".bd-card.draft .bd-pic img")).to_have_count(page.locator(".bd-card").count(), timeout=60_000)


def test_a_pasted_script_becomes_shots_and_its_markup_stays_text(open_page: Opener, context: BrowserContext) -> None:
    page = open_page("storyboard")
    page.locator("[data-do=new-board]").first.click()
    page.locator("[data-field=script]").fill(f"Shot 1 [0-2s] {EVIL}\nShot 2 [2-5s] 码头的清晨")
    expect(page.locator(".bd-dialog .bd-read")).to_contain_text("2 shots, 5 s")
    page.locator("[data-do=create]").click()
    expect(page.locator(".bd-card")).to_have_count(2)
    expect(card(page, 1)).to_contain_text("${window.hit=1}")
    for view in ("sheet", "cast", "script", "joints", "cut"):
        page.locator(f"[data-view={view}]").click()
    page.locator("[data-field=title]").fill(EVIL)
    saved(page)
    page.locator("[data-do=boards]").click()
    expect(page.locator(".bd-board").first).to_contain_text("onerror")
    assert page.evaluate("window.hit") is None


def test_order_by_drag_and_by_keys_with_undo(page: Page, site: Site, board: StoredBoard) -> None:
    (x, y), (to, _) = middle(card(page, 3)), middle(card(page, 1))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to - 30, y, steps=8)
    page.mouse.up()
    expect(card(page, 1)).to_contain_text("a dog on a beach")
    card(page, 1).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(card(page, 2)).to_contain_text("a dog on a beach")
    expect(card(page, 2)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(card(page, 1)).to_contain_text("a dog on a beach")
    page.keyboard.press("Control+Shift+z")
    expect(card(page, 2)).to_contain_text("a dog on a beach")
    saved(page)
    assert prompts(site.studio, board) == ["a harbour at dawn", "a dog on a beach", "a woman in a red coat"]


TOUCHED = """() => {
  window.touched = new Set();
  for (const card of document.querySelectorAll(".bd-card")) card.first = true;
  const shotOf = (node) => (node.closest ? node : node.parentElement).closest(".bd-shot")?.firstChild.dataset.id;
  new MutationObserver((changes) => changes.forEach(({ target }) => touched.add(shotOf(target) ?? "strip")))
    .observe(document.querySelector(".bd-cards"),
             { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def test_what_one_types_and_its_answer_touch_no_other_card(page: Page, site: Site, board: StoredBoard) -> None:
    """Typing, the answer to it and what somebody else does to a shot are drawn in that shot's card alone."""
    first, second, _ = (s.id for s in board.board.shots)
    page.evaluate(TOUCHED)
    page.locator(".bd-panel [data-field=prompt]").press_sequentially("Gulls, ")
    expect(card(page, 1)).to_contain_text("Gulls, ")
    saved(page)
    assert page.evaluate("[...touched]") == [first]
    boards = site.studio.local.storyboards
    boards.edit(board.board.id, "prompt", lambda b: edit.change(b, second, prompt="a man in a blue coat"))
    expect(card(page, 2)).to_contain_text("blue coat")
    assert set(page.evaluate("[...touched]")) == {first, second}
    card(page, 1).press("Alt+ArrowRight")
    expect(card(page, 2)).to_contain_text("Gulls, ")
    expect(card(page, 2)).to_be_focused()
    assert page.evaluate("[...document.querySelectorAll('.bd-card')].every((card) => card.first)")


def test_keys_duplicate_split_and_remove(page: Page, site: Site, board: StoredBoard) -> None:
    card(page, 2).focus()
    page.keyboard.press("d")
    expect(page.locator(".bd-card")).to_have_count(4)
    page.keyboard.press("Delete")
    expect(page.locator(".bd-card")).to_have_count(3)
    card(page, 1).click()
    page.keyboard.press("s")
    expect(page.locator(".bd-card")).to_have_count(4)
    assert [s.duration_s for s in site.studio.local.storyboards.get(board.board.id).board.shots][:2] == [0.5, 0.5]


def test_a_lengthened_shot_and_a_transition_change_the_running_time(page: Page, board: StoredBoard) -> None:
    card(page, 3).click()
    x, y = middle(card(page, 3).locator(".bd-edge.right"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 130, y, steps=5)
    page.mouse.up()
    expect(page.locator(".bd-panel [data-field=duration_s]")).not_to_have_value("1")
    page.locator(".bd-panel [data-field=duration_s]").fill("3")
    expect(page.locator(".bd-striphead strong")).to_have_text("3 shots, 5 s")
    page.locator("[data-join]").last.click()
    page.locator("[data-over=crossfade]").click()
    expect(page.locator(".bd-striphead strong")).to_have_text("3 shots, 4.5 s")
    page.keyboard.press("Escape")
    expect(page.locator(".bd-pop")).to_have_count(0)


def test_what_is_typed_is_never_lost(page: Page, site: Site, board: StoredBoard) -> None:
    words = page.locator(".bd-panel [data-field=prompt]")
    words.fill("a harbour in heavy rain")
    page.reload()
    expect(words).to_have_value("a harbour in heavy rain")
    page.context.set_offline(True)
    words.fill("a harbour in snow")
    expect(page.locator(".bd-saved")).to_contain_text("Not saved yet")
    page.context.set_offline(False)
    saved(page)
    assert prompts(site.studio, board)[0] == "a harbour in snow"
    page.locator("[data-do=undo]").click()
    expect(words).to_have_value("a harbour in heavy rain")


def test_a_name_is_completed_and_cast(page: Page, board: StoredBoard) -> None:
    words = page.locator(".bd-panel [data-field=prompt]")
    words.fill("")
    words.press_sequentially("close-up of @ann")
    page.get_by_role("option", name="Add @ann to the cast").click()
    page.locator("[data-field=member-about]").fill("a woman in a red coat")
    page.locator("[data-do=member-add]").click()
    expect(page.locator(".bd-dialog")).to_have_count(0)
    saved(page)
    card(page, 2).click()
    words.fill("")
    words.press_sequentially("a dog beside @a")
    words.press("Tab")
    expect(words).to_have_value("a dog beside @ann ")
    page.locator("[data-view=cast]").click()
    member = page.locator(".bd-member")
    expect(member.locator(".bd-name")).to_have_value("ann")
    expect(member.get_by_role("button", name="Open shot")).to_have_count(2)


def test_a_changed_shot_is_drafted_again_by_itself(page: Page, site: Site, board: StoredBoard) -> None:
    drafted(page)
    picture = card(page, 1).locator("img")
    old = picture.get_attribute("src") or ""
    page.locator(".bd-panel [data-field=prompt]").fill("a harbour with a red boat")
    expect(picture).not_to_have_attribute("src", old, timeout=30_000)
    assert [len(s.takes) for s in site.studio.local.storyboards.get(board.board.id).board.shots] == [2, 1, 1]


def test_from_draft_to_film(page: Page, site: Site, board: StoredBoard, tmp_path: Path) -> None:
    drafted(page)
    played = "[...document.querySelectorAll('.bd-stage video')].some((v) => !v.paused && v.currentTime > 0)"
    page.locator(".bd-controls [data-do=play]").click()
    page.wait_for_function(played)
    expect(page.locator(".bd-where")).to_have_text("Shot 2 of 3")
    expect(card(page, 2)).to_have_attribute("aria-current", "true")
    page.wait_for_function("document.querySelector('.bd-clock').textContent.startsWith('00:02:')")
    expect(page.locator(".bd-controls [data-do=play][data-face=play]")).to_be_visible()

    page.locator("[data-view=sheet]").click()
    page.locator(".bd-sheetcell [data-status=approved]").nth(0).click()
    expect(page.locator(".bd-viewhead")).to_contain_text("1 of 3 approved")
    page.locator("[data-view=cut]").click()
    page.locator("[data-do=render-all]").click()
    expect(page.locator(".bd-total")).to_contain_text("free")
    expect(page.locator(".bd-dialog .ready li")).to_have_count(1)
    page.locator("[data-do=render-now]").click()
    expect(card(page, 1).locator(".bd-badge")).to_have_text("Take", timeout=60_000)

    card(page, 1).click()
    page.locator("[data-do=retake]").click()
    expect(page.locator(".bd-take.succeeded")).to_have_count(3, timeout=60_000)
    first = site.studio.local.storyboards.get(board.board.id).board.shots[0]
    newest = page.locator(".bd-take").first
    newest.get_by_role("button", name="Use in the film").click()
    expect(page.locator(".bd-take").first).to_contain_text("In the film")
    chosen = site.studio.local.storyboards.get(board.board.id).board.shots[0].chosen
    assert chosen and chosen != first.chosen

    page.locator("[data-do=export]").click()
    page.locator("[data-do=export-now]").click()
    link = page.locator(".bd-exports [data-do=download]").first
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "film.mp4")
    facts = probe(tmp_path / "film.mp4")
    assert (facts.width, facts.height, round(facts.duration_s or 0, 1)) == (256, 144, 3.0)
    assert download.value.suggested_filename == "Harbour - Master H.264.mp4"


def test_the_board_fits_a_phone(site: Site, open_page: Opener, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    board = site.studio.local.storyboards.create("Six", script=SCRIPT + "\nShot 4 [3-8s] x\nShot 5 [8-12s] y", **SMALL)
    opened(open_page("storyboard", page), board)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.bd-cards').scrollWidth") > 390
    page.locator(".bd-card").nth(2).click()
    expect(page.locator(".bd-panel [data-field=prompt]")).to_have_value("a dog on a beach")

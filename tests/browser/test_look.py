"""How the film looks, chosen in the export window and the continuity view; then the exported file itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from studio.media import cube
from studio.media.encode import to_rgb
from studio.services.board_repository import StoredBoard
from studio.storyboard.model import Board
from tests.browser.conftest import PATIENT_MS, Site

SCRIPT = "Shot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] a red desert at noon"
SMALL = {"width": 256, "height": 144, "fps": 12, "audio": False}
EVIL = """<img src=x onerror="window.hit=1"> 海 {\\an5}'; drawtext"""

Opener = Callable[..., Page]


@pytest.fixture
def made(site: Site) -> StoredBoard:
    board = site.studio.local.storyboards.create("Look", script=SCRIPT, **SMALL)
    site.studio.local.runs.wait([r.id for r in site.studio.local.storyboards.draft(board.board.id)], timeout_s=60)
    return board


@pytest.fixture
def page(open_page: Opener, made: StoredBoard) -> Page:
    """The board's editor, both shots drafted."""
    page = open_page("storyboard")
    page.locator(f'.bd-board[data-id="{made.board.id}"] a').click()
    expect(page.locator(".bd-card.draft .bd-pic img")).to_have_count(2, timeout=PATIENT_MS)
    return page


def window(page: Page, name: str) -> None:
    if not page.locator(".bd-export").count():
        page.locator("[data-do=export]").click()
    page.locator(f"[data-page={name}]").click()
    if name in ("look", "titles"):
        drawn(page)


def drawn(page: Page) -> None:
    """The still is the one last wished for."""
    expect(page.locator(".bd-still[data-still=done]")).to_be_visible(timeout=PATIENT_MS)


def stored(site: Site, made: StoredBoard) -> Board:
    return site.studio.local.storyboards.get(made.board.id).board


def settled(page: Page) -> None:
    expect(page.locator(".bd-saved")).to_have_text("Saved")


def mean(image: Locator) -> list[float]:
    """Mean red, green and blue of a picture on the page."""
    script = """(img) => { const c = document.createElement('canvas'); c.width = 32; c.height = 18;
        const x = c.getContext('2d'); x.drawImage(img, 0, 0, 32, 18); const d = x.getImageData(0, 0, 32, 18).data;
        return [0, 1, 2].map((k) => d.reduce((sum, v, i) => sum + (i % 4 === k ? v : 0), 0) / 576); }"""
    return image.evaluate(script)


def exported(page: Page, tmp_path: Path) -> np.ndarray:
    """Every frame of the film that the window makes."""
    count = page.locator(".bd-exports > li[data-id]").count()
    page.locator("[data-do=export-now]").click()
    expect(page.locator(".bd-exports > li[data-id]")).to_have_count(count + 1, timeout=PATIENT_MS)
    expect(page.locator(".bd-exports > li").first).to_have_attribute("data-status", "succeeded", timeout=60_000)
    with page.expect_download() as download:
        page.locator(".bd-exports [data-do=download]").first.click()
    download.value.save_as(tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        return np.stack([to_rgb(frame) for frame in box.decode(video=0)]).astype(int)


def test_a_table_and_a_wheel_are_seen_at_once_saved_and_in_the_file(
    page: Page, site: Site, made: StoredBoard, tmp_path: Path
) -> None:
    table = cube.write(tmp_path / "Swap.cube", cube.grid(5)[..., [2, 1, 0]])
    (tmp_path / "bad.cube").write_text("LUT_3D_SIZE 2\n0 0 0\n")
    window(page, "look")
    after, before = page.locator("[data-still=after]"), page.locator("[data-still=before]")
    red, _, blue = mean(before)
    adder = page.locator(".bd-luts input[type=file]")
    adder.set_input_files(tmp_path / "bad.cube")
    expect(page.locator(".st-toast.bad")).to_contain_text("bad.cube does not contain the 2x2x2 colours")
    adder.set_input_files(table)
    expect(page.locator("[data-field=lut]")).to_contain_text("Swap")
    drawn(page)
    assert np.abs(np.subtract(mean(after), (blue, mean(before)[1], red))).max() < 6
    strength = page.locator("[data-field=lut_strength]")
    strength.press("Home")
    shadows = page.locator("[data-wheel=shadows]")
    box = shadows.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] * 0.93, steps=4)
    page.mouse.up()
    drawn(page)
    settled(page)
    look = stored(site, made).look
    assert look.lut_strength == 0 and look.shadows[2] > 0.2 > look.shadows[0]
    assert mean(after)[2] > mean(before)[2] + 1
    middles = page.locator("[data-wheel=mids]")
    middles.press("ArrowRight")
    middles.press("ArrowRight")
    assert middles.get_attribute("aria-valuenow") == "8"
    middles.press("Delete")
    assert middles.get_attribute("aria-valuenow") == "0"
    film = exported(page, tmp_path)
    assert film.shape == (24, 144, 256, 3)
    moment = float(page.locator(".bd-moment input").input_value())
    assert np.abs(film[round(moment * 12)].mean(axis=(0, 1)) - mean(after)).max() < 4
    shadows.dblclick()
    settled(page)
    assert stored(site, made).look.shadows == (0, 0, 0)


def test_titles_and_slate_are_written_saved_and_in_the_file(
    page: Page, site: Site, made: StoredBoard, tmp_path: Path
) -> None:
    window(page, "output")
    plain = exported(page, tmp_path)
    window(page, "titles")
    page.locator("[data-do=title-add]").click()
    page.locator("[data-field=title-text]").fill(EVIL)
    page.locator("[data-field=title-style]").select_option("lower")
    page.locator("[data-field=start_s]").fill("1")
    page.locator("[data-field=end_s]").fill("0.5")
    page.locator("[data-field=end_s]").press("Tab")
    expect(page.locator("[data-field=end_s]")).to_have_value("1.2")
    page.locator("[data-field=end_s]").fill("2")
    page.locator("[data-field=end_s]").press("Tab")
    drawn(page)
    window(page, "slate")
    page.locator("[data-field=slate-on]").check()
    page.locator("[data-field=slate-scene]").fill("12A")
    page.locator("[data-field=slate-seconds]").select_option("1")
    expect(page.locator("[data-slate=done]")).to_be_visible()
    settled(page)
    board = stored(site, made)
    assert [(t.text, t.start_s, t.end_s) for t in board.titles] == [(EVIL, 1, 2)]
    assert (board.slate.on, board.slate.scene, board.slate.seconds) == (True, "12A", 1)
    film = exported(page, tmp_path)
    assert len(film) == 12 + 24
    assert film[6, :15].max() > 225, "the slate's stripes"
    changed = (np.abs(film[12:] - plain).max(axis=-1) > 60).mean(axis=(1, 2))
    assert (changed[:12] < 1e-3).all() and changed[18] > 1e-3
    assert page.evaluate("window.hit") is None
    page.reload()
    window(page, "titles")
    expect(page.locator("[data-field=title-text]")).to_have_value(EVIL)
    page.locator("[data-do=title-remove]").click()
    page.locator(".bd-dialog [data-do=close]").click()
    settled(page)
    assert stored(site, made).titles == ()
    page.locator("[data-do=undo]").click()
    expect(page.locator("[data-do=redo]")).to_be_enabled()
    assert len(stored(site, made).titles) == 1


def test_a_shot_is_matched_in_the_continuity_view_and_compared_with_itself(
    page: Page, site: Site, made: StoredBoard
) -> None:
    page.locator("[data-view=joints]").click()
    page.locator("[data-field=match-on]").check()
    matched = page.locator('.bd-matched img[data-matched="true"]')
    expect(matched).to_be_visible()
    matched.evaluate("(img) => img.decode()")
    after = mean(matched)
    page.locator("[data-do=match-before]").click()
    raw = page.locator('.bd-matched img[data-matched="false"]')
    raw.evaluate("(img) => img.decode()")
    assert np.abs(np.subtract(after, mean(raw))).max() > 4
    page.locator("[data-field=match-strength]").press("ArrowLeft")
    expect(page.locator("[data-field=match-strength]")).to_be_focused()
    settled(page)
    match = stored(site, made).shots[1].match
    assert (match.on, match.to, match.strength) == (True, "", pytest.approx(0.75))

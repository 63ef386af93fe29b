"""What a shot says beside its words is typed, listed as people, and read in the contact sheet."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from studio.storyboard import edit
from studio.storyboard.model import CastMember
from tests.browser.conftest import Site

EVIL = "<img src=x onerror=window.hit=1>"


def test_a_shots_people_places_and_voices_are_kept_and_read(open_page: Callable[..., Page], site: Site) -> None:
    boards = site.studio.local.storyboards
    board = boards.create("Fields", script="Shot 1 [0-1s] a harbour", width=256, height=144, fps=12, audio=False)
    ida = CastMember(id="m_ida", name="Ida", description="nine")
    boards.edit(board.board.id, "cast", lambda b: edit.put_cast_member(b, ida))
    page = open_page("storyboard")
    page.locator(f'.bd-board[data-id="{board.board.id}"] a').click()
    panel = page.locator(".bd-panel")
    panel.locator("[data-field=add-present]").select_option("Ida")
    expect(panel.locator(".bd-someone")).to_have_text(["Ida"])
    for field, words in {
        "number": "12A", "angle": "Low angle", "place": EVIL, "voice_over": "Long ago.", "music": "a cello",
        "dialogue": '@Ida (whispering): "Wait."',
    }.items():  # fmt: skip
        panel.locator(f"[data-field={field}]").fill(words)
    page.locator("[data-do=negative]").click()
    page.locator("[data-field=negative]").fill("text, logos")
    page.keyboard.press("Escape")
    expect(page.locator(".bd-saved")).to_have_text("Saved")
    expect(panel.locator("h3").first).to_have_text("Shot 1 · 12A")
    stored = boards.get(board.board.id).board
    shot = stored.shots[0]
    assert (stored.negative, shot.number, shot.angle, shot.place) == ("text, logos", "12A", "Low angle", EVIL)
    assert (shot.voice_over, shot.music, shot.cast) == ("Long ago.", "a cello", ("Ida",))
    page.locator("[data-view=sheet]").click()
    lines = page.locator(".bd-sheetcell").first.locator(".bd-says")
    expect(lines).to_have_text(["Ida whispering “Wait.”", "Voice-over Long ago."])
    assert page.evaluate("window.hit") is None

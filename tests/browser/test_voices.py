"""Voices in the browser: a cast member's sample and a reference's in the form are heard, agreed to and sent along."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from studio.domain import Task
from studio.services.board_repository import StoredBoard
from studio.storyboard import edit
from tests.browser.conftest import Site, pick_model
from tests.support import samples
from tests.support.boards import put_member

SCRIPT = "Shot 1 [0-2s] @eda lights the lamp\nShot 2 [2-4s] a calm sea\nShot 3 [4-6s] @eda calls @mia"
R2V = "alibaba/wan2.7-r2v"

Opener = Callable[..., Page]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("eda.png", "eda.wav", "long.wav", "mia.png")}
    samples.run("-f", "lavfi", "-i", "testsrc2=s=320x320", "-frames:v", "1", found["eda.png"])
    samples.run("-f", "lavfi", "-i", "mandelbrot=s=320x320", "-frames:v", "1", found["mia.png"])
    samples.run("-f", "lavfi", "-i", "sine=d=3", found["eda.wav"])
    samples.run("-f", "lavfi", "-i", "sine=d=12", found["long.wav"])
    return found


@pytest.fixture
def board(site: Site) -> StoredBoard:
    made = site.studio.local.storyboards.create("Lighthouse", script=SCRIPT, model=R2V)
    for name in ("eda", "mia"):
        member = edit.CastMember(id=f"m-{name}", name=name)
        made = site.studio.local.storyboards.edit(made.board.id, "cast", lambda b, m=member: put_member(b, m))
    return made


@pytest.fixture
def page(open_page: Opener, board: StoredBoard) -> Page:
    """The cast sheet of the board."""
    page = open_page("storyboard")
    page.locator(f'.bd-board[data-id="{board.board.id}"] a').click()
    page.locator("[data-view=cast]").click()
    expect(page.locator(".bd-member")).to_have_count(2)
    return page


def member(page: Page, name: str) -> Locator:
    return page.locator(f'.bd-member[data-id="m-{name}"]')


def test_a_voice_is_added_heard_agreed_to_and_taken_out(
    page: Page, site: Site, board: StoredBoard, files: dict[str, Path]
) -> None:
    eda = member(page, "eda")
    eda.locator(".bd-refs input[type=file]").set_input_files(files["eda.png"])
    expect(eda.locator(".bd-ref")).to_have_count(1)
    eda.locator(".bd-voice input[type=file]").set_input_files(files["eda.wav"])
    expect(eda.locator("audio")).to_be_visible()
    page.wait_for_function("Math.abs(document.querySelector('.bd-member audio').duration - 3) < 0.1")
    expect(eda.locator(".bd-voice")).to_contain_text("eda.wav")
    expect(eda.locator(".bd-voice")).to_contain_text("Wan 2.7 reference to video")
    for label in ("No real person, or they have", "Not a real person’s voice"):
        with page.expect_response("**/edit?*"):
            eda.get_by_label(label).check()
    expect(page.locator(".bd-saved")).to_have_text("Saved")
    made = site.studio.local.storyboards.states(site.studio.local.storyboards.get(board.board.id).board)[0].plan
    assert made is not None
    assert list(made.body["reference_voices"]) == made.body["references"]
    assert made.body["consent"] is True
    eda.locator("[data-do=voice-remove]").click()
    expect(eda.locator("audio")).to_have_count(0)
    kept = site.studio.local.storyboards.get(board.board.id).board.cast[0]
    assert (kept.voice, kept.voice_consent, kept.consent) == (None, False, True)


def test_a_shot_says_before_rendering_that_its_model_leaves_the_voice_out(page: Page, files: dict[str, Path]) -> None:
    eda = member(page, "eda")
    eda.locator(".bd-refs input[type=file]").set_input_files(files["eda.png"])
    expect(eda.locator(".bd-ref")).to_have_count(1)
    eda.locator(".bd-voice input[type=file]").set_input_files(files["long.wav"])
    expect(eda.locator(".bd-problems")).to_contain_text("12.0 s")
    page.locator("[data-field=film-model]").select_option("alibaba/wan2.7-t2v")
    expect(eda.locator(".bd-problems")).to_contain_text("cannot use the voice sample of @eda")
    eda.get_by_role("button", name="Open shot 3").click()
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("cannot use the voice sample of @eda")
    expect(page.locator("[data-do=render-one]")).to_be_enabled()
    page.locator("[data-do=fit-all]").click()
    expect(page.locator(".bd-panel [data-field=model]")).to_have_value(R2V)
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("12.0 s")


def test_the_sheet_shows_where_each_appears_and_a_shot_with_too_many_references_says_so(
    page: Page, tmp_path: Path, files: dict[str, Path]
) -> None:
    eda, mia = member(page, "eda"), member(page, "mia")
    expect(eda.get_by_role("button", name="Open shot")).to_have_count(2)
    expect(mia.get_by_role("button", name="Open shot")).to_have_text("3")
    many = [tmp_path / f"{n}.png" for n in range(5)]
    for n, path in enumerate(many):
        samples.run("-f", "lavfi", "-i", f"color=0x{n * 40 + 20:02x}8060:s=320x320", "-frames:v", "1", path)
    eda.locator(".bd-refs input[type=file]").set_input_files(many)
    expect(eda.locator(".bd-ref")).to_have_count(5)
    expect(eda.locator(".bd-problems")).to_have_count(0)
    mia.locator(".bd-refs input[type=file]").set_input_files(files["mia.png"])
    expect(eda.locator(".bd-problems")).to_contain_text("Shot 3")
    expect(eda.locator(".bd-problems")).to_contain_text("6 files")
    mia.get_by_role("button", name="Open shot 3").click()
    expect(page.locator(".bd-card[aria-current=true]")).to_contain_text("@eda calls @mia")
    expect(page.locator(".bd-plan .bd-problems")).to_contain_text("at most 5")
    expect(page.locator("[data-do=render-one]")).to_be_disabled()


def test_the_form_gives_each_reference_a_voice(open_page: Opener, site: Site, files: dict[str, Path]) -> None:
    page = open_page("r2v")
    pick_model(page, "r2v", R2V)
    slot = page.locator("#r2v-media [data-slot=references]")
    slot.locator("> input[type=file]").set_input_files([files["eda.png"], files["mia.png"]])
    expect(slot.locator(".sm-tile")).to_have_count(2)
    slot.locator(".sm-tile").nth(1).locator(".sm-voice input").set_input_files(files["long.wav"])
    second = slot.locator(".sm-tile").nth(1)
    expect(second.locator(".sm-heard")).to_be_visible()
    expect(slot.locator(".sf-refusal")).to_contain_text("12.0 s")
    second.get_by_role("button", name="Remove the voice").click()
    expect(second.locator(".sm-heard")).to_have_count(0)
    second.locator(".sm-voice input").set_input_files(files["eda.wav"])
    expect(second.locator(".sm-heard")).to_be_visible()
    expect(slot.locator(".sf-refusal")).to_have_count(0)
    second.locator(".sm-heard").click()
    expect(second.locator(".sm-heard")).to_have_attribute("aria-pressed", "true")
    pick_model(page, "r2v", "alibaba/wan2.6-r2v")
    expect(slot.locator(".sm-tile").nth(1)).to_contain_text("does not use voices")
    pick_model(page, "r2v", R2V)
    expect(slot.locator(".sm-tile").nth(1)).not_to_contain_text("does not use voices")
    page.reload()
    page.locator("#tab-r2v-button").click()
    expect(slot.locator(".sm-tile").nth(1).locator(".sm-heard")).to_be_visible()
    pick_model(page, "r2v", "alibaba/wan3.0-video")
    brief = page.locator("#r2v-media [data-slot=document]")
    brief.locator("input[type=file]").set_input_files({"name": "brief.md", "mimeType": "", "buffer": b"# A harbour"})
    expect(brief.locator(".sm-tile")).to_contain_text("brief.md")
    assert Task.REFERENCE_TO_VIDEO in site.studio.catalogue.get(R2V).tasks


def test_files_added_while_the_model_is_being_changed_stay(
    open_page: Opener, site: Site, files: dict[str, Path]
) -> None:
    page = open_page("r2v")

    held: list[Route] = []
    page.route(re.compile(r"/ui/forms/r2v/pick"), lambda route: held.append(route), times=1)
    pick_model(page, "r2v", R2V)
    slot = page.locator("#r2v-media [data-slot=references]")
    slot.locator("> input[type=file]").set_input_files([files["eda.png"], files["mia.png"]])
    expect(slot).not_to_have_class(re.compile("busy"))  # uploaded: only their turn keeps them from the form
    held[0].continue_()
    expect(page.locator("#r2v-model .sp-name")).to_have_text(site.studio.catalogue.get(R2V).label)
    expect(slot.locator(".sm-tile")).to_have_count(2)
    slot.locator(".sm-voice").first.wait_for()
    expect(slot.locator(".sm-tile")).to_have_count(2)

"""The gallery in the browser: found, looked at, rated, deleted and brought back, used again, sent on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from studio.domain import Run
from studio.studio import Studio
from tests.browser.conftest import Site, show

Open = Callable[..., Page]
MARKUP = '<img src=x onerror="window.x=1"> ${window.x=1} {{value}} <script>window.x=1</script>'


def made(site: Site, prompt: str, **more: object) -> Run:
    """A finished small run of the draft engine."""
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": prompt, "width": 320, "height": 192} | more
    [run] = site.studio.local.requests.submit(body)
    [run] = site.studio.local.runs.wait([run.id], timeout_s=60)
    assert run.status == "succeeded", run.error
    return run


@pytest.fixture(scope="module")
def picture(site: Site) -> Run:
    return made(site, "a walrus on the ice", seed=7)


@pytest.fixture(scope="module")
def clip(site: Site) -> Run:
    return made(site, "a pelican dives", task="text-to-video", duration_s=1, fps=24, seed=11)


def cell(page: Page, run: Run) -> Locator:
    return page.locator(f"#cell-{run.id}")


def panel(page: Page) -> Locator:
    return page.locator(".st-panel")


def counted(page: Page, n: int) -> None:
    expect(page.locator("#gallery .st-total")).to_have_text(f"{n} run{'' if n == 1 else 's'}")


def test_search_finds_as_one_types_and_slash_goes_there(open_page: Open, picture: Run, clip: Run) -> None:
    page = open_page("gallery")
    expect(cell(page, picture)).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator(".studio-search")).to_be_focused()
    page.keyboard.type("walr")
    counted(page, 1)
    expect(cell(page, clip)).to_have_count(0)
    page.locator(".studio-search").fill("no such thing")
    expect(page.get_by_text("No matching runs")).to_be_visible()
    page.locator("#gallery .st-empty").get_by_role("button", name="Clear filters").click()
    page.locator("select[name=kind]").select_option("video")
    expect(cell(page, picture)).to_have_count(0)
    expect(cell(page, clip)).to_be_visible()


def test_a_clip_plays_while_pointed_at(open_page: Open, clip: Run) -> None:
    page = open_page("gallery")
    cell(page, clip).hover()
    page.wait_for_function("document.querySelector('.st-pic.playing video')?.currentTime > 0")
    page.mouse.move(5, 5)
    expect(page.locator(".st-pic video")).to_have_count(0)


def test_the_panel_shows_everything_that_was_asked(open_page: Open, picture: Run) -> None:
    page = open_page("gallery")
    cell(page, picture).click()
    for words in ("a walrus on the ice", "320 × 192", "Draft", picture.id, "Submitted."):
        expect(panel(page)).to_contain_text(words)
    expect(panel(page).locator("dd", has_text="7").first).to_be_visible()
    assert f"run={picture.id}" in page.url
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    assert "run=" not in page.url


def test_a_link_opens_its_run(open_page: Open, site: Site, clip: Run) -> None:
    page = open_page("t2i")
    page.goto(f"{site.url}?run={clip.id}")
    expect(panel(page)).to_contain_text("a pelican dives")
    expect(page.locator("#tab-gallery-button")).to_have_attribute("aria-selected", "true")


def test_a_clip_is_stepped_frame_by_frame(open_page: Open, clip: Run) -> None:
    page = open_page("gallery")
    cell(page, clip).click()
    page.wait_for_function("document.querySelector('.st-panel video')?.readyState > 1")
    panel(page).locator("[data-do=play]").click()
    page.evaluate("document.querySelector('.st-panel video').currentTime = 0.02")
    counter = panel(page).locator(".st-counter")
    expect(counter).to_have_text("frame 0")
    for n in (1, 2, 3):
        page.keyboard.press(".")
        expect(counter).to_have_text(f"frame {n}")
    page.keyboard.press(",")
    expect(counter).to_have_text("frame 2")


def test_deleted_comes_back_by_undo_and_from_the_trash(open_page: Open, site: Site) -> None:
    page = open_page("gallery")
    run = made(site, "a doomed postcard")
    expect(cell(page, run).locator("img")).to_be_visible()
    cell(page, run).click()
    panel(page).locator("[data-do=trash]").click()
    expect(cell(page, run)).to_have_count(0)
    page.locator(".st-undo").click()
    expect(cell(page, run)).to_be_visible()
    assert site.studio.local.runs.get(run.id).trashed_at is None
    cell(page, run).focus()
    page.keyboard.press("Delete")
    expect(cell(page, run)).to_have_count(0)
    page.locator("#gallery .st-bin").click()
    cell(page, run).locator(".st-tick").click()
    page.locator(".st-selbar [data-do=restore]").click()
    page.locator("#gallery .st-bin").click()
    expect(cell(page, run)).to_be_visible()


def test_keys_move_select_and_rate(open_page: Open, site: Site, picture: Run, clip: Run) -> None:
    page = open_page("gallery")
    page.locator(".studio-search").fill("walrus")
    counted(page, 1)
    page.keyboard.press("ArrowDown")
    expect(cell(page, picture)).to_be_focused()
    page.keyboard.press("4")
    expect(cell(page, picture).locator(".st-rated svg")).to_have_count(4)
    assert site.studio.local.runs.get(picture.id).rating == 4
    page.keyboard.press("Space")
    expect(cell(page, picture)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".st-selbar")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("a walrus on the ice")


def test_a_selection_is_saved_as_one_zip(open_page: Open, picture: Run, clip: Run) -> None:
    page = open_page("gallery")
    cell(page, picture).locator(".st-tick").click()
    cell(page, clip).click(modifiers=["ControlOrMeta"])
    with page.expect_download() as waiting:
        page.locator(".st-selbar [data-do=download]").click()
    with zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        assert sorted(Path(n).suffix for n in archive.namelist()) == [".json", ".mp4", ".png"]


def test_two_results_are_compared_and_their_clips_run_together(open_page: Open, site: Site, clip: Run) -> None:
    """The longer one leads; the shorter waits on its last frame."""
    other = made(site, "a pelican lands", task="text-to-video", duration_s=2, fps=12)
    page = open_page("gallery")
    cell(page, clip).locator(".st-tick").click()
    cell(page, other).locator(".st-tick").click()
    page.locator(".st-selbar [data-do=compare]").click()
    clips = page.locator(".st-compare video")
    expect(clips).to_have_count(2)
    page.wait_for_function("[...document.querySelectorAll('.st-compare video')].every((v) => v.currentTime > 0.1)")
    page.locator(".st-light [data-do=play]").click()
    page.keyboard.press(".")
    page.wait_for_function(
        "(([a, b]) => a.paused && b.paused && Math.abs(a.currentTime - b.currentTime) < 1e-3)"
        "([...document.querySelectorAll('.st-compare video')])"
    )
    page.locator(".st-light .st-scrub").evaluate("(bar) => { bar.value = 900; bar.dispatchEvent(new Event('input')) }")
    page.wait_for_function(
        "(() => { const clips = [...document.querySelectorAll('.st-compare video')];"
        " const [a, b] = clips.sort((x, y) => x.duration - y.duration);"
        " return b.currentTime > 1.7 && a.paused && a.duration - a.currentTime < 0.05 })()"
    )
    page.locator(".st-light [data-do=wipe]").click()
    expect(page.locator(".st-wipe")).to_be_visible()


def test_use_again_fills_the_form_it_came_from(open_page: Open, picture: Run) -> None:
    page = open_page("gallery")
    cell(page, picture).click()
    panel(page).locator("[data-do=use]").click()
    expect(page.locator("#t2i-prompt textarea")).to_have_value("a walrus on the ice")
    expect(page.locator("#t2i-bar .sf-size")).to_have_text("320 × 192")
    expect(panel(page)).to_have_count(0)


def test_again_with_a_new_seed_is_a_new_run_of_the_same(open_page: Open, site: Site, picture: Run) -> None:
    page = open_page("gallery")
    cell(page, picture).click()
    panel(page).locator("[data-do=again]").click()
    expect(page.get_by_text("A run with a new seed")).to_be_visible()
    [newest] = site.studio.local.gallery.search("walrus", limit=1).runs
    assert newest.retry_of == picture.id and newest.seed != picture.seed
    expect(cell(page, newest)).to_be_visible()
    site.studio.local.runs.wait([newest.id], timeout_s=60)
    site.studio.local.gallery.trash([newest.id])


def test_a_picture_is_sent_to_a_form_and_nothing_typed_is_lost(open_page: Open, picture: Run) -> None:
    page = open_page("i2v")
    page.locator("#i2v-prompt textarea").fill("the walrus turns its head")
    show(page, "gallery")
    for target in ("First frame", "Last frame"):
        cell(page, picture).click()
        panel(page).locator("[data-do=send]").click()
        page.get_by_role("menuitem", name=target, exact=True).click()
        expect(page.locator("#tab-i2v-button")).to_have_attribute("aria-selected", "true")
        if target == "First frame":
            expect(page.locator(f'#i2v-media img[src*="{picture.assets[0].id}"]')).to_have_count(1)
            show(page, "gallery")
    expect(page.locator(f'#i2v-media img[src*="{picture.assets[0].id}"]')).to_have_count(2)
    expect(page.locator("#i2v-prompt textarea")).to_have_value("the walrus turns its head")


def test_markup_in_prompts_and_file_names_stays_text(open_page: Open, site: Site, tmp_path: Path) -> None:
    Image.new("RGB", (320, 200), "teal").save(tmp_path / "in.png")
    asset = site.studio.local.assets.add(tmp_path / "in.png", name="${window.x=1}<img src=x onerror=window.x=1>.png")
    run = made(site, f"warmer {MARKUP}", task="image-edit", image=asset.id, literal_prompt=True)
    page = open_page("gallery")
    expect(cell(page, run)).to_contain_text("<img src=x")
    cell(page, run).click()
    expect(panel(page).locator(".st-words p").first).to_have_text(f"warmer {MARKUP}")
    panel(page).locator(".st-file").click()
    expect(page.locator(".st-light")).to_contain_text("${window.x=1}")
    page.keyboard.press("Escape")
    show(page, "edit")
    expect(page.locator("#edit-feed")).to_contain_text("<script>")
    show(page, "queue")
    expect(page.locator("#queue")).to_contain_text("${window.x=1}")
    assert page.evaluate("window.x") is None


def test_failures_are_kept_with_their_reason(open_page: Open, studio_of: Studio) -> None:
    studio_of.queue.pause()
    [run] = studio_of.local.requests.submit(
        {"task": "text-to-image", "model": "draft/animatic", "prompt": "never begun"}
    )
    studio_of.local.runs.cancel(run.id)
    studio_of.queue.resume()
    page = open_page("gallery")
    page.locator("select[name=status]").select_option("cancelled")
    expect(cell(page, run)).to_contain_text("Cancelled")
    cell(page, run).click()
    expect(panel(page)).to_contain_text("Cancelled by you.")


def test_a_phone_has_room_for_everything(open_page: Open, picture: Run) -> None:
    page = open_page("gallery")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Filters").click()
    expect(page.locator("select[name=task]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cell(page, picture).click()
    expect(panel(page)).to_be_visible()
    assert panel(page).evaluate("(e) => e.offsetWidth") == 390


@pytest.fixture
def studio_of(site: Site) -> Studio:
    return site.studio

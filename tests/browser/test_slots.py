"""Files come into a form from the clipboard, the gallery and any frame of a clip; results show as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from studio.domain import JSON, Run
from studio.media import frames
from tests.browser.conftest import Site, pick_model, show
from tests.browser.test_create import prompt

Open = Callable[..., Page]

PASTE = """([base64, type]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'pasted.png', { type }));
  const told = { clipboardData: data, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', told));
}"""


def made(site: Site, **body: object) -> Run:
    """A run of the draft engine that has ended."""
    request: JSON = {"model": "draft/animatic", "seed": 5, **body}
    [run] = site.studio.local.requests.submit(request)
    [done] = site.studio.local.runs.wait([run.id], timeout_s=120)
    assert done.assets, done.error
    return done


@pytest.fixture(scope="module")
def clip(site: Site) -> Run:
    """Two seconds at 12 frames a second, in which something moves."""
    words = "a tamarin jumps, pan left"
    return made(site, task="text-to-video", prompt=words, width=320, height=240, duration_s=2, fps=12)


def pixels(site: Site, asset_id: str) -> np.ndarray:
    return np.asarray(
        Image.open(site.studio.local.assets.path(site.studio.local.assets.get(asset_id))).convert("RGB")
    ).astype(int)


def slot(page: Page, tab: str, name: str) -> str:
    """The id of the only file in a slot."""
    tile = page.locator(f"#{tab}-media [data-slot={name}] .sm-tile")
    expect(tile).to_have_count(1)
    return tile.get_attribute("data-id") or ""


def test_a_picture_pasted_anywhere_goes_to_the_first_free_slot(open_page: Open, tmp_path: Path) -> None:
    import base64

    page = open_page("i2v")
    for name, colour in (("first_frame", "teal"), ("last_frame", "orange")):
        Image.new("RGB", (64, 48), colour).save(tmp_path / f"{colour}.png")
        page.evaluate("document.activeElement.blur()")
        page.evaluate(PASTE, [base64.b64encode((tmp_path / f"{colour}.png").read_bytes()).decode(), "image/png"])
        slot(page, "i2v", name)
    expect(page.locator(".st-toast").last).to_contain_text("Last frame")


def test_results_and_uploads_are_chosen_from_the_gallery(open_page: Open, site: Site, tmp_path: Path) -> None:
    """Only kinds that the slot takes are offered; the search reads prompts and file names."""
    picture = made(site, task="text-to-image", prompt="a saola in mist", width=320, height=240)
    Image.new("RGB", (90, 60), "navy").save(tmp_path / "gaur.png")
    own = site.studio.local.assets.add(tmp_path / "gaur.png")
    page = open_page("edit")
    for words, wanted in (("saola", picture.assets[0].id), ("gaur", own.id)):
        page.locator("#edit-media [data-slot=image] .sm-from").click()
        page.locator(".fg-search").fill(words)
        expect(page.locator(".fg-tile")).to_have_count(1)
        page.locator(".fg-tile").click()
        expect(page.locator(f'#edit-media .sm-tile[data-id="{wanted}"]')).to_be_visible()
    show(page, "s2v")
    page.locator("#s2v-media [data-slot=audio_file] .sm-from").click()
    expect(page.locator(".fg-none")).to_be_visible()


def test_a_clip_is_continued_from_its_very_last_frame_with_its_words(open_page: Open, site: Site, clip: Run) -> None:
    page = open_page("t2v")
    card = page.locator("#t2v-feed .st-card", has_text="tamarin")
    card.locator("[data-do=continue]").click()
    frame = slot(page, "i2v", "first_frame")
    expect(prompt(page, "i2v")).to_have_value(clip.request.prompt)
    last = frames.grab(site.studio.local.assets.path(clip.assets[0]), 60.0)
    assert np.array_equal(pixels(site, frame), np.asarray(last).astype(int))


def test_the_frame_on_screen_is_taken_from_any_place_of_a_clip(open_page: Open, site: Site, clip: Run) -> None:
    page = open_page("t2v")
    page.locator("#t2v-feed .st-card", has_text="tamarin").locator(".st-open").click()
    panel = page.locator(".st-panel")
    panel.locator("video").evaluate("(v) => { v.pause(); v.currentTime = 0.63; }")
    expect(panel.locator(".st-counter")).to_contain_text("7")
    panel.locator("[data-do=frame]").click()
    page.get_by_role("menuitem", name="Last frame").click()
    frame = slot(page, "i2v", "last_frame")
    wanted = frames.grab(site.studio.local.assets.path(clip.assets[0]), 7.5 / 12)
    assert np.array_equal(pixels(site, frame), np.asarray(wanted).astype(int))


def test_the_newest_result_shows_no_fewer_pixels_than_the_screen(open_page: Open, site: Site) -> None:
    made(site, task="text-to-image", prompt="a takin on a ridge", width=1280, height=720)
    page = open_page("t2i")
    image = page.locator("#t2i-feed .st-card", has_text="takin").locator(".st-pic > img")
    expect(image).to_be_visible()
    page.wait_for_function(
        """() => { const i = document.querySelector('#t2i-feed .st-card .st-pic > img');
        return i && i.complete && i.naturalWidth >= Math.min(1280, i.clientWidth * devicePixelRatio); }"""
    )


def test_a_model_and_back_gives_the_own_size_back(open_page: Open) -> None:
    page = open_page("t2i")
    pick_model(page, "t2i", "alibaba/wan2.6-t2i")
    expect(page.locator("#t2i-bar .sf-price")).to_contain_text("$")
    pick_model(page, "t2i", "draft/animatic")
    expect(page.locator("#t2i-aspect label:has(:checked)")).to_have_text("16:9")
    expect(page.locator("#t2i-tier label:has(:checked)")).to_have_text("720P")
    expect(page.locator("#t2i-bar .sf-size")).to_have_text("1280 × 720")
    page.locator("#t2i-aspect label", has_text="4:5").click()
    expect(page.locator("#t2i-tier label")).to_have_count(1)

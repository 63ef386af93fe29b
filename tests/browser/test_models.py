"""The Models page: what each model needs, what the card can do; fetched, stopped, completed, removed; failures said."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from studio import engines
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import Site
from tests.engines.local.hub import Hub, serve
from tests.engines.local.test_weights import FILES, REPO

Open = Callable[..., Page]
BIG = "transformer/model-1.safetensors"
CARD = "0, NVIDIA GeForce RTX 4090, 24564, 8.9, 450.00"
MODEL, AWAY = "local/z-image-turbo", "local/qwen-image"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with one model, and a driver's tool that knows one card."""
    folder = tmp_path_factory.mktemp("machine")
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{CARD}'\n")
    tool.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch, serve({REPO: FILES}) as made:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("HF_ENDPOINT", made.url)
        patch.setenv("HF_HOME", str(folder / "home"))
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        yield made


@pytest.fixture(scope="module")
def site(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio of its own with the local engine."""
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("models")
    given = Settings(data=folder / "data", workers=1, options={"STUDIO_MODELS": str(folder / "models")})
    made = {name: engines.build(name, given) for name in ("local", "draft")}
    with Studio.open(given, engines=made) as studio, served(studio, server_port=None) as url:
        yield Site(url, studio)


def row(page: Page, model: str) -> Locator:
    return page.locator(f'#models [data-model="{model}"]')


def test_each_model_tells_size_licence_tasks_and_what_the_card_can_do(open_page: Open, site: Site) -> None:
    page = open_page("models")
    for model in (m for m in site.studio.catalogue if m.provider == "local"):
        box = row(page, model.id)
        expect(box.locator("h2")).to_have_text(model.label)
        expect(box).to_contain_text(re.compile(r"\d+ GB · " + re.escape(model.engine["licence"])))
        expect(box.locator(".st-modeltasks span")).to_have_count(len(model.tasks))
        expect(box.locator(".st-fits p").first).to_contain_text("NVIDIA GeForce RTX 4090: ")
        expect(box.get_by_role("link")).to_have_text(model.engine["repo"])
    expect(row(page, MODEL).locator(".st-okay")).to_contain_text("RTX 4090: runs")
    expect(page.locator("#models .st-box", has_text="NVIDIA GeForce RTX 4090 · 24 GB").first).to_be_visible()


def test_a_download_is_seen_to_grow_is_stopped_completed_and_removed(open_page: Open, hub: Hub) -> None:
    hub.go.clear()
    hub.slow[BIG] = 0.6
    page = open_page("models")
    box = row(page, MODEL)
    box.get_by_role("button", name="Download Z-Image Turbo").click()
    bar = box.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^[4-6]\d$"))
    expect(box).to_contain_text(re.compile(r"\d+ % · [\d.]+ MB of 8\.0 MB"))
    expect(box.locator(".st-chip")).to_have_text("Downloading")
    box.get_by_role("button", name="Stop the download of Z-Image Turbo").click()
    expect(box).to_contain_text("Stopped. Downloaded files are kept.")
    expect(box).to_contain_text(f"Missing: {BIG}")
    hub.go.set()
    box.get_by_role("button", name="Resume the download of Z-Image Turbo").click()
    expect(box.locator(".st-chip")).to_contain_text("Downloaded, 8.0 MB")
    expect(page.locator("#models [aria-live=polite]")).to_have_text("Z-Image Turbo was downloaded.")
    assert [name for name, asked in hub.ranges if asked != "bytes=0-"] == [BIG]
    page.get_by_role("button", name="Downloaded (1)").click()
    expect(page.locator("#models .st-model")).to_have_count(1)
    box.get_by_role("button", name="Remove Z-Image Turbo").click()
    dialog = page.get_by_role("dialog", name="Remove Z-Image Turbo")
    dialog.get_by_role("button", name="Keep").click()
    expect(box.locator(".st-chip")).to_be_visible()
    box.get_by_role("button", name="Remove Z-Image Turbo").click()
    dialog.locator("[data-do=remove-now]").click()
    expect(page.locator("#models .st-model")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^All \(")).click()
    expect(box).to_contain_text("Not downloaded")


def test_a_download_that_fails_says_why_in_a_sentence(open_page: Open) -> None:
    page = open_page("models")
    box = row(page, AWAY)
    box.get_by_role("button", name="Download Qwen-Image", exact=True).click()
    told = box.get_by_text("Qwen/Qwen-Image cannot be read. Accept its licence on its page, and set HF_TOKEN")
    expect(told).to_be_visible()
    expect(box.get_by_role("button", name="Download Qwen-Image", exact=True)).to_be_visible()


def test_a_phone_has_room_for_everything(open_page: Open, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    open_page("models", page)
    expect(row(page, MODEL)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "[...document.querySelectorAll('#models *')].filter((e) => e.getBoundingClientRect().right > 391).length"
    assert page.evaluate(wide) == 0


def test_a_file_of_the_user_is_checked_saved_and_counts_at_once(open_page: Open, site: Site) -> None:
    """A mistake is shown with its line and leads there; what is saved marks the model in the picker."""
    page = open_page("models")
    section = page.locator("#models .st-usermodels")
    section.locator("[data-do=add_models]").click()
    section.locator(".st-username").fill("mine")
    text = section.locator(".st-toml")
    correction = 'provider = "draft"\n\n[[correction]]\nname = "animatic"\n'
    text.fill(correction + 'max_n = "many"\n')
    section.locator("[data-do=save]").click()
    expect(section.locator(".st-found .st-problems")).to_contain_text("max_n")
    section.locator(".st-found .st-b.link").click()
    assert page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart).trim()").startswith(
        "max_n"
    )
    text.fill(correction + "max_n = 4\n")
    section.locator("[data-do=save]").click()
    expect(section.locator('[data-file="models/mine.toml"]')).to_contain_text("draft/animatic")
    assert site.studio.catalogue.get("draft/animatic").max_n == 4
    page.locator("#tab-t2v-button").click()
    page.locator("#t2v-model").click()
    expect(page.locator("#t2v-picker .sp-option[data-id='draft/animatic'] .sp-mine")).to_have_text("Corrected by you")

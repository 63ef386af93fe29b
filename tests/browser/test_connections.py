"""The Connections page: from a form whose model has no key to a run of it, without a reload; no key stays on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from studio import engines
from studio.domain import Status
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import Site, pick_model, show
from tests.providers.kie import KieServer
from tests.support.chat_server import ChatServer
from tests.support.keyrings import MemoryKeyring, used
from tests.support.kit import QUICK

KEY = KieServer.KEY


@pytest.fixture(scope="module")
def kie_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio whose one hosted provider is a local server, at an address that the environment names."""
    from studio.web.app import served

    with used(MemoryKeyring()), KieServer() as server:
        folder: Path = tmp_path_factory.mktemp("site")
        settings = Settings(data=folder / "data", workers=1, options={"KIE_BASE_URL": server.url})
        made = {name: engines.build(name, settings) for name in ("draft", "kie")}
        with Studio.open(settings, engines=made, timing=QUICK) as studio, served(studio, server_port=None) as url:
            yield Site(url, studio)


def test_a_key_pasted_from_a_form_is_used_by_it_without_a_reload(kie_site: Site, browser: Browser) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(kie_site.url)
    show(page, "t2v")
    pick_model(page, "t2v", "kie/wan2.7-t2v")
    page.evaluate("window.kept = true")
    page.locator("#t2v-prompt textarea").fill("a red coat on the pier")
    page.locator(".sp-missing .sp-key").click()
    card = page.locator("#connection-kie")
    expect(card.get_by_label("Key for Kie.ai")).to_be_focused()
    assert "connection=kie" in page.url
    page.keyboard.type("two words")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("space")
    card.get_by_label("Key for Kie.ai").fill(KEY)
    page.keyboard.press("Enter")
    expect(card.locator(".cn-balance")).to_contain_text("100.5 credits (about $0.502)")
    expect(card.locator(".cn-state")).to_have_text("Ready")
    assert KEY not in page.content()
    show(page, "t2v")
    expect(page.locator("#create-t2v .sp-missing")).to_be_hidden()
    expect(page.locator("#t2v-prompt textarea")).to_have_value("a red coat on the pier")
    page.locator("#create-t2v .studio-run").click()
    expect(page.get_by_text("a red coat on the pier").first).to_be_visible()
    [run] = kie_site.studio.local.runs.active() or kie_site.studio.local.runs.recent(1)
    [ended] = kie_site.studio.local.runs.wait([run.id], timeout_s=20)
    assert (ended.status, ended.model) == (Status.SUCCEEDED, "kie/wan2.7-t2v")
    assert page.evaluate("window.kept") is True  # never reloaded
    show(page, "settings")
    card.get_by_role("button", name="Remove key: Kie.ai").click()
    card.get_by_role("alertdialog").get_by_role("button", name="Remove key").click()
    expect(card.locator(".cn-state")).to_have_text("No key")
    context.close()


def test_a_language_model_is_set_up_and_tested(kie_site: Site, browser: Browser) -> None:
    """An address without a model shows the server's list; the key stays in the studio."""
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    with ChatServer(key=ChatServer.KEY) as server:
        page.goto(f"{kie_site.url}?tab=settings&connection=language-model")
        card = page.locator("#connection-language-model")
        expect(card.locator(".cn-state")).to_have_text("Not set up")
        card.get_by_role("button", name="Set up: Language model").click()
        card.get_by_label("Address", exact=True).fill(server.base)
        card.locator("#llm-key").fill(ChatServer.KEY)
        page.keyboard.press("Enter")
        expect(card.get_by_role("alert")).to_contain_text("own network")
        page.keyboard.press("Space")
        card.get_by_role("button", name="Save").click()
        expect(card.get_by_label("Model", exact=True)).to_be_focused()
        expect(card.locator("datalist option")).to_have_count(2)
        page.keyboard.type("small-model")
        page.keyboard.press("Enter")
        expect(card.locator("[data-test=works]")).to_contain_text("small-model answered in")
        expect(card.locator(".cn-state")).to_have_text("Ready")
        assert ChatServer.KEY not in page.content()
        card.get_by_role("button", name="Remove key: Language model").click()
        card.get_by_role("button", name="Test: Language model").click()
        expect(card.get_by_role("alert")).to_contain_text("does not accept the key")
        expect(card.locator(".cn-state")).to_have_text("Key refused")
    context.close()

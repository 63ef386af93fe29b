"""The studio as an installed app: Chromium finds nothing against it, program files alone are kept, and without a
studio there is a page that says so and opens it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from studio.domain import Kind
from studio.web.static import assets_digest
from tests.browser.conftest import Site
from tests.support.receiver import until

READY = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
KEPT = """caches.keys()
  .then((names) => Promise.all(names.map((n) => caches.open(n).then((c) => c.keys()))))
  .then((all) => all.flat().map((r) => r.url))"""


@pytest.fixture
def app(context: BrowserContext, site: Site) -> Page:
    """A page of the studio whose worker is at work."""
    page = context.new_page()
    page.goto(site.url)
    page.wait_for_function(READY)
    expect(page.locator("#studio-theme")).to_be_visible()
    return page


def test_the_browser_would_install_it(app: Page, context: BrowserContext, site: Site) -> None:
    devtools = context.new_cdp_session(app)
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [e["errorId"] for e in errors if e["errorId"] != "in-incognito"] == []  # so is every profile of a test
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["url"] == f"{site.url}manifest.webmanifest" and manifest["errors"] == []
    assert app.locator("link[rel=manifest]").count() == 1, "Gradio's is still there"
    told = app.evaluate("fetch('manifest.webmanifest').then((r) => r.json())")
    assert (told["display"], told["start_url"], told["scope"]) == ("standalone", "./", "./")
    for icon in told["icons"]:
        answer = app.request.get(site.url + icon["src"])
        assert answer.ok and answer.headers["content-type"].startswith("image/")


def test_only_program_files_are_kept(app: Page, site: Site) -> None:
    app.reload()
    app.locator("#tab-gallery-button").click()
    app.wait_for_load_state("networkidle")
    kept = app.evaluate(KEPT)
    assert len(kept) > 5
    assert [url for url in kept if not re.match(re.escape(site.url) + "ui/assets/[0-9a-f]{16}/", url)] == []


def test_without_a_studio_a_page_says_so_and_opens_it_again(app: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    app.reload()
    expect(app.get_by_role("heading", name="The studio cannot be reached")).to_be_visible()
    assert app.evaluate("getComputedStyle(document.querySelector('form')).display") == "flex", "its style was not kept"
    app.get_by_role("button", name="Try again").click()
    expect(app.get_by_role("heading", name="The studio cannot be reached")).to_be_visible()
    context.set_offline(False)
    expect(app.locator("#studio-theme")).to_be_visible()


def test_a_shared_picture_goes_where_the_person_says(app: Page, site: Site, tmp_path: Path) -> None:
    picture = tmp_path / "harbour.png"
    Image.new("RGB", (320, 180), "teal").save(picture)
    app.set_content(
        f'<form method="post" enctype="multipart/form-data" action="{site.url}share">'
        '<input type="file" name="files" multiple><button>Share</button></form>'
    )
    app.locator("input").set_input_files(picture)
    app.get_by_role("button", name="Share").click()
    dialog = app.get_by_role("dialog", name="Shared with the studio")
    expect(dialog.get_by_role("img", name="harbour.png")).to_be_visible()
    assert site.studio.local.assets.uploads([Kind.IMAGE], query="harbour") == [], "kept before anybody said so"
    dialog.locator("[data-do=shared-first_frame]").click()
    expect(app.locator("#i2v-media [data-slot=first_frame] img")).to_be_visible()
    assert [a.name for a in site.studio.local.assets.uploads([Kind.IMAGE], query="harbour")] == ["harbour.png"]


def test_in_a_frame_nothing_is_installed(app: Page, site: Site) -> None:
    script = f"{site.url}ui/assets/{assets_digest()}/js/app_install.js"
    asked = "(src) => import(src).then((m) => [m.isFramed(), m.isSupported()])"
    assert app.evaluate(asked, script) == [False, True]
    app.evaluate("document.body.append(document.createElement('iframe'))")
    assert app.frames[-1].evaluate(asked, script) == [True, False]


def delivered(app: Page, context: BrowserContext, site: Site, payload: dict[str, object]) -> list[list[object]]:
    """What the worker shows of a push message."""
    context.grant_permissions(["notifications"], origin=site.url.rstrip("/"))
    devtools = context.new_cdp_session(app)
    ids: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: ids.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"]),
    )
    devtools.send("ServiceWorker.enable")
    until(lambda: app.wait_for_timeout(50) or ids)
    values = {"origin": site.url.rstrip("/"), "registrationId": ids[-1], "data": json.dumps(payload)}
    devtools.send("ServiceWorker.deliverPushMessage", values)
    listed = """navigator.serviceWorker.ready.then((r) => r.getNotifications())
      .then((all) => all.map((n) => [n.title, n.body, n.tag, n.actions.map((a) => a.action)]))"""
    app.wait_for_function(f"{listed}.then((all) => all.length > 0)")
    return app.evaluate(listed)


def test_a_push_message_is_shown_with_its_actions(app: Page, context: BrowserContext, site: Site) -> None:
    actions = [{"action": "approve", "title": "Approve"}, {"action": "reject", "title": "Reject"}]
    payload = {"title": "Approval needed", "body": "$4.20", "tag": "b_1", "url": "decide#x", "actions": actions}
    assert delivered(app, context, site, payload) == [["Approval needed", "$4.20", "b_1", ["approve", "reject"]]]


def test_each_person_chooses_what_they_are_told(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("settings")
    panel = page.locator(".tell-me")
    expect(panel.locator("[data-line=device]")).to_contain_text("Off.")
    panel.locator("input[name=drafts]").check()
    expect(panel.locator("input[name=drafts]")).to_be_checked()
    panel.locator("[name=own-target]").fill("json://10.0.0.1/x")
    panel.locator("[data-do=add-target]").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter an address of ntfy")
    panel.locator("[name=own-target]").fill("ntfy://browser-test-topic")
    panel.locator("[data-do=add-target]").click()
    expect(panel.locator("[data-line=services] li")).to_contain_text("ntfy")
    expect(panel.locator("input[name=drafts]")).to_be_checked()
    panel.locator("[data-do=remove]").click()
    expect(panel.locator("[data-line=services] li")).to_have_count(0)

"""Pages of other origins in a real Chromium: another local port, another site on the network, a name pointed at us.

They try what a browser lets a page try: read by fetch, listen to events, embed media, frame the page, post a form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from studio.engines.fake import FakeEngine, FakeProvider
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENT_MS
from tests.providers.serving import served as serving

NAMES = "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP studio.lan 127.0.0.1"
NO_PROMPT = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
"""Chromium's own question before a site may reach this machine; other browsers have none."""

READ = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return "read " + answer.type + " " + (await answer.text()).slice(0, 60);
  } catch (error) { return "refused"; }
}"""
LISTEN = """(url) => new Promise((done) => {
  const source = new EventSource(url);
  source.onerror = () => { source.close(); done("refused"); };
  source.onopen = source.onmessage = () => done("heard");
})"""
EMBED = """([tag, url, referrerPolicy]) => new Promise((done) => {
  const made = Object.assign(document.createElement(tag), { referrerPolicy, src: url });
  made.onload = made.onloadeddata = () => done("shown");
  made.onerror = () => done("refused");
  document.body.append(made);
})"""
FRAME = """(url) => new Promise((done) => {
  const frame = Object.assign(document.createElement("iframe"), { src: url });
  frame.onload = () => done();
  document.body.append(frame);
})"""
FORM = """(url) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  document.body.append(form);
  form.submit();
}"""
LINK = """(url) => {
  document.body.append(Object.assign(document.createElement("a"), { id: "link", href: url, textContent: "link" }));
}"""


@dataclass(frozen=True)
class Target:
    """An open studio on every address of this machine. picture: the id of one of its assets."""

    studio: Studio
    port: int
    picture: str


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("foreign")
    made = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    Image.new("RGB", (64, 64), "teal").save(folder / "secret.png")
    settings = Settings(data=folder / "data", access="open")
    with (
        Studio.open(settings, engines=made) as studio,
        served(studio, server_name="0.0.0.0", server_port=None) as url,
    ):
        asset = studio.acting_for("").assets.add(folder / "secret.png", name="secret.png")
        yield Target(studio, urlsplit(url).port or 0, asset.id)


@pytest.fixture(scope="module")
def attacker() -> Iterator[int]:
    """The port of a server with an empty page."""
    with serving(Starlette(routes=[Route("/", lambda _: HTMLResponse("<!doctype html><body></body>"))])) as url:
        yield urlsplit(url).port or 0


@pytest.fixture(scope="module")
def open_browser(browser: Browser) -> Iterator[Browser]:
    """A second browser, which finds the names of the test on this machine."""
    kind = browser.browser_type
    launched = kind.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, NAMES, NO_PROMPT])
    yield launched
    launched.close()


@pytest.fixture(params=[("127.0.0.1", "127.0.0.1"), ("evil.example", "studio.lan")], ids=["local port", "network"])
def foreign(
    request: pytest.FixtureRequest, open_browser: Browser, attacker: int, target: Target
) -> Iterator[tuple[Page, str]]:
    """A page of the attacker, and the studio's address."""
    theirs, ours = request.param
    context = open_browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.goto(f"http://{theirs}:{attacker}/")
    yield page, f"http://{ours}:{target.port}"
    context.close()


def test_a_foreign_page_reads_hears_and_shows_nothing(foreign: tuple[Page, str], target: Target) -> None:
    page, studio = foreign
    pretended = {"headers": {"x-forwarded-host": urlsplit(page.url).netloc}}
    for path in ("/", "/config", "/ui/runs", "/gradio_api/info", f"/media/{target.picture}", "/healthz"):
        for options in ({}, {"credentials": "include"}, pretended):
            assert page.evaluate(READ, [studio + path, options]) == "refused", path
        assert page.evaluate(READ, [studio + path, {"mode": "no-cors"}]) in ("refused", "read opaque "), path
    assert page.evaluate(LISTEN, f"{studio}/events/runs") == "refused"
    for policy in ("", "no-referrer"):
        for tag in ("img", "video", "script"):
            assert page.evaluate(EMBED, [tag, f"{studio}/media/{target.picture}", policy]) == "refused", (tag, policy)


def test_a_foreign_page_changes_nothing(foreign: tuple[Page, str], target: Target) -> None:
    page, studio = foreign
    json = {"method": "POST", "headers": {"content-type": "application/json"}, "body": "{}"}
    pretended = json | {"headers": {"x-forwarded-host": urlsplit(page.url).netloc}}
    for options in (json, pretended, {"method": "POST"}, {"method": "POST", "mode": "no-cors"}):
        page.evaluate(READ, [f"{studio}/ui/queue/pause", options])
    page.evaluate(READ, [f"{studio}/ui/boards", json | {"body": '{"title": "theirs", "text": ""}'}])
    with page.expect_navigation():
        page.evaluate(FORM, f"{studio}/ui/queue/pause")
    assert "blocked" in (page.text_content("body") or "")
    assert not target.studio.queue.paused
    assert not target.studio.local.storyboards.all()


def test_a_foreign_page_cannot_frame_the_studio_but_may_link_to_it(foreign: tuple[Page, str]) -> None:
    page, studio = foreign
    page.evaluate(FRAME, f"{studio}/")
    assert page.frames[1].url.startswith("chrome-error:") or not page.frames[1].url.startswith(studio)
    page.evaluate(LINK, f"{studio}/")
    page.click("#link")
    page.wait_for_url(f"{studio}/")
    page.wait_for_selector("#studio-tabs")
    assert page.locator("#studio-open").is_visible()


def test_a_name_pointed_at_the_studio_reads_nothing(open_browser: Browser, target: Target) -> None:
    """DNS rebinding: to the browser the studio is then part of the foreign site."""
    context = open_browser.new_context()
    page = context.new_page()
    answer = page.goto(f"http://evil.example:{target.port}/")
    assert answer and answer.status == 421
    page.route("**/theirs", lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
    page.goto(f"http://evil.example:{target.port}/theirs")  # loaded from their server, before the name was turned
    told = page.evaluate(READ, ["/ui/runs", {"headers": {"x-forwarded-host": "localhost"}}])
    assert "is not allowed" in told
    page.evaluate(READ, ["/ui/queue/pause", {"method": "POST"}])
    assert not target.studio.queue.paused
    context.close()

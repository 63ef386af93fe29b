"""A real studio served to a real Chromium: one server and browser a session, a profile as good as new for each test.

The draft engine makes the pictures; Alibaba's engine is there without a key, so that a second model can be chosen.
Without a browser the tests are skipped with the reason; in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from studio import engines
from studio.settings import Settings
from studio.studio import Studio
from studio.web.forms.tasks import CREATE_TASKS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--process-per-site"]
PATIENT_MS = 20_000
PRESSES_APART_MS = 4000
"""Later than the last press and the word about it: a new press, not the last one once more."""
STORED_FORMS = "JSON.stringify(Object.entries(localStorage).filter(([key]) => key.startsWith('studio-form-')))"
expect.set_options(timeout=PATIENT_MS)


@dataclass(frozen=True)
class Site:
    """The served studio: address, and the object behind it."""

    url: str
    studio: Studio


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One studio for all browser tests; each test tells its own runs from others' by its own prompts."""
    from studio.web.app import served

    folder: Path = tmp_path_factory.mktemp("site")
    settings = Settings(data=folder / "data", workers=1)
    made = {name: engines.build(name, settings) for name in ("draft", "alibaba")}
    with Studio.open(settings, engines=made) as studio, served(studio, server_port=None) as url:
        yield Site(url, studio)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if not CHROMIUM:
        reason = "no Chromium found: install Debian's chromium to run the browser tests"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all tests, so that only the first reads and compiles all scripts of the pages.

    Its first page stays open: with one process for the whole site, the next test's page finds the scripts compiled,
    which takes a third off the work of opening it.
    """
    made = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US", color_scheme="dark")
    made.new_page()
    yield made
    made.close()


@contextmanager
def renewed(profile: BrowserContext, url: str) -> Iterator[BrowserContext]:
    """The profile as good as new: no pages, cookies or storage of the test before. Its cache and first page stay."""
    first = profile.pages[0]
    if not first.url.startswith(url):
        first.goto(f"{url}/healthz")
    yield profile
    profile.set_offline(False)
    profile.unroute_all(behavior="ignoreErrors")
    for page in profile.pages[1:]:
        page.close()
    kinds = "cookies,local_storage,indexeddb,service_workers"
    devtools = profile.new_cdp_session(first)
    devtools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": kinds})
    devtools.detach()
    profile.clear_cookies()
    profile.clear_permissions()


@pytest.fixture
def context(profile: BrowserContext, site: Site) -> Iterator[BrowserContext]:
    with renewed(profile, site.url):
        yield profile


@pytest.fixture
def errors() -> list[str]:
    """Script errors of every page of the test; `open_page` watches, the end of the test looks."""
    return []


@pytest.fixture
def open_page(context: BrowserContext, site: Site, errors: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens the studio at a tab and waits until its form lives: open_page("t2v")."""

    def opened(tab: str = "t2i", page: Page | None = None) -> Page:
        page = page or context.new_page()
        page.set_default_timeout(PATIENT_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((site.url, "data:", "blob:")) else errors.append(r.url))
        page.goto(site.url)
        show(page, tab)
        return page

    yield opened
    assert errors == []


def show(page: Page, tab: str) -> None:
    """Go to a tab; on a create page, wait for its form."""
    page.locator(f"#tab-{tab}-button").click()
    if tab in CREATE_TASKS:
        expect(page.locator(f"#{tab}-model .sp-name")).not_to_be_empty(timeout=PATIENT_MS)
        expect(page.locator(f"#{tab}-bar .sf-runs")).to_be_visible(timeout=PATIENT_MS)


@contextmanager
def autosaved(page: Page) -> Iterator[None]:
    """Leaves when this browser has stored the form that was edited inside."""
    before = page.evaluate(STORED_FORMS)
    yield
    page.wait_for_function(f"(before) => {STORED_FORMS} !== before", arg=before)


def clocked(context: BrowserContext) -> Page:
    """A page whose clock the test can put forward."""
    page = context.new_page()
    page.clock.install()
    return page


def pick_model(page: Page, tab: str, model_id: str) -> None:
    """Choose a model in the picker."""
    page.locator(f"#{tab}-model").click()
    page.locator(f'#{tab}-picker [data-id="{model_id}"]').click()


@pytest.fixture(scope="session")
def axe() -> str:
    """Deque's checker, as the package carries it."""
    package = pytest.importorskip("axe_core_python")
    return (resources.files(package) / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[tuple[str, str]]:
    """Rules that the page as it stands breaks, each with the first element that does. The checker has to be in it."""
    told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [(v["id"], v["nodes"][0]["html"][:160]) for v in told["violations"]]

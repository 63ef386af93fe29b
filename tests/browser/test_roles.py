"""A viewer and a creator walk through all that they are shown: nothing fails, and nothing is shown that would."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from studio import engines
from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from studio.web.middleware import security
from tests.browser.conftest import PATIENT_MS, Site

SCRIPT = "Shot 1 [0-2s] a harbour at dawn\nShot 2 [2-4s] a gull on a post"
BUTTONS = "#studio-tabs > .tab-wrapper [role=tab]"
OpenAs = Callable[..., Page]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio with a person of each role, and a project whose storyboard Vera and Carl see."""
    from studio.web.app import served

    settings = Settings(data=tmp_path_factory.mktemp("roles") / "data", workers=1, access="password")
    with Studio.open(settings, engines={"draft": engines.build("draft", settings)}) as studio:
        roles = {"Paula": Role.PRODUCER, "Carl": Role.CREATOR, "Vera": Role.VIEWER}
        people = {name: studio.people.create(name, role=role).id for name, role in roles.items()}
        paula = studio.acting_for(people["Paula"])
        project = paula.projects.create("Harbour film").id
        for name in ("Carl", "Vera"):
            paula.projects.set_member(project, people[name], Role.VIEWER)
        board = paula.storyboards.create("Harbour at dawn", script=SCRIPT).board.id
        paula.runs.wait([run.id for run in paula.storyboards.draft(board)], timeout_s=60)
        paula.sharing.share_board(board, project)
        with served(studio, server_port=None) as url:
            yield Site(url, studio)


@pytest.fixture
def failures() -> list[str]:
    """Errors of the console and answers of 400 and more, of every page of the test."""
    return []


@pytest.fixture
def open_as(team: Site, browser: Browser, failures: list[str]) -> Iterator[OpenAs]:
    """Opens the studio as this person, at the query."""
    contexts: list[BrowserContext] = []
    authenticator = security.authenticator_of(team.studio.settings, team.studio.people)
    cookie = authenticator.cookie if authenticator else ""
    by_name = {person.login: person.id for person in team.studio.people.all()}

    def opened(name: str, query: str = "") -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        contexts.append(context)
        token = team.studio.people.sign_in(by_name[name], method="password")
        context.add_cookies([{"name": cookie, "value": token, "url": team.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENT_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda line: failures.append(line.text) if line.type == "error" else None)
        page.on("response", lambda r: failures.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(team.url + query)
        expect(page.locator("#studio-account")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


def tabs(page: Page) -> list[str]:
    return page.eval_on_selector_all(BUTTONS, "all => all.filter(e => e.checkVisibility()).map(e => e.id.slice(4, -7))")


def selected(page: Page, tab: str) -> None:
    expect(page.locator(f"#tab-{tab}-button")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("name", ["Vera", "Carl"])
def test_nothing_fails_on_any_tab(open_as: OpenAs, failures: list[str], name: str) -> None:
    """Wide, and then as narrow as a phone."""
    page = open_as(name)
    shown = tabs(page)
    assert ("t2i" in shown) is (name == "Carl")
    assert not {"models", "workflows", "people", "spending", "approvals"} & set(shown)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for tab in shown:
            page.locator(f"#tab-{tab}-button").click()
            selected(page, tab)
            page.wait_for_timeout(400)
            expect(page.locator(".st-toast.bad")).to_have_count(0)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert failures == []


def test_a_link_to_a_tab_of_another_role_leads_to_the_first_with_a_sentence(
    open_as: OpenAs, failures: list[str]
) -> None:
    page = open_as("Vera", "?tab=models")
    expect(page.locator(".st-toast")).to_contain_text("not part of your role")
    selected(page, "storyboard")
    expect(page.locator(".bd-board")).to_have_count(1)
    assert "tab=models" not in page.url
    assert failures == []


def test_a_link_to_an_own_tab_leads_there(open_as: OpenAs) -> None:
    page = open_as("Vera", "?tab=queue")
    selected(page, "queue")
    page.locator("#tab-gallery-button").click()
    selected(page, "gallery")
    page.go_back()
    selected(page, "queue")


@pytest.mark.parametrize("name", ["Vera", "Carl"])
def test_a_board_of_others_is_only_looked_at(open_as: OpenAs, team: Site, failures: list[str], name: str) -> None:
    page = open_as(name, "?tab=storyboard")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method == "POST" and "/ui/" in r.url else None)
    board = page.locator(".bd-board").get_attribute("data-id")
    page.locator(".bd-board > a").click()
    expect(page.locator(".bd-lookonly")).to_be_visible()
    prompt = page.locator(".bd-panel [data-field=prompt]")
    expect(prompt).to_have_value("a harbour at dawn")
    expect(prompt).to_have_attribute("readonly", "")
    for do in ("add-shot", "draft-all", "render-all", "remove", "undo", "check"):
        expect(page.locator(f"[data-do={do}]")).to_be_disabled()
    card = page.locator(".bd-card").nth(1)
    card.click()
    expect(prompt).to_have_value("a gull on a post")
    for key in ("Delete", "d", "a", "Control+z", "Alt+ArrowLeft"):
        card.press(key)
    for view in ("sheet", "joints", "cast", "script", "cut"):
        page.locator(f"[data-view={view}]").click()
        enabled = page.locator(".bd-view :is(select, textarea:not([readonly]), [data-status], [type=checkbox]):enabled")
        expect(enabled).to_have_count(0)
    page.locator("[data-do=play]").click()
    expect(page.locator(".bd-range")).not_to_have_value("0")
    page.locator(".bd-takepic").first.click()
    expect(page.locator(".st-panelbody")).to_be_visible()
    assert page.request.get(f"{team.url}ui/boards/{board}").json()["editable"] is False
    assert [url for url in sent if "/ui/boards/" in url] == []
    assert failures == []


def test_who_may_change_a_board_can(open_as: OpenAs) -> None:
    page = open_as("Paula", "?tab=storyboard")
    page.locator(".bd-board > a").click()
    expect(page.locator("[data-do=add-shot]")).to_be_enabled()
    expect(page.locator(".bd-panel [data-field=prompt]")).not_to_have_attribute("readonly", "")
    expect(page.locator(".bd-lookonly")).to_be_hidden()


def test_settings_hold_only_what_is_ones_own(open_as: OpenAs, failures: list[str]) -> None:
    page = open_as("Vera", "?tab=settings")
    expect(page.locator("#pref-language")).to_be_visible()
    expect(page.locator("select[name=sound]")).to_be_visible()
    expect(page.locator("#settings .limits, #settings .storage, #settings .connections")).to_have_count(0)
    assert failures == []

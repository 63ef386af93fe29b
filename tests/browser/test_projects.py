"""Two people in two browsers: what one shares appears to the other at once, and goes again when it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from studio import engines
from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from studio.web.middleware import security
from tests.browser.conftest import PATIENT_MS, Site

SECRET = "a lighthouse that nobody else may see"
SHARED = "a harbour for everybody in the film"
SignIn = Callable[[str], Page]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio with accounts: Anna and Ben, and the project both are in."""
    from studio.web.app import served

    settings = Settings(data=tmp_path_factory.mktemp("team") / "data", workers=1, access="password")
    with Studio.open(settings, engines={"draft": engines.build("draft", settings)}) as studio:
        people = {name: studio.people.create(name, role=Role.PRODUCER).id for name in ("Anna", "Ben")}
        anna = studio.acting_for(people["Anna"])
        project = anna.projects.create("Harbour film").id
        anna.projects.set_member(project, people["Ben"], Role.CREATOR)
        body = {"task": "text-to-image", "model": "draft/animatic", "width": 320, "height": 192}
        runs = anna.requests.submit_many([body | {"prompt": prompt} for prompt in (SECRET, SHARED)])
        anna.runs.wait([run.id for run in runs], timeout_s=60)
        anna.storyboards.create("Harbour at dawn", script="Shot 1 [0-2s] a harbour at dawn")
        with served(studio, server_port=None) as url:
            yield Site(url, studio)


@pytest.fixture
def sign_in(team: Site, browser: Browser) -> Iterator[SignIn]:
    """Opens the gallery as this person, in a browser of their own."""
    contexts: list[BrowserContext] = []
    authenticator = security.authenticator_of(team.studio.settings, team.studio.people)
    cookie = authenticator.cookie if authenticator else ""
    by_name = {person.login: person.id for person in team.studio.people.all()}

    def open_as(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        contexts.append(context)
        token = team.studio.people.sign_in(by_name[name], method="password")
        context.add_cookies([{"name": cookie, "value": token, "url": team.url}])
        page = context.new_page()
        page.goto(team.url)
        page.locator("#tab-gallery-button").click(timeout=PATIENT_MS)
        expect(page.locator(".st-gallery .st-total")).not_to_be_empty()
        return page

    yield open_as
    for context in contexts:
        context.close()


def cells(page: Page, words: str) -> Locator:
    return page.locator(".st-cell", has_text=words)


def test_what_is_shared_appears_and_what_is_taken_back_goes(sign_in: SignIn) -> None:
    anna, ben = sign_in("Anna"), sign_in("Ben")
    expect(cells(anna, SECRET)).to_be_visible()
    ben.locator("select[name=scope]").select_option("all")
    expect(cells(ben, SHARED)).to_have_count(0)
    cells(anna, SHARED).click()
    anna.locator(".st-panelbody [data-do=share]").click()
    anna.get_by_role("menuitem", name="Share with Harbour film").click()
    expect(cells(ben, SHARED)).to_be_visible()
    expect(cells(ben, SHARED).locator(".st-author")).to_contain_text("Anna")
    expect(cells(ben, SECRET)).to_have_count(0)
    cells(ben, SHARED).click()
    expect(ben.locator(".st-panelbody [data-do=use]")).to_be_visible()
    expect(ben.locator(".st-panelbody [data-do=trash]")).to_have_count(0)
    anna.locator(".st-panelbody [data-do=share]").click()
    anna.get_by_role("menuitem", name="Stop sharing").click()
    expect(cells(ben, SHARED)).to_have_count(0)
    expect(ben.locator(".st-panelbody")).to_have_count(0)


def test_a_shared_storyboard_is_listed_with_its_author(sign_in: SignIn) -> None:
    anna, ben = sign_in("Anna"), sign_in("Ben")
    for page in (anna, ben):
        page.locator("#tab-storyboard-button").click()
    expect(ben.locator(".bd-listing .bd-board")).to_have_count(0)
    anna.locator(".bd-board [data-do=share]").click()
    anna.get_by_role("menuitem", name="Share with Harbour film").click()
    expect(anna.locator(".bd-board .st-shared")).to_be_visible()
    ben.reload()
    ben.locator("#tab-storyboard-button").click()
    expect(ben.locator(".bd-board", has_text="Harbour at dawn")).to_contain_text("Anna")
    expect(ben.locator(".bd-board [data-do=delete]")).to_have_count(0)


def test_new_work_goes_to_the_project_that_was_chosen(sign_in: SignIn, team: Site) -> None:
    page = sign_in("Anna")
    picker = page.locator(".sc-project")
    expect(picker).to_contain_text("Personal")
    picker.click()
    page.get_by_role("menuitem", name="Harbour film").click()
    expect(picker).to_contain_text("Harbour film")
    anna = team.studio.acting_for(next(p.id for p in team.studio.people.all() if p.login == "Anna"))
    body = {"task": "text-to-image", "model": "draft/animatic", "prompt": "a quay", "width": 320, "height": 192}
    [run] = anna.requests.submit(body)
    assert run.project == anna.projects.current() != ""
    picker.click()
    page.get_by_role("menuitem", name="Projects and members").click()
    panel = page.locator(".pj-panel")
    panel.locator("summary", has_text="Harbour film").click()
    expect(panel.locator(".pj-members li")).to_have_count(2)
    panel.get_by_label("Role of Ben").select_option("viewer")
    expect(panel.get_by_label("Role of Ben")).to_have_value("viewer")
    panel.get_by_label("Name of a new project").fill("<b>Second</b> film")
    panel.get_by_role("button", name="Create project").click()
    expect(panel.locator("summary", has_text="<b>Second</b> film")).to_be_visible()


def test_a_studio_without_accounts_shows_nothing_of_it(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(site.url)
    page.locator("#tab-gallery-button").click()
    expect(page.locator(".st-gallery .st-total")).not_to_be_empty()
    expect(page.locator(".sc-project")).to_be_hidden()
    expect(page.locator("select[name=scope]")).to_be_hidden()
    page.close()

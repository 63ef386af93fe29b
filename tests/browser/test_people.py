"""An administrator and an invited person, each in a browser of their own; what is changed for one holds at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from studio import engines
from studio.services.first_admin import make_admin
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS, Site, violations

PASSWORD = "a long enough password"
TABS = ("people", "account", "activity")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A studio with accounts; Anna is its administrator."""
    from studio.web.app import served

    settings = Settings(data=tmp_path_factory.mktemp("people") / "data", workers=1, access="password")
    made = {name: engines.build(name, settings) for name in ("draft", "fal")}
    with Studio.open(settings, engines=made) as studio, served(studio, server_port=None) as url:
        link = make_admin(settings, "anna").partition("#")[2].partition("\n")[0]
        studio.people.join(link, PASSWORD)
        yield Site(url, studio)


def opened(browser: Browser, site: Site, path: str = "") -> Page:
    """A page in a browser of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(PATIENT_MS)
    page.goto(site.url + path)
    return page


def sign_in(page: Page, site: Site, login: str) -> None:
    page.goto(f"{site.url}login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#studio-account")).to_be_visible()


@pytest.fixture
def admin(browser: Browser, site: Site) -> Iterator[Page]:
    """Anna's browser, signed in."""
    page = opened(browser, site)
    sign_in(page, site, "anna")
    yield page
    page.context.close()


def open_account(page: Page) -> None:
    page.locator("#studio-account").click()
    page.get_by_role("menuitem", name="Account").click()
    for part in (".pp-tokens", "#account .tell-me .sn-line", "#account .st-ownkeys h2"):
        expect(page.locator(part).first).to_be_visible()


def show(page: Page, tab: str) -> None:
    if tab == "account":
        return open_account(page)
    page.locator(f"#tab-{tab}-button").click()
    expect(page.locator(".pp-row, .ac-list > li").locator("visible=true").first).to_be_visible()
    return None


def test_an_invited_person_joins_and_the_administrator_s_changes_hold_at_once(
    admin: Page, browser: Browser, site: Site
) -> None:
    login = f"ben{len(site.studio.people.all())}"  # free also where the test is run again
    show(admin, "people")
    admin.locator("[data-do=invite]").click()
    admin.fill("[name=login]", login)
    admin.get_by_role("button", name="Make invitation link").click()
    link = admin.locator(".pp-secret").input_value()
    assert link.startswith(f"{site.url}join#")
    admin.get_by_role("button", name="Done").click()
    row = admin.locator(f".pp-row[data-login={login}]")
    expect(row).to_contain_text("Invited")
    expect(admin.get_by_text(" can sign in · 1 invited")).to_be_visible()
    assert link.partition("#")[2].partition("&")[0] not in admin.content()

    ben = opened(browser, site, link.removeprefix(site.url))
    ben.fill("#password", PASSWORD)
    ben.click("button[type=submit]")
    expect(ben.locator("#studio-account")).to_be_visible()
    ben.context.clear_cookies()
    again = opened(browser, site, link.removeprefix(site.url))
    again.fill("#password", PASSWORD)
    again.click("button[type=submit]")
    expect(again.get_by_role("alert")).to_be_visible()
    again.context.close()

    sign_in(ben, site, login)
    expect(ben.locator("#tab-people-button")).to_be_hidden()
    assert ben.request.get(f"{site.url}ui/people").status == 403
    with admin.expect_response(lambda r: "ui/people?" in r.url):  # the rows are drawn anew
        row.locator("select[name=role]").select_option("admin")
    expect(admin.get_by_text(f"{login} is now Admin.")).to_be_visible()
    assert ben.request.get(f"{site.url}ui/people").status == 200
    ben.reload()
    expect(ben.locator("#tab-people-button")).to_be_visible()
    with admin.expect_response(lambda r: "ui/people?" in r.url):  # the rows are drawn anew
        row.locator("select[name=role]").select_option("viewer")
    expect(admin.get_by_text(f"{login} is now Viewer.")).to_be_visible()
    assert ben.request.get(f"{site.url}ui/people").status == 403

    row.locator("[data-do=more]").click()
    admin.get_by_role("menuitem", name="Disable").click()
    admin.locator("dialog [data-do=yes]").click()
    expect(row).to_contain_text("Disabled")
    assert ben.request.get(f"{site.url}ui/account/me").status == 401
    ben.goto(site.url)
    expect(ben.locator("#login")).to_be_visible()
    ben.context.close()


def test_the_account_page_holds_what_concerns_this_person_alone(admin: Page, site: Site) -> None:
    open_account(admin)
    account = admin.locator("#account")
    expect(account.get_by_role("heading", name="Notifications for you")).to_be_visible()
    keys = account.locator(".st-ownkeys")
    expect(keys.locator("[data-provider=fal] input[type=password]")).to_be_attached()
    link = account.get_by_role("link", name="REST API")
    assert link.get_attribute("href") == f"{site.url}api/v1/docs"
    assert admin.request.get(f"{site.url}api/v1/docs").status == 200
    expect(account.locator(".pa-mcp code")).to_have_text(f"{site.url}mcp")
    admin.locator("#tab-settings-button").click()
    expect(admin.locator("#settings .st-box.shortcuts")).to_be_visible()
    expect(admin.locator("#settings .tell-me")).to_have_count(0)
    expect(admin.locator("#settings #pref-theme")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_about_people_pass_axe(admin: Page, axe: str, scheme: str) -> None:
    admin.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    admin.evaluate(axe)
    found = {}
    for tab in TABS:
        show(admin, tab)
        found[tab] = violations(admin)
    assert {tab: wrong for tab, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("path", ["login", "join"])
def test_the_sign_in_pages_pass_axe(browser: Browser, site: Site, axe: str, path: str) -> None:
    """Their policy allows no script of others, so the checker runs in a browser that leaves the policy out."""
    context = browser.new_context(locale="en-US", bypass_csp=True)
    page = context.new_page()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        page.goto(f"{site.url}{path}")
        page.evaluate(axe)
        assert violations(page) == []
    context.close()


def test_on_a_phone_the_corner_fits_beside_the_tabs(admin: Page) -> None:
    """Account, project and keys stand in one line there; language and theme are on the Account page."""
    admin.set_viewport_size({"width": 390, "height": 844})
    show(admin, "people")
    expect(admin.locator("#studio-theme")).to_be_hidden()
    box = "(s) => document.querySelector(s).getBoundingClientRect()"
    corner = admin.evaluate(box, "#studio-corner")
    tabs = admin.evaluate(box, "#studio-tabs > .tab-wrapper")
    strip = admin.evaluate(box, "#studio-tabs .tab-container")
    assert corner["bottom"] <= tabs["bottom"]
    assert strip["right"] <= corner["left"]
    open_account(admin)
    assert admin.evaluate("document.documentElement.scrollWidth") <= 390
    expect(admin.locator("#account-theme")).to_be_visible()

"""The first administrator: a one-time link from the command line, a password, the studio; and signed out again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from studio.services.first_admin import make_admin
from studio.settings import Settings
from studio.studio import Studio
from tests.browser.conftest import PATIENT_MS


def test_the_first_administrator_joins_and_signs_in_again(browser: Browser, tmp_path: Path) -> None:
    from studio.web.app import served

    settings = Settings(data=tmp_path, access="password", workers=1)
    with Studio.open(settings) as studio, served(studio, server_port=None) as url:
        token = make_admin(settings, "anna").partition("#")[2].partition("\n")[0]
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.set_default_timeout(PATIENT_MS)
        page.goto(f"{url}login")
        expect(page.get_by_text("Welcome")).to_have_count(0)
        page.goto(f"{url}join#{token}")
        assert token not in page.url  # neither in the address nor in the history of the tab
        page.fill("#password", "long enough")
        page.click("button[type=submit]")
        expect(page.locator("#studio-tabs")).to_be_visible()
        page.context.clear_cookies()
        page.goto(url)
        page.fill("#login", "Anna")
        page.fill("#password", "wrong, but long")
        page.click("button[type=submit]")
        expect(page.get_by_role("alert")).to_have_text("Wrong name or password. Try again.")
        page.fill("#password", "long enough")
        page.click("button[type=submit]")
        expect(page.locator("#studio-tabs")).to_be_visible()
        context.close()

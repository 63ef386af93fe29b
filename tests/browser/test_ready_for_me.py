"""A creator without a key follows the picker's link to the Account page, saves one, and the picker knows at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from studio.web.middleware import security
from tests.browser.conftest import PATIENT_MS, Site
from tests.support.keyrings import MemoryKeyring, used


@pytest.fixture
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from studio.web.app import served

    settings = Settings(data=tmp_path_factory.mktemp("ready") / "data", workers=1, access="password")
    with (
        used(MemoryKeyring()),
        Studio.open(settings) as studio,
        served(studio, server_port=None) as url,
    ):
        yield Site(url, studio)


def test_a_saved_key_makes_models_ready_without_a_reload(team: Site, browser: Browser) -> None:
    person = team.studio.people.create("Ben", role=Role.CREATOR).id
    authenticator = security.authenticator_of(team.studio.settings, team.studio.people)
    assert authenticator is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    token = team.studio.people.sign_in(person, method="password")
    context.add_cookies([{"name": authenticator.cookie, "value": token, "url": team.url}])
    page = context.new_page()
    page.goto(team.url)
    page.locator("#t2i-model").click(timeout=PATIENT_MS)
    page.locator("#t2i-picker .sp-key[data-connection=fal]").click()
    key = page.locator('.st-keyrow[data-provider="fal"] input')
    expect(key).to_be_focused()
    key.fill("an-own-key-of-ben")
    key.press("Enter")
    page.go_back()
    page.locator("#t2i-model").click(timeout=PATIENT_MS)
    expect(page.locator("#t2i-picker .sp-group[aria-label=fal] .sp-head")).to_contain_text("Your key")
    context.close()

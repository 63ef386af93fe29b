"""People who sign in at an OpenID provider: a real studio, a real provider, and whoever tries to get in otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from tests.providers.openid import OpenIdServer
from tests.support.kit import QUICK

fetch = partial(httpx.get, timeout=30)

RULES = "groups:film-admins=admin,groups:film=creator"


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdServer]:
    with OpenIdServer() as running:
        yield running


@pytest.fixture(autouse=True)
def honest(provider: OpenIdServer) -> None:
    """The provider as it should be, with Ada at the keyboard, before every test."""
    provider.person = {"sub": "ada-1", "name": "Ada L", "preferred_username": "ada", "groups": ["film"]}
    provider.private_claims = {"email": "ada@film.example", "email_verified": True}
    provider.header, provider.claims, provider.spoil = {}, {}, ""
    provider.named, provider.refuses = "issuer", ""
    provider.ended.clear()


def settings_of(provider: OpenIdServer, folder: Path, **options: str) -> Settings:
    given = {
        "STUDIO_OIDC_ISSUER": provider.issuer, "STUDIO_OIDC_CLIENT_ID": provider.CLIENT, "STUDIO_OIDC_ROLES": RULES,
    }  # fmt: skip
    secret = {"STUDIO_OIDC_CLIENT_SECRET": SecretStr(provider.SECRET)}
    return Settings(data=folder, access="oidc", options=given | options, secrets=secret)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue, provider: OpenIdServer) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("openid")
    engines = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    settings = settings_of(provider, folder / "data")
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(studio: Studio) -> Iterator[str]:
    from studio.web.app import served

    with served(studio, server_port=None) as address:
        yield address.rstrip("/")


@pytest.fixture
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as web:
        yield web


def to_provider(web: httpx.Client, query: str = "") -> httpx.Response:
    return web.get(f"/login/start{query}")


def back(web: httpx.Client, query: str = "") -> str:
    """The address to which the provider sends this browser back."""
    return fetch(to_provider(web, query).headers["location"]).headers["location"]


def sign_in(web: httpx.Client, query: str = "") -> httpx.Response:
    return web.get(back(web, query))


def is_in(web: httpx.Client) -> bool:
    return web.get("/ui/runs").status_code == 200


def test_a_person_signs_in_and_has_an_account_with_the_role_of_the_group(browser: httpx.Client, studio: Studio) -> None:
    page = browser.get("/?run=r_1", follow_redirects=True)
    assert page.url.path == "/login" and "login/start?next=%2F%3Frun%3Dr_1" in page.text
    answer = sign_in(browser, "?next=%2F%3Frun%3Dr_1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?run=r_1")
    assert is_in(browser)
    (ada,) = [person for person in studio.people.all() if person.login == "ada"]
    assert (ada.role, ada.name, ada.email, ada.subject) == (Role.CREATOR, "Ada L", "ada@film.example", "ada-1")


def test_the_same_subject_is_the_same_account_whatever_it_is_called(
    browser: httpx.Client, studio: Studio, provider: OpenIdServer
) -> None:
    sign_in(browser)
    before = len(studio.people.all())
    provider.person |= {"preferred_username": "ada-married", "groups": ["film-admins"]}
    sign_in(browser)
    assert len(studio.people.all()) == before
    (ada,) = [person for person in studio.people.all() if person.subject == "ada-1"]
    assert ada.role == Role.ADMIN  # the provider says so now


def test_another_subject_with_the_same_name_and_address_is_somebody_else(
    browser: httpx.Client, studio: Studio, provider: OpenIdServer
) -> None:
    sign_in(browser)
    provider.person |= {"sub": "eve-2"}
    sign_in(browser)
    found = {p.subject: p.login for p in studio.people.all() if p.subject in ("ada-1", "eve-2")}
    assert found["ada-1"] != found["eve-2"]


def test_who_has_no_role_is_refused_and_their_sessions_end(
    browser: httpx.Client, url: str, provider: OpenIdServer
) -> None:
    sign_in(browser)
    assert is_in(browser)
    provider.person |= {"groups": ["catering"]}
    with httpx.Client(base_url=url, timeout=30) as elsewhere:
        answer = sign_in(elsewhere)
        assert answer.status_code == 403 and "no role" in answer.text and not is_in(elsewhere)
    assert not is_in(browser)


def test_the_page_says_why_in_both_languages(browser: httpx.Client, provider: OpenIdServer) -> None:
    provider.person |= {"groups": []}
    answer = browser.get(back(browser), headers={"accept-language": "zh-CN"})
    assert "您在这个工作室中没有角色" in answer.text and "You have no role" in answer.text


# attacks -------------------------------------------------------------------------------------------------------------


def test_a_forged_state_signs_nobody_in(browser: httpx.Client, provider: OpenIdServer) -> None:
    answer = back(browser)
    for state in ("forged", "", secrets.token_urlsafe(32)):
        given = httpx.URL(answer).copy_set_param("state", state)
        assert browser.get(str(given)).status_code == 403 and not is_in(browser)


def test_an_answer_counts_only_in_the_browser_that_began(browser: httpx.Client, url: str) -> None:
    """Login by force: an attacker's answer is opened by somebody else, whose browser has no cookie of it."""
    stolen = back(browser)
    with httpx.Client(base_url=url, timeout=30) as victim:
        assert victim.get(stolen).status_code == 403 and not is_in(victim)
    assert browser.get(stolen).status_code == 403  # and it was used up by that


def test_an_answer_counts_once(browser: httpx.Client, url: str) -> None:
    first = back(browser)
    cookies = dict(browser.cookies)
    assert browser.get(first).status_code == 303
    assert fetch(first, cookies=cookies).status_code == 403


def test_the_code_of_another_sign_in_is_refused(browser: httpx.Client, url: str) -> None:
    """A code that was injected into an attempt of another browser fails by its verifier."""
    with httpx.Client(base_url=url, timeout=30) as attacker:
        code = parse_qs(urlsplit(back(attacker)).query)["code"][0]
    mine = httpx.URL(back(browser)).copy_set_param("code", code)
    answer = browser.get(str(mine))
    assert answer.status_code == 403 and not is_in(browser)


@pytest.mark.parametrize(
    "change",
    [
        {"claims": {"nonce": "another"}}, {"claims": {"nonce": None}}, {"claims": {"aud": "another"}},
        {"claims": {"iss": "https://evil.example"}}, {"claims": {"exp": 1}}, {"spoil": "none"},
        {"spoil": "client-secret"}, {"spoil": "public-key"}, {"spoil": "foreign-key"},
        {"named": "https://evil.example"}, {"named": None}, {"refuses": "access_denied"},
    ],
)  # fmt: skip
def test_a_spoilt_answer_signs_nobody_in(browser: httpx.Client, provider: OpenIdServer, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(provider, name, value)
    answer = sign_in(browser)
    assert answer.status_code == 403 and not is_in(browser)
    assert "Sign in with" in answer.text and "evil" not in answer.text


def test_parameters_said_twice_are_refused(browser: httpx.Client) -> None:
    answer = back(browser)
    assert browser.get(f"{answer}&code=another").status_code == 403 and not is_in(browser)


def test_a_planted_session_is_of_no_use(browser: httpx.Client, url: str, studio: Studio) -> None:
    """Session fixation: what the browser had before is no session afterwards."""
    with httpx.Client(base_url=url, timeout=30) as attacker:
        sign_in(attacker)
        planted = dict(attacker.cookies)
    for name, value in planted.items():
        browser.cookies.set(name, value, domain=urlsplit(url).hostname or "")
    assert is_in(browser)
    sign_in(browser)
    assert is_in(browser) and dict(browser.cookies) != planted
    assert fetch(f"{url}/ui/runs", cookies=planted).status_code == 401


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/x", "javascript:1"])
def test_a_sign_in_leads_to_the_studio_only(browser: httpx.Client, target: str) -> None:
    assert sign_in(browser, f"?next={target}").headers["location"] == "/"


def test_the_address_to_come_back_to_is_not_chosen_by_the_host_header(url: str) -> None:
    answer = fetch(f"{url}/login/start", headers={"host": "evil.example"})
    assert answer.status_code == 421


def test_another_site_can_neither_begin_nor_read(browser: httpx.Client) -> None:
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert browser.get("/login/start", headers=foreign).status_code == 403
    assert "Sign in with" in browser.get("/login/callback?state=x&code=y", headers=foreign).text
    fetched = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    assert "blocked" in browser.get("/login/callback", headers=fetched).json()["error"]


def test_cookies_of_an_attempt_are_for_this_attempt_alone(browser: httpx.Client) -> None:
    cookie = to_provider(browser).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/login/callback" in cookie
    assert "max-age=600" in cookie


def test_signing_out_ends_the_session_here_and_at_the_provider(
    browser: httpx.Client, url: str, provider: OpenIdServer
) -> None:
    sign_in(browser)
    kept = dict(browser.cookies)
    where = browser.post("/logout", headers={"accept": "application/json"}).json()["next"]
    assert where.startswith(f"{provider.url}/end?")
    assert fetch(f"{url}/ui/runs", cookies=kept).status_code == 401
    asked = parse_qs(urlsplit(where).query)
    assert asked["post_logout_redirect_uri"] == [f"{url}/login"] and asked["id_token_hint"][0].count(".") == 2


def test_no_token_and_no_secret_is_anywhere(
    browser: httpx.Client, studio: Studio, provider: OpenIdServer, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(browser)
    provider.spoil = "none"
    sign_in(browser)
    secret = [provider.SECRET, *provider.access, *provider.refreshes, *provider.codes]
    texts = [caplog.text, browser.get("/login").text, browser.get("/").text, repr(studio.settings)]
    files = [path.read_bytes() for path in studio.settings.data.rglob("*") if path.is_file()]
    for value in secret:
        assert not any(value in text for text in texts)
        assert not any(value.encode() in content for content in files)


def test_a_provider_that_is_away_is_said_on_the_page(browser: httpx.Client, tmp_path: Path) -> None:
    with OpenIdServer() as away:
        settings = settings_of(away, tmp_path / "data")
    from studio.web.app import served

    with Studio.open(settings, engines={}, start=False) as other, served(other, server_port=None) as address:
        answer = fetch(f"{address}login/start")
    assert answer.status_code == 502 and "cannot be reached" in answer.text

"""A studio as a Hugging Face Space: visitors with a cookie of their own, and people who sign in with Hugging Face."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import HTTPConnection

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.errors import NotAllowed, NotConfigured
from studio.permissions import Action, Role
from studio.services import visitors as visitors_service
from studio.settings import Settings
from studio.studio import Studio
from studio.web.signin.visitors import VisitorCookies
from tests.providers.openid import OpenIdServer
from tests.support.kit import QUICK, image

fetch = partial(httpx.get, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def hub() -> Iterator[OpenIdServer]:
    with OpenIdServer() as running:
        yield running


@pytest.fixture(autouse=True)
def honest(hub: OpenIdServer) -> None:
    hub.person = {"sub": "user-1", "name": "Bo", "preferred_username": "bo"}
    hub.private_claims = {"orgs": [], "isPro": False}
    hub.access_prefix = "hf_oauth_"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue, hub: OpenIdServer) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("space")
    environ = {
        "OAUTH_CLIENT_ID": hub.CLIENT, "OAUTH_CLIENT_SECRET": hub.SECRET, "OPENID_PROVIDER_URL": hub.issuer,
        "OAUTH_SCOPES": "openid profile inference-api", "SPACE_HOST": f"127.0.0.1:{free_port()}",
        "SPACE_AUTHOR_NAME": "Ada", "SPACE_CREATOR_USER_ID": "owner-1",
    }  # fmt: skip
    settings = Settings(
        data=folder / "data", access="huggingface", port=int(environ["SPACE_HOST"].rpartition(":")[2]),
        environ={name: SecretStr(value) for name, value in environ.items()},
    )  # fmt: skip
    engines = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(studio: Studio) -> Iterator[str]:
    from studio.web.app import served

    with served(studio) as address:
        yield address.rstrip("/")


@pytest.fixture
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as web:
        yield web


def visitor_of(studio: Studio, web: httpx.Client) -> str:
    """The key of the visitor that this browser is."""
    (token,) = [value for name, value in web.cookies.items() if "visitor" in name]
    return studio.visitors.key_of(token) or ""


def sign_in(web: httpx.Client) -> httpx.Response:
    back = fetch(web.get("/login/start").headers["location"]).headers["location"]
    return web.get(back)


def test_whoever_opens_the_space_is_a_visitor(browser: httpx.Client, studio: Studio, url: str) -> None:
    assert fetch(f"{url}/ui/runs").status_code == 401  # programs are none
    assert browser.get("/").status_code == 200
    assert visitor_of(studio, browser).startswith("v_")
    assert browser.get("/ui/runs").status_code == 200
    again = browser.get("/")
    assert "set-cookie" not in again.headers  # the same visitor


def test_visitors_see_nothing_of_one_another(
    browser: httpx.Client, studio: Studio, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get("/")
    mine = visitor_of(studio, browser)
    monkeypatch.setattr(studio.context.visitors, "free", frozenset({"fake"}))
    (run,) = studio.acting_for(mine).requests.submit(image("mine"))
    assert run.owner == mine and run.id in browser.get("/ui/runs").text
    with httpx.Client(base_url=url, timeout=30) as other:
        other.get("/")
        assert run.id not in other.get("/ui/runs").text
        assert other.get(f"/ui/runs/{run.id}").status_code == 404


def test_a_visitor_uses_the_free_engine_only(browser: httpx.Client, studio: Studio) -> None:
    browser.get("/")
    with pytest.raises((NotAllowed, NotConfigured)):
        studio.acting_for(visitor_of(studio, browser)).requests.submit(image("at the studio's cost"))


def test_a_visitor_manages_nothing_and_has_no_account(browser: httpx.Client, studio: Studio) -> None:
    browser.get("/")
    actor = studio.acting_for(visitor_of(studio, browser)).actor
    assert actor.role == Role.CREATOR and actor.is_visitor
    assert {action for action in Action if actor.may(action)} == {Action.VIEW, Action.REVIEW, Action.CREATE}
    assert browser.post("/ui/queue/pause").status_code == 403


def test_a_forged_or_old_visitor_is_nobody(browser: httpx.Client, studio: Studio, url: str) -> None:
    browser.get("/")
    name = next(name for name in browser.cookies if "visitor" in name)
    for forged in ("v_1", visitor_of(studio, browser), "", "x" * 5000):
        assert fetch(f"{url}/ui/runs", headers={"cookie": f"{name}={forged}"}).status_code == 401
    with pytest.raises(NotAllowed):
        studio.acting_for("v_unknown")
    bearer = {"authorization": f"Bearer {browser.cookies[name]}"}
    assert fetch(f"{url}/ui/runs", headers=bearer).status_code == 401


def test_programs_that_flood_are_asked_to_sign_in(studio: Studio, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(visitors_service, "NEW_PER_ADDRESS", visitors_service.RateLimitItemPerHour(1))
    statuses = [fetch(url).status_code for _ in range(3)]
    assert statuses[-1] == 303  # to the sign-in page


def test_the_owner_of_the_space_manages_it_and_others_make_films(
    browser: httpx.Client, studio: Studio, hub: OpenIdServer
) -> None:
    assert sign_in(browser).status_code == 303
    hub.person |= {"sub": "owner-1", "preferred_username": "renamed"}
    sign_in(browser)
    hub.person |= {"sub": "user-3", "preferred_username": "ada"}
    sign_in(browser)
    roles = {p.subject: p.role for p in studio.people.all()}
    assert roles == {"user-1": Role.CREATOR, "owner-1": Role.ADMIN, "user-3": Role.ADMIN}


def test_an_organisations_administrators_own_its_space(
    browser: httpx.Client, studio: Studio, hub: OpenIdServer
) -> None:
    hub.person |= {"sub": "user-4", "preferred_username": "cy"}
    hub.private_claims = {"orgs": [{"preferred_username": "Ada", "roleInOrg": "admin"}]}
    sign_in(browser)
    hub.person |= {"sub": "user-5", "preferred_username": "di"}
    hub.private_claims = {"orgs": [{"preferred_username": "Ada", "roleInOrg": "write"}]}
    sign_in(browser)
    roles = {p.subject: p.role for p in studio.people.all()}
    assert (roles["user-4"], roles["user-5"]) == (Role.ADMIN, Role.CREATOR)


def test_the_way_back_is_the_address_of_the_space(browser: httpx.Client, hub: OpenIdServer, studio: Studio) -> None:
    hub.asked.clear()
    sign_in(browser)
    host = studio.settings.option("SPACE_HOST")
    assert hub.asked[-1]["redirect_uri"] == f"http://{host}/login/callback"
    assert "inference-api" in hub.asked[-1]["scope"]


def test_in_a_frame_the_cookie_is_one_that_browsers_keep_there(studio: Studio) -> None:
    cookies = VisitorCookies(studio.visitors, cookie="studio_visitor_x", framed=True)
    scope = {
        "type": "http",
        "scheme": "http",
        "headers": [],
        "client": ("192.0.2.1", 1),
        "path": "/",
        "server": ("x", 1),
    }
    made = asyncio.run(cookies.welcome(HTTPConnection(scope)))
    assert made is not None
    for part in ("HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/"):
        assert part in made[1].split("; ")

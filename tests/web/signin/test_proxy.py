"""A proxy that knows who asks: its header counts from its own connection alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeProvider
from studio.permissions import Role
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK

fetch = partial(httpx.get, timeout=30)

RULES = "groups:film-admins=admin,user:boss=producer"
HEADER = "X-Forwarded-User"


@contextmanager
def served(folder: Path, catalogue: Catalogue, proxies: tuple[str, ...]) -> Iterator[tuple[Studio, str]]:
    from studio.web.app import served as serve

    options = {
        "STUDIO_PROXY_HEADER": HEADER, "STUDIO_PROXY_GROUPS_HEADER": "X-Forwarded-Groups",
        "STUDIO_PROXY_ROLES": RULES, "STUDIO_PROXY_DEFAULT_ROLE": "viewer",
    }  # fmt: skip
    settings = Settings(data=folder / "data", access="proxy", trusted_proxies=proxies, options=options)
    engines = {"fake": FakeEngine(name="fake", provider=FakeProvider(folder / "fake"))}
    with (
        Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK) as studio,
        serve(studio, server_port=None) as address,
    ):
        yield studio, address.rstrip("/")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[tuple[Studio, str]]:
    """The tests are the proxy."""
    with served(tmp_path_factory.mktemp("proxy"), catalogue, ("127.0.0.1",)) as both:
        yield both


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[tuple[Studio, str]]:
    """The proxy is somewhere else, and the tests are anybody."""
    with served(tmp_path_factory.mktemp("beside"), catalogue, ("10.9.9.9",)) as both:
        yield both


def get(url: str, path: str = "/ui/runs", **headers: str) -> httpx.Response:
    return fetch(f"{url}{path}", headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_whom_the_proxy_names_has_an_account_at_first_sight(behind: tuple[Studio, str]) -> None:
    studio, url = behind
    assert get(url, X_Forwarded_User="ada@film.example").status_code == 200
    assert get(url, X_Forwarded_User="ada@film.example").status_code == 200
    (ada,) = [p for p in studio.people.all() if p.login == "ada@film.example"]
    assert (ada.role, ada.issuer, ada.subject) == (Role.VIEWER, "proxy", "ada@film.example")


def test_groups_and_names_give_roles(behind: tuple[Studio, str]) -> None:
    studio, url = behind
    assert get(url, X_Forwarded_User="eve", X_Forwarded_Groups="film, film-admins").status_code == 200
    assert get(url, X_Forwarded_User="boss").status_code == 200
    roles = {p.login: p.role for p in studio.people.all()}
    assert (roles["eve"], roles["boss"]) == (Role.ADMIN, Role.PRODUCER)
    get(url, X_Forwarded_User="eve", X_Forwarded_Groups="film")
    get(url, X_Forwarded_User="second", X_Forwarded_Groups="film-admins")
    get(url, X_Forwarded_User="eve", X_Forwarded_Groups="")
    assert {p.login: p.role for p in studio.people.all()}["second"] == Role.ADMIN


def test_without_a_name_nobody_enters(behind: tuple[Studio, str]) -> None:
    _, url = behind
    assert get(url).status_code == 401
    for name in ("", "x" * 201):
        assert get(url, X_Forwarded_User=name).status_code == 403


def test_two_names_are_refused(behind: tuple[Studio, str]) -> None:
    """A proxy that adds its header to the one that a browser sent."""
    _, url = behind
    answer = fetch(f"{url}/ui/runs", headers=[(HEADER, "boss"), (HEADER, "ada")])
    assert answer.status_code == 403 and "exactly one" in answer.json()["error"]


def test_a_disabled_account_stays_out(behind: tuple[Studio, str]) -> None:
    studio, url = behind
    get(url, X_Forwarded_User="leaver")
    (leaver,) = [p for p in studio.people.all() if p.login == "leaver"]
    studio.people.disable(leaver.id)
    assert get(url, X_Forwarded_User="leaver").status_code in (401, 403)


def test_anybody_else_who_sends_the_header_is_refused(beside: tuple[Studio, str]) -> None:
    studio, url = beside
    for more in ({}, {"X-Forwarded-For": "10.9.9.9"}, {"Forwarded": "for=10.9.9.9"}, {"X-Real-IP": "10.9.9.9"}):
        answer = fetch(f"{url}/ui/runs", headers={HEADER: "boss"} | more)
        assert answer.status_code == 403 and "trusted proxy" in answer.json()["error"]
    for header in ("x-forwarded-user", "X-FORWARDED-USER", "X-Forwarded-Groups"):
        for path in ("/", "/healthz", "/login", "/media/x"):
            assert fetch(f"{url}{path}", headers={header: "boss"}).status_code == 403
    assert studio.people.all() == []
    assert fetch(f"{url}/ui/runs").status_code == 401


def test_the_address_that_a_trusted_proxy_forwards_is_not_taken_for_the_proxy(beside: tuple[Studio, str]) -> None:
    """Only the connection itself counts, so a browser behind it gains nothing by naming the proxy's address."""
    _, url = beside
    answer = fetch(f"{url}/ui/runs", headers={HEADER: "boss", "X-Forwarded-For": "10.9.9.9, 10.9.9.9"})
    assert answer.status_code == 403

"""Which tabs each role and a visitor of a public Space have, and that the page tells each person their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio import engines
from studio.permissions import LOCAL_ACTOR, VISITOR_PREFIX, Action, Role
from studio.settings import Settings
from studio.studio import Studio
from studio.web.app import served
from studio.web.forms.tasks import CREATE_TASKS
from studio.web.middleware import security
from studio.web.navigation import TAB_ACTIONS, hidden_tabs, tab_of, tags
from studio.web.script_words import IMPORT
from studio.web.static import ASSETS
from studio.web.tabs import tabs_of

LOOK = {"storyboard", "gallery", "review", "queue"}
OWN = {"refunds", "activity", "account", "settings"}
MONEY = {"approvals", "spending"}
STUDIO = {"models", "workflows", "people"}
EXPECTED = {
    Role.VIEWER: LOOK | OWN,
    Role.REVIEWER: LOOK | OWN,
    Role.CREATOR: LOOK | OWN | set(CREATE_TASKS),
    Role.PRODUCER: LOOK | OWN | set(CREATE_TASKS) | MONEY,
    Role.ADMIN: LOOK | OWN | set(CREATE_TASKS) | MONEY | STUDIO,
}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(data=tmp_path / "data", workers=1, access="password")
    with Studio.open(settings, engines={"draft": engines.build("draft", settings)}) as made:
        yield made


def shown(studio: Studio, key: str) -> set[str]:
    return set(TAB_ACTIONS) - set(hidden_tabs(studio.acting_for(key)))


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_tabs(studio: Studio, role: Role) -> None:
    assert shown(studio, studio.people.create("Anna", role=role).id) == EXPECTED[role]


def test_a_visitor_creates_and_looks(studio: Studio) -> None:
    key, _ = studio.visitors.welcome("192.0.2.1") or ("", "")
    assert key.startswith(VISITOR_PREFIX)
    assert shown(studio, key) == LOOK | set(CREATE_TASKS)


def test_a_studio_without_accounts_shows_all_but_what_takes_a_team(studio: Studio) -> None:
    assert shown(studio, LOCAL_ACTOR.id) == set(TAB_ACTIONS) - MONEY


def test_the_table_names_every_tab_of_the_page(studio: Studio) -> None:
    assert [tab.id for tab in tabs_of(studio)] == list(TAB_ACTIONS)
    assert all((ASSETS / "js" / tab.script).is_file() for tab in tabs_of(studio))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({}, "edit"),
        ({"tab": "queue"}, "queue"),
        ({"tab": "t2i"}, "edit"),
        ({"tab": "no"}, "edit"),
        ({"run": "r"}, "gallery"),
    ],
)
def test_the_page_begins_with_the_tab_of_its_address_where_the_person_has_it(query: dict[str, str], first: str) -> None:
    assert tab_of(query, ["t2i"], TAB_ACTIONS) == first


def test_scripts_are_loaded_before_they_are_asked_for_and_only_those_of_the_open_tab(studio: Studio) -> None:
    """Each import of each script has its link, so that the browser waits for no import of an import."""
    scripts = {tab.id: tab.script for tab in tabs_of(studio)}
    services = studio.acting_for(studio.people.create("Ada", role=Role.ADMIN).id)
    form, gallery = (tags(services, {"tab": tab}, scripts) for tab in ("t2i", "gallery"))
    linked = {tab: set(re.findall(r'modulepreload" href="ui/assets/\w+/([^"]+)', html)) for tab, html in
              (("form", form), ("gallery", gallery))}  # fmt: skip
    assert {"js/form/bar.js", "js/dom.js", "js/controls/control.js"} <= linked["form"]
    assert "js/gallery.js" in linked["gallery"] and "js/gallery.js" not in linked["form"]
    for paths in linked.values():
        for path in paths:
            imported = IMPORT.findall((ASSETS / path).read_text("utf-8"))
            own = {(ASSETS / path).parent.joinpath(name).resolve() for call, name in imported if not call}
            assert own <= {ASSETS / one for one in paths}, path
    assert "form/first.js" in form and "form/first.js" not in gallery


def test_the_page_tells_each_person_their_own(studio: Studio) -> None:
    viewer, admin = (studio.people.create(str(role), role=role).id for role in (Role.VIEWER, Role.ADMIN))
    authenticator = security.authenticator_of(studio.settings, studio.people)
    assert authenticator is not None
    with served(studio, server_port=None) as url, httpx.Client(base_url=url, timeout=20) as web:
        for person, may, hidden in ((viewer, "view own_account", "t2i edit"), (admin, "view own_account review", "")):
            token = studio.people.sign_in(person, method="password")
            page = web.get("/", headers={"cookie": f"{authenticator.cookie}={token}"})
            assert page.headers["cache-control"] == "no-store"
            told = page.text.partition('name="studio-may" content="')[2].partition('"')[0]
            assert told.startswith(may)
            assert page.text.partition('name="studio-hidden-tabs" content="')[2].startswith(hidden)
            assert (Action.MANAGE_STUDIO in told) is (person == admin)

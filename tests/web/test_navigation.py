"""Which tabs each role and a visitor of a public Space have, and that the page tells each person their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio import engines
from studio.permissions import LOCAL_ACTOR, VISITOR_PREFIX, Action, Role
from studio.settings import Settings
from studio.studio import Studio
from studio.web.app import CREATE_TASKS, build, prepare, served
from studio.web.middleware import security
from studio.web.navigation import TAB_ACTIONS, hidden_tabs

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
    import gradio as gr

    prepare(studio)
    tabs = {str(block.id) for block in build(studio).blocks.values() if isinstance(block, gr.Tab)}
    assert tabs == set(TAB_ACTIONS)


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

"""The table of rights: it covers every service, the guard does what it says, and nothing is open by mistake."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.errors import NotAllowed
from studio.permissions import LEAST_ROLE, LOCAL_ACTOR, Action, Actor, Role
from studio.services.acting import UserServices
from studio.services.rights import RIGHTS, guarded
from studio.settings import Settings
from studio.studio import Studio

INTERNAL = {
    "notifications.own",
    "assets.add_frame",
    "connections.refresh",
    "continuations.advance",
    "delivery_approval.missing",
    "delivery_approval.require",
    "exports.resume",
    "language_model.endpoint",
    "language_model.known_models",
    "notifications.arrived",
    "notifications.close",
    "notifications.start",
    "people.actor",
    "people.adopt",
    "people.bootstrap",
    "people.credentials",
    "people.end_session",
    "people.failed_sign_in",
    "people.has_admin",
    "people.join",
    "people.key_of_session",
    "people.key_of_token",
    "people.lives",
    "people.make_token",
    "people.name_of",
    "people.person_of_subject",
    "people.refuse_subject",
    "people.session_id",
    "people.set_password",
    "people.sign_in",
    "people.sign_out",
    "projects.require_managed",
    "queue.active",
    "queue.get",
    "queue.revision",
    "queue.subscribe",
    "queue.visible",
    "queue.waiting",
    "requests.estimate_checked",
    "requests.revalidate",
    "requests.revised",
    "requests.store",
    "requests.validate_list",
    "reviews.holding",
    "storyboards.project_for_runs",
    "storyboards.submit",
    "token_spending.charge",
    "token_spending.charge_expense",
    "token_spending.token",
}
"""Methods that only the studio itself calls; nobody reaches them through acting_for."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path_factory.mktemp("rights")), start=False) as opened:
        yield opened


def services(studio: Studio) -> dict[str, object]:
    """Every service by name, unguarded."""
    return {name: value for name, value in vars(studio.on_behalf_of("")).items() if name != "actor"}


def public(service: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(type(service)) if not name.startswith("_")}


def test_every_public_method_has_a_row_or_is_the_studios_own(studio: Studio) -> None:
    found = services(studio)
    assert set(found) == set(RIGHTS)
    methods = {f"{name}.{method}" for name, service in found.items() for method in public(service)}
    listed = {f"{name}.{method}" for name, rows in RIGHTS.items() for method in rows}
    assert not listed & INTERNAL
    assert methods - listed - INTERNAL == set(), "give them a row in studio/services/rights.py"
    assert (listed | INTERNAL) - methods == set(), "these are gone"


@pytest.mark.parametrize("role", Role)
def test_role_by_action(studio: Studio, role: Role) -> None:
    """The whole matrix: each method of each service, for each role."""
    allowed = 0
    for name, service in services(studio).items():
        actor = Actor("p_x", role, "Anna")
        for method, action in RIGHTS[name].items():
            if method in ("paused", "storage_reason", "keyring", "folder"):  # properties: reading is calling
                continue
            if role.includes(LEAST_ROLE[action]):
                assert getattr(guarded(name, service, actor), method) == getattr(service, method)
                allowed += 1
            else:
                with pytest.raises(NotAllowed, match=LEAST_ROLE[action]):
                    getattr(guarded(name, service, actor), method)
    assert allowed


def test_a_method_without_a_row_is_closed(studio: Studio) -> None:
    with pytest.raises(AttributeError, match="no row"):
        _ = guarded("requests", studio.local.requests, Actor("p_x", Role.ADMIN)).store


def test_tokens_and_visitors_may_less_than_their_role() -> None:
    assert not Actor("p_x", Role.ADMIN, token="t_x").may(Action.MANAGE_PEOPLE)
    assert not Actor("p_x", Role.ADMIN, token="t_x").may(Action.OWN_ACCOUNT)
    assert [a for a in Action if Actor("p_x", Role.ADMIN, token="t_x", scope="read").may(a)] == [Action.VIEW]
    assert not Actor("v_x", Role.CREATOR).may(Action.SHARE)
    assert all(LOCAL_ACTOR.may(action) for action in Action)


def test_an_actor_of_no_account_is_refused(studio: Studio) -> None:
    for key in ("-", "p_unknown", "t_x", "v_x", "p_x/t_x", "' OR 1=1"):
        with pytest.raises(NotAllowed):
            studio.acting_for(key)
    assert isinstance(studio.acting_for(""), UserServices)


def test_rights_follow_the_role_at_once(tmp_path: Path) -> None:
    with Studio.open(Settings(data=tmp_path), start=False) as studio:
        anna = studio.people.create("anna", role=Role.CREATOR)
        with pytest.raises(NotAllowed, match="producer"):
            studio.acting_for(anna.id).queue.pause()
        studio.people.set_role(anna.id, Role.PRODUCER)
        studio.acting_for(anna.id).queue.pause()
        studio.people.disable(anna.id)
        with pytest.raises(NotAllowed, match="disabled"):
            studio.acting_for(anna.id)

"""Accounts: links, sessions and tokens live as long as they should, nothing of them can be read, an admin is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from studio.domain import now
from studio.errors import CapabilityError, Conflict, NotAllowed
from studio.permissions import Role
from studio.services import people as service
from studio.services.first_admin import make_admin
from studio.services.people import People
from studio.settings import Settings
from studio.store import Store
from studio.studio import Studio


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def people(store: Store) -> People:
    return People(store)


def test_logins_are_unique_whatever_their_case(people: People) -> None:
    people.create(" Anna  Lee ", role=Role.CREATOR)
    with pytest.raises(Conflict, match="anna lee is taken"):
        people.create("anna lee", role=Role.CREATOR)


@pytest.mark.parametrize("login", ["", "   ", "x" * 101, "a\x00b", "a\u202eb"])
def test_a_login_is_short_printable_text(people: People, login: str) -> None:
    with pytest.raises(CapabilityError) as error:
        people.create(login, role=Role.CREATOR)
    assert error.value.field == "login"


@pytest.mark.parametrize("password", ["", "short", " " * 20, "x" * 2000])
def test_passwords_have_a_length(people: People, password: str) -> None:
    anna = people.create("anna", role=Role.CREATOR)
    token = people.invite(anna.id)
    with pytest.raises(CapabilityError):
        people.join(token, password)
    assert people.join(token, "long enough").has_password  # a refused password does not use the link up


def test_a_link_counts_once_for_a_while_and_only_the_last(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = people.create("anna", role=Role.CREATOR)
    first, second = people.invite(anna.id), people.invite(anna.id)
    with pytest.raises(NotAllowed):
        people.join(first, "long enough")
    people.join(second, "long enough")
    for token in (second, "", "x"):
        with pytest.raises(NotAllowed):
            people.join(token, "long enough")
    monkeypatch.setattr(service, "INVITATION_HOURS", -1)
    with pytest.raises(NotAllowed):
        people.join(people.invite(anna.id), "long enough")


def test_the_last_administrator_stays(people: People) -> None:
    anna, ben = people.create("anna", role=Role.ADMIN), people.create("ben", role=Role.ADMIN)
    people.disable(ben.id)
    for change in (lambda: people.disable(anna.id), lambda: people.set_role(anna.id, Role.PRODUCER)):
        with pytest.raises(Conflict, match="last admin"):
            change()
    people.enable(ben.id)
    assert people.set_role(anna.id, Role.VIEWER).role is Role.VIEWER


def test_sessions_end(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = people.create("anna", role=Role.CREATOR)
    one, two, three = (people.sign_in(anna.id, method="password", device=f"d{n}") for n in range(3))
    assert people.key_of_session(one) == anna.id
    people.sign_out(one)
    assert people.key_of_session(one) is None
    people.end_session(anna.id, people.session_id(two))
    assert people.key_of_session(two) is None
    people.set_password(anna.id, "long enough", keep_session=three)
    assert people.key_of_session(three) == anna.id
    assert people.sign_out_everywhere(anna.id) == 1
    assert people.key_of_session(three) is None
    monkeypatch.setattr(service, "SESSION_DAYS", -1)
    assert people.key_of_session(people.sign_in(anna.id, method="password")) is None


def test_sessions_of_one_person_are_bounded(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_SESSIONS", 3)
    anna = people.create("anna", role=Role.CREATOR)
    tokens = [people.sign_in(anna.id, method="password") for _ in range(5)]
    assert [people.key_of_session(token) for token in tokens] == [None, None, anna.id, anna.id, anna.id]


def test_tokens_are_shown_once_expire_and_can_be_revoked(people: People, store: Store, tmp_path: Path) -> None:
    anna = people.create("anna", role=Role.CREATOR)
    token, text = people.make_token(anna.id, "laptop", scope="read", usd_limit=5, expires_at=now() + timedelta(days=1))
    key = people.key_of_token(text)
    assert key is not None and key == f"{anna.id}/{token.id}"
    actor = people.actor(key)
    assert (actor.id, actor.token, actor.scope) == (anna.id, token.id, "read")
    session = people.sign_in(anna.id, method="password")
    invitation = people.invite(anna.id)
    store.close()
    stored = b"".join(p.read_bytes() for p in tmp_path.glob("studio.db*"))
    assert not [secret for secret in (text, session, invitation) if secret.encode() in stored]


def test_revoked_and_expired_tokens_are_nobody(people: People, store: Store) -> None:
    anna = people.create("anna", role=Role.CREATOR)
    token, text = people.make_token(anna.id, "laptop", expires_at=now() + timedelta(days=1))
    key = people.key_of_token(text)
    assert key
    with pytest.raises(CapabilityError):
        people.make_token(anna.id, "late", expires_at=now() - timedelta(days=1))
    people.revoke_token("p_other", token.id)  # somebody else's
    assert people.key_of_token(text) == key
    people.revoke_token(anna.id, token.id)
    assert people.key_of_token(text) is None
    with pytest.raises(NotAllowed):
        people.actor(key)
    with store.write() as db:
        db.conn.execute("UPDATE access_tokens SET revoked_at = NULL, expires_at = '2020-01-01T00:00:00+00:00'")
    assert People(store).key_of_token(text) is None


def test_somebody_who_signs_in_elsewhere_is_known_by_issuer_and_subject_alone(people: People) -> None:
    one = people.person_of_subject("https://a.example", "1", login="anna", role=Role.CREATOR)
    other = people.person_of_subject("https://b.example", "1", login="anna", role=Role.ADMIN)
    again = people.person_of_subject("https://a.example", "1", login="renamed", role=Role.PRODUCER)
    assert (one.login, other.login) == ("anna", "anna-2")
    assert (again.id, again.login, again.role) == (one.id, "anna", Role.PRODUCER)


def test_the_first_administrator_is_made_beside_a_running_studio_and_gets_what_was_there(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, access="password", origins=("https://studio.example",))
    with Studio.open(settings.model_copy(update={"access": "solo"}), start=False) as studio:
        board = studio.local.storyboards.create("Harbour").board
    with Studio.open(settings, start=False) as studio:
        assert not studio.people.has_admin()
        link = make_admin(settings, "anna").partition("\n")[0]
        assert link.startswith("https://studio.example/join#")
        anna = studio.people.join(link.partition("#")[2], "long enough")
        assert anna.role is Role.ADMIN
        studio.people.adopt()
        assert [b.board.id for b in studio.acting_for(anna.id).storyboards.all()] == [board.id]

"""Accounts: who there is, with which role, and who a session, an access token or a one-time link stands for.

Tokens are random and opaque; only their hashes are kept, so that they can be revoked and read nowhere. What is asked at
every request is remembered for a few seconds, and forgotten at each change.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlite_utils import Database

from studio.domain import now
from studio.errors import CapabilityError, Conflict, NotAllowed, NotFound, StorageUnavailable
from studio.messages import Message, term
from studio.permissions import LOCAL_ACTOR, PERSON_PREFIX, TOKEN_PREFIX, Actor, Role, Scope
from studio.services.audit_log import AuditLog
from studio.services.call_origin import CALL_ORIGIN
from studio.services.recording import clip
from studio.settings import BOOTSTRAP_LOGIN, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS
from studio.store import Store, people
from studio.store.audit import Entry
from studio.store.mapping import new_id, stamp
from studio.store.people import AccessToken, Person, Session

SESSION_DAYS, INVITATION_HOURS = 14, 48
ACCESS_TOKEN_PREFIX = "wan_"  # noqa: S105 - how a token begins, for people and for scanners that look for leaked ones
REMEMBERED_S, MAX_REMEMBERED = 5.0, 10_000
"""How long an answer about a token counts; another process may change the accounts."""
TOUCH_EVERY = timedelta(minutes=5)
"""How exact "last seen" is; not every request writes."""
LOGIN_MAX_CHARS, NAME_MAX_CHARS = 100, 200
MAX_TOKENS, MAX_SESSIONS = 50, 50
"""Of one person."""

T = TypeVar("T")


def hashed(token: str) -> str:
    """The hash under which a random token is kept; a slow one is for passwords, which can be guessed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class People:
    """All accounts. Safe from any thread. on_change: called after each change, also when a session ends."""

    def __init__(self, store: Store, audit_log: AuditLog | None = None) -> None:
        """audit_log: hears of sign-ins, failed ones, and what else no method of the table of rights stands for."""
        self._store, self._audit_log = store, audit_log
        self._remembered: dict[tuple[str, str], tuple[float, object]] = {}
        self.changes = 0
        """Another number after every change of this program; what was remembered before it is forgotten by then."""
        self.on_change: Callable[[], None] = lambda: None

    def actor(self, key: str) -> Actor:
        """Who a key names, with the role of this moment. Raises NotAllowed for an account that is gone or disabled."""
        if not key:
            return LOCAL_ACTOR
        return self._remember("actor", key, self._actor)

    def _actor(self, key: str) -> Actor:
        person_id, _, token_id = key.partition("/")
        with self._store.read() as db:
            try:
                person = people.get(db, person_id)
            except NotFound:
                raise NotAllowed(Message("people.gone")) from None
            token = people.token(db, token_id) if token_id else None
        if person.disabled_at or (token_id and (token is None or not _lives(token))):
            raise NotAllowed(Message("people.gone"))
        actor = Actor(person.id, person.role, person.shown_name)
        return replace(actor, token=token.id, scope=token.scope) if token else actor

    def name_of(self, person_id: str) -> str:
        """The name that others see, also of a disabled account; "" for whoever has none."""
        return self._remember("name", person_id, self._name)

    def _name(self, person_id: str) -> str:
        with self._store.read() as db:
            try:
                return people.get(db, person_id).shown_name
            except NotFound:
                return ""

    def all(self) -> list[Person]:
        """Every account, the oldest first."""
        with self._store.read() as db:
            return people.everyone(db)

    def get(self, person_id: str) -> Person:
        """One account. Raises NotFound."""
        with self._store.read() as db:
            return people.get(db, person_id)

    def invited(self) -> dict[str, datetime]:
        """Persons whose one-time link still counts, and until when."""
        with self._store.read() as db:
            return people.open_invitations(db)

    def has_admin(self) -> bool:
        """Whether anybody can manage accounts."""
        with self._store.read() as db:
            return bool(people.active_admins(db))

    def create(self, login: str, *, role: Role, name: str = "", email: str = "") -> Person:
        """A new account without a password. The first administrator owns what was made before there were accounts.

        login: unique in any case of its letters. Raises CapabilityError (field login or name), Conflict.
        """
        login, name = _checked(login, "login", LOGIN_MAX_CHARS), _checked(name, "name", NAME_MAX_CHARS, empty=True)
        try:
            with self._store.write() as db:
                person = people.add(
                    db,
                    new_id(PERSON_PREFIX),
                    login=login,
                    name=name,
                    email=email.strip()[:NAME_MAX_CHARS],
                    role=role.value,
                )
        except sqlite3.IntegrityError:
            raise Conflict(Message("people.login_taken", login=login)) from None
        self._changed()
        return person

    def person_of_subject(
        self, issuer: str, subject: str, *, login: str, role: Role, name: str = "", email: str = "",
        keep_role: bool = False,
    ) -> Person:  # fmt: skip
        """The account for somebody who signed in elsewhere, made at first sight; a taken login gets a number.

        role: the one to have from now on, or with keep_role at first only. The last administrator keeps theirs.
        """
        with self._store.write() as db:
            person = people.with_subject(db, issuer, subject)
            if person is None:
                person = people.add(
                    db, new_id(PERSON_PREFIX), login=_free_login(db, login), name=name[:NAME_MAX_CHARS],
                    email=email[:NAME_MAX_CHARS], role=role.value, issuer=issuer, subject=subject,
                )  # fmt: skip
            elif not keep_role and person.role is not role and not _is_last_admin(db, person):
                person = people.change(db, person.id, role=role.value)
        self._changed()
        return person

    def refuse_subject(self, issuer: str, subject: str) -> None:
        """Somebody who signs in elsewhere may enter no longer: their sessions end."""
        with self._store.read() as db:
            person = people.with_subject(db, issuer, subject)
        if person is not None:
            self.sign_out_everywhere(person.id)

    def set_role(self, person_id: str, role: Role) -> Person:
        """Give another role, which counts from the next request on. Raises NotFound, Conflict for the last admin."""
        with self._store.write() as db:
            person = people.get(db, person_id)
            if role is not Role.ADMIN:
                _refuse_last_admin(db, person)
            person = people.change(db, person_id, role=role.value)
        self._changed()
        return person

    def rename(self, person_id: str, name: str) -> Person:
        """Set the name that others see; "" shows the login."""
        name = _checked(name, "name", NAME_MAX_CHARS, empty=True)
        with self._store.write() as db:
            person = people.change(db, person_id, name=name)
        self._changed()
        return person

    def disable(self, person_id: str) -> Person:
        """Let the person in no more; what they made stays. Their sessions end. Raises Conflict for the last admin."""
        with self._store.write() as db:
            _refuse_last_admin(db, people.get(db, person_id))
            person = people.change(db, person_id, disabled_at=stamp())
            people.end_sessions(db, person_id)
            people.end_invitations(db, person_id)
        self._changed()
        return person

    def enable(self, person_id: str) -> Person:
        """Let a disabled person in again."""
        with self._store.write() as db:
            person = people.change(db, person_id, disabled_at=None)
        self._changed()
        return person

    def invite(self, person_id: str) -> str:
        """A one-time token with which this person chooses a password, for INVITATION_HOURS. Earlier ones end."""
        token = secrets.token_urlsafe(32)
        with self._store.write() as db:
            if people.get(db, person_id).disabled_at:
                raise Conflict(Message("people.is_disabled"))
            people.forget_expired(db)
            people.add_invitation(db, hashed(token), person_id, now() + timedelta(hours=INVITATION_HOURS))
        return token

    def join(self, token: str, password: str) -> Person:
        """Use a one-time token: from now on its person has this password. Their other sessions end.

        Raises CapabilityError for the password, NotAllowed for a token that is unknown, used or over.
        """
        password_hash = hash_of_password(password)
        with self._store.write() as db:
            person_id = people.invited(db, hashed(token))
            if person_id is None:
                raise NotAllowed(Message("people.link_over"))
            people.end_invitations(db, person_id)
            people.end_sessions(db, person_id)
            person = people.change(db, person_id, password_hash=password_hash)
        self._changed()
        self._record("people.join", person)
        return person

    def set_password(self, person_id: str, password: str, *, keep_session: str = "") -> None:
        """Another password; other sessions end. keep_session: the token of the one that stays."""
        password_hash = hash_of_password(password)
        with self._store.write() as db:
            people.change(db, person_id, password_hash=password_hash)
            people.end_sessions(db, person_id, keep=hashed(keep_session) if keep_session else "")
        self._changed()

    def credentials(self, login: str) -> tuple[str, str]:
        """Id and password hash of the account of this login; two empty texts where nobody can sign in with it."""
        with self._store.read() as db:
            person = people.with_login(db, login.strip())
            if person is None or person.disabled_at:
                return "", ""
            return person.id, people.password_hash(db, person.id)

    def bootstrap(self, password_hash: str) -> None:
        """The administrator of STUDIO_PASSWORD, made or brought up to date."""
        with self._store.write() as db:
            person = people.with_login(db, BOOTSTRAP_LOGIN)
            if person is None:
                people.add(
                    db, new_id(PERSON_PREFIX), login=BOOTSTRAP_LOGIN, role=Role.ADMIN.value, password_hash=password_hash
                )
            else:
                people.change(db, person.id, password_hash=password_hash, role=Role.ADMIN.value, disabled_at=None)
        self._changed()

    def adopt(self) -> None:
        """Give what was made before there were accounts to the oldest administrator."""
        with self._store.read() as db:
            admins, needed = people.active_admins(db), people.has_ownerless(db)
        if admins and needed:
            with self._store.write() as db:
                people.give_ownerless(db, admins[0])

    def sign_in(self, person_id: str, *, method: str, device: str = "", address: str = "") -> str:
        """The token of a new session, for a cookie. method: password, oidc ... Raises NotAllowed for a disabled one."""
        token, at = secrets.token_urlsafe(32), now()
        session = Session(
            new_id("s_"), person_id, method, device[:300], address[:100], at, at, at + timedelta(days=SESSION_DAYS)
        )
        with self._store.write() as db:
            person = people.get(db, person_id)
            if person.disabled_at:
                raise NotAllowed(Message("people.gone"))
            people.forget_expired(db)
            for old in people.sessions_of(db, person_id)[MAX_SESSIONS - 1 :]:
                people.end_sessions(db, person_id, only=old.id)
            people.add_session(db, hashed(token), session)
            people.touch_session(db, hashed(token), address[:100])
        self._record("session.sign_in", person, via=session.id, address=address, method=method, device=clip(device))
        return token

    def failed_sign_in(self, person_id: str, address: str, *, method: str) -> None:
        """Note in the audit log that somebody failed to sign in: to this account, or ("") to none that there is. What
        was typed is not noted, for it may be a password in the wrong field."""
        if self._audit_log:
            name = self.get(person_id).shown_name if person_id else ""
            entry = Entry("session.failed", person_id, name, "", address, outcome="refused", detail={"method": method})
            self._audit_log.refused(entry)

    def key_of_session(self, token: str, address: str = "") -> str | None:
        """The actor's key of a living session; None for any other token."""
        return (
            self._remember("session", hashed(token), lambda key: self._key_of_session(key, address)) if token else None
        )

    def _key_of_session(self, token_hash: str, address: str) -> str | None:
        with self._store.read() as db:
            session = people.session(db, token_hash)
            if session is None or session.expires_at <= now() or people.get(db, session.person).disabled_at:
                return None
        if now() - session.seen_at > TOUCH_EVERY:
            with (
                suppress(StorageUnavailable),
                self._store.write(patience_s=0) as db,
            ):  # no reason to refuse
                people.touch_session(db, token_hash, address[:100])
        return session.person

    def sign_out(self, token: str) -> None:
        """End the session of this token; an unknown one is ignored."""
        with self._store.write() as db:
            session = people.session(db, hashed(token))
            people.end_session(db, hashed(token))
        self._changed()
        if session:
            self._record("session.sign_out", self.get(session.person), via=session.id)

    def sign_out_everywhere(self, person_id: str) -> int:
        """End all sessions of a person; how many there were."""
        with self._store.write() as db:
            ended = people.end_sessions(db, person_id)
        self._changed()
        return ended

    def sessions(self, person_id: str) -> list[Session]:
        """Living sessions of a person, the last used first."""
        with self._store.read() as db:
            return people.sessions_of(db, person_id)

    def session_id(self, token: str) -> str:
        """Which of the sessions a token belongs to; "" for none."""
        return self._remember("session id", hashed(token), self._session_id) if token else ""

    def _session_id(self, token_hash: str) -> str:
        with self._store.read() as db:
            session = people.session(db, token_hash)
        return session.id if session else ""

    def end_session(self, person_id: str, session_id: str) -> None:
        """End one session of a person."""
        with self._store.write() as db:
            people.end_sessions(db, person_id, only=session_id)
        self._changed()

    def make_token(
        self, person_id: str, name: str, *, scope: Scope = "full", usd_limit: float | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[AccessToken, str]:  # fmt: skip
        """A new access token for programs of this person, and its text, which is shown this once.

        Raises CapabilityError (field name, usd_limit or expires_at), Conflict where there are too many.
        """
        name = _checked(name, "name", NAME_MAX_CHARS)
        if usd_limit is not None and not 0 <= usd_limit < 1e6:
            raise CapabilityError(Message("people.token_limit"), field="usd_limit", value=usd_limit)
        if expires_at is not None and expires_at <= now():
            raise CapabilityError(Message("people.token_past"), field="expires_at", value=str(expires_at))
        text = ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = AccessToken(new_id(TOKEN_PREFIX), person_id, name, scope, usd_limit, now(), expires_at, None, None)
        with self._store.write() as db:
            if len(people.tokens_of(db, person_id)) >= MAX_TOKENS:
                raise Conflict(Message("people.many_tokens", limit=MAX_TOKENS))
            people.add_token(db, token, hashed(text))
        return token, text

    def key_of_token(self, text: str) -> str | None:
        """The actor's key of a living access token; None for any other text."""
        if not text.startswith(ACCESS_TOKEN_PREFIX):
            return None
        return self._remember("token", hashed(text), self._key_of_token)

    def _key_of_token(self, token_hash: str) -> str | None:
        with self._store.read() as db:
            token = people.token_with_hash(db, token_hash)
            if token is None or not _lives(token) or people.get(db, token.person).disabled_at:
                return None
        if token.used_at is None or now() - token.used_at > TOUCH_EVERY:
            with suppress(StorageUnavailable), self._store.write(patience_s=0) as db:  # no reason to refuse
                people.touch_token(db, token.id)
        if token.used_at is None:
            self._record("token.first_use", self.get(token.person), via=token.id, name=clip(token.name))
        return f"{token.person}/{token.id}"

    def tokens(self, person_id: str) -> list[AccessToken]:
        """Access tokens of a person that are not revoked, the newest first."""
        with self._store.read() as db:
            return people.tokens_of(db, person_id)

    def revoke_token(self, person_id: str, token_id: str) -> None:
        """End an access token of a person, from the next request on."""
        with self._store.write() as db:
            people.revoke_token(db, person_id, token_id)
        self._changed()

    def _record(self, action: str, person: Person, *, via: str = "", address: str = "", **detail: str) -> None:
        if self._audit_log:
            origin = CALL_ORIGIN.get()
            via, address = via or origin.via(), address or origin.address
            detail = {name: said for name, said in detail.items() if said}
            self._audit_log.record(Entry(action, person.id, person.shown_name, via, address, detail=detail))

    def _remember(self, subject: str, key: str, look_up: Callable[[str], T]) -> T:
        known = self._remembered.get((subject, key))
        if known and known[0] > time.monotonic():
            return known[1]  # type: ignore[return-value]
        changes, value = self.changes, look_up(key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[subject, key] = (time.monotonic() + REMEMBERED_S, value)
        if changes != self.changes:  # what was looked up may be older than the change
            self._remembered.clear()
        return value

    def lives(self, token_hash: str) -> bool:
        """Whether a session of this hash has not ended."""
        with self._store.read() as db:
            session = people.session(db, token_hash)
            return session is not None and session.expires_at > now() and not people.get(db, session.person).disabled_at

    def _changed(self) -> None:
        self.changes += 1
        self._remembered.clear()
        self.on_change()


def hash_of_password(password: str) -> str:
    """The argon2id hash. Raises CapabilityError for a password that is too short, too long or no text."""
    from argon2 import PasswordHasher

    if len(password) < PASSWORD_MIN_CHARS or not password.strip():
        raise CapabilityError(Message("people.password_short", least=PASSWORD_MIN_CHARS), field="password")
    raw = password.encode("utf-8", "surrogatepass")
    if len(raw) > PASSWORD_MAX_BYTES:
        raise CapabilityError(Message("people.password_long", most=PASSWORD_MAX_BYTES), field="password")
    return PasswordHasher().hash(raw)


def _lives(token: AccessToken) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now())


def _checked(text: str, field: str, limit: int, *, empty: bool = False) -> str:
    text = " ".join(text.split())
    if not text.isprintable() or len(text) > limit or not (text or empty):
        raise CapabilityError(Message(f"people.{field}_wrong", limit=limit), field=field, value=text[:50], limit=limit)
    return text


def _is_last_admin(db: Database, person: Person) -> bool:
    return people.active_admins(db) == [person.id]


def _refuse_last_admin(db: Database, person: Person) -> None:
    if _is_last_admin(db, person):
        raise Conflict(Message("people.last_admin", role=term(Role.ADMIN)))


def _free_login(db: Database, wanted: str) -> str:
    """This login, or with the first number behind it that makes it free."""
    base = " ".join(c for c in wanted.split() if c.isprintable())[: LOGIN_MAX_CHARS - 6] or "person"
    login, number = base, 1
    while people.with_login(db, login):
        number += 1
        login = f"{base}-{number}"
    return login

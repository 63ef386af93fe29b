"""The first administrator, made on the command line by who can read the data folder; also while the studio runs."""

from __future__ import annotations

from contextlib import closing

from studio.permissions import LOCAL_ACTOR, Role
from studio.services.audit_log import AuditLog
from studio.services.call_origin import CALL_ORIGIN, TERMINAL
from studio.services.people import INVITATION_HOURS, People
from studio.services.recording import Recorder
from studio.services.rights import guarded
from studio.settings import Settings, is_loopback
from studio.store import Store, people


def make_admin(settings: Settings, login: str) -> str:
    """Make this account an administrator, or find it, and give it a one-time link: a text for the terminal.

    Raises StoreError, CapabilityError (field login), Conflict.
    """
    CALL_ORIGIN.set(TERMINAL)
    with closing(Store(settings.data, beside=True)) as store, closing(AuditLog(store)) as log:
        accounts = guarded("people", People(store, log), LOCAL_ACTOR, Recorder(store, log))
        with store.read() as db:
            person = people.with_login(db, login)
        if person is None:
            person = accounts.create(login, role=Role.ADMIN)
        else:
            accounts.set_role(person.id, Role.ADMIN)
            accounts.enable(person.id)
        token = accounts.invite(person.id)
    link = f"{address_of(settings)}/join#{token}"
    return f"{link}\nOpen this link within {INVITATION_HOURS} hours to choose a password for {person.login}."


def address_of(settings: Settings) -> str:
    """Where people reach the studio, as far as its settings say."""
    if settings.public_url or settings.origins:
        return settings.public_url or settings.origins[0]
    host = "localhost" if is_loopback(settings.host) or settings.host in ("", "0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"

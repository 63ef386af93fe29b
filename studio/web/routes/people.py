"""Accounts under /ui/people, for administrators: who there is, invitations, roles, sign-out, disabling.

A one-time token is in the answer that makes it and nowhere else; the page puts it into the fragment of a link.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from studio.domain import JSON, now
from studio.payload import Payload
from studio.permissions import Action, Role
from studio.services.people import INVITATION_HOURS, LOGIN_MAX_CHARS, NAME_MAX_CHARS
from studio.services.time_zones import zone_of
from studio.store.people import Person
from studio.web.errors import SentenceRoute
from studio.web.routes.runs import ActorKey

if TYPE_CHECKING:
    from studio.studio import Studio


class NewPerson(Payload):
    """Whom to invite, and as what."""

    login: str = Field(max_length=LOGIN_MAX_CHARS)
    name: str = Field("", max_length=NAME_MAX_CHARS)
    email: str = Field("", max_length=NAME_MAX_CHARS)
    role: Role


class NewRole(Payload):
    """The role to have from now on."""

    role: Role


class NewName(Payload):
    """The name that others see; "" shows the login."""

    name: str = Field("", max_length=NAME_MAX_CHARS)


def router(studio: Studio) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/ui/people", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def everyone(actor: ActorKey, time_zone: Annotated[str, Query(max_length=64)] = "") -> JSON:
        """Everybody with what they spent this month, which begins where the reader is."""
        services = studio.acting_for(actor)
        services.require(Action.MANAGE_PEOPLE)
        if not studio.settings.has_accounts:
            return {"accounts": False, "people": []}
        month = now().astimezone(zone_of(time_zone) or UTC).date().replace(day=1)
        spent = {row.key: row.usd for row in services.admin.spend("owner", month)}
        waiting = services.people.invited()
        people = [
            _person(p) | {"spent_usd": spent.get(p.id, 0.0), "invited_until": _iso(waiting.get(p.id))}
            for p in services.people.all()
        ]
        return {"accounts": True, "people": people, "you": services.actor.id, "invitation_hours": INVITATION_HOURS}

    @api.post("")
    def invite(body: NewPerson, actor: ActorKey) -> JSON:
        people = studio.acting_for(actor).people
        person = people.create(body.login, role=body.role, name=body.name, email=body.email)
        return _link(person, people.invite(person.id))

    @api.post("/{person_id}/link")
    def link(person_id: str, actor: ActorKey) -> JSON:
        people = studio.acting_for(actor).people
        return _link(people.get(person_id), people.invite(person_id))

    @api.post("/{person_id}/role")
    def set_role(person_id: str, body: NewRole, actor: ActorKey) -> JSON:
        return _person(studio.acting_for(actor).people.set_role(person_id, body.role))

    @api.post("/{person_id}/name")
    def rename(person_id: str, body: NewName, actor: ActorKey) -> JSON:
        return _person(studio.acting_for(actor).people.rename(person_id, body.name))

    @api.post("/{person_id}/disable")
    def disable(person_id: str, actor: ActorKey) -> JSON:
        return _person(studio.acting_for(actor).people.disable(person_id))

    @api.post("/{person_id}/enable")
    def enable(person_id: str, actor: ActorKey) -> JSON:
        return _person(studio.acting_for(actor).people.enable(person_id))

    @api.post("/{person_id}/sign-out")
    def sign_out(person_id: str, actor: ActorKey) -> JSON:
        return {"ended": studio.acting_for(actor).people.sign_out_everywhere(person_id)}

    return api


def _person(person: Person) -> JSON:
    body = {"id": person.id, "login": person.login, "name": person.name, "email": person.email, "role": person.role}
    body |= {"has_password": person.has_password, "issuer": person.issuer, "disabled": person.disabled_at is not None}
    return body | {"seen_at": _iso(person.seen_at), "created_at": _iso(person.created_at)}


def _link(person: Person, token: str) -> JSON:
    expires_at = now() + timedelta(hours=INVITATION_HOURS)
    return {"person": _person(person), "token": token, "expires_at": _iso(expires_at)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

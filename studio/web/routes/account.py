"""One's own account under /ui/account: who one is, name, password, signed-in browsers, access tokens."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.messages import Message
from studio.payload import Payload
from studio.permissions import LEAST_ROLE, Scope
from studio.services.people import NAME_MAX_CHARS
from studio.services.time_zones import zone_of
from studio.settings import PASSWORD_MAX_BYTES
from studio.store.people import AccessToken, Session
from studio.web.errors import SentenceRoute
from studio.web.middleware.access import Authenticator, TooManyAttempts, address_of, too_many_response
from studio.web.routes.people import NewName
from studio.web.routes.runs import ActorKey

if TYPE_CHECKING:
    from studio.studio import Studio


class NewPassword(Payload):
    """old: "" for an account that has none yet."""

    old: str = Field("", max_length=PASSWORD_MAX_BYTES)
    new: str = Field(max_length=PASSWORD_MAX_BYTES)


class NewToken(Payload):
    """last_day: the last day on which it counts, where the person is; None: until it is revoked."""

    name: str = Field(max_length=NAME_MAX_CHARS)
    scope: Scope = "full"
    usd_limit: float | None = Field(None, ge=0)
    last_day: date | None = None
    time_zone: str = Field("", max_length=64)

    def expires_at(self) -> datetime | None:
        """The end of the last day."""
        if self.last_day is None or self.last_day == date.max:
            return None
        end = datetime.combine(self.last_day + timedelta(days=1), time.min, tzinfo=zone_of(self.time_zone) or UTC)
        return end.astimezone(UTC)


def router(studio: Studio, authenticator: Authenticator | None) -> APIRouter:
    """The routes. authenticator: None for a studio without accounts, which answers so at /ui/account/me alone."""
    api = APIRouter(prefix="/ui/account", route_class=SentenceRoute, include_in_schema=False)

    @api.get("/me")
    def me(actor: ActorKey) -> JSON:
        """Who asks, and what they may do: for the menu, and for what the page need not show."""
        acting = studio.acting_for(actor).actor
        may = [action for action in LEAST_ROLE if acting.may(action)]
        who = {"id": acting.id, "name": acting.name, "role": acting.role, "visitor": acting.is_visitor}
        return who | {"accounts": authenticator is not None, "may": may}

    if authenticator is not None:
        _account_routes(api, studio, authenticator)
        _token_routes(api, studio)
    return api


def _account_routes(api: APIRouter, studio: Studio, authenticator: Authenticator) -> None:
    def session_of(request: Request) -> str:
        return request.cookies.get(authenticator.cookie, "")

    @api.get("")
    def account(request: Request, actor: ActorKey) -> JSON:
        own = studio.acting_for(actor).account
        person, current = own.person(), studio.people.session_id(session_of(request))
        return {
            "id": person.id, "login": person.login, "name": person.name, "role": person.role,
            "issuer": person.issuer, "has_password": person.has_password,
            "sessions": [_session(s, current) for s in own.sessions()],
            "tokens": [_token(token) for token in own.tokens()],
        }  # fmt: skip

    @api.post("/name")
    def rename(body: NewName, actor: ActorKey) -> JSON:
        return {"name": studio.acting_for(actor).account.rename(body.name).name}

    @api.post("/password")
    async def set_password(body: NewPassword, request: Request, actor: ActorKey) -> Response:
        """The old one is asked: who finds a browser signed in shall not take the account. Other sessions end."""
        own = studio.acting_for(actor).account
        person = await run_in_threadpool(own.person)
        if person.has_password:
            try:
                found = await authenticator.check(person.login, body.old.encode(), address_of(request))
            except TooManyAttempts as error:
                return too_many_response(request.scope, error)
            if found != person.id:
                raise CapabilityError(Message("people.old_password"), field="old")
        await run_in_threadpool(own.set_password, body.new, keep_session=session_of(request))
        return JSONResponse({})

    @api.post("/sessions/{session_id}/end")
    def end_session(session_id: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).account.end_session(session_id)
        return {}


def _token_routes(api: APIRouter, studio: Studio) -> None:
    @api.post("/tokens")
    def make_token(body: NewToken, actor: ActorKey) -> JSON:
        """The new token with its text, which is in no other answer."""
        own = studio.acting_for(actor).account
        token, text = own.make_token(
            body.name, scope=body.scope, usd_limit=body.usd_limit, expires_at=body.expires_at()
        )
        return _token(token) | {"text": text}

    @api.delete("/tokens/{token_id}")
    def revoke_token(token_id: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).account.revoke_token(token_id)
        return {}


def _session(session: Session, current: str) -> JSON:
    body = {"id": session.id, "method": session.method, "device": session.device, "address": session.address}
    times = {"created_at": session.created_at.isoformat(), "seen_at": session.seen_at.isoformat()}
    return body | times | {"current": session.id == current}


def _token(token: AccessToken) -> JSON:
    times = {name: getattr(token, name) for name in ("created_at", "expires_at", "used_at")}
    body: JSON = {"id": token.id, "name": token.name, "scope": token.scope, "usd_limit": token.usd_limit}
    return body | {name: moment and moment.isoformat() for name, moment in times.items()}

"""The routes for keys of a session. A key comes in the body of a POST and never goes out: no answer has one in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, SecretStr
from starlette.requests import Request

from studio.domain import JSON
from studio.payload import Payload
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


def session_of(request: Request) -> str:
    """The hash of the token of the session that asks; "" for a program or where a proxy says who asks."""
    return (request.scope.get("state") or {}).get("session") or ""


Session = Annotated[str, Depends(session_of)]


class KeysGiven(Payload):
    """keys: by environment name."""

    keys: dict[str, SecretStr] = Field(max_length=5)


class HubChoice(Payload):
    """pays: whether the session's Hugging Face account pays."""

    pays: bool


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/session-keys."""
    api = APIRouter(prefix="/ui/session-keys", route_class=SentenceRoute, include_in_schema=False)

    def state(actor: str, session: str) -> JSON:
        services = studio.acting_for(actor)
        keys, visitor = services.session_keys, services.actor.is_visitor
        found = [asdict(one) for one in keys.all(session)]
        return {
            "session": bool(session), "visitor": visitor, "providers": found, "hub_pays": keys.hub_pays(session),
        }  # fmt: skip

    @api.get("")
    def all_keys(actor: ActorKey, session: Session) -> JSON:
        """Every provider with a key, and which the session has."""
        return state(actor, session)

    @api.post("/hub")
    def hub(body: HubChoice, actor: ActorKey, session: Session) -> JSON:
        """Let the session's Hugging Face account pay, or not."""
        studio.acting_for(actor).session_keys.let_hub_pay(session, pays=body.pays)
        return state(actor, session)

    @api.post("/provider/{provider}")
    def save(provider: str, body: KeysGiven, actor: ActorKey, session: Session) -> JSON:
        """Use these keys while the session lives."""
        keys = {name: key.get_secret_value() for name, key in body.keys.items()}
        studio.acting_for(actor).session_keys.save(session, provider, keys)
        return state(actor, session)

    @api.delete("/provider/{provider}")
    def remove(provider: str, actor: ActorKey, session: Session) -> JSON:
        """Forget the session's keys for this provider."""
        studio.acting_for(actor).session_keys.remove(session, provider)
        return state(actor, session)

    return api

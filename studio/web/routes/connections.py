"""The routes of the Connections page. A key comes in the body of a POST and never goes out: no answer has one in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from limits import RateLimitItemPerMinute
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.services.connections import Connection
from studio.web.routes.key_changes import Key, limited
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

CHANGES = RateLimitItemPerMinute(60)
"""Changes and tests of all pages together: nobody tries keys here, and no provider is called in a loop."""


class ConnectionChanges(Payload):
    """A key, options, or both. key_name: its environment name, where a provider has several. options: by environment
    name, "" takes one away. local: an address on the own network is meant."""

    key: Key = None
    key_name: str = Field(default="", max_length=100)
    options: dict[str, Annotated[str, Field(max_length=1000)]] = Field(default_factory=dict, max_length=20)
    local: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/connections."""
    api = APIRouter(prefix="/ui/connections", route_class=SentenceRoute, include_in_schema=False)
    limit = limited(CHANGES)

    @api.get("")
    def overview(actor: ActorKey) -> JSON:
        return {
            "keyring": studio.acting_for(actor).connections.keyring,
            "connections": [to_json(c) for c in studio.acting_for(actor).connections.all()],
        }

    @api.get("/{provider}")
    def one(provider: str, actor: ActorKey) -> JSON:
        return to_json(studio.acting_for(actor).connections.get(provider))

    @api.post("/{provider}", dependencies=limit)
    def save(provider: str, body: ConnectionChanges, actor: ActorKey) -> JSON:
        key = body.key.get_secret_value() if body.key is not None else None
        saved = studio.acting_for(actor).connections.save(
            provider, key=key, key_name=body.key_name, options=body.options, local=body.local
        )
        return to_json(saved)

    @api.post("/{provider}/test", dependencies=limit)
    def test(provider: str, actor: ActorKey) -> JSON:
        return to_json(studio.acting_for(actor).connections.test(provider))

    @api.delete("/{provider}/key", dependencies=limit)
    def remove_key(provider: str, actor: ActorKey, key_name: str = "") -> JSON:
        removal = studio.acting_for(actor).connections.remove_key(provider, key_name)
        return to_json(removal.connection) | {"still_in_keyring": removal.in_keyring}

    return api


def to_json(connection: Connection) -> JSON:
    """A connection as the page reads it; times as ISO text."""
    check = connection.check
    return asdict(connection) | {"check": check and asdict(check) | {"at": check.at.isoformat()}}

"""The language model on the Connections page. The key comes in the body of a POST and never goes out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from fastapi import APIRouter
from limits import RateLimitItemPerMinute
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.web.routes.key_changes import Key, limited
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

CHANGES = RateLimitItemPerMinute(60)
"""Changes and tests of all pages together, as on the rest of Connections."""


class ModelChanges(Payload):
    """What changes; null leaves a value as it is, "" takes it away. local: an address on the own network is meant."""

    base: str | None = Field(None, max_length=1000)
    model: str | None = Field(None, max_length=300)
    key: Key = None
    local: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/language-model."""
    api = APIRouter(prefix="/ui/language-model", route_class=SentenceRoute, include_in_schema=False)
    limit = limited(CHANGES)

    @api.get("")
    def state(actor: ActorKey) -> JSON:
        services = studio.acting_for(actor)
        return asdict(services.language_model.state()) | {"keyring": services.connections.keyring}

    @api.post("", dependencies=limit)
    def save(body: ModelChanges, actor: ActorKey) -> JSON:
        key = body.key.get_secret_value() if body.key is not None else None
        model = studio.acting_for(actor).language_model
        return asdict(model.save(base=body.base, model=body.model, key=key, local=body.local))

    @api.delete("/key", dependencies=limit)
    def remove_key(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.remove_key())

    @api.post("/test", dependencies=limit)
    def test(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.test())

    @api.post("/models", dependencies=limit)
    def models(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.list_models())

    @api.post("/look", dependencies=limit)
    def look(actor: ActorKey) -> JSON:
        return {"found": [asdict(one) for one in studio.acting_for(actor).language_model.look_here()]}

    return api

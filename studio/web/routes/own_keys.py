"""Under /ui/own-keys: keys of the person who asks, and of projects that they lead. No key ever leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.services.connection_values import MAX_KEY_CHARS
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_NAME_CHARS = 100
Project = Annotated[str, Query(max_length=MAX_NAME_CHARS)]


class Keys(Payload):
    """Keys by their environment names."""

    keys: dict[str, Annotated[str, Field(max_length=MAX_KEY_CHARS * 2)]] = Field(max_length=8)


def router(studio: Studio) -> APIRouter:
    """All of them. project: whose keys are meant, "" for the person's own."""
    api = APIRouter(prefix="/ui/own-keys", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def overview(actor: ActorKey, project: Project = "") -> JSON:
        service = studio.acting_for(actor).own_keys
        return {"providers": [asdict(one) for one in service.all(project)], "projects": service.projects()}

    @api.post("/{provider}")
    def save(provider: str, body: Keys, actor: ActorKey, project: Project = "") -> JSON:
        return asdict(studio.acting_for(actor).own_keys.save(provider, body.keys, project))

    @api.delete("/{provider}")
    def remove(provider: str, actor: ActorKey, project: Project = "") -> JSON:
        return asdict(studio.acting_for(actor).own_keys.remove(provider, project))

    return api

"""The routes of the models page: what is here, what is on its way, what this machine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter

from studio.domain import JSON
from studio.payload import Payload
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


class DownloadOptions(Payload):
    """A model, and whether its draft mode's own files are meant."""

    model: str
    extras: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/models."""
    api = APIRouter(prefix="/ui/models", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def overview(actor: ActorKey) -> JSON:
        return studio.acting_for(actor).local_models.overview()

    @api.post("/{word}")
    def act(word: Literal["fetch", "stop", "remove"], body: DownloadOptions, actor: ActorKey) -> JSON:
        if word == "fetch":
            studio.acting_for(actor).local_models.fetch(body.model, extras=body.extras)
        elif word == "stop":
            studio.acting_for(actor).local_models.stop(body.model)
        else:
            studio.acting_for(actor).local_models.remove(body.model)
        return studio.acting_for(actor).local_models.overview()

    return api

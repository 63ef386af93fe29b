"""Comments of a review as a file for another program: GET /ui/reviews/{id}/export/{form}, and the same for guests.

`open=1` leaves out what is resolved, `internal=1` takes along what is for the own house, `older=1` the versions before
the current ones, `item` is one item alone, `media=1` answers with an archive of the file and all media beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio.payload import Payload
from studio.services.review_handover import HandoverOptions
from studio.web.errors import SentenceRoute
from studio.web.language import language_of
from studio.web.middleware.same_origin import ActorDependency, asking_actor
from studio.web.routes.zip_stream import stream_files

if TYPE_CHECKING:
    from studio.studio import Studio


class ExportQuery(Payload):
    """What is taken along."""

    open: bool = False
    internal: bool = False
    older: bool = False
    media: bool = False
    item: str | None = Field(None, max_length=64)


def router(studio: Studio, prefix: str = "/ui", actor_key: ActorDependency = asking_actor) -> APIRouter:
    """The route that members and guests share. actor_key: gives the key of who asks."""
    api = APIRouter(prefix=prefix, route_class=SentenceRoute, include_in_schema=False)
    asker: str = Depends(actor_key)

    @api.get("/reviews/{review_id}/export/{form}")
    def export(
        request: Request, review_id: str, form: str, asked: Annotated[ExportQuery, Query()], actor: str = asker
    ) -> Response:
        options = HandoverOptions(asked.open, asked.internal, asked.older, asked.item)
        made = studio.acting_for(actor).review_handover.export(
            review_id, form, options, media=asked.media, language=language_of(request)
        )
        if not asked.media:
            return Response(made.data, media_type=made.mime, headers=_headers(made.name))
        files = ((made.name, made.data), *made.beside)
        return StreamingResponse(
            stream_files(files), media_type="application/zip", headers=_headers(f"{made.name}.zip")
        )

    return api


def _headers(name: str) -> dict[str, str]:
    """A download under this name, in whatever letters it is."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return {"content-disposition": disposition, "cache-control": "no-store", "x-content-type-options": "nosniff"}

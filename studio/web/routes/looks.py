"""The JSON of a film's look under /ui: kept colour tables, stills of the graded film, frames of matched shots."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from studio.domain import JSON
from studio.media.cube import LARGEST_BYTES
from studio.payload import Payload
from studio.storyboard.commands import Id
from studio.storyboard.look import Look, Slate, Title
from studio.web.middleware.same_origin import actor_of
from studio.web.routes.files import file_response, thumb_mime
from studio.web.routes.runs import ActorKey, SentenceRoute
from studio.web.routes.storyboards import saved_body

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.studio import Studio

STILL_QUALITY = 88


class SlateBody(Payload):
    """The slate as it is being written."""

    slate: Slate


class Still(Payload):
    """Which moment of the film, in which look; without one the board's own. plain: before look and match."""

    at_s: float = Field(ge=0, le=36_000)
    look: Look | None = None
    titles: tuple[Title, ...] | None = Field(None, max_length=200)
    plain: bool = False


def router(studio: Studio) -> APIRouter:
    """All routes of looks."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    _luts(api, studio)
    _pictures(api, studio)
    return api


def _luts(api: APIRouter, studio: Studio) -> None:
    def listed(actor: str) -> JSON:
        return {
            "luts": [
                {"id": lut.id, "name": lut.name, "side": lut.side} for lut in studio.acting_for(actor).looks.luts()
            ]
        }

    @api.get("/luts")
    def luts(actor: ActorKey) -> JSON:
        return listed(actor)

    @api.post("/luts")
    async def keep(request: Request, name: Annotated[str, Query(max_length=300)]) -> JSON:
        """The .cube file in the body, checked and kept."""
        actor = actor_of(request)
        async with saved_body(studio, request, name, LARGEST_BYTES) as path:
            added = await run_in_threadpool(studio.acting_for(actor).looks.add_lut, path, name=name)
        return listed(actor) | {"id": added.id}

    @api.delete("/luts/{lut_id}")
    def forget(lut_id: Id, actor: ActorKey) -> JSON:
        studio.acting_for(actor).looks.remove_lut(lut_id)
        return listed(actor)


def _pictures(api: APIRouter, studio: Studio) -> None:
    @api.post("/boards/{board_id}/still")
    def still(board_id: Id, body: Still, actor: ActorKey) -> Response:
        picture = studio.acting_for(actor).looks.still(
            board_id, body.at_s, look=body.look, titles=body.titles, plain=body.plain
        )
        return _webp(picture)

    @api.post("/boards/{board_id}/slate")
    def slate(board_id: Id, body: SlateBody, actor: ActorKey) -> Response:
        return _webp(studio.acting_for(actor).looks.slate_picture(board_id, body.slate))

    @api.get("/boards/{board_id}/matched/{shot_id}/{end}")
    def matched(
        request: Request, board_id: Id, shot_id: Id, end: Literal["first", "last"], actor: ActorKey
    ) -> Response:
        board = studio.acting_for(actor).storyboards.get(board_id).board
        path = studio.acting_for(actor).looks.matched_edge(board, shot_id, end)
        response = file_response(path, mime=thumb_mime(path), etag=path.stem, headers=request.headers)
        response.headers["cache-control"] = "private, no-cache"  # another strength has the same address
        return response


def _webp(picture: Image) -> Response:
    out = io.BytesIO()
    picture.save(out, "webp", quality=STILL_QUALITY, method=1)
    return Response(out.getvalue(), media_type="image/webp", headers={"cache-control": "no-store"})

"""When each frame of a clip is shown and where it lies in the file: what the frame-exact player asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.responses import Response

from studio.media.frame_timing import frame_timing
from studio.media.packet_index import packet_index
from studio.web.routes.files import IMMUTABLE

if TYPE_CHECKING:
    from studio.studio import Studio


def add_clip_frames(api: APIRouter, studio: Studio, asker: str) -> None:
    """Add GET /frames/{asset}. asker: the dependency that gives the key of who asks."""

    @api.get("/frames/{asset_id}")
    def frames(asset_id: str, actor: str = asker) -> Response:
        """The clip's timing, and `packets` for single frames, null where they cannot be had.

        A file never changes, so a browser asks once.
        """
        assets = studio.acting_for(actor).assets
        path = assets.path(assets.get(asset_id))
        timing = frame_timing(path)
        index = packet_index(path)
        told = vars(timing) | {"packets": index.as_json() if index else None}
        return JSONResponse(told, headers={"cache-control": IMMUTABLE})

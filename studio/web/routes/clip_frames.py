"""When each frame of a clip is shown and where it lies in the file: what the frame-exact player asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.responses import Response

from studio.errors import NotFound
from studio.media.frame_timing import frame_timing
from studio.media.packet_index import packet_index
from studio.messages import Message
from studio.web.conditional import REVALIDATED
from studio.web.routes.files import IMMUTABLE

if TYPE_CHECKING:
    from studio.services.acting import UserServices
    from studio.studio import Studio


def add_clip_frames(api: APIRouter, studio: Studio, asker: str) -> None:
    """Add GET /frames/{asset}. asker: the dependency that gives the key of who asks."""

    @api.get("/frames/{asset_id}")
    def frames(asset_id: str, actor: str = asker) -> Response:
        """The clip's timing, and `packets` for single frames, null where they cannot be had.

        A file never changes, so a browser asks once; what a guest gets may, with their link.
        """
        path, caching = _file(studio.acting_for(actor), asset_id)
        timing = frame_timing(path)
        index = packet_index(path)
        told = vars(timing) | {"packets": index.as_json() if index else None}
        return JSONResponse(told, headers={"cache-control": caching})


def _file(services: UserServices, asset_id: str) -> tuple[Path, str]:
    """The file that this actor is shown, and how long a browser may keep what is told of it. Raises NotFound."""
    if not services.actor.is_guest:
        return services.assets.path(services.assets.get(asset_id)), IMMUTABLE
    found = services.guest_media.file(asset_id)
    if found.path is None:
        raise NotFound(Message("http.not_found"))
    return found.path, REVALIDATED

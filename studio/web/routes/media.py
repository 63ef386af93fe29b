"""Files by their id, with ranges and entity tags, and their small pictures: for members under /media, for guests of
share links under /shared/media. The same routes; where a file comes from, and who may have it, is for the source.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from studio.errors import NotFound, StudioError
from studio.messages import Message
from studio.web.conditional import REVALIDATED
from studio.web.middleware.same_origin import ActorDependency
from studio.web.routes.files import (
    IMMUTABLE,
    download_name,
    file_response,
    preview_response,
    suffix_of,
    thumb_mime,
)

if TYPE_CHECKING:
    from studio.studio import Studio

Preview = Literal["thumb", "poster", "view", "hover", "wave"]
RETRY_S = 2


@dataclass(frozen=True)
class MediaFile:
    """A file to be sent. name: for a download. text: of an asset that is no file. making: 0..1 where it is not there
    yet."""

    path: Path | None
    mime: str
    etag: str
    name: str
    text: str = ""
    making: float | None = None


class MediaSource(Protocol):
    """Where files come from for one kind of actor. Both raise NotFound for what this actor does not see."""

    caching: str

    def file(self, actor: str, asset_id: str, *, download: bool) -> MediaFile:
        """The file itself."""
        ...

    def preview(self, actor: str, asset_id: str, which: Preview) -> Path:
        """A small picture or silent clip of it."""
        ...


class MemberMedia:
    """The library's files. They never change, so a browser may keep them."""

    caching = IMMUTABLE

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def file(self, actor: str, asset_id: str, *, download: bool) -> MediaFile:
        """The file itself, named by the run that made it."""
        services = self._studio.acting_for(actor)
        found, run = services.assets.get(asset_id), None
        if found.origin:
            with suppress(NotFound):  # a storyboard may show the file alone
                run = services.runs.get(found.origin)
        path = self._studio.library.path(found) if found.path else None
        etag = found.sha256[:32] or found.id
        return MediaFile(path, found.mime, etag, download_name(found, run), found.text or "")

    def preview(self, actor: str, asset_id: str, which: Preview) -> Path:
        """A small picture or silent clip."""
        return self._studio.acting_for(actor).assets.thumbnail(asset_id, which)


class SharedMedia:
    """Files of a guest's link. A browser asks again each time, for access may be over; names say nothing of prompts."""

    caching = REVALIDATED

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def file(self, actor: str, asset_id: str, *, download: bool) -> MediaFile:
        """The file, or a copy with the guest's name in it."""
        found = self._studio.acting_for(actor).guest_media.file(asset_id, download=download)
        making = found.state.fraction if found.state else None
        if found.state and found.state.error:
            raise NotFound(found.state.error)
        etag = found.path.stem if found.path else found.asset.id
        name = f"take-{found.asset.id[-6:]}{suffix_of(found.mime)}"
        return MediaFile(found.path, found.mime, etag, name, making=making)

    def preview(self, actor: str, asset_id: str, which: Preview) -> Path:
        """A small picture or silent clip."""
        return self._studio.acting_for(actor).guest_media.preview(asset_id, which)


def add_routes(
    api: APIRouter,
    source: MediaSource,
    prefix: str,
    actor_key: ActorDependency,
) -> None:
    """The two routes below this prefix. actor_key: gives the key of who asks."""
    asker: str = Depends(actor_key)

    @api.api_route(prefix + "/{asset_id}", methods=["GET", "HEAD"])
    def media(request: Request, asset_id: str, download: bool = False, actor: str = asker) -> Response:
        """The file itself; ?download=1 with a name that says what it is."""
        try:
            found = source.file(actor, asset_id, download=download)
        except NotFound:
            return missing()
        if found.making is not None:
            headers = {"retry-after": str(RETRY_S), "cache-control": "no-store"}
            return JSONResponse({"making": found.making}, 503, headers=headers)
        if found.path is None:
            return Response(found.text, media_type="text/plain; charset=utf-8")
        return file_response(
            found.path, mime=found.mime, etag=found.etag, headers=request.headers, name=found.name, download=download,
            caching=source.caching,
        )  # fmt: skip

    @api.api_route(prefix + "/{asset_id}/{which}", methods=["GET", "HEAD"])
    def preview(request: Request, asset_id: str, which: Preview, actor: str = asker) -> Response:
        """A small picture (thumb, poster, view, wave) or silent clip (hover) of the file, made on first demand."""
        try:
            path = source.preview(actor, asset_id, which)
        except NotFound:
            return missing()
        except StudioError as error:
            return Response(str(error), 404, media_type="text/plain; charset=utf-8")
        return file_response(
            path, mime=thumb_mime(path), etag=f"{asset_id}-{which}-{path.stem[-8:]}", headers=request.headers,
            caching=source.caching,
        )  # fmt: skip


def add_run_preview(api: APIRouter, studio: Studio, actor_key: ActorDependency) -> None:
    """The route of what a run under way looks like so far."""
    asker: str = Depends(actor_key)

    @api.api_route("/media/runs/{run_id}/preview", methods=["GET", "HEAD"])
    def run_preview(request: Request, run_id: str, actor: str = asker) -> Response:
        """The version in the run's card (?v=) makes a new address of each picture."""
        try:
            found = studio.acting_for(actor).runs.preview(run_id)
        except NotFound:
            return missing()
        return preview_response(found.path, version=found.version, headers=request.headers)


def missing() -> Response:
    """404 in one sentence."""
    return Response(Message("http.not_found"), 404, media_type="text/plain")

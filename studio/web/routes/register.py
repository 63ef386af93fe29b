"""Our own HTTP routes beside Gradio's: media by id, live events, health, our scripts and styles, the widgets' JSON.

They go to `launch(app_kwargs=dict(routes=..., middleware=[Middleware(Guard), ...]))` and win over Gradio's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from studio.errors import NotFound, StudioError
from studio.messages import Message
from studio.web import rest
from studio.web.errors import SentenceRoute
from studio.web.language import language_of
from studio.web.mcp import endpoint as mcp
from studio.web.middleware.same_origin import actor_of
from studio.web.pages import form_defaults
from studio.web.routes import (
    approvals,
    comparisons,
    connections,
    decide,
    installable,
    looks,
    models,
    notifications,
    own_keys,
    own_notifications,
    projects,
    refunds,
    retakes,
    review_export,
    review_rooms,
    review_rules,
    reviews,
    runs,
    session_keys,
    settings,
    storyboards,
    user_files,
    webhooks,
    workflows,
)
from studio.web.routes.files import IMMUTABLE, download_name, file_response, preview_response, thumb_mime
from studio.web.routes.run_events import Live
from studio.web.static import ASSETS, SERVED, TYPES, assets_digest

if TYPE_CHECKING:
    from studio.studio import Studio

Preview = Literal["thumb", "poster", "view", "hover", "wave"]


@dataclass(frozen=True)
class Site:
    """routes: for app_kwargs. close: ends what stays open; call it before the server stops."""

    routes: list[BaseRoute]
    live: Live
    agents: mcp.McpEndpoint
    rooms: review_rooms.RoomSockets

    def close(self) -> None:
        """End the open event streams, rooms and answers to agents, so that the server can stop at once."""
        self.live.close()
        self.rooms.close()
        self.agents.close()


def build(studio: Studio) -> Site:
    """Every route of ours for this studio."""
    live, rooms = Live(studio), review_rooms.RoomSockets(studio)
    api = APIRouter(route_class=SentenceRoute, include_in_schema=False)
    _core_routes(api, studio, live)
    _media_routes(api, studio)
    parts = (
        approvals,
        own_keys,
        settings,
        connections,
        decide,
        session_keys,
        form_defaults,
        storyboards,
        looks,
        models,
        refunds,
        user_files,
        workflows,
        webhooks,
        comparisons,
        notifications,
        own_notifications,
        installable,
        rest,
        projects,
        retakes,
    )
    routers = [
        runs.router(studio, live),
        reviews.router(studio),
        reviews.member_router(studio),
        review_rooms.router(rooms),
        review_rules.router(studio),
        review_export.router(studio),
        *(part.router(studio) for part in parts),
    ]
    agents = mcp.McpEndpoint(studio)
    pages = [route for router in routers for route in router.routes]
    return Site([*api.routes, *pages, *mcp.routes(agents)], live, agents, rooms)


def _core_routes(api: APIRouter, studio: Studio, live: Live) -> None:
    @api.get("/healthz")
    def healthz() -> Response:
        """200 when the database answers."""
        _ = studio.queue.paused
        return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

    @api.get("/events/runs")
    async def events(request: Request) -> Response:
        """The stream of changes. Last-Event-ID needs no reading: a new stream begins with the whole list."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            live.stream(actor_of(request), language_of(request)), media_type="text/event-stream", headers=headers
        )

    @api.get("/ui/assets/{digest}/{path:path}")
    def asset(digest: str, path: str) -> Response:
        """A script, style, icon or font of ours. An address of another version gets the file, but not for ever."""
        file = (ASSETS / path.replace("\0", "")).resolve()  # a path with NUL is an error for the system, not a file
        is_served = any(file.is_relative_to(ASSETS / folder) for folder in SERVED)
        if not is_served or file.suffix not in TYPES or not file.is_file():
            return Response(Message("file.no_such"), 404, media_type="text/plain")
        caching = IMMUTABLE if digest == assets_digest() else "no-cache"
        headers = {"cache-control": caching, "x-content-type-options": "nosniff"}
        return FileResponse(file, media_type=TYPES[file.suffix], headers=headers)


def _media_routes(api: APIRouter, studio: Studio) -> None:
    @api.api_route("/media/{asset_id}", methods=["GET", "HEAD"])
    def media(request: Request, asset_id: str, download: bool = False) -> Response:
        """The file itself; ?download=1 with a name that says what it is."""
        actor = actor_of(request)
        try:
            found = studio.acting_for(actor).assets.get(asset_id)
        except NotFound:
            return _missing()
        run = None
        if found.origin:
            with suppress(NotFound):  # a storyboard may show the file alone
                run = studio.acting_for(actor).runs.get(found.origin)
        if not found.path:
            return Response(found.text or "", media_type="text/plain; charset=utf-8")
        path, name = studio.library.path(found), download_name(found, run)
        etag = found.sha256[:32] or found.id
        return file_response(path, mime=found.mime, etag=etag, headers=request.headers, name=name, download=download)

    @api.api_route("/media/{asset_id}/{which}", methods=["GET", "HEAD"])
    def preview(request: Request, asset_id: str, which: Preview) -> Response:
        """A small picture (thumb, poster, view, wave) or silent clip (hover) of the file, made on first demand."""
        try:
            path = studio.acting_for(actor_of(request)).assets.thumbnail(asset_id, which)
        except NotFound:
            return _missing()
        except StudioError as error:
            return Response(str(error), 404, media_type="text/plain; charset=utf-8")
        return file_response(path, mime=thumb_mime(path), etag=f"{asset_id}-{which}", headers=request.headers)

    @api.api_route("/media/runs/{run_id}/preview", methods=["GET", "HEAD"])
    def run_preview(request: Request, run_id: str) -> Response:
        """What a run under way looks like so far; the version in its card (?v=) makes a new address of each."""
        try:
            found = studio.acting_for(actor_of(request)).runs.preview(run_id)
        except NotFound:
            return _missing()
        return preview_response(found.path, version=found.version, headers=request.headers)


def _missing() -> Response:
    return Response(Message("http.not_found"), 404, media_type="text/plain")

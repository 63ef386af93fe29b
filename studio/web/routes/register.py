"""Our own HTTP routes beside Gradio's: media by id, live events, health, our scripts and styles, the widgets' JSON.

They go to `launch(app_kwargs=dict(routes=..., middleware=[Middleware(Guard), ...]))` and win over Gradio's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from studio.web import rest
from studio.web.errors import SentenceRoute
from studio.web.forms import defaults as form_defaults
from studio.web.language import language_of
from studio.web.mcp import endpoint as mcp
from studio.web.middleware.same_origin import actor_of, asking_actor
from studio.web.program_files import program_file
from studio.web.routes import (
    approvals,
    comparisons,
    connections,
    decide,
    installable,
    language_model,
    looks,
    media,
    models,
    notifications,
    own_keys,
    own_notifications,
    projects,
    refunds,
    retakes,
    review_export,
    review_links,
    review_rooms,
    review_rules,
    reviews,
    runs,
    scripts,
    session_keys,
    settings,
    shared,
    storyboard_lint,
    storyboards,
    user_files,
    webhooks,
    workflows,
    writing,
)
from studio.web.routes.run_events import Live

if TYPE_CHECKING:
    from studio.studio import Studio


@dataclass(frozen=True)
class Site:
    """routes: for app_kwargs. close: ends what stays open; call it before the server stops."""

    routes: list[BaseRoute]
    live: Live
    agents: mcp.McpEndpoint
    rooms: review_rooms.RoomSockets
    end_writing: Callable[[], None]

    def close(self) -> None:
        """End the open event streams, rooms and answers to agents and writers, so that the server can stop at once."""
        self.live.close()
        self.rooms.close()
        self.agents.close()
        self.end_writing()


def build(studio: Studio) -> Site:
    """Every route of ours for this studio."""
    live, rooms = Live(studio), review_rooms.RoomSockets(studio)
    api = APIRouter(route_class=SentenceRoute, include_in_schema=False)
    _core_routes(api, studio, live)
    media.add_routes(api, media.MemberMedia(studio), "/media", asking_actor)
    media.add_run_preview(api, studio, asking_actor)
    parts = (
        approvals,
        own_keys,
        settings,
        connections,
        decide,
        session_keys,
        form_defaults,
        storyboards,
        storyboard_lint,
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
        review_links,
        language_model,
        writing,
    )
    routers = [
        runs.router(studio, live),
        reviews.router(studio),
        reviews.member_router(studio),
        review_rooms.router(rooms),
        review_rules.router(studio),
        review_export.router(studio),
        scripts.router(),
        *(part.router(studio) for part in parts),
        *shared.routers(studio, rooms),
    ]
    agents = mcp.McpEndpoint(studio)
    pages = [route for router in routers for route in router.routes]
    return Site([*api.routes, *pages, *mcp.routes(agents)], live, agents, rooms, lambda: studio.writing_calls.close())


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
    def asset(digest: str, path: str, request: Request) -> Response:
        """A script, style, icon, font or table of words of ours."""
        return program_file(digest, path, accept_encoding=request.headers.get("accept-encoding", ""))

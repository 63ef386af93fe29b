"""The studio's routes over real HTTP: uvicorn as in the studio, with a header in place of the login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.studio import Studio
from studio.web.middleware.same_origin import Guard
from studio.web.routes import register
from tests.providers.serving import served


class Login:
    """The user is who the header says; nobody is the single local user."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["user"] = dict(scope["headers"]).get(b"x-user", b"").decode()
        await self.app(scope, receive, send)


@contextmanager
def serving(studio: Studio) -> Iterator[str]:
    """The address of this studio's routes while the context lasts."""
    site = register.build(studio)
    app = FastAPI(routes=site.routes, middleware=[Middleware(Guard), Middleware(Login)])
    with served(app) as url:
        try:
            yield url
        finally:
            site.close()

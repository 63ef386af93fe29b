"""The studio's routes over real HTTP: uvicorn as in the studio, with a header in place of the login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.permissions import Role
from studio.store import people
from studio.studio import Studio
from studio.web.middleware.same_origin import Guard
from studio.web.routes import register
from tests.providers.serving import served


class Login:
    """The actor is who the header says, a creator with an account of that id; nobody is the local user."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app, self.studio = app, studio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            user = dict(scope["headers"]).get(b"x-user", b"").decode()
            scope.setdefault("state", {})["user"] = user
            if user and "/" not in user:
                account(self.studio, user)
        await self.app(scope, receive, send)


def account(studio: Studio, person_id: str, role: Role = Role.CREATOR) -> str:
    """An account with this id and role, made at first sight; the id."""
    with studio.context.store.write() as db:
        if people.with_login(db, person_id) is None:
            people.add(db, person_id, login=person_id, role=role.value)
    return person_id


@contextmanager
def serving(studio: Studio) -> Iterator[str]:
    """The address of this studio's routes while the context lasts."""
    site = register.build(studio)
    app = FastAPI(routes=site.routes, middleware=[Middleware(Guard), Middleware(Login, studio=studio)])
    with served(app) as url:
        try:
            yield url
        finally:
            site.close()

"""Notes for each request where it comes from, so that the audit log can say it."""

from __future__ import annotations

from functools import partial

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.services.call_origin import CALL_ORIGIN, CallOrigin
from studio.web.middleware.access import Authenticator, address_of


class CallOrigins:
    """ASGI middleware: address and session of the request, for what answers it in this task and its threads.

    Gradio answers queued calls in tasks of its own; for these the origin also stands in scope["state"]["origin"].
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator | None) -> None:
        self.app, self.authenticator = app, authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] in ("http", "websocket"):
            origin = self._origin(HTTPConnection(scope))
            scope.setdefault("state", {})["origin"] = origin
            CALL_ORIGIN.set(origin)
        await self.app(scope, receive, send)

    def _origin(self, request: HTTPConnection) -> CallOrigin:
        token = self.authenticator and request.cookies.get(self.authenticator.cookie)
        if not (self.authenticator and token):
            return CallOrigin(address_of(request))
        return CallOrigin(address_of(request), partial(self.authenticator.people.session_id, token))


def origin_of(scope: Scope) -> CallOrigin:
    """Where a request came from, as it was noted."""
    return (scope.get("state") or {}).get("origin") or CallOrigin()

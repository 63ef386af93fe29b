"""Who calls a tool, and under which address: what every tool asks first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp.server.mcpserver import Context
from starlette.requests import Request

from studio.errors import NotAllowed
from studio.messages import Message
from studio.services.acting import UserServices
from studio.web.middleware.same_origin import actor_of

if TYPE_CHECKING:
    from studio.studio import Studio


@dataclass(frozen=True)
class Caller:
    """The actor of a call, by key and with its services, which refuse what it may not do. base_url: of the studio as
    the caller reaches it, without a slash."""

    studio: Studio
    key: str
    services: UserServices
    base_url: str

    def link(self, path: str) -> str:
        """The whole address of a path of the studio."""
        return self.base_url + path


def caller_of(studio: Studio, context: Context) -> Caller:
    """The caller of the message that is being answered. Raises NotAllowed for an account that is gone."""
    request = context.request_context.request
    if not isinstance(request, Request):  # no transport but HTTP says who calls
        raise NotAllowed(Message("access.sign_in"))
    key, base_url = actor_of(request), studio.settings.public_url or str(request.base_url)
    return Caller(studio, key, studio.acting_for(key), base_url.rstrip("/"))

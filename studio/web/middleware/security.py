"""The layers around the studio's web application, from the outside in: headers, proxies, foreign pages, the password.

They wrap all that Gradio builds, its own middleware too. Gradio puts its CORS answers around the middleware it is
given, so these are set as the application starts, before its first request.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.errors import StorageUnavailable
from studio.messages import Message, of_error
from studio.services.people import People
from studio.settings import Settings
from studio.storage import reason_of, unavailable
from studio.web.language import error_json
from studio.web.middleware.access import Access, Authenticator, IdentitySources
from studio.web.middleware.call_origins import CallOrigins
from studio.web.middleware.compression import Compression
from studio.web.middleware.forwarded import Forwarded
from studio.web.middleware.same_origin import Guard, hosts_of
from studio.web.middleware.security_headers import SecurityHeaders
from studio.web.middleware.upload_limits import UploadLimits
from studio.web.program_files import ProgramFiles
from studio.web.storage_status import storage_status

log = logging.getLogger(__name__)


def authenticator_of(settings: Settings, people: People) -> Authenticator | None:
    """Who checks passwords, sessions and tokens of a studio with these settings; None where there are no accounts.

    Browsers send a cookie to every port of a host, so its name tells studios on one machine apart.
    """
    if not settings.has_accounts:
        return None
    folder_hash = hashlib.sha256(str(settings.data.resolve()).encode()).hexdigest()[:8]
    has_password = bool(settings.password_hash)
    return Authenticator(people, cookie=f"studio_session_{folder_hash}", admin_password_as_token=has_password)


def protected(
    app: ASGIApp, settings: Settings, authenticator: Authenticator | None, *, host: str, uploads: Path,
    identity_sources: IdentitySources | None = None,
) -> ASGIApp:  # fmt: skip
    """The application behind every layer. host: the address it listens on. uploads: Gradio's folder.
    identity_sources: how people are known besides sessions and tokens."""
    app = UploadLimits(Compression(ProgramFiles(app)), settings.data.resolve(), uploads)
    hosts = hosts_of(host, settings.origins)
    app = CallOrigins(Faults(app), authenticator)
    if authenticator is not None:
        app = Access(app, authenticator, identity_sources)
    app = Guard(app, settings.origins, hosts, framed=bool(settings.frame_ancestors))
    app = Forwarded(app, settings.trusted_proxies)
    return SecurityHeaders(app, settings.frame_ancestors)


def lifespan(wrap: Callable[[ASGIApp], ASGIApp]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """For launch(app_kwargs=...): the started application gets `wrap` around its whole stack of middleware."""

    @contextlib.asynccontextmanager
    async def started(app: Any) -> AsyncIterator[None]:
        app.middleware_stack = wrap(app.build_middleware_stack())
        yield

    return started


def server_error(request: Request, error: Exception) -> Response:
    """The answer to a request that met a fault of ours, or a disk that is full or away; for launch(app_kwargs=...)'s
    exception_handlers."""
    if reason := reason_of(error, None):
        cause = error if isinstance(error, StorageUnavailable) else unavailable(reason, None)
        return error_json(request.scope, of_error(cause), storage_status(reason))
    return error_json(request.scope, Message("http.broke"), 500)


class Faults:
    """ASGI middleware: one line in the log for a request that met a fault, so that nobody can flood it. The whole
    trace comes with STUDIO_LOG=debug."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a fault has been answered below by the time it comes here."""
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:  # nobody is left to read an answer
            return
        except Exception as error:
            if scope["type"] == "lifespan":
                raise
            frame = traceback.extract_tb(error.__traceback__)[-1]
            message = str(error).partition("\n")[0][:200]
            location = f"{frame.filename}:{frame.lineno}"
            log.error("%s failed: %s: %s (%s)", scope["path"][:200], type(error).__name__, message, location)
            log.debug("The trace of it", exc_info=error)

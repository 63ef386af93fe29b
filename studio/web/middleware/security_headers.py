"""Headers that every answer carries: what a browser may do with it, and that no other site may use it.

The page itself gets a nonce for its scripts. Gradio makes functions of its components' scripts ('unsafe-eval') and
sets styles in the markup; nothing is loaded from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEFAULTS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), payment=(), usb=()",
}
CORS = "access-control-"


def frame_rule(ancestors: Iterable[str]) -> str:
    """The frame-ancestors directive; nobody where none is named."""
    listed = " ".join(ancestors)
    return f"frame-ancestors {listed}" if listed else "frame-ancestors 'none'"


def page_policy(nonce: str, ancestors: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of the studio's page. nonce: of its own scripts."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            frame_rule(ancestors),
        )
    )


class SecurityHeaders:
    """ASGI middleware: the headers above on every answer, and no CORS header on any.

    Gradio's CORS middleware lets in every site on a network address and every local port on this machine; whatever it
    adds is taken away again here, outside of it.
    """

    def __init__(self, app: ASGIApp, ancestors: Iterable[str] = ()) -> None:
        self.app = app
        self.ancestors = tuple(ancestors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, with_headers)

    def _complete(self, headers: MutableHeaders) -> None:
        for name in {n for n in headers if n.startswith(CORS)}:
            del headers[name]
        for name, value in DEFAULTS.items():
            headers.setdefault(name, value)
        rule = frame_rule(self.ancestors)
        policy = headers.get("content-security-policy") or "default-src 'none'"
        headers["content-security-policy"] = policy if "frame-ancestors" in policy else f"{policy}; {rule}"
        if not self.ancestors:
            headers.setdefault("x-frame-options", "DENY")

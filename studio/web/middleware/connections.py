"""Connections of the web server: a request must come across in time, and only so many are open at once.

Without this, half requests (slowloris) stay for ever, and each holds a place. uvicorn limits the idle time
between requests only. Open event streams are whole requests and stay.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEADER_S = 10.0
"""From the connection, or the first byte of a further request, to the end of the request's headers."""

BODY_S = 30.0
BODY_BYTES = 4096
"""A body brings at least so many bytes in so many seconds, unless the studio itself is not reading."""

WEBSOCKET_MESSAGE_BYTES = 64 * 1024
UNREAD_S = 10.0
"""How long what was sent over a WebSocket may wait for its reader."""

MAX_CONNECTIONS = 2000
MAX_HALF_OPEN = 256
RESERVED_FILES = 256
"""File descriptors kept for databases, media and workers."""


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection with a time limit on each request's arrival."""

    half_open: dict[BoundedProtocol, None]
    """Connections of this server without a whole request, oldest first."""

    _timer: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock; beyond the bound the oldest half-open connection gives way."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand the bytes on, and set the clock by what is still missing."""
        self._received += len(data)
        super().data_received(data)
        state = self.conn.their_state
        if state is h11.IDLE:
            if self._timer is None and self.conn.trailing_data[0]:
                self._await_headers()
        elif state is h11.SEND_BODY:
            if self in self.half_open or self._timer is None:
                self._stop()
                self._await_body()
        else:
            self._stop()

    def _await_headers(self) -> None:
        self.half_open[self] = None
        if len(self.half_open) > MAX_HALF_OPEN:
            next(iter(self.half_open)).abort()
        self._timer = self.loop.call_later(HEADER_S, self.abort)

    def _await_body(self) -> None:
        self._timer = self.loop.call_later(BODY_S, self._check_body, self._received)

    def _check_body(self, before: int) -> None:
        if self.conn.their_state is not h11.SEND_BODY:
            self._stop()
        elif self.flow.read_paused or self._received - before >= BODY_BYTES:
            self._await_body()
        else:
            self.abort()

    def _stop(self) -> None:
        self.half_open.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """Close the connection without an answer."""
        self._stop()
        self.transport.abort()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which gives up a peer that does not read. asyncio alone would keep what waits for it, and
    the connection, for as long as the peer likes."""

    _unread: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The peer reads too slowly: start the clock."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The peer has read: stop the clock."""
        super().resume_writing()
        self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def set_limits(server: Any) -> None:
    """Set the limits on a running uvicorn server; connections from now on have them."""
    server.config.ws_protocol_class = BoundedWebSocket
    server.config.ws_max_size = WEBSOCKET_MESSAGE_BYTES
    server.config.ws_per_message_deflate = False  # short messages, many a second: packing them costs more than it saves
    server.config.http_protocol_class = type("StudioProtocol", (BoundedProtocol,), {"half_open": {}})
    server.config.limit_concurrency = _max_connections()


def _max_connections() -> int:
    try:
        import resource
    except ImportError:  # Windows, where sockets are no files
        return MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft <= 0 else max(64, min(MAX_CONNECTIONS, soft - RESERVED_FILES))

"""Where the call that is being answered comes from: known to the web, and needed by services that write it down."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """address: of the network; "" for a program on this machine. via: gives the id of the session, or a word for the
    channel, such as `terminal`; it is asked only where something is written down."""

    address: str = ""
    via: Callable[[], str] = _nothing


LOCAL = CallOrigin()
"""A program on the studio's machine."""
CALL_ORIGIN: ContextVar[CallOrigin] = ContextVar("call_origin", default=LOCAL)
"""Set for each request; threads that answer it inherit it."""
TERMINAL = CallOrigin(via=lambda: "terminal")
"""A command that somebody typed on the studio's machine."""

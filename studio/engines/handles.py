"""Handles as small JSON objects: what an engine must know of its task after any restart."""

from __future__ import annotations

import json
from typing import Any

from studio.domain import JSON
from studio.errors import UnknownHandle
from studio.messages import Message, term


def dump(**kept: Any) -> str:
    """The handle that keeps these values."""
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def parse(handle: str, label: str) -> JSON:
    """What a handle of `dump` keeps; `task` is in each. Raises UnknownHandle for any other text."""
    try:
        kept = json.loads(handle)
    except (ValueError, RecursionError):
        kept = None
    if not isinstance(kept, dict) or not isinstance(kept.get("task"), str):
        raise UnknownHandle(Message("engine.bad_handle", handle=f"{handle[:40]!r}", provider=term(label)))
    return kept

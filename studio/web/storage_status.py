"""The HTTP status of a storage that is away."""

from __future__ import annotations

from studio.storage import Reason


def storage_status(reason: Reason) -> int:
    """507 Insufficient Storage for a full disk (RFC 4918), else 503 Service Unavailable: both pass."""
    return 507 if reason == "full" else 503

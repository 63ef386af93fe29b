"""Time zones by their names."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from studio.errors import CapabilityError
from studio.field_errors import short
from studio.messages import Message


def zone_of(name: str) -> ZoneInfo | None:
    """None for "". Raises CapabilityError for a name that is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # OSError: a folder of the zone files, or a name too long for a file
        message = Message("value.time_zone", name=short(name))
        raise CapabilityError(message, field="time_zone", value=name) from None

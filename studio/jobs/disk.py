"""Waiting for a disk that is full, read-only or away, until work that needs it is worth another try."""

from __future__ import annotations

import shutil
import time

from studio.domain import Status
from studio.jobs.outcomes import Leave
from studio.jobs.run_context import Way
from studio.messages import Message
from studio.storage import Reason, takes_files

ROOM_BYTES = 2**20
"""So much more room than there was makes another try worthwhile."""


async def returned(way: Way, reason: Reason) -> None:
    """Wait for it; not for ever, since what is short (a quota, a right) is not always seen.

    Leaves when the run is to be cancelled.
    """
    until, free = time.monotonic() + way.timing.disk_try, _free_bytes(way)
    while time.monotonic() < until:
        if await way.wish_within(way.timing.disk_look):
            money = "settle" if way.run.handle and not way.facts.repeatable else "release"
            raise Leave(Status.CANCELLED, Message("event.cancelled"), money=money)
        if reason == "full" and _free_bytes(way) >= free + ROOM_BYTES:
            return
        if reason != "full" and takes_files(way.house.data / "cache"):
            return


def _free_bytes(way: Way) -> int:
    try:
        return shutil.disk_usage(way.house.data).free
    except OSError:
        return 0

"""Waiting for a disk that is full, read-only or away, until work that needs it is worth another try."""

from __future__ import annotations

import shutil
import time

from studio.domain import Status
from studio.jobs.outcomes import Outcome
from studio.jobs.run_context import RunContext
from studio.messages import Message
from studio.storage import Reason, takes_files

ROOM_BYTES = 2**20
"""So much more room than there was makes another try worthwhile."""


async def wait_until_back(context: RunContext, reason: Reason) -> None:
    """Wait for it; not for ever, since what is short (a quota, a right) is not always seen.

    Leaves when the run is to be cancelled.
    """
    until, free = time.monotonic() + context.timing.disk_try, _free_bytes(context)
    while time.monotonic() < until:
        if await context.cancel_requested_within(context.timing.disk_look):
            money = "settle" if context.run.handle and not context.info.repeatable else "release"
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money=money)
        if reason == "full" and _free_bytes(context) >= free + ROOM_BYTES:
            return
        if reason != "full" and takes_files(context.jobs.data / "cache"):
            return


def _free_bytes(context: RunContext) -> int:
    try:
        return shutil.disk_usage(context.jobs.data).free
    except OSError:
        return 0

"""Waiting for a disk that is full, read-only or away, until work that needs it is worth another try."""

from __future__ import annotations

import shutil
import time

from studio.domain import Status
from studio.jobs.outcomes import Outcome
from studio.jobs.run_context import RunContext
from studio.messages import Message
from studio.storage import Reason, takes_files

MIN_FREED_BYTES = 2**20
"""Another attempt is worthwhile once this much more space is free."""


async def wait_until_writable(context: RunContext, reason: Reason) -> None:
    """Wait until files can be written, at most disk_retry_s: a missing quota or permission cannot always be detected.

    Raises Outcome when the run is cancelled.
    """
    deadline, free_before = time.monotonic() + context.timing.disk_retry_s, _free_bytes(context)
    while time.monotonic() < deadline:
        if await context.cancel_requested_within(context.timing.disk_check_s):
            money = "settle" if context.run.handle and not context.info.repeatable else "release"
            raise Outcome(Status.CANCELLED, Message("event.cancelled"), money=money)
        if reason == "full" and _free_bytes(context) >= free_before + MIN_FREED_BYTES:
            return
        if reason != "full" and takes_files(context.jobs.data / "cache"):
            return


def _free_bytes(context: RunContext) -> int:
    try:
        return shutil.disk_usage(context.jobs.data).free
    except OSError:
        return 0

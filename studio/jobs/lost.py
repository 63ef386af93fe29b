"""A submit whose answer was lost: it may have been accepted and billed, and must not be repeated on a guess."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from studio.domain import Run, Status, now
from studio.engines.base import Finds, Job
from studio.errors import EngineError, UnknownOutcome
from studio.jobs.house import House, Lane
from studio.jobs.pace import backoff_s
from studio.jobs.verdict import Leave
from studio.store import runs

LOOKS = 6
"""How often the provider is asked before a person is."""
SLACK_S = 120.0
"""Clocks of provider and studio may differ by this much."""


async def found_handle(house: House, lane: Lane, run: Run, job: Job, why: str) -> str:
    """The handle of the one task this submit made.

    Leaves for the queue where the engine is free of charge or certain that there is none; else held for a person.
    """
    engine, label = lane.engine, lane.facts.label
    if lane.facts.repeatable:
        raise Leave(Status.QUEUED, f"{why} Repeating costs nothing, so it starts again.", money="release")
    if not isinstance(engine, Finds):
        raise _held(f"{why} {label} has no way to look it up, so it may have been billed.")
    with house.store.read() as db:
        at = runs.inner(db, run.id)["submitted_at"]
        sent = datetime.fromisoformat(at) if at else now()
        known = runs.handles_since(db, run.provider, sent - timedelta(days=1))
    for tries in range(LOOKS):
        try:
            hits = await engine.find(
                job, submitted_after=sent.timestamp() - SLACK_S, submitted_before=now().timestamp() + SLACK_S,
                known=known,
            )  # fmt: skip
        except UnknownOutcome as error:
            raise _held(f"{why} {error}") from error
        except EngineError as error:
            if not error.transient or tries == LOOKS - 1:
                raise _held(f"{why} Looking it up failed: {error}") from error
            await asyncio.sleep(backoff_s(house.timing, tries, error.retry_after_s))
            continue
        return _only(hits, why, label)
    raise AssertionError("unreachable")


def _only(hits: list[str], why: str, label: str) -> str:
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise Leave(Status.QUEUED, f"{why} {label} has no such task, so it is sent again.", money="release")
    raise _held(f"{why} {label} has {len(hits)} tasks that it could be.")


def _held(why: str) -> Leave:
    return Leave(Status.HELD, why, reason="lost_submit")

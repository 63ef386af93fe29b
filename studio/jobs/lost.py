"""A submit whose answer was lost: it may have been accepted and billed, and must not be repeated on a guess."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from studio.domain import HeldReason, Status, now
from studio.engines.base import Finds, Job
from studio.errors import EngineError, UnknownOutcome
from studio.jobs.pace import backoff_s
from studio.jobs.verdict import Leave
from studio.jobs.way import Way
from studio.store import runs

NO_ANSWER = "The studio stopped before the answer came."

LOOKS = 6
"""How often the provider is asked before a person is."""
SLACK_S = 120.0
"""Clocks of provider and studio may differ by this much."""


async def found_handle(way: Way, job: Job, why: str) -> str:
    """The handle of the one task that the run's last submit made. why: how its answer was lost, as a sentence.

    Leaves for the queue where the engine is free of charge or certain that there is none; else held for a person.
    """
    label = way.facts.label
    if way.facts.repeatable:
        raise Leave(Status.QUEUED, f"{why} Repeating costs nothing, so it starts again.", money="release")
    if not isinstance(way.engine, Finds):
        raise _held(f"{why} {label} has no way to look it up, so it may have been billed.")
    sent, known = _sent(way)
    after, tries = sent.timestamp() - SLACK_S, 0
    while True:
        before = now().timestamp() + SLACK_S
        try:
            return _only(
                await way.engine.find(job, submitted_after=after, submitted_before=before, known=known), why, label
            )
        except UnknownOutcome as error:
            raise _held(f"{why} {error}") from error
        except EngineError as error:
            tries += 1
            if not error.transient or tries == LOOKS:
                raise _held(f"{why} Looking it up failed: {error}") from error
            await asyncio.sleep(backoff_s(way.timing, tries, error.retry_after_s))


def _sent(way: Way) -> tuple[datetime, set[str]]:
    """When the run was last sent, and the handles that other runs of about that time hold."""
    with way.house.store.read() as db:
        at = runs.inner(db, way.run.id)["submitted_at"]
        sent = datetime.fromisoformat(at) if at else now()
        return sent, runs.handles_since(db, way.run.provider, sent - timedelta(days=1))


def _only(hits: list[str], why: str, label: str) -> str:
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise Leave(Status.QUEUED, f"{why} {label} has no such task, so it is sent again.", money="release")
    raise _held(f"{why} {label} has {len(hits)} tasks that it could be.")


def _held(why: str) -> Leave:
    return Leave(Status.HELD, why, reason=HeldReason.LOST_SUBMIT)

"""A submit whose answer was lost: it may have been accepted and billed, and must not be repeated on a guess."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlite_utils import Database

from studio.domain import HeldReason, Status, now
from studio.engines.base import Job, SubmitLookup
from studio.errors import EngineError, UnknownOutcome
from studio.jobs import outcomes
from studio.jobs.durations import backoff_s
from studio.jobs.outcomes import Outcome
from studio.jobs.run_context import RunContext
from studio.messages import Message, joined, term
from studio.store import runs

LOOKS = 12
"""How often the provider is asked before a person is; it may say earlier that only a person can tell."""
MOST_SENDS = 5
"""How often a run is sent again by itself when it surely did not arrive."""
SLACK_S = 120.0
"""Clocks of provider and studio may differ by this much."""


async def found_handle(context: RunContext, job: Job, why: str) -> str:
    """The handle of the one task that the run's last submit made. why: how its answer was lost, as a sentence.

    Leaves for the queue where the engine is free of charge or certain that there is none; else held for a person.
    """
    label = context.info.label
    if context.info.repeatable:
        raise outcomes.lost_work(context.run, why)
    if not isinstance(context.engine, SubmitLookup):
        raise _held(joined(why, Message("hold.no_lookup", provider=term(label))))
    tries = 0
    while True:
        try:
            return _only(await _hits(context, context.engine, job), context, why)
        except UnknownOutcome as error:
            raise _held(f"{why} {error}") from error
        except EngineError as error:
            tries += 1
            if not error.transient or tries == LOOKS:
                raise _held(joined(why, Message("hold.lookup_failed", error=error))) from error
            await asyncio.sleep(backoff_s(context.timing, tries, error.retry_after_s))


async def _hits(context: RunContext, engine: SubmitLookup, job: Job) -> list[str]:
    """Tasks that may be this run's. Those of other runs are left out once more after the answer: two runs that lost
    their answers together must not both adopt the one task that arrived."""
    sent, known = await _sent(context)
    after, before = sent.timestamp() - SLACK_S, now().timestamp() + SLACK_S
    found = await engine.find(job, submitted_after=after, submitted_before=before, known=known)
    _, known = await _sent(context)
    return [handle for handle in found if handle not in known]


async def _sent(context: RunContext) -> tuple[datetime, set[str]]:
    """When the run was last sent, and the handles that other runs of about that time hold."""

    def look(db: Database) -> tuple[datetime, set[str]]:
        at = runs.inner(db, context.run.id)["submitted_at"]
        sent = datetime.fromisoformat(at) if at else now()
        return sent, runs.handles_since(db, context.run.provider, sent - timedelta(days=1))

    return await context.jobs.read(look)


def _only(hits: list[str], context: RunContext, why: str) -> str:
    label = context.info.label
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise _held(joined(why, Message("hold.several_tasks", provider=term(label), count=len(hits))))
    if context.run.attempt >= MOST_SENDS:
        raise _held(joined(why, Message("hold.never_taken", provider=term(label), tries=context.run.attempt)))
    said = joined(why, Message("event.not_taken", provider=term(label)))
    raise Outcome(Status.QUEUED, said, money="release")


def _held(why: str) -> Outcome:
    return Outcome(Status.HELD, why, reason=HeldReason.LOST_SUBMIT)

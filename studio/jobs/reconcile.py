"""A submit whose answer was lost: it may have been accepted and billed, and must not be repeated on a guess."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlite_utils import Database

from studio.domain import HeldReason, Status, now
from studio.engines.base import Engine, Job, SubmitLookup, WebhookHandles
from studio.errors import EngineError, UnknownOutcome
from studio.jobs import outcomes
from studio.jobs.durations import backoff_s
from studio.jobs.outcomes import Outcome
from studio.jobs.refunds import Bill
from studio.jobs.run_context import RunContext
from studio.jobs.webhooks import is_of_run
from studio.messages import Message, joined, term
from studio.store import runs

MAX_LOOKUPS = 12
"""How often the provider is asked before a person is."""
MAX_SUBMITS = 5
"""How often a run is submitted again automatically when it certainly did not arrive."""
CLOCK_SKEW_S = 120.0
"""Clocks of provider and studio may differ by this much."""


async def find_handle(context: RunContext, job: Job, why: str) -> str:
    """The handle of the one task that the run's last submit made. why: how its answer was lost, as a sentence.

    Raises Outcome: queued again where the engine is free of charge or certain that there is no task, else held.
    """
    label = context.info.label
    if context.info.repeatable:
        raise outcomes.lost_work(context.run, why)
    if task := await _task_of_webhook(context, why):
        _, other_handles = await _submitted_at(context)
        with context.lane.in_use() as engine:
            if isinstance(engine, WebhookHandles) and not any(is_of_run(task, other) for other in other_handles):
                return engine.handle_of(job, task)
    attempts = 0
    while True:
        try:
            with context.lane.in_use() as engine:
                return _single_handle(await _candidate_handles(context, _lookup(engine, label, why), job), context, why)
        except UnknownOutcome as error:
            raise _hold(f"{why} {error}") from error
        except EngineError as error:
            attempts += 1
            if not error.transient or attempts == MAX_LOOKUPS:
                raise _hold(joined(why, Message("hold.lookup_failed", error=error))) from error
            await asyncio.sleep(backoff_s(context.timing, attempts, error.retry_after_s))


async def _task_of_webhook(context: RunContext, why: str) -> str:
    """The task that the provider's call about this run names, waited for where there is no other way to find it.

    "" where none comes in time, or the user does not want to wait. The address was given to the provider for this
    submit alone, so a call there, signed where the provider signs, says that the submit arrived.
    """
    engine = context.engine
    if not isinstance(engine, WebhookHandles) or isinstance(engine, SubmitLookup):
        return ""
    submitted_at, _ = await _submitted_at(context)
    until = submitted_at + timedelta(seconds=context.timing.webhook_wait_s)
    waits = context.expects_webhook and not context.webhook_task
    if waits:
        await context.set_note(joined(why, Message("note.waiting_for_call", provider=term(context.info.label))))
    while context.expects_webhook and not context.webhook_task and (left_s := (until - now()).total_seconds()) > 0:
        if await context.cancel_requested_within(left_s):
            break
    if waits:
        await context.set_note(None)
    return context.webhook_task


def _lookup(engine: Engine, label: str, why: str) -> SubmitLookup:
    """The engine, where it can look submits up, and has what it needs for that. Raises Outcome where a person must."""
    if not isinstance(engine, SubmitLookup):
        raise _hold(joined(why, Message("hold.no_lookup", provider=term(label))))
    if missing := engine.missing():
        raise _hold(joined(why, missing))
    return engine


async def _candidate_handles(context: RunContext, engine: SubmitLookup, job: Job) -> list[str]:
    """Handles of tasks that may be this run's. Handles of other runs are read again after the answer: two runs that
    lost their answers together must not both adopt the one task that arrived."""
    submitted_at, other_handles = await _submitted_at(context)
    after, before = submitted_at.timestamp() - CLOCK_SKEW_S, now().timestamp() + CLOCK_SKEW_S
    handles = await engine.find(job, submitted_after=after, submitted_before=before, known=other_handles)
    _, other_handles = await _submitted_at(context)
    return [handle for handle in handles if handle not in other_handles]


async def _submitted_at(context: RunContext) -> tuple[datetime, set[str]]:
    """When the run was last submitted, and the handles of other runs of about that time."""

    def read(db: Database) -> tuple[datetime, set[str]]:
        text = runs.job_columns(db, context.run.id)["submitted_at"]
        submitted_at = datetime.fromisoformat(text) if text else now()
        return submitted_at, runs.handles_since(db, context.run.provider, submitted_at - timedelta(days=1))

    return await context.jobs.read(read)


def _single_handle(handles: list[str], context: RunContext, why: str) -> str:
    label = context.info.label
    if len(handles) == 1:
        return handles[0]
    if handles:
        raise _hold(joined(why, Message("hold.several_tasks", provider=term(label), count=len(handles))))
    if context.run.attempt >= MAX_SUBMITS:
        raise _hold(joined(why, Message("hold.never_taken", provider=term(label), tries=context.run.attempt)))
    message = joined(why, Message("event.not_taken", provider=term(label)))
    raise Outcome(Status.QUEUED, message, money="release")


def _hold(why: str) -> Outcome:
    bill = Bill("lost", certain=False)
    return Outcome(Status.HELD, why, reason=HeldReason.LOST_SUBMIT, cause="lost submit", bill=bill)

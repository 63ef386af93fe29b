"""When a model's queue is held: three failures in a row with one cause. One run tries first when it is resumed.

What counts is a fault of the provider, the account or this machine, by the class of the error and the provider's code.
Not counted, since another run may do better: what was refused (Refused, Moderated, CapabilityError), because it is
about that prompt and those settings; missing or broken input files, because they are about that request; what the user
ended; what a stop of the studio caused, such as a task that expired meanwhile or a submit whose answer nobody awaited.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlite_utils import Database

from studio.domain import Phase, Run, now
from studio.engines.addresses import LinkGone
from studio.errors import (
    CapabilityError,
    Conflict,
    EngineError,
    MediaError,
    NotConfigured,
    NotFound,
    Refused,
    StudioError,
    UnknownHandle,
)
from studio.messages import Message, term
from studio.store import model_holds
from studio.store.model_holds import ModelHold

FAILURES_TO_HOLD = 3
COUNTED_FOR = timedelta(days=1)
"""Failures further apart than this are not in a row."""
EXPIRES_AFTER = timedelta(hours=6)
"""A task that is unknown so long after its start has expired while the studio was stopped."""
RESULT_PHASES = (Phase.DOWNLOADING, Phase.FINISHING)


def cause_of(error: Exception, run: Run) -> str | None:
    """What this failure has in common with equal ones; None where it says nothing about other runs of the model."""
    if isinstance(error, Refused | CapabilityError | NotFound):
        return None
    if isinstance(error, UnknownHandle | LinkGone) and run.started_at and now() - run.started_at > EXPIRES_AFTER:
        return None
    if isinstance(error, MediaError):
        return "MediaError" if run.handle and run.phase in RESULT_PHASES else None
    if isinstance(error, EngineError):
        return f"{type(error).__name__}:{error.code}"
    if isinstance(error, StudioError) and not isinstance(error, NotConfigured):
        return None
    return type(error).__name__


def record_failure(db: Database, run: Run, cause: str, why: str) -> bool:
    """Count a failure of the run's model; whether that holds its queue now. why: a sentence."""
    moment, before = now(), model_holds.get(db, run.model)
    if before and before.held_at:
        return _fail_again(db, before, ModelHold(run.model, cause, before.failures + 1, why, moment, moment), run)
    in_a_row = before is not None and before.cause == cause and moment - before.failed_at < COUNTED_FOR
    failures = before.failures + 1 if before and in_a_row else 1
    held_at = moment if failures >= FAILURES_TO_HOLD else None
    model_holds.put(db, ModelHold(run.model, cause, failures, why, moment, held_at))
    return held_at is not None


def _fail_again(db: Database, before: ModelHold, failed: ModelHold, run: Run) -> bool:
    """A failure of a model that is held. Only the run that tries ends a trial; others began before the hold."""
    is_trial = before.trial == run.id
    if is_trial or before.trial is None:
        model_holds.put(db, failed if is_trial else replace(failed, held_at=before.held_at))
    return is_trial


def resume(db: Database, model: str) -> ModelHold:
    """Let one run of the model try: the next that waits. Asked again before that has ended, it stays with the first.

    Raises Conflict where the model is not held (any more).
    """
    hold = model_holds.get(db, model)
    if hold is None or hold.held_at is None:
        raise Conflict(Message("modelhold.not_held", model=term(model)))
    resumed = hold if hold.trial is not None else replace(hold, trial="")
    model_holds.put(db, resumed)
    return resumed


def reason(hold: ModelHold, label: str) -> Message:
    """Why runs of this model wait, as a sentence. label: the model's name for people."""
    trying = "modelhold.trying" if hold.trial is not None else "modelhold.held"
    return Message(trying, model=term(label), failures=hold.failures, why=hold.why)

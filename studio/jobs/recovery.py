"""Puts interrupted runs into their right state before anything new is started.

A run with a handle is polled again. One that was being submitted is looked up, never submitted again on a guess. An
earlier one is queued again. A run that was executing when the studio crashed twice is held, not tried a third time.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Run, Status
from studio.engines.base import EngineInfo
from studio.jobs.outcomes import MAX_CRASHES
from studio.messages import Message, term
from studio.store import Store, fair_queue, ledger, runs, settings

CLEAN_SHUTDOWN = "closed_cleanly"


def recover(db: Database, info_of: Callable[[str], EngineInfo | None]) -> list[Run]:
    """Put every interrupted run into its right state; returns those that must be executed at once."""
    fair_queue.forget_old(db)
    closed_cleanly = settings.get(db, CLEAN_SHUTDOWN, True)
    settings.put(db, CLEAN_SHUTDOWN, False)
    recovered = [
        _recovered(db, run, info_of(run.provider), closed_cleanly) for run in runs.open_with(db, Status.RUNNING)
    ]
    return [run for run in recovered if run is not None]


def mark_closed(store: Store) -> None:
    """Record a clean shutdown: the runs that are executing now did not crash the studio."""
    with store.write() as db:
        settings.put(db, CLEAN_SHUTDOWN, True)


def _recovered(db: Database, run: Run, info: EngineInfo | None, closed_cleanly: bool) -> Run | None:
    if not closed_cleanly and _may_have_caused_crash(run, info):
        crashes = runs.job_columns(db, run.id)["crashes"] + 1
        runs.note(db, run.id, crashes=crashes)
        if crashes >= MAX_CRASHES:
            why = Message("hold.crashed", count=crashes, phase=term(run.phase or ""))
            _hold(db, run, HeldReason.CRASHED_TWICE, why)
            return None
    if info is None:
        _hold(db, run, HeldReason.NOT_CONFIGURED, Message("hold.engine_gone", provider=run.provider))
        return None
    if run.handle or run.phase == Phase.SUBMITTING:
        if run.cancel_wanted and not run.handle and info.repeatable:
            runs.move(db, run, Status.CANCELLED, Message("event.cancelled"))
            return None
        if run.handle:
            return runs.enter(db, run, Phase.WAITING, Message("event.restarted"))
        return run
    if run.cancel_wanted:
        ledger.release(db, run)
        runs.move(db, run, Status.CANCELLED, Message("event.cancelled"))
    else:
        runs.move(db, run, Status.QUEUED, Message("event.queued_again"))
    return None


def _may_have_caused_crash(run: Run, info: EngineInfo | None) -> bool:
    """Waiting for a remote provider cannot crash the studio; everything else can."""
    return run.phase != Phase.WAITING or bool(info and info.local)


def _hold(db: Database, run: Run, reason: HeldReason, why: str) -> None:
    runs.move(db, run, Status.HELD, why, held_reason=reason.value, error=why)

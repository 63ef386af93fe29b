"""What the last stop left behind, put right before anything new is started.

A run with a handle is watched on. One that was being submitted is looked up, never sent again on a guess. One that had
not got so far is queued again. A run that was at work when the studio crashed twice is held, not tried a third time.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlite_utils import Database

from studio.domain import HeldReason, Phase, Run, Status
from studio.engines.base import EngineInfo
from studio.jobs.outcomes import MOST_CRASHES
from studio.messages import Message, term
from studio.store import Store, ledger, runs, settings

CLEAN = "closed_cleanly"


def recover(db: Database, info_of: Callable[[str], EngineInfo | None]) -> list[Run]:
    """Put every interrupted run into its right state; those that must be driven on at once."""
    clean = settings.get(db, CLEAN, True)
    settings.put(db, CLEAN, False)
    found = [_placed(db, run, info_of(run.provider), clean) for run in runs.with_status(db, Status.RUNNING)]
    return [run for run in found if run is not None]


def closed(store: Store) -> None:
    """Note that the studio was closed in peace: what runs now did not crash it."""
    with store.write() as db:
        settings.put(db, CLEAN, True)


def _placed(db: Database, run: Run, info: EngineInfo | None, clean: bool) -> Run | None:
    if not clean and _may_have_crashed_us(run, info):
        crashes = runs.inner(db, run.id)["crashes"] + 1
        runs.note(db, run.id, crashes=crashes)
        if crashes >= MOST_CRASHES:
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


def _may_have_crashed_us(run: Run, info: EngineInfo | None) -> bool:
    """Waiting for a provider far away is no work of ours; everything else is."""
    return run.phase != Phase.WAITING or bool(info and info.local)


def _hold(db: Database, run: Run, reason: HeldReason, why: str) -> None:
    runs.move(db, run, Status.HELD, why, held_reason=reason.value, error=why)

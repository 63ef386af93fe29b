"""The queue as a whole: its pause, the state of the storage under it, and the feed of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from studio.domain import LOCAL_USER, Run, Status
from studio.jobs import decisions, editing, model_holds
from studio.jobs.decisions import HoldChoice
from studio.jobs.events import Subscription
from studio.jobs.scheduler import PAUSED
from studio.messages import Message
from studio.services.context import Context
from studio.storage import Reason
from studio.store import queue, queue_pages, runs, settings, visibility


@dataclass(frozen=True)
class HeldModel:
    """A model whose waiting runs do not start. waiting: how many there are. trying: one run may start, or has, to see
    whether it works again."""

    model: str
    label: str
    reason: Message
    failures: int
    held_at: datetime
    waiting: int
    trying: bool


class Queue:
    """What holds for all users' runs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def paused(self) -> bool:
        """Whether new runs are kept from starting. Remembered across restarts."""
        with self._context.store.read() as db:
            return settings.get(db, PAUSED, False)

    def pause(self) -> None:
        """Start nothing new; what runs goes on."""
        self._set_paused(True)

    def resume(self) -> None:
        """Start what waits."""
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        with self._context.store.write() as db:
            settings.put(db, PAUSED, paused)
        self._context.notify_changed()

    def held_models(self) -> list[HeldModel]:
        """Models whose queue is held after equal failures in a row. Remembered across restarts."""
        holds = self._context.jobs.held_models.get()
        if not holds:
            return []
        with self._context.store.read() as db:
            waiting = {model: queue.count_waiting(db, model) for model in holds}
        return [
            HeldModel(
                model, self._context.model_label(model), model_holds.reason(hold, self._context.model_label(model)),
                hold.failures, hold.held_at, waiting[model], hold.trial is not None,
            )
            for model, hold in holds.items() if hold.held_at
        ]  # fmt: skip

    def resume_model(self, model: str) -> None:
        """Let one waiting run of a held model start; if it succeeds, the others follow. Raises Conflict."""
        with self._context.store.write() as db:
            model_holds.resume(db, model)
        self._context.jobs.held_models.changed()
        self._context.notify_changed()

    @property
    def storage_reason(self) -> Reason | None:
        """Why the disk or the database cannot be written just now; None when they can."""
        return self._context.store.health.reason

    def subscribe(self) -> Subscription:
        """Ids of runs that change from now on; use it in `with`."""
        return self._context.jobs.feed.subscribe()

    def active(self) -> list[Run]:
        """Everybody's running, held and queued runs, in this order; the queued ones in the order of the queue."""
        with self._context.store.read() as db:
            return [self._context.with_progress(run) for run in queue.active(db, LOCAL_USER)]

    def revision(self) -> tuple[int, int]:
        """Stays equal while no run was added or changed."""
        with self._context.store.read() as db:
            return queue_pages.revision(db)

    def waiting(self) -> tuple[int, datetime | None]:
        """How many runs wait, and since when the oldest does."""
        with self._context.store.read() as db:
            count, oldest = queue_pages.oldest_waiting(db)
        return count, datetime.fromisoformat(oldest) if oldest else None

    def get(self, run_id: str) -> Run:
        """Anybody's run as it is now, for the feed that gives each user their own. Raises NotFound."""
        with self._context.store.read() as db:
            return self._context.with_progress(runs.get(db, run_id, LOCAL_USER))

    def visible(self, run_ids: Iterable[str], viewer: str) -> set[str]:
        """Those of the runs that this person sees; "" sees all."""
        ids = list(run_ids)
        if not viewer:
            return set(ids)
        with self._context.store.read() as db:
            return visibility.visible_runs(db, ids, viewer)

    def concurrency(self, provider: str) -> int:
        """How many runs of this provider are under way at once; 1 for the engines of this machine."""
        return self._context.concurrency(provider)

    def hold_choices(self, run: Run) -> list[HoldChoice]:
        """What the run's own person can do about it while it is held; empty otherwise. Others decide in Approvals."""
        if run.status != Status.HELD:
            return []
        with self._context.store.read() as db:
            return decisions.choices_for(db, run, run.owner)

    def edit_refusal(self, run: Run) -> Message | None:
        """Why the request of this run can no longer be changed; None where it can."""
        return editing.refusal(run)

    def export_progress(self, export_id: str) -> float | None:
        """Fraction done of an export, 0..1; None when it is not under way."""
        progress = self._context.exports.running.get(export_id)
        return progress.fraction if progress else None

    def export_time_left_s(self, export_id: str) -> float | None:
        """Seconds that an export still takes; None when it is not under way or not known yet."""
        return self._context.exports.time_left_s(export_id)

"""Runs on their way: look, wait, cancel, retry, decide, and the order of the queue."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Literal

from studio.domain import Event, Run, Status
from studio.errors import Conflict, NotFound
from studio.jobs import decisions
from studio.jobs.decisions import HoldChoice
from studio.jobs.events import Subscription
from studio.jobs.previews import Picture
from studio.jobs.scheduler import PAUSED
from studio.services.requests import Making
from studio.storage import Reason
from studio.store import ledger, queue, runs, settings

MANY, GATHER_S = 20, 0.05
"""Who waits for more runs than this lets changes gather for so long, instead of asking the database at each."""


class Following(Making):
    """Everything about runs that exist. NotFound is raised for a run the owner may not see."""

    def get_run(self, run_id: str, *, owner: str = "") -> Run:
        """The run as it is now."""
        with self._store.read() as db:
            return self._alive(runs.get(db, run_id, owner))

    def preview(self, run_id: str, *, owner: str = "") -> Picture:
        """The newest small picture of a run under way. Raises NotFound where there is none, and once it has ended."""
        run = self.get_run(run_id, owner=owner)
        found = self._house.previews.get(run_id) if run.status == Status.RUNNING else None
        if found is None:
            raise NotFound("There is no picture of this run yet, or it has ended.")
        return found

    def history(self, run_id: str, *, owner: str = "") -> list[Event]:
        """Everything that happened to the run, oldest first."""
        with self._store.read() as db:
            runs.get(db, run_id, owner)
            return runs.history(db, run_id)

    def wait(self, run_ids: Sequence[str], *, timeout_s: float, owner: str = "") -> list[Run]:
        """The runs, in the order asked, as soon as all have ended or time is up; held ones are waited for, too."""
        until = time.monotonic() + timeout_s
        with self.subscribe() as changes:
            open_ones = self._unended(run_ids)
            while open_ones and (left := until - time.monotonic()) > 0 and not self._house.feed.closed:
                changed = open_ones.intersection(changes.get(left))
                if len(open_ones) > MANY:
                    time.sleep(GATHER_S)
                    changed |= open_ones.intersection(changes.get(0))
                open_ones -= changed - self._unended(changed)
        return [self.get_run(run_id, owner=owner) for run_id in run_ids]

    def _unended(self, run_ids: Collection[str]) -> set[str]:
        if not run_ids:
            return set()
        with self._store.read() as db:
            return set(runs.unended(db, list(run_ids)))

    def cancel(self, run_id: str, *, owner: str = "") -> Run:
        """Cancel at once what has not begun; ask for it where it has. Raises Conflict when the run has ended."""
        with self._store.write() as db:
            run = runs.get(db, run_id, owner)
            if run.status.ended:
                raise Conflict(
                    f"The run has already {run.status}." if run.status != "cancelled" else "It is cancelled."
                )
            if run.status == Status.HELD:
                run = decisions.give_up(db, run)
            elif run.status == Status.QUEUED:
                ledger.release(db, run)
                run = runs.move(db, run, Status.CANCELLED, "Cancelled by you.")
            else:
                runs.note(db, run.id, cancel_wanted=1)
                run = run.model_copy(update={"cancel_wanted": True})
        if run.cancel_wanted:
            self._runner.cancel_wish(run.id)
        self._changed(run.id)
        return self._alive(run)

    def retry(self, run_id: str, *, owner: str = "", seed: int | Literal["same"] | None = "same") -> Run:
        """A new run of the same request: with the same seed, another one, or a newly drawn one (None)."""
        old = self.get_run(run_id, owner=owner)
        body = old.request.flat() | {"seed": old.seed if seed == "same" else seed}
        if "prompt" not in body:
            body["prompt"] = old.request.prompt
        return self._store_runs([self._checked(body, owner)], owner or old.owner, retry_of=old.id)[0]

    def hold_choices(self, run: Run) -> list[HoldChoice]:
        """What the user can do about a held run; empty otherwise."""
        return decisions.choices(run)

    def decide(self, run_id: str, choice: str, *, owner: str = "") -> Run:
        """Carry out one of the choices. Raises Conflict when it is not offered (any more)."""
        with self._store.write() as db:
            run = decisions.decide(db, runs.get(db, run_id, owner), choice)
        if run.status == Status.RUNNING:
            self._runner.drive(run)
        self._changed(run.id)
        return run

    def active(self, *, owner: str = "") -> list[Run]:
        """Running, held and queued runs, in this order; the queued ones in the order of the queue with position."""
        with self._store.read() as db:
            return [self._alive(run) for run in queue.active(db, owner)]

    def recent(self, limit: int = 20, *, owner: str = "") -> list[Run]:
        """Runs that ended lately, the last first."""
        with self._store.read() as db:
            return runs.ended_lately(db, owner, limit)

    def move(self, run_id: str, *, before: str | None, owner: str = "") -> None:
        """Put a queued run before another, or at the end."""
        with self._store.write() as db:
            queue.move_before(db, run_id, before, owner)
        self._changed(run_id)

    def prioritise(self, run_id: str, priority: int, owner: str = "") -> None:
        """Give a waiting run a priority; higher goes first."""
        with self._store.write() as db:
            queue.prioritise(db, run_id, priority, owner)
        self._changed(run_id)

    @property
    def paused(self) -> bool:
        """Whether new runs are kept from starting. Remembered across restarts."""
        with self._store.read() as db:
            return settings.get(db, PAUSED, False)

    def pause(self) -> None:
        """Start nothing new; what runs goes on."""
        self._set_paused(True)

    def resume(self) -> None:
        """Start what waits."""
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        with self._store.write() as db:
            settings.put(db, PAUSED, paused)
        self._changed()

    @property
    def storage_reason(self) -> Reason | None:
        """Why the disk or the database cannot be written just now; None when they can."""
        return self._store.health.reason

    def subscribe(self) -> Subscription:
        """Ids of runs that change from now on; use it in `with`."""
        return self._house.feed.subscribe()

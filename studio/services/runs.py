"""Runs on their way: look, wait, cancel, retry, decide, and the order of the queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from studio.catalogue import validation
from studio.domain import JSON, Event, HeldReason, Run, Status
from studio.errors import Conflict, NotFound
from studio.jobs import decisions, editing
from studio.jobs.previews import Picture
from studio.messages import Message, stored, term
from studio.services import own_keys
from studio.services.context import Context
from studio.services.requests import CheckedRequest, Requests
from studio.services.token_spending import TokenSpending
from studio.store import events, ledger, queue, queue_pages, runs, visibility
from studio.store.queue_pages import Section, Totals

BATCH_THRESHOLD, BATCH_DELAY_S = 20, 0.05
"""Who waits for more runs than this lets changes gather for so long, instead of asking the database at each."""


class Runs:
    """Everything about runs that exist. NotFound is raised for a run the owner may not see."""

    def __init__(self, context: Context, user: str, requests: Requests, spending: TokenSpending | None = None) -> None:
        self._context, self.user = context, user
        self._requests, self._spending = requests, spending or TokenSpending(context)

    def get(self, run_id: str) -> Run:
        """The run as it is now."""
        with self._context.store.read() as db:
            return self._context.with_progress(runs.get(db, run_id, self.user))

    def several(self, run_ids: Sequence[str]) -> list[Run]:
        """The runs as they are now, in the order asked; without those that are gone or that the owner may not see."""
        with self._context.store.read() as db:
            return [self._context.with_progress(run) for run in runs.several(db, run_ids, self.user)]

    def each(self, run_ids: Sequence[str]) -> list[Run]:
        """As `several`, of runs that are all to be there. Raises NotFound."""
        found = {run.id: run for run in self.several(run_ids)}
        return [found[run_id] if run_id in found else self.get(run_id) for run_id in run_ids]

    def preview(self, run_id: str) -> Picture:
        """The newest small picture of a run under way. Raises NotFound where there is none, and once it has ended."""
        run = self.get(run_id)
        picture = self._context.jobs.previews.get(run_id) if run.status == Status.RUNNING else None
        if picture is None:
            raise NotFound(Message("run.no_preview"))
        return picture

    def history(self, run_id: str) -> list[Event]:
        """Everything that happened to the run, oldest first."""
        with self._context.store.read() as db:
            runs.get(db, run_id, self.user)
            return events.of_run(db, run_id)

    def wait(self, run_ids: Sequence[str], *, timeout_s: float) -> list[Run]:
        """The runs, in the order asked, as soon as all have ended or time is up; held ones are waited for, too."""
        self._require_seen(run_ids)
        deadline = time.monotonic() + timeout_s
        with self._context.jobs.feed.subscribe() as changes:
            unended = self._active(run_ids)
            while unended and (remaining_s := deadline - time.monotonic()) > 0 and not self._context.jobs.feed.closed:
                changed = unended.intersection(changes.get(remaining_s))
                if len(unended) > BATCH_THRESHOLD:
                    time.sleep(BATCH_DELAY_S)
                    changed |= unended.intersection(changes.get(0))
                unended -= changed - self._active(changed)
        return self.each(run_ids)

    async def wait_pushed(self, run_ids: Sequence[str], *, timeout_s: float) -> list[Run]:
        """As `wait`, without a thread that waits: changes wake the caller's event loop, and the database is read only
        when one of these runs changed."""
        await asyncio.to_thread(self._require_seen, run_ids)
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def notify() -> None:
            with suppress(RuntimeError):  # the loop has ended, and with it who waited
                loop.call_soon_threadsafe(changed.set)

        feed = self._context.jobs.feed
        with feed.subscribe(notify) as changes, suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                unended = await asyncio.to_thread(self._active, run_ids)
                while unended and not feed.closed:
                    await changed.wait()
                    if len(unended) > BATCH_THRESHOLD:
                        await asyncio.sleep(BATCH_DELAY_S)
                    changed.clear()
                    if hit := unended.intersection(changes.take()):
                        unended -= hit - await asyncio.to_thread(self._active, hit)
        return await asyncio.to_thread(self.each, run_ids)

    def _require_seen(self, run_ids: Sequence[str]) -> None:
        """Raises NotFound: one that may not be seen is not waited for, like one that does not exist."""
        with self._context.store.read() as db:
            seen = visibility.visible_runs(db, run_ids, self.user)
        for run_id in run_ids:
            if run_id not in seen:
                raise NotFound(Message("run.unknown", run_id=run_id))

    def _active(self, run_ids: Collection[str]) -> set[str]:
        if not run_ids:
            return set()
        with self._context.store.read() as db:
            return set(runs.unended(db, list(run_ids)))

    def cancel(self, run_id: str) -> Run:
        """Cancel at once what has not begun; ask for it where it has. Raises Conflict when the run has ended."""
        with self._context.store.write() as db:
            run = runs.get_to_decide(db, run_id, self.user)
            if run.status.ended:
                raise Conflict(
                    Message("run.already_ended", status=term(run.status))
                    if run.status != "cancelled"
                    else Message("run.is_cancelled")
                )
            if run.status == Status.HELD:
                run = decisions.give_up(db, run)
            elif run.status == Status.QUEUED:
                ledger.release(db, run)
                run = runs.move(db, run, Status.CANCELLED, Message("event.cancelled"))
            else:
                runs.note(db, run.id, cancel_wanted=1)
                run = run.model_copy(update={"cancel_wanted": True})
            shown = runs.as_seen(db, run, self.user)
        if run.cancel_wanted:
            self._context.scheduler.request_cancel(run.id)
        self._context.notify_changed(run.id)
        return self._context.with_progress(shown)

    def cancel_waiting(self) -> int:
        """Cancel all own runs that wait, in one transaction; how many there were."""
        return len(self._cancel_queued(None))

    def cancel_several(self, run_ids: Sequence[str]) -> list[Run]:
        """Cancel these runs, those that wait in one transaction; each as it is then. One that had ended stays as it is.

        Raises NotFound, NotAllowed for one that the user may not cancel; then none that waits was cancelled.
        """
        with self._context.store.read() as db:
            for run_id in set(run_ids) - visibility.deciders(db, run_ids, self.user):
                runs.get_to_decide(db, run_id, self.user)
        cancelled = set(self._cancel_queued(run_ids))
        with self._context.store.read() as db:
            others = runs.unended(db, [run_id for run_id in run_ids if run_id not in cancelled])
        for run_id in others:
            with suppress(Conflict):  # it ended meanwhile
                self.cancel(run_id)
        with self._context.store.read() as db:
            seen = visibility.visible_runs(db, run_ids, self.user)
            found = {run.id: run if run.id in seen else run.masked() for run in runs.several(db, run_ids)}
        return [self._context.with_progress(found[run_id]) for run_id in run_ids if run_id in found]

    def _cancel_queued(self, run_ids: Sequence[str] | None) -> list[str]:
        why = Message("event.cancelled")
        with self._context.store.write() as db:
            ids = queue_pages.cancel(db, self.user, run_ids, why, stored(why))
        self._context.notify_changed(*ids)
        return ids

    def retry(self, run_id: str, *, seed: int | Literal["same"] | None = "same") -> Run:
        """A new run of the same request: with the same seed, another one, or a newly drawn one (None)."""
        return self.retry_several([run_id], seed=seed)[0]

    def retry_several(self, run_ids: Sequence[str], *, seed: int | Literal["same"] | None = "same") -> list[Run]:
        """As `retry` for each of the runs: all are checked before the new ones are stored as one batch."""
        checked, owners = dict[str, list[CheckedRequest]](), list[str]()
        for old in self.each(run_ids):
            body = old.request.flat() | {"seed": old.seed if seed == "same" else seed}
            if "prompt" not in body:
                body["prompt"] = old.request.prompt
            if validation.has_marks(old.request, self._context.catalogue):
                body["literal_prompt"] = True  # it was sent so before
            owner = self.user or old.owner
            again = replace(self._requests.validate(body, owner=owner), retry_of=old.id)
            checked.setdefault(owner, []).append(again)
            owners.append(owner)
        stored = {owner: iter(self._requests.store(several, owner=owner)) for owner, several in checked.items()}
        return [next(stored[owner]) for owner in owners]

    def decide(self, run_id: str, choice: str) -> Run:
        """Carry out one of the choices. Raises Conflict when it is not offered (any more)."""
        with self._context.store.read() as db:
            before = runs.get_to_decide(db, run_id, self.user)
        with_key = before.held_reason == HeldReason.NOT_CONFIGURED and choice == decisions.TRY_AGAIN.id
        account = own_keys.rebound(self._context, before) if with_key else before.account
        with self._context.store.write() as db:
            asked = runs.get_to_decide(db, run_id, self.user)
            if account != before.account and asked.attempt == before.attempt and asked.handle == before.handle:
                runs.note(db, run_id, account=account)
                asked = asked.model_copy(update={"account": account})
            run = decisions.decide(db, asked, choice, self.user)
            if not run.status.ended:
                self._spending.charge(db, [run])
            shown = runs.as_seen(db, run, self.user)
        if run.status == Status.RUNNING:
            self._context.scheduler.execute(run)
        self._context.notify_changed(run.id)
        return shown

    def edit(self, run_id: str, body: JSON) -> Run:
        """The run with another request in the place of its own: flat JSON, held to the rules of a submit.

        The run keeps its place in the queue, its price is estimated anew, and limits are checked again before it
        starts. Without a seed in the body a new one is drawn; the same body again changes nothing. Raises Conflict once
        the run was sent or has ended, CapabilityError, NotFound and NotConfigured as submit does.
        """
        with self._context.store.read() as db:
            before = runs.get_own(db, run_id, self.user)
        if why := editing.refusal(before):
            raise Conflict(why)
        new = self._requests.revised(before, body)
        with self._context.store.write() as db:
            before = runs.get_own(db, run_id, self.user)
            run = editing.replace_request(db, before, new)
            self._spending.charge(db, [run])
        if before.status == Status.RUNNING:
            self._context.scheduler.withdraw(run.id, before.attempt)
        self._context.notify_changed(run.id)
        return self._context.with_progress(run)

    def edit_fields(self, run_id: str, changes: JSON) -> Run:
        """`edit` with only some fields of the request changed; null takes a field away."""
        body = self.get(run_id).request.flat() | changes
        return self.edit(run_id, {name: value for name, value in body.items() if value is not None})

    def active(self) -> list[Run]:
        """Running, held and queued runs, in this order; the queued ones in the order of the queue with position. Those
        of others that the user may not see are masked."""
        with self._context.store.read() as db:
            return [self._context.with_progress(run) for run in queue.active(db, self.user)]

    def queue_totals(self) -> Totals:
        """How many runs are under way, held and waiting, and what is ahead of the last of them."""
        with self._context.store.read() as db:
            return queue_pages.totals(db, self.user)

    def queue_page(self, section: Section, *, skip: int = 0, limit: int = 50) -> list[Run]:
        """Runs of one part of what `active` gives, from the one after the first `skip`."""
        with self._context.store.read() as db:
            found = queue_pages.page(db, section, self.user, skip=skip, limit=limit)
        return [self._context.with_progress(run) for run in found]

    def recent(self, limit: int = 20) -> list[Run]:
        """Runs that ended lately, the last first."""
        with self._context.store.read() as db:
            return runs.ended_lately(db, self.user, limit)

    def move(self, run_id: str, *, before: str | None) -> None:
        """Put a queued run before another, or at the end."""
        with self._context.store.write() as db:
            queue.move_before(db, run_id, before, self.user)
        self._context.notify_changed(run_id)

    def prioritise(self, run_id: str, priority: int) -> None:
        """Give a waiting run a priority; higher goes first."""
        with self._context.store.write() as db:
            queue.prioritise(db, run_id, priority, self.user)
        self._context.notify_changed(run_id)

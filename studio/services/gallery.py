"""Runs looked back at: search, trash, rating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.domain import Run
from studio.errors import CapabilityError
from studio.messages import Message
from studio.services.context import Context
from studio.services.runs import Runs
from studio.services.time_zones import zone_of
from studio.store import runs, search
from studio.store.scopes import MINE


@dataclass(frozen=True)
class RunPage:
    """One page, newest first. next_before: pass it as `before` for the next page, None at the end. total: how many
    runs match; capped: there are more than that."""

    runs: list[Run]
    next_before: int | None
    total: int
    capped: bool


class Gallery:
    """The kept runs of one user."""

    def __init__(self, context: Context, user: str, runs: Runs) -> None:
        self._context, self.user = context, user
        self._runs = runs

    def search(
        self, query: str = "", *, task: str | None = None, model: str | None = None,
        kind: str | None = None, status: str | None = None, rating_min: int = 0, trashed: bool = False,
        before: int | None = None, limit: int = 60, time_zone: str = "", scope: str = MINE,
    ) -> RunPage:  # fmt: skip
        """A page of runs. query: words, "phrases", -without, model: task: status: seed: rating:>=4 before: after:.

        scope: "mine", "all" that the user may see, or the id of a project.
        time_zone: the IANA name of the zone in which `before:` and `after:` count days. "": a day is as wide as any
        zone on earth has it, so that what anybody calls that day is found.
        """
        query_ = search.SearchFilter(
            viewer=self.user, scope=scope or MINE, task=task or None, model=model or None, kind=kind or None,
            status=status or None, ratings=tuple(range(rating_min, 6)) if rating_min else (), trashed=trashed,
        )  # fmt: skip
        query_ = search.parse(query, query_, zone=zone_of(time_zone))
        with self._context.store.read() as db:
            page, next_before = search.page(db, query_, before=before, limit=max(1, min(limit, 500)))
            total, capped = search.total(db, query_)
        return RunPage([self._context.with_progress(run) for run in page], next_before, total, capped)

    def trash(self, run_ids: Sequence[str]) -> list[str]:
        """Put ended runs into the trash; the ids that went. Files stay until `purge`."""
        return self._set_trashed(run_ids, trashed=True)

    def restore(self, run_ids: Sequence[str]) -> list[str]:
        """Take runs out of the trash; the ids that came back."""
        return self._set_trashed(run_ids, trashed=False)

    def _set_trashed(self, run_ids: Sequence[str], *, trashed: bool) -> list[str]:
        with self._context.store.write() as db:
            changed = runs.set_trashed(db, list(run_ids), self.user, trashed=trashed)
        self._context.jobs.feed.publish(changed)
        return changed

    def rate(self, run_id: str, rating: int) -> Run:
        """Give the run 1 to 5 stars, or 0 for none."""
        if rating not in range(6):
            raise CapabilityError(Message("run.bad_rating", rating=rating), field="rating", value=rating, limit=5)
        with self._context.store.write() as db:
            runs.set_rating(db, run_id, rating, self.user)
        self._context.jobs.feed.publish([run_id])
        return self._runs.get(run_id)

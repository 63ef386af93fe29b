"""Runs looked back at: search, trash, rating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from sqlite_utils import Database

from studio.domain import Run
from studio.errors import CapabilityError
from studio.messages import Message
from studio.services.context import Context
from studio.services.runs import Runs
from studio.services.time_zones import zone_of
from studio.storage import storing
from studio.store import runs, search
from studio.store.mapping import as_runs
from studio.store.run_rows import EndedRun, as_shown
from studio.store.scopes import MINE

MAX_PAGE = 500
"""Most runs of one page."""

R = TypeVar("R")


@dataclass(frozen=True)
class RunPage(Generic[R]):
    """One page, newest first. next_before: pass it as `before` for the next page, None at the end. total: how many
    runs match; capped: there are more than that."""

    runs: list[R]
    next_before: int | None
    total: int
    capped: bool


class Narrowing(TypedDict, total=False):
    """What narrows a search beside its words; None, "" and 0 do not.

    scope: "mine", "all" that the user may see, or the id of a project. before: a seq; limit: runs of a page.
    time_zone: the IANA name of the zone in which `before:` and `after:` count days. "": a day is as wide as any
    zone on earth has it, so that what anybody calls that day is found.
    """

    task: str | None
    model: str | None
    kind: str | None
    status: str | None
    rating_min: int
    trashed: bool
    before: int | None
    limit: int
    time_zone: str
    scope: str


class Gallery:
    """The kept runs of one user."""

    def __init__(self, context: Context, user: str, runs: Runs) -> None:
        self._context, self.user = context, user
        self._runs = runs

    def search(self, query: str = "", **narrowing: Unpack[Narrowing]) -> RunPage[Run]:
        """A page of runs. query: words, "phrases", -without, model: task: status: seed: rating:>=4 before: after:."""
        page = self._page(query, narrowing, as_runs)
        return replace(page, runs=[self._context.with_progress(run) for run in page.runs])

    def show(self, query: str = "", **narrowing: Unpack[Narrowing]) -> RunPage[Run | EndedRun]:
        """As `search`, for a page that only shows the runs: those that have ended stay rows."""
        page = self._page(query, narrowing, as_shown)
        runs = [run if isinstance(run, EndedRun) else self._context.with_progress(run) for run in page.runs]
        return replace(page, runs=runs)

    def state(self) -> tuple[object, ...]:
        """Another value whenever a page of runs that have ended may read otherwise than before. Cheap to ask."""
        context = self._context
        limits = tuple(context.concurrency(provider) for provider in context.engines)
        with storing(context.settings.data):
            return (*context.store.changes.version(), context.catalogue.revision, *limits)

    def _page(
        self, query: str, narrowing: Narrowing, read: Callable[[Database, list[dict[str, Any]]], list[R]]
    ) -> RunPage[R]:
        given = narrowing.get
        rating_min, limit = given("rating_min", 0), given("limit", 60)
        query_ = search.SearchFilter(
            viewer=self.user, scope=given("scope") or MINE, task=given("task") or None, model=given("model") or None,
            kind=given("kind") or None, status=given("status") or None,
            ratings=tuple(range(rating_min, 6)) if rating_min else (), trashed=given("trashed", False),
        )  # fmt: skip
        query_ = search.parse(query, query_, zone=zone_of(given("time_zone", "")))
        with self._context.store.read() as db:
            rows, next_before, total, capped = self._rows(db, query_, given("before"), max(1, min(limit, MAX_PAGE)))
            return RunPage(read(db, rows), next_before, total, capped)

    def _rows(
        self, db: Database, query: search.SearchFilter, before: int | None, limit: int
    ) -> tuple[list[search.Row], int | None, int, bool]:
        """The rows, the `before` of the next page, and the total, which pages after the first remember."""
        totals, source = self._context.totals, search.state(db)
        if before is None:
            found = search.first_page(db, query, limit)
            totals.put(query, source, found[2:])
            return found
        total, capped = totals.get(query, source, lambda: search.total(db, query))
        return *search.page_rows(db, query, before=before, limit=limit), total, capped

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

"""Runs side by side: one request sent to several models, or runs chosen in the gallery; votes, and what they say."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.catalogue import Model, form_values
from studio.domain import JSON, Run, Status, Task
from studio.errors import BudgetError, CapabilityError, Conflict
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.messages import Message, term
from studio.services.alternatives import Alternative, Alternatives
from studio.services.context import Context
from studio.services.requests import Requests
from studio.services.win_rates import WinRate, win_rates
from studio.store import comparisons, runs
from studio.store.comparisons import VotePair

MIN_MEMBERS, MAX_MEMBERS = 2, 6


@dataclass(frozen=True)
class ComparedRun:
    """One member. changes: what its model does otherwise than was asked."""

    run: Run
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side. best: the run that the user voted for, "" for a tie, None before a vote."""

    id: str
    created_at: str
    same_request: bool
    members: tuple[ComparedRun, ...]
    best: str | None


class TermsChanged(Conflict):
    """What would be sent, or its price, is not what the person saw. Nothing was submitted."""


class Comparisons:
    """One user's comparisons."""

    def __init__(self, context: Context, user: str, requests: Requests, alternatives: Alternatives) -> None:
        self._context, self.user = context, user
        self._requests, self._alternatives = requests, alternatives

    def submit_request(self, body: JSON, models: Sequence[str], *, key: str | None = None) -> Comparison:
        """Send one run of a request of the API to each of these models, in one batch; see `submit_form`."""
        self._check_count(models)
        if made := self._made(key):
            return made
        return self._submit(self._alternatives.of_request(body | {"n": 1}, only=models), models, key)

    def submit_form(
        self,
        values: JSON,
        model: Model,
        task: Task,
        terms: Mapping[str, object],
        *,
        key: str | None = None,
    ) -> Comparison:
        """Send one run of what a form holds to each model of `terms`: id -> the terms that the person saw.

        key: names the press; the same press makes one comparison however often it arrives. All are checked, and the
        budget for the sum, before the first is stored. Raises TermsChanged, CapabilityError, NotConfigured and
        BudgetError; then nothing was submitted.
        """
        self._check_count(terms)
        if made := self._made(key):
            return made
        values = values | {"n": 1}
        if len(form_values.to_requests(values, model, task)) > 1:
            raise CapabilityError(Message("compare.several"))
        found = self._alternatives.of_form(values, model, task, only=terms)
        if any(terms[one.model.id] != one.terms for one in found if one.fit != "refused"):
            raise TermsChanged(Message("compare.terms_changed"))
        return self._submit(found, list(terms), key)

    @staticmethod
    def _check_count(models: Sequence[str] | Mapping[str, object]) -> None:
        if not MIN_MEMBERS <= len(set(models)) <= MAX_MEMBERS:
            raise CapabilityError(Message("compare.too_few", most=MAX_MEMBERS), field="models", limit=MAX_MEMBERS)

    def _submit(self, found: Sequence[Alternative], models: Sequence[str], key: str | None) -> Comparison:
        by_id = {one.model.id: one for one in found}
        chosen = [by_id[i] if i in by_id else self._no_such(i) for i in dict.fromkeys(models)]
        for one in chosen:
            if one.refusals:
                raise CapabilityError(
                    Message("compare.not_for_task", model=term(one.model.label), reason=one.refusals[0]), field="models"
                )
        comparison_id = ""

        def store_comparison(db: Database, stored: list[Run]) -> None:
            nonlocal comparison_id
            self._check_budget(db, stored)
            members = [(run.id, one.changes) for run, one in zip(stored, chosen, strict=True)]
            comparison_id = comparisons.add(db, members, owner=self.user, key=key, same_request=True)

        try:
            bodies = [one.body | {"n": 1} for one in chosen]
            self._requests.submit_many(bodies, on_stored=store_comparison)
        except sqlite3.IntegrityError:
            if made := self._made(key):  # the same press, arrived twice at once
                return made
            raise
        return self.get(comparison_id)

    def _no_such(self, model_id: str) -> Alternative:
        model = self._context.catalogue.get(model_id)  # NotFound for an unknown id
        raise CapabilityError(Message("run.studio_no_engine", provider=model.provider), field="models", value=model_id)

    @staticmethod
    def _check_budget(db: Database, stored: Sequence[Run]) -> None:
        amounts = [run.estimate_usd or 0.0 for run in stored]
        if why := budget.exceeded_by(db, amounts, Spender.of(stored[0])):
            raise BudgetError(why)

    def _made(self, key: str | None) -> Comparison | None:
        if not key:
            return None
        with self._context.store.read() as db:
            made = comparisons.find(db, self.user, key)
        return self.get(made) if made else None

    def of_runs(self, run_ids: Sequence[str]) -> Comparison:
        """Runs that exist, side by side; the same runs make the same comparison. Raises NotFound for a run that is not
        the user's."""
        ids = list(dict.fromkeys(run_ids))
        if not MIN_MEMBERS <= len(ids) <= MAX_MEMBERS:
            raise CapabilityError(Message("compare.few_runs", most=MAX_MEMBERS), field="runs", limit=MAX_MEMBERS)
        key = "runs:" + hashlib.sha256(" ".join(sorted(ids)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        with self._context.store.write() as db:
            made = comparisons.of_runs(db, self.user, ids)
            if made is None:
                found = [runs.get(db, run_id, self.user) for run_id in ids]
                asked = {(r.request.task, r.request.prompt) for r in found}
                one_request = len(asked) == 1 and len({r.model for r in found}) > 1
                members = [(run_id, ()) for run_id in ids]
                made = comparisons.add(db, members, owner=self.user, key=key, same_request=one_request)
        return self.get(made)

    def latest_of(self, run_id: str) -> str | None:
        """The id of the newest comparison that this run is part of."""
        with self._context.store.read() as db:
            return comparisons.latest_of(db, self.user, run_id)

    def get(self, comparison_id: str) -> Comparison:
        """The comparison as it is now, without runs that are gone. Raises NotFound."""
        with self._context.store.read() as db:
            kept = comparisons.get(db, comparison_id, self.user)
            by_id = {run.id: run for run in runs.several(db, [i for i, _ in kept.members], self.user)}
            pairs = comparisons.vote_of(db, comparison_id, self.user)
        members = [
            ComparedRun(self._context.with_progress(by_id[i]), changes) for i, changes in kept.members if i in by_id
        ]
        best = None if not pairs else "" if pairs[0].tie else pairs[0].winner
        return Comparison(kept.id, kept.created_at, kept.same_request, tuple(members), best)

    def vote(self, comparison_id: str, best: str, *, blind: bool) -> Comparison:
        """Keep which result is the best ("" for none); in the place of an earlier vote of this user. Counted against
        each of the other finished results. Raises Conflict where there is nothing to judge."""
        comparison = self.get(comparison_id)
        if not comparison.same_request:
            raise Conflict(Message("compare.not_fair"))
        finished = [m.run for m in comparison.members if m.run.status is Status.SUCCEEDED]
        if len(finished) < MIN_MEMBERS:
            raise Conflict(Message("compare.not_ready"))
        if best and best not in {run.id for run in finished}:
            raise CapabilityError(Message("compare.not_member"), field="best", value=best)
        pairs = _pairs(finished, best)
        with self._context.store.write() as db:
            comparisons.vote(db, comparison_id, self.user, finished[0].request.task.value, pairs, blind=blind)
        return self.get(comparison_id)

    def win_rates(self, task: str = "", *, blind: bool = False) -> list[WinRate]:
        """What this user's votes say of each model, the highest rate first; "" is every task. blind: of votes alone
        that were cast without names and prices."""
        with self._context.store.read() as db:
            return win_rates(comparisons.votes(db, self.user, task, blind=blind))


def _pairs(finished: Sequence[Run], best: str) -> list[VotePair]:
    """The best against each other; without one, every two as good as each other."""
    if best:
        [winner] = [run for run in finished if run.id == best]
        return [_pair(winner, run, tie=False) for run in finished if run.id != best]
    return [_pair(a, b, tie=True) for i, a in enumerate(finished) for b in finished[i + 1 :]]


def _pair(a: Run, b: Run, *, tie: bool) -> VotePair:
    return VotePair(a.id, b.id, a.model, b.model, _usd(a), _usd(b), tie)


def _usd(run: Run) -> float | None:
    return run.estimate_usd if run.cost_usd is None else run.cost_usd

"""Many requests at once, each under a key of its own: what is sent again under a key is not stored again.

A plan says for each request what it would cost and what stands against it; nothing is stored. A submit stores what is
new, in transactions of at most MAX_BATCH_RUNS runs, each with its keys: a batch that was cut off goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from studio.catalogue import consent
from studio.domain import JSON, Asset, Run
from studio.errors import CapabilityError, StudioError
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.messages import Message, of_error
from studio.services.context import Context
from studio.services.readiness import Readiness
from studio.services.requests import MAX_BATCH_RUNS, NO_ASSETS, CheckedRequest, Requests
from studio.store import runs, submit_keys

MAX_KEY_CHARS = 200


@dataclass(frozen=True)
class KeyedRequest:
    """A request as flat JSON under its key. digest: of what the key stands for, where that is not the request itself:
    a line of a batch names files, whose ids may be others the next time."""

    key: str
    body: JSON
    digest: str = ""


@dataclass(frozen=True)
class PlannedRequest:
    """What a submit would do with one request. stored: its runs, where it was stored before; then nothing is done.

    usd: of all its n runs, None where no price is known. problem: why it would be refused; question: why it would wait
    for a person.
    """

    key: str
    stored: tuple[str, ...] = ()
    task: str = ""
    model: str = ""
    n: int = 0
    usd: float | None = None
    expected_s: float | None = None
    problem: str = ""
    field: str = ""
    question: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchPlan:
    """The requests in order. usd: of what is new and has a price; unpriced: runs that are new and have none.

    refusal: why the new ones together would be refused, such as a spending limit; "" where nothing stands against them.
    approval: why what costs money would first wait for somebody who may approve it.
    """

    requests: tuple[PlannedRequest, ...]
    usd: float = 0.0
    runs: int = 0
    unpriced: int = 0
    expected_s: float | None = None
    refusal: str = ""
    approval: str = ""


@dataclass(frozen=True)
class StoredBatch:
    """The runs of each request, in order, without those that were deleted since. replayed: all were stored before."""

    runs: list[list[Run]]
    replayed: bool


@dataclass
class _Checked:
    planned: list[PlannedRequest] = field(default_factory=list)
    new: list[CheckedRequest] = field(default_factory=list)
    prices: list[float | None] = field(default_factory=list)


class Batches:
    """Batches of one user. token: the access token by which they act, if any."""

    def __init__(self, context: Context, user: str, requests: Requests, readiness: Readiness, token: str = "") -> None:
        self._context, self.user, self._requests, self._readiness = context, user, requests, readiness
        self._spender = Spender(user, "", token)

    def plan(self, batch: Sequence[KeyedRequest], *, known_assets: Mapping[str, Asset] = NO_ASSETS) -> BatchPlan:
        """What a submit would do. known_assets: input files, by id, that are still to be added."""
        stored = self._stored(batch)
        found = _Checked()
        for one in batch:
            found.planned.append(self._planned(one, stored.get(one.key), known_assets, found))
        priced = zip(found.new, found.prices, strict=True)
        prices = [usd for checked, usd in priced for _ in range(checked.request.n)]
        amounts = [usd or 0.0 for usd in prices]
        expected_s = self._requests.estimate_checked(found.new).expected_s if found.new else None
        with self._context.store.read() as db:
            refusal = budget.exceeded_by(db, amounts, self._spender) if amounts else None
            held = budget.needs_approval(db, self._spender, prices) if prices else None
        return BatchPlan(
            tuple(found.planned), round(sum(amounts), 6), len(amounts), prices.count(None), expected_s, refusal or "",
            held.why if held else "",
        )  # fmt: skip

    def submit(self, batch: Sequence[KeyedRequest], *, at_once: bool = False) -> StoredBatch:
        """The runs of each request; those of an earlier submit under the same key as they are now.

        All are checked before the first is stored; spending limits are for the plan to tell, and hold runs as ever.
        at_once: all in one transaction, or refused. Raises as `Requests.submit`, where there are several with the
        number of the request, and CapabilityError where a key was used for something else.
        """
        stored = self._stored(batch)
        for one in batch:
            if one.key in stored and (problem := _reuse_problem(one, stored[one.key])):
                raise CapabilityError(problem, field="key", value=one.key)
        new = [one for one in batch if one.key not in stored]
        numbers = [number for number, one in enumerate(batch, 1) if one.key not in stored]
        checked: list[CheckedRequest] = []
        for start in range(0, len(new), MAX_BATCH_RUNS):
            part = slice(start, start + MAX_BATCH_RUNS)
            checked += self._requests.validate_list([one.body for one in new[part]], numbers[part])
        by_key = {key: list(found.runs) for key, found in stored.items()}
        pairs = list(zip(new, checked, strict=True))
        for part in [pairs] if at_once and pairs else _parts(pairs):
            by_key |= self._store(part)
        with self._context.store.read() as db:
            found = {run.id: run for run in runs.several(db, [i for ids in by_key.values() for i in ids], self.user)}
        return StoredBatch([[found[i] for i in by_key[one.key] if i in found] for one in batch], replayed=not new)

    def _store(self, part: list[tuple[KeyedRequest, CheckedRequest]]) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}

        def on_stored(db: Database, stored: list[Run]) -> None:
            rest = iter(stored)
            for one, checked in part:
                ids[one.key] = [next(rest).id for _ in range(checked.request.n)]
                submit_keys.add(db, self.user, one.key, digest_of(one), ids[one.key])

        try:
            self._requests.store([checked for _, checked in part], on_stored=on_stored)
        except sqlite3.IntegrityError:  # the same was sent twice at once, and the other one was first
            known = self._stored([one for one, _ in part])
            if not known:
                raise
            rest = [(one, checked) for one, checked in part if one.key not in known]
            return {key: list(found.runs) for key, found in known.items()} | (self._store(rest) if rest else {})
        return ids

    def _stored(self, batch: Sequence[KeyedRequest]) -> dict[str, submit_keys.KeyedSubmit]:
        """What was stored before, by key. Raises CapabilityError for a key that stands in the batch twice."""
        counts = Counter(one.key for one in batch)
        for key, count in counts.items():
            if not 0 < len(key) <= MAX_KEY_CHARS:
                raise CapabilityError(Message("batch.key_length", most=MAX_KEY_CHARS), field="key", value=key)
            if count > 1:
                raise CapabilityError(Message("batch.key_twice", key=key), field="key", value=key)
        with self._context.store.read() as db:
            return submit_keys.find(db, self.user, counts)

    def _planned(
        self, one: KeyedRequest, stored: submit_keys.KeyedSubmit | None, known_assets: Mapping[str, Asset],
        found: _Checked,
    ) -> PlannedRequest:  # fmt: skip
        if stored:
            return PlannedRequest(one.key, stored.runs, problem=_reuse_problem(one, stored))
        try:
            checked = self._requests.validate(one.body, ready=False, known_assets=known_assets)
            usd = self._requests.price(checked)
        except StudioError as error:
            named = error.field if isinstance(error, CapabilityError) else ""
            model = str(one.body.get("model") or "")[:MAX_KEY_CHARS]
            return PlannedRequest(one.key, model=model, problem=of_error(error), field=named)
        found.new.append(checked)
        found.prices.append(usd)
        request, estimate = checked.request, self._requests.estimate_checked([checked])
        question = consent.question(request, checked.model, checked.inputs)
        return PlannedRequest(
            one.key, (), request.task.value, request.model, request.n, estimate.usd, estimate.expected_s,
            self._readiness.of(checked.model).missing or "", "", question or "", estimate.warnings,
        )  # fmt: skip


def _reuse_problem(one: KeyedRequest, stored: submit_keys.KeyedSubmit) -> str:
    """What is wrong where the key stands for something else; "" where it does not."""
    return "" if stored.digest == digest_of(one) else Message("batch.key_reused")


def digest_of(one: KeyedRequest) -> str:
    """What tells whether a key is used for the same again."""
    if one.digest:
        return one.digest
    text = json.dumps(one.body, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _parts(new: list[tuple[KeyedRequest, CheckedRequest]]) -> Iterator[list[tuple[KeyedRequest, CheckedRequest]]]:
    """The requests in lists of at most MAX_BATCH_RUNS runs; one that has more is a list of its own, and is refused."""
    part: list[tuple[KeyedRequest, CheckedRequest]] = []
    count = 0
    for one, checked in new:
        if part and count + checked.request.n > MAX_BATCH_RUNS:
            yield part
            part, count = [], 0
        part.append((one, checked))
        count += checked.request.n
    if part:
        yield part

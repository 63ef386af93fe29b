"""From the API's flat JSON to stored runs: all requests are checked before any is stored, and nothing waits."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import cast

from sqlite_utils import Database

from studio.catalogue import Model, validation
from studio.domain import JSON, Asset, Estimate, HeldReason, Request, Run, Status
from studio.engines.base import DurationEstimate, RequestChecks
from studio.errors import CapabilityError, NotConfigured, NotFound
from studio.jobs.durations import duration_key, length_scale
from studio.messages import Message, of_error, term
from studio.services.context import Context
from studio.store import assets, runs
from studio.store.mapping import new_id

Also = Callable[[Database, list[Run]], None]
NONE_GIVEN: Mapping[str, Asset] = MappingProxyType({})

NEEDS_CONSENT = "hold.needs_consent"
"""The studio cannot see whom a file shows, so it asks about every file that might show somebody."""

MOST_AT_ONCE = 1000
"""Runs in one batch."""


@dataclass(frozen=True)
class CheckedRequest:
    """A request that is complete and within its row, with the input files it names."""

    request: Request
    model: Model
    inputs: Mapping[str, Asset]


class Requests:
    """Submit, estimate, check. user: whose runs these are; "" is the single user of this machine."""

    def __init__(self, context: Context, user: str) -> None:
        self._context, self.user = context, user

    def submit(self, body: JSON) -> list[Run]:
        """Store the runs of one request: n of them, each with its own seed. They are on disk when this returns.

        Raises CapabilityError with field, value and limit, NotFound, NotConfigured; then nothing was stored.
        """
        return self.submit_many([body])

    def submit_many(self, bodies: list[JSON], *, also: Also | None = None) -> list[Run]:
        """Store the runs of several requests as one batch; all are checked before any is stored.

        also: called with the stored runs inside the same transaction; what it raises stores nothing.
        """
        return self.store([self.checked(body) for body in bodies], also=also)

    def estimate(self, bodies: list[JSON], *, given: Mapping[str, Asset] | None = None) -> Estimate:
        """What these requests would cost and take, without side effects. Raises as submit does, but needs no key: the
        price is what one wants to know before getting one. given: input files, by id, that are still to be made."""
        return self.estimate_checked([self.checked(body, ready=False, given=given) for body in bodies])

    def estimate_checked(self, found: list[CheckedRequest]) -> Estimate:
        """The same for requests that were checked already."""
        prices = [(c, self.price(c)) for c in found]
        unknown = dict.fromkeys(self._unpriced(c) for c, usd in prices if usd is None)
        count = sum(c.request.n for c in found)
        usd = None if unknown else round(sum((usd or 0) * c.request.n for c, usd in prices), 6)
        return Estimate(
            usd=usd, runs=count, expected_s=self._together_s(found),
            basis=" ".join(dict.fromkeys(self._basis(c, usd) for c, usd in prices)),
            warnings=tuple(unknown),
        )  # fmt: skip

    def check(self, body: JSON) -> list[CapabilityError]:
        """Everything that submit would refuse about the values, each with its field. Never raises for bad values."""
        try:
            request = validation.parse(body, self._context.catalogue)
        except CapabilityError as error:
            return [error]
        except NotFound as error:
            return [CapabilityError(of_error(error), field="model", value=body.get("model"))]
        model = self._context.catalogue.get(request.model)
        return self._problems(validation.complete(request, model), model, self._inputs_of(request))

    def checked(self, body: JSON, *, ready: bool = True, given: Mapping[str, Asset] | None = None) -> CheckedRequest:
        """The request, complete and within its row. ready=False: without a key, too. Raises as submit does."""
        request = validation.parse(body, self._context.catalogue)
        model = self._context.catalogue.get(request.model)
        request, inputs = validation.complete(request, model), self._inputs_of(request, given or {})
        if wrong := self._problems(request, model, inputs):
            raise wrong[0]
        engine = self._context.engines.get(model.provider)
        if engine is None:
            raise NotConfigured(Message("run.studio_no_engine", provider=model.provider))
        if ready and (said := engine.missing()):
            raise NotConfigured(said)
        return CheckedRequest(request, model, inputs)

    def checked_again(self, found: CheckedRequest) -> CheckedRequest:
        """A request that was checked before: only its engine may think otherwise by now. Raises as submit does."""
        engine = self._context.engines.get(found.model.provider)
        again = engine is not None and _is(type(engine), RequestChecks)
        if again and (wrong := cast("RequestChecks", engine).problems(found.request, found.model, found.inputs)):
            raise wrong[0]
        return found

    def _problems(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> list[CapabilityError]:
        found = validation.problems(request, model, inputs)
        engine = self._context.engines.get(model.provider)
        if not found and isinstance(engine, RequestChecks):
            found = engine.problems(request, model, inputs)
        return found

    def _inputs_of(self, request: Request, given: Mapping[str, Asset] = NONE_GIVEN) -> dict[str, Asset]:
        ids = [i for group in request.media().values() for i in group]
        kept = [i for i in ids if i not in given]
        found = {i: given[i] for i in ids if i in given}
        if not kept:
            return found
        with self._context.store.read() as db:
            return found | assets.several(db, kept, self.user)

    def price(self, checked: CheckedRequest) -> float | None:
        """Dollars of one run of this request; None where nobody knows."""
        return self._context.engines[checked.model.provider].estimate_usd(
            checked.request, checked.model, checked.inputs
        )

    def _expected_s(self, checked: CheckedRequest) -> float | None:
        """From our own history; before there is any, from the engine's own reckoning or the row's usual times."""
        pace, engine = duration_key(checked.request), self._context.engines.get(checked.model.provider)
        known = self._context.jobs.history.has_enough(pace)
        if engine and not known and _is(type(engine), DurationEstimate):
            seconds = cast("DurationEstimate", engine).expected_s(checked.request, checked.model, checked.inputs)
            return round(seconds, 1) if seconds else None
        expected = self._context.jobs.history.fit_for(pace, checked.model)
        if expected is None:
            return None
        usual = checked.model.latency_s and not known
        scale = length_scale(checked.request, checked.model) if usual else 1.0
        return round(expected.median_s * scale, 1)

    def _together_s(self, found: list[CheckedRequest]) -> float | None:
        """Until the last of these runs is done: on this machine one by one, elsewhere as many as go at once."""
        longest, totals = 0.0, dict[str, float]()
        for checked in found:
            if seconds := self._expected_s(checked):
                provider = checked.model.provider
                longest = max(longest, seconds)
                totals[provider] = totals.get(provider, 0.0) + seconds * checked.request.n / self._context.concurrency(
                    provider
                )
        return round(max(longest, *totals.values()), 1) if totals else None

    def _basis(self, checked: CheckedRequest, usd: float | None) -> str:
        label = checked.model.label
        if usd is None:
            return self._unpriced(checked)
        if usd == 0:
            return Message("price.free", label=term(label))
        if self._by_time(checked):
            return Message("price.card_time", label=term(label), usd=f"{usd:.4g}")
        day = (checked.model.priced or checked.model.checked).isoformat()
        return Message("price.listed", label=term(label), usd=f"{usd:.4g}", day=day)

    def _unpriced(self, checked: CheckedRequest) -> str:
        if self._by_time(checked):
            return Message("price.no_estimate_yet", model=term(checked.model.label))
        return Message("price.none_published", model=term(checked.model.label))

    def _by_time(self, checked: CheckedRequest) -> bool:
        engine = self._context.engines.get(checked.model.provider)
        return engine is not None and engine.info.by_time

    def store(
        self, found: list[CheckedRequest], *, owner: str = "", retry_of: str | None = None, also: Also | None = None
    ) -> list[Run]:
        """Store the runs of checked requests as one batch. owner: whose they are, where not the acting user's."""
        if (count := sum(c.request.n for c in found)) > MOST_AT_ONCE:
            raise CapabilityError(
                Message("request.too_many", count=f"{count:,}", most=f"{MOST_AT_ONCE:,}"),
                field="n",
                value=count,
                limit=MOST_AT_ONCE,
            )
        new = [made for checked in found for made in self._expanded(checked, owner or self.user, retry_of)]
        batch = "b_" + new[0].run.id.removeprefix("r_") if new else ""
        alone = len(new) == 1 and not new[0].inputs and also is None
        stored = self._context.store.write_one(lambda db: [runs.add(db, new[0], batch)]) if alone else []
        if not alone:
            with self._context.store.write() as db:
                stored = [runs.add(db, one, batch) for one in new]
                if also:
                    also(db, stored)
        self._context.changed(*(run.id for run in stored))
        return stored

    def _expanded(self, checked: CheckedRequest, owner: str, retry_of: str | None) -> Iterator[runs.NewRun]:
        """The n runs of a request, with seeds s, s+1 ... where the model takes seeds."""
        request, model = checked.request, checked.model
        usd, expected_s, pace = self.price(checked), self._expected_s(checked), duration_key(request)
        consent_missing = self._consent_missing(checked)
        for number in range(request.n):
            seed = _seed(request.seed, model, number)
            one = request.model_copy(update={"n": 1, "seed": seed})
            if number == 0 and request.seed is None and seed is not None:
                request = request.model_copy(update={"seed": seed})
            run = Run(
                id=new_id("r_"), owner=owner, request=one, seed=seed, model=model.id,
                provider=model.provider, estimate_usd=usd, expected_s=expected_s, retry_of=retry_of,
                status=Status.HELD if consent_missing else Status.QUEUED,
                held_reason=HeldReason.CONSENT if consent_missing else None,
                error=Message(NEEDS_CONSENT) if consent_missing else None,
            )  # fmt: skip
            yield runs.NewRun(run, one.media(), pace)

    def _consent_missing(self, checked: CheckedRequest) -> bool:
        given = checked.request.media()
        people = any(s.people and name in given for name, s in checked.model.inputs_for(checked.request.task).items())
        return people and not checked.request.consent


@cache
def _is(engine: type, protocol: type) -> bool:
    """Whether engines of this class follow the protocol: asked of a class once, for that is slow to find out."""
    return issubclass(engine, protocol)


def _seed(wanted: int | None, model: Model, number: int) -> int | None:
    """The seed of run `number` of a request: counted up from the wanted one, drawn where none was given."""
    if model.seeds is None:
        return None
    low, high = model.seeds.min, model.seeds.max
    if wanted is None:
        return random.randint(low, high)
    return low + (wanted - low + number) % (high - low + 1)

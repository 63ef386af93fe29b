"""From the API's flat JSON to stored runs: all requests are checked before any is stored, and nothing waits."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Literal, cast

from sqlite_utils import Database

from studio.catalogue import Model, consent, validation
from studio.domain import JSON, Asset, Estimate, HeldReason, Request, Run, Status
from studio.engines.base import DurationEstimate, RequestChecks
from studio.errors import CapabilityError, Conflict, NotConfigured, NotFound, StudioError
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.jobs.durations import duration_key, length_scale
from studio.messages import Message, joined, of_error, term
from studio.services.context import Context
from studio.services.token_spending import TokenSpending
from studio.store import assets, projects, runs
from studio.store.mapping import new_id

OnStored = Callable[[Database, list[Run]], None]
NO_ASSETS: Mapping[str, Asset] = MappingProxyType({})

MAX_BATCH_RUNS = 1000
"""Runs in one batch, and requests in one list."""
MAX_TOLD = 10
"""Requests of a list whose problems are told at once."""


@dataclass(frozen=True)
class ExpectedTime:
    """How long one run is expected to take, and who says so: `runs` of our own of this kind, else (0) the engine's own
    reckoning or the row's usual times."""

    seconds: float
    source: Literal["history", "engine", "catalogue"]
    runs: int = 0


@dataclass(frozen=True)
class CheckedRequest:
    """A request that is complete and within its row, with the input files it names. retry_of: the run it repeats."""

    request: Request
    model: Model
    inputs: Mapping[str, Asset]
    retry_of: str | None = None


class Requests:
    """Submit, estimate, check. user: whose runs these are; "" is the single user of this machine. spending: of the
    access token by which they act, if any."""

    def __init__(self, context: Context, user: str, spending: TokenSpending | None = None) -> None:
        self._context, self.user = context, user
        self._spending = spending or TokenSpending(context)

    def submit(self, body: JSON) -> list[Run]:
        """Store the runs of one request: n of them, each with its own seed. They are on disk when this returns.

        Raises CapabilityError with field, value and limit, NotFound, NotConfigured; then nothing was stored.
        """
        return self.submit_many([body])

    def submit_many(
        self, bodies: list[JSON], *, project: str | None = None, on_stored: OnStored | None = None
    ) -> list[Run]:
        """Store the runs of several requests as one batch; all are checked before any is stored.

        project: as in `store`. on_stored: called with the stored runs inside the same transaction; what it raises
        stores nothing.
        """
        return self.store(
            [self.validate(body, project=project) for body in bodies], project=project, on_stored=on_stored
        )

    def submit_list(self, bodies: list[JSON], *, on_stored: OnStored | None = None) -> list[Run]:
        """As `submit_many`, for programs: what is wrong is told with the number of its request, from 1.

        Raises as `validate_list`.
        """
        return self.store(self.validate_list(bodies), on_stored=on_stored)

    def validate_list(self, bodies: Sequence[JSON], numbers: Sequence[int] | None = None) -> list[CheckedRequest]:
        """The requests, each complete and within its row. numbers: of the requests as their sender counts them.

        Raises the error of the first one that is wrong, with its number and the problems of others where there are
        several requests; CapabilityError where there are more than one batch holds.
        """
        if len(bodies) > MAX_BATCH_RUNS:
            raise _too_many(len(bodies))
        checked: list[CheckedRequest] = []
        problems: list[tuple[int, StudioError]] = []
        for number, body in zip(numbers or range(1, len(bodies) + 1), bodies, strict=True):
            try:
                checked.append(self.validate(body))
            except StudioError as error:
                problems.append((number, error))
                if len(problems) == MAX_TOLD:
                    break
        if problems:
            raise problems[0][1] if len(bodies) == 1 else _numbered(problems)
        return checked

    def estimate(self, bodies: list[JSON], *, known_assets: Mapping[str, Asset] | None = None) -> Estimate:
        """What these requests would cost and take, without side effects. Raises as submit does, but needs no key: the
        price is what one wants to know before getting one. known_assets: input files, by id, that are still to be
        made."""
        return self.estimate_checked([self.validate(body, ready=False, known_assets=known_assets) for body in bodies])

    def estimate_checked(self, checked_requests: list[CheckedRequest]) -> Estimate:
        """The same for requests that were checked already."""
        prices = [(c, self.price(c)) for c in checked_requests]
        unpriced = dict.fromkeys(self._no_price_message(c) for c, usd in prices if usd is None)
        unconfirmed = dict.fromkeys(
            Message("price.unconfirmed", model=term(c.model.label))
            for c, usd in prices
            if usd and not c.model.price_confirmed
        )
        count = sum(c.request.n for c in checked_requests)
        usd = None if unpriced else round(sum((usd or 0) * c.request.n for c, usd in prices), 6)
        return Estimate(
            usd=usd, runs=count, expected_s=self._total_expected_s(checked_requests),
            basis=" ".join(dict.fromkeys(self._price_basis(c, usd) for c, usd in prices)),
            warnings=(*unpriced, *unconfirmed),
        )  # fmt: skip

    def problems(self, body: JSON) -> list[CapabilityError]:
        """Everything that submit would refuse about the values, each with its field. Never raises for bad values."""
        try:
            request = validation.parse(body, self._context.catalogue)
        except CapabilityError as error:
            return [error]
        except NotFound as error:
            return [CapabilityError(of_error(error), field="model", value=body.get("model"))]
        model = self._context.catalogue.get(request.model)
        return self._problems(validation.complete(request, model), model, self._inputs_of(request))

    def validate(
        self, body: JSON, *, ready: bool = True, project: str | None = None, owner: str = "",
        known_assets: Mapping[str, Asset] | None = None,
    ) -> CheckedRequest:  # fmt: skip
        """The request, complete and within its row. ready=False: without a key, too. Raises as submit does.

        project, owner: of the runs, whose keys count; the user's current project and the user where not given.
        """
        checked, problems = self.check(body, known_assets=known_assets)
        if problems:
            raise problems[0]
        engine = self._context.engines.get(checked.model.provider)
        if engine is None:
            raise NotConfigured(Message("run.studio_no_engine", provider=checked.model.provider))
        if ready:
            chosen = self._project(None) if project is None else project
            engine = self._context.accounts.engine(owner or self.user, checked.model, chosen)
        if ready and engine and (missing := engine.missing()):
            raise NotConfigured(missing)
        return checked

    def check(
        self, body: JSON, *, known_assets: Mapping[str, Asset] | None = None
    ) -> tuple[CheckedRequest, list[CapabilityError]]:
        """The request, complete, with all that submit would refuse of it. Raises CapabilityError or NotFound for what
        cannot be read as a request at all."""
        request = validation.parse(body, self._context.catalogue)
        model = self._context.catalogue.get(request.model)
        request, inputs = validation.complete(request, model), self._inputs_of(request, known_assets or {})
        return CheckedRequest(request, model, inputs), self._problems(request, model, inputs)

    def estimate_revision(self, model_id: str) -> object | None:
        """Estimates of a request to this model stay as they are while this stays equal: a price list changes only with
        the studio's start, and an engine whose settings change is another one. None where an estimate is good for one
        time only, because it is time on a card of the user's own, which the card's memory and the files on disk
        decide."""
        model = self._context.catalogue.get(model_id)
        engine = self._context.engines.get(model.provider)
        if engine is None or engine.info.by_time:
            return None
        return model, engine, self._context.jobs.history.revision

    def revalidate(self, checked_requests: CheckedRequest) -> CheckedRequest:
        """A request that was checked before: only its engine may think otherwise by now. Raises as submit does."""
        engine = self._context.engines.get(checked_requests.model.provider)
        has_checks = engine is not None and _implements(type(engine), RequestChecks)
        if has_checks and (
            problems := cast("RequestChecks", engine).problems(
                checked_requests.request, checked_requests.model, checked_requests.inputs
            )
        ):
            raise problems[0]
        return checked_requests

    def _problems(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> list[CapabilityError]:
        checked_requests = validation.problems(request, model, inputs)
        engine = self._context.engines.get(model.provider)
        if not checked_requests and engine is not None and _implements(type(engine), RequestChecks):
            checked_requests = cast("RequestChecks", engine).problems(request, model, inputs)
        return checked_requests

    def _inputs_of(self, request: Request, known_assets: Mapping[str, Asset] = NO_ASSETS) -> dict[str, Asset]:
        ids = [i for group in request.media().values() for i in group]
        stored_ids = [i for i in ids if i not in known_assets]
        checked_requests = {i: known_assets[i] for i in ids if i in known_assets}
        if not stored_ids:
            return checked_requests
        with self._context.store.read() as db:
            return checked_requests | assets.several(db, stored_ids, self.user)

    def price(self, checked: CheckedRequest) -> float | None:
        """Dollars of one run of this request; None where nobody knows."""
        return self._context.engines[checked.model.provider].estimate_usd(
            checked.request, checked.model, checked.inputs
        )

    def _expected_s(self, checked: CheckedRequest) -> float | None:
        expected = self.expected_time(checked)
        return expected.seconds if expected else None

    def expected_time(self, checked: CheckedRequest) -> ExpectedTime | None:
        """From our own history; before there is any, from the engine's own reckoning or the row's usual times. None
        where nobody knows."""
        key, engine = duration_key(checked.request), self._context.engines.get(checked.model.provider)
        history = self._context.jobs.history
        has_history = history.has_enough(key)
        if engine and not has_history and _implements(type(engine), DurationEstimate):
            seconds = cast("DurationEstimate", engine).expected_s(checked.request, checked.model, checked.inputs)
            return ExpectedTime(round(seconds, 1), "engine") if seconds else None
        expected = history.fit_for(key, checked.model)
        if expected is None:
            return None
        if checked.model.latency_s and not has_history:
            scale = length_scale(checked.request, checked.model)
            return ExpectedTime(round(expected.median_s * scale, 1), "catalogue")
        return ExpectedTime(round(expected.median_s, 1), "history", history.count(key))

    def _total_expected_s(self, checked_requests: list[CheckedRequest]) -> float | None:
        """Until the last of these runs is done: on this machine one by one, elsewhere as many as go at once."""
        longest, totals = 0.0, dict[str, float]()
        for checked in checked_requests:
            if seconds := self._expected_s(checked):
                provider = checked.model.provider
                longest = max(longest, seconds)
                totals[provider] = totals.get(provider, 0.0) + seconds * checked.request.n / self._context.concurrency(
                    provider
                )
        return round(max(longest, *totals.values()), 1) if totals else None

    def _price_basis(self, checked: CheckedRequest, usd: float | None) -> str:
        label = checked.model.label
        if usd is None:
            return self._no_price_message(checked)
        if usd == 0:
            return Message("price.free", label=term(label))
        if self._is_priced_by_time(checked):
            return Message("price.card_time", label=term(label), usd=f"{usd:.4g}")
        day = (checked.model.priced or checked.model.checked).isoformat()
        return Message("price.listed", label=term(label), usd=f"{usd:.4g}", day=day)

    def _no_price_message(self, checked: CheckedRequest) -> str:
        if self._is_priced_by_time(checked):
            return Message("price.no_estimate_yet", model=term(checked.model.label))
        return Message("price.none_published", model=term(checked.model.label))

    def _is_priced_by_time(self, checked: CheckedRequest) -> bool:
        engine = self._context.engines.get(checked.model.provider)
        return engine is not None and engine.info.by_time

    def store(
        self,
        checked_requests: list[CheckedRequest],
        *,
        owner: str = "",
        project: str | None = None,
        on_stored: OnStored | None = None,
    ) -> list[Run]:
        """Store the runs of checked requests as one batch. owner: whose they are, where not the acting user's.

        project: the one they belong to; None is the user's current one. Raises Conflict where the user can add nothing
        to it.
        """
        project = self._project(project)
        if (count := sum(c.request.n for c in checked_requests)) > MAX_BATCH_RUNS:
            raise _too_many(count)
        with self._context.visitors.submitting(owner or self.user, count):
            stored = self._stored(checked_requests, owner or self.user, project, on_stored)
        self._context.notify_changed(*(run.id for run in stored))
        return stored

    def _stored(
        self, checked_requests: list[CheckedRequest], owner: str, project: str, on_stored: OnStored | None
    ) -> list[Run]:
        new = [run for checked in checked_requests for run in self._new_runs(checked, owner, project)]
        batch = "b_" + new[0].run.id.removeprefix("r_") if new else ""
        asks = any(one.run.owner and one.run.estimate_usd != 0 for one in new)
        is_single = len(new) == 1 and not (new[0].inputs or on_stored or asks or self._spending.token)
        stored = self._context.store.write_one(lambda db: [runs.add(db, new[0], batch)]) if is_single else []
        if not is_single:
            with self._context.store.write() as db:
                stored = [runs.add(db, one, batch) for one in (_held_for_approval(db, new) if asks else new)]
                self._spending.charge(db, stored)
                if on_stored:
                    on_stored(db, stored)
        return stored

    def revised(self, run: Run, body: JSON) -> runs.NewRun:
        """What a submit of this request would store, to take the place of a run's own. Raises as submit does.

        Where the request has no seed and is the run's own otherwise, it keeps the run's seed.
        """
        checked = self.validate(body, project=run.project, owner=run.owner)
        if checked.request.n != 1:
            raise CapabilityError(Message("edit.one_run", count=checked.request.n), field="n", value=checked.request.n)
        [new] = self._new_runs(replace(checked, retry_of=run.retry_of), run.owner, run.project)
        if checked.request.seed is None and new.run.request.model_copy(update={"seed": run.seed}) == run.request:
            return runs.NewRun(
                new.run.model_copy(update={"request": run.request, "seed": run.seed}), new.inputs, new.pace
            )
        return new

    def _project(self, project: str | None) -> str:
        if not self.user or project == "":
            return project or ""
        with self._context.store.read() as db:
            if project is None:
                return projects.current(db, self.user)
            if not projects.is_open(db, project, self.user):
                raise Conflict(Message("project.closed", name=projects.get(db, project).name))
        return project

    def _new_runs(self, checked: CheckedRequest, owner: str, project: str) -> Iterator[runs.NewRun]:
        """The n runs of a request, with seeds s, s+1 ... where the model takes seeds."""
        request, model = checked.request, checked.model
        account = self._context.accounts.choose(owner, model, project)
        usd, expected_s, key = self.price(checked), self._expected_s(checked), duration_key(request)
        question = consent.question(request, model, checked.inputs)
        for number in range(request.n):
            seed = _seed(request.seed, model, number)
            single = request.model_copy(update={"n": 1, "seed": seed})
            if number == 0 and request.seed is None and seed is not None:
                request = request.model_copy(update={"seed": seed})
            run = Run(
                id=new_id("r_"), owner=owner, project=project, token=self._spending.token, request=single, seed=seed,
                model=model.id, provider=model.provider, account=account, estimate_usd=usd, expected_s=expected_s,
                retry_of=checked.retry_of,
                status=Status.HELD if question else Status.QUEUED,
                held_reason=HeldReason.CONSENT if question else None, error=question,
            )  # fmt: skip
            yield runs.NewRun(run, single.media(), key)


def _too_many(count: int) -> CapabilityError:
    sentence = Message("request.too_many", count=f"{count:,}", most=f"{MAX_BATCH_RUNS:,}")
    return CapabilityError(sentence, field="n", value=count, limit=MAX_BATCH_RUNS)


def _numbered(problems: Sequence[tuple[int, StudioError]]) -> StudioError:
    """One error that tells all of them, of the kind of the first."""
    told = [
        part for number, error in problems for part in (Message("batch.request_number", number=number), of_error(error))
    ]
    number, first = problems[0]
    if isinstance(first, CapabilityError):
        field = f"requests.{number - 1}.{first.field}".rstrip(".")
        return CapabilityError(joined(*told), field=field, value=first.value, limit=first.limit)
    first.args = (joined(*told),)
    return first


def _held_for_approval(db: Database, new: Sequence[runs.NewRun]) -> list[runs.NewRun]:
    """The runs of one press: all held where the press needs approval, which is one question."""
    over = budget.needs_approval(db, Spender.of(new[0].run), [one.run.estimate_usd for one in new])
    if over is None:
        return list(new)
    held = {"status": Status.HELD, "held_reason": over.reason, "error": over.why}
    return [
        runs.NewRun(one.run.model_copy(update=held), one.inputs, one.pace) if one.run.status == Status.QUEUED else one
        for one in new
    ]


@cache
def _implements(engine: type, protocol: type) -> bool:
    """Whether engines of this class follow the protocol: asked of a class once, for that is slow to find out."""
    return issubclass(engine, protocol)


def _seed(requested: int | None, model: Model, number: int) -> int | None:
    """The seed of run `number` of a request: counted up from the wanted one, drawn where none was given."""
    if model.seeds is None:
        return None
    low, high = model.seeds.min, model.seeds.max
    if requested is None:
        return random.randint(low, high)
    return low + (requested - low + number) % (high - low + 1)

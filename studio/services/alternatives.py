"""Where else a request could run: every model of its task, with price, usual time, and what it would do otherwise.

A request is moved to another model as the form moves it when its model is changed (catalogue.form_values), and checked
by the rules that submit checks it by. Nothing here is stored, and no provider is asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from studio.catalogue import Model, form_values, reference_names
from studio.catalogue.differences import differences
from studio.catalogue.form_values import SwitchedForm
from studio.domain import JSON, Asset, Estimate, Kind, Request, Task
from studio.engines.base import Engine
from studio.errors import CapabilityError, NotFound
from studio.jobs import model_holds
from studio.messages import Message, of_error
from studio.services.context import Context
from studio.services.readiness import ModelReadiness, Readiness
from studio.services.requests import CheckedRequest, ExpectedTime, Requests

PLACEHOLDER = "…"
"""Stands for a prompt that is still to be typed, so that everything else can be checked and priced."""


@dataclass(frozen=True)
class Alternative:
    """One model for a request. body: the request for it, as it would be submitted.

    fit: exact, or changed with the `changes` it brings, or refused with the `refusals`. estimate: of `runs` runs, all
    that a press of Generate would make. credits: of the provider, for the same, where its list is in credits.
    held: why runs of this model wait in the queue just now.
    """

    model: Model
    provider_label: str
    body: JSON
    fit: Literal["exact", "changed", "refused"]
    changes: tuple[str, ...]
    refusals: tuple[str, ...]
    current: bool
    same_model: bool
    runs: int
    estimate: Estimate | None
    usd_each: float | None
    credits: float | None
    expected: ExpectedTime | None
    readiness: ModelReadiness
    held: str | None

    @property
    def terms(self) -> str:
        """A fingerprint of what one run of it would be and cost: what a person saw who agrees to it."""
        text = json.dumps([self.body | {"n": 1}, self.usd_each], sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def order(self) -> tuple[object, ...]:
        """The present model, the same one elsewhere, the others; then what changes nothing, then the price."""
        usd = self.estimate.usd if self.estimate else None
        grade = (self.fit == "refused", not self.same_model, self.model.draft, self.fit == "changed")
        return not self.current, *grade, bool(self.model.deprecated), usd is None, usd or 0.0, self.model.label

    def public(self) -> JSON:
        """As the API answers it."""
        estimate, expected, ready = self.estimate, self.expected, self.readiness
        return {
            "model": self.model.id,
            "label": self.model.label,
            "provider": self.model.provider,
            "provider_label": self.provider_label,
            "draft": self.model.draft,
            "deprecated": self.model.deprecated,
            "current": self.current,
            "same_model": self.same_model,
            "fit": self.fit,
            "changes": list(self.changes),
            "refusals": list(self.refusals),
            "request": self.body,
            "runs": self.runs,
            "usd": estimate and estimate.usd,
            "usd_each": self.usd_each,
            "credits": self.credits,
            "price_basis": estimate and estimate.basis,
            "price_notes": list(estimate.warnings) if estimate else [],
            "expected_s": expected and expected.seconds,
            "expected_from": expected and expected.source,
            "expected_runs": expected.runs if expected else 0,
            "ready": ready.ready,
            "missing": ready.reason,
            "key": ready.key,
            "needs_key": bool(ready.needs),
            "needs": list(ready.needs),
            "key_place": ready.key_place,
            "held": self.held,
        }


@dataclass(frozen=True)
class _Origin:
    """The request that is looked at, and what is the same for every other model. copies: requests of one press.
    prompt: the longest of theirs. waiting: fields that are still to be filled in."""

    model: Model
    task: Task
    request: Request
    assets: Mapping[str, Asset]
    copies: int
    first: JSON
    prompt: str
    waiting: frozenset[str]


class Alternatives:
    """One user's view of other models for a request."""

    def __init__(self, context: Context, user: str, requests: Requests, readiness: Readiness) -> None:
        self._context, self.user, self._requests, self._readiness = context, user, requests, readiness

    def of_request(self, body: JSON, *, only: Collection[str] | None = None) -> list[Alternative]:
        """For a request of the API, which must be within its own model's row. only: ids of models to look at. Raises as
        submit does."""
        checked = self._requests.validate(body, ready=False)
        request = checked.request
        values = form_values.from_request(request.flat(), checked.model, request.task)
        values["media"] = {
            slot: [file if isinstance(file, dict) else {"id": file} for file in files]
            for slot, files in form_values.media_of(request.flat()).items()
        }
        return self._listed(values, checked.model, request.task, only, checked)

    def of_form(
        self, values: JSON, model: Model, task: Task, *, only: Collection[str] | None = None
    ) -> list[Alternative]:
        """For what a form holds, finished or not. Raises CapabilityError for values that are no request at all."""
        return self._listed(values, model, task, only)

    def of_bodies(
        self,
        bodies: Sequence[tuple[Model, JSON, Sequence[str]]],
        *,
        current: str,
        known_assets: Mapping[str, Asset],
        project: str | None = None,
    ) -> list[Alternative]:
        """For requests that differ by model, each with what it changes; in the order given.

        current: id of the model that they are compared with, "" for none. known_assets: input files, by id, that are
        still to be made. project: of the runs, whose keys count.
        """
        canonical = next((m.canonical for m in self._context.catalogue if m.id == current), "")
        ready = self._readiness.several([model for model, _, _ in bodies], project=project)
        holds = self._context.jobs.held_models.get()
        found: list[Alternative] = []
        for model, body, changes in bodies:
            if engine := self._context.engines.get(model.provider):
                checked, refusals = self._check(body, known_assets)
                estimate = self._requests.estimate_checked([checked]) if checked else None
                usd = estimate.usd if estimate else None
                fit = "refused" if refusals else "changed" if changes else "exact"
                same = model.id == current
                held = holds.get(model.id)
                found.append(
                    Alternative(
                        model=model,
                        provider_label=engine.info.label,
                        body=body,
                        fit=fit,
                        changes=tuple(changes),
                        refusals=tuple(refusals),
                        current=same,
                        same_model=same or bool(canonical and model.canonical == canonical),
                        runs=1,
                        estimate=estimate,
                        usd_each=usd,
                        credits=_credits(model, usd),
                        expected=self._requests.expected_time(checked) if checked else None,
                        readiness=ready[model.id],
                        held=model_holds.reason(held, model.label) if held and held.held_at else None,
                    )
                )
        return found

    def _listed(
        self,
        values: JSON,
        model: Model,
        task: Task,
        only: Collection[str] | None,
        checked: CheckedRequest | None = None,
    ) -> list[Alternative]:
        switch = form_values.ModelSwitch(values, model, task)
        origin = self._origin(values, model, task, checked)
        rows = [m for m in self._context.catalogue.for_task(task) if only is None or m.id in only]
        engines = {name: self._context.engines.get(name) for name in {m.provider for m in rows}}
        ready = self._readiness.several(rows)
        found: list[Alternative] = []
        for row in rows:
            if engine := engines[row.provider]:
                switched = SwitchedForm(values, switch.body, []) if row.id == model.id else switch.to(row)
                found.append(self._alternative(origin, row, engine, switched, ready[row.id]))
        return sorted(found, key=lambda one: one.order)

    def _origin(self, values: JSON, model: Model, task: Task, checked: CheckedRequest | None) -> _Origin:
        bodies = form_values.to_requests(values, model, task)
        prompt = max((str(b["prompt"]) for b in bodies), key=len)
        waiting: frozenset[str] = frozenset()
        if checked is None:
            checked, refusals = self._requests.check(bodies[0] | {"prompt": prompt})
            waiting = frozenset(e.field for e in refusals if e.value in ("", 0, None) and e.field in WAITED_FOR)
            waiting |= set() if prompt.strip() else {"prompt"}
        return _Origin(model, task, checked.request, checked.inputs, len(bodies), bodies[0], prompt, waiting)

    def _alternative(
        self, origin: _Origin, model: Model, engine: Engine, switched: SwitchedForm, ready: ModelReadiness
    ) -> Alternative:
        current = model.id == origin.model.id
        holds = self._context.jobs.held_models.get()
        body, renamed = self._body(origin, model, switched.body)
        trial = dict(body)
        if form_values.takes_prompt(model):
            longest = max(str(body["prompt"]), origin.prompt, key=len)
            trial["prompt"] = PLACEHOLDER if "prompt" in origin.waiting else longest
        checked, refusals = self._check(trial, origin.assets, origin.waiting)
        changes = [] if checked is None else differences(origin.request, origin.model, checked.request, model)
        if renamed and not current:
            changes.append(renamed)
        estimate = self._requests.estimate_checked([checked]) if checked else None
        copies = origin.copies
        whole = estimate and estimate.model_copy(
            update={"usd": None if estimate.usd is None else round(estimate.usd * copies, 6)}
        )
        return Alternative(
            model=model,
            provider_label=engine.info.label,
            body=body,
            fit="refused" if refusals else "changed" if changes and not current else "exact",
            changes=() if current else tuple(changes),
            refusals=tuple(refusals),
            current=current,
            same_model=current or bool(model.canonical and model.canonical == origin.model.canonical),
            runs=int(body.get("n") or 1) * copies,
            estimate=whole,
            usd_each=round(estimate.usd / estimate.runs, 6) if estimate and estimate.usd is not None else None,
            credits=_credits(model, whole.usd if whole else None),
            expected=self._requests.expected_time(checked) if checked else None,
            readiness=ready,
            held=model_holds.reason(hold, model.label) if (hold := holds.get(model.id)) and hold.held_at else None,
        )

    @staticmethod
    def _body(origin: _Origin, model: Model, switched: JSON) -> tuple[JSON, str | None]:
        """The first request of a press for this model; and the change of references' names in its prompt, if any."""
        body = dict(switched)
        if "seed" in origin.first and model.seeds:
            body["seed"] = origin.first["seed"]
        if not form_values.takes_prompt(model):
            return body, None
        prompt = str(origin.first["prompt"])
        kinds = [origin.assets[i].kind if i in origin.assets else Kind.IMAGE for i in origin.request.references]
        body["prompt"] = reference_names.renamed(prompt, origin.model, model, kinds) if kinds else prompt
        if body["prompt"] == prompt:
            return body, None
        old, new = (next(filter(None, reference_names.names(m, kinds)), "") for m in (origin.model, model))
        return body, Message("compare.references", old=old, new=new)

    def _check(
        self, body: JSON, known_assets: Mapping[str, Asset], waiting: Collection[str] = ()
    ) -> tuple[CheckedRequest | None, list[str]]:
        """The request as submit would check it, and why it would be refused. waiting: fields that may be empty, because
        they are still to be filled in."""
        try:
            checked, problems = self._requests.check(body, known_assets=known_assets)
        except (CapabilityError, NotFound) as error:
            return None, [of_error(error)]
        counted = [e for e in problems if not (e.field in waiting and e.value in ("", 0, None))]
        return checked, list(dict.fromkeys(of_error(e) for e in counted))


WAITED_FOR = frozenset(("prompt", *form_values.MEDIA))
"""Fields that may be empty in a form that is not finished."""


def _credits(model: Model, usd: float | None) -> float | None:
    """What this is in the provider's credits, where its list is in credits."""
    in_credits = any(line.credits is not None for line in model.prices)
    return round(usd / model.credit_usd, 3) if usd is not None and in_credits and model.credit_usd else None

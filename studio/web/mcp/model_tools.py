"""Tools that say what can be made, with which model, and for how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from studio.catalogue import Model
from studio.domain import Task
from studio.services.readiness import KeyOwner, ModelReadiness
from studio.web.forms.model_picker import price_hint
from studio.web.mcp.answers import EstimateAnswer, estimate_answer
from studio.web.mcp.caller import caller_of
from studio.web.mcp.request_input import RequestInput, flat
from studio.web.mcp.tool import LOOK, Tool

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_LISTED = 60


class ModelSummary(BaseModel):
    """A model in short; describe_model has all that it takes."""

    id: str
    label: str
    family: str
    provider: str
    tasks: list[str]
    ready: bool
    missing: str | None = Field(None, description="What keeps it from being used")
    key: KeyOwner = Field("none", description="Whose key a run of yours is sent with")
    draft: bool | None = Field(None, description="A free animatic: shows timing and framing, not the look")
    price: str | None = Field(None, description="List price, such as 0.1 USD per second; null where none is published")
    durations_s: str | None = None
    inputs: list[str] | None = None
    multi_shot: bool | None = Field(None, description="Takes several shots with times in one prompt")
    note: str | None = None


class ModelsAnswer(BaseModel):
    """Some models, ready ones first. total: how many there are with these filters."""

    models: list[ModelSummary]
    total: int


class ModelAnswer(BaseModel):
    """A model's row of the catalogue: inputs, params, sizes, durations, prompt limits, prices, exclusions."""

    ready: bool
    missing: str | None
    key: KeyOwner
    row: dict[str, Any]


def tools(studio: Studio) -> Iterator[Tool]:
    """list_models, describe_model, estimate."""

    def list_models(
        context: Context,
        task: Task | None = None,
        family: Annotated[str, Field(max_length=100, description="Such as Wan, Kling, Veo, FLUX.2")] = "",
        provider: Annotated[str, Field(max_length=100, description="Such as alibaba, fal, draft, local")] = "",
        query: Annotated[str, Field(max_length=200, description="Part of an id or a label")] = "",
        ready_only: bool = True,
        limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 30,
    ) -> ModelsAnswer:
        """Models that can be used, with task, price and limits in short. ready_only=false also lists models whose
        provider has no key yet, and says what is missing. The price of a whole request is `estimate`'s to tell.
        """
        services = caller_of(studio, context).services
        wanted = [
            model
            for model in (studio.catalogue.for_task(task) if task else studio.catalogue)
            if (not family or model.family.casefold() == family.casefold())
            and (not provider or model.provider.casefold() == provider.casefold())
            and query.casefold() in f"{model.id} {model.label}".casefold()
        ]
        wanted = [model for model in wanted if not model.deprecated]
        readiness = services.readiness.several(wanted)
        rows = [_summary(model, readiness[model.id]) for model in wanted]
        rows = sorted((row for row in rows if row.ready or not ready_only), key=lambda row: not row.ready)
        return ModelsAnswer(models=rows[:limit], total=len(rows))

    def describe_model(context: Context, model: Annotated[str, Field(max_length=200)]) -> ModelAnswer:
        """Everything that a request to this model may hold: inputs and their formats, sizes, durations, its own
        parameters, prompt limits, what excludes what, and the price list.
        """
        services, row = caller_of(studio, context).services, studio.catalogue.get(model)
        found = services.readiness.of(row)
        shown = row.model_dump(mode="json", exclude={"engine", "request"}, exclude_defaults=True)
        return ModelAnswer(ready=found.ready, missing=found.reason, key=found.key, row=shown)

    def estimate(
        context: Context, requests: Annotated[list[RequestInput], Field(min_length=1, max_length=200)]
    ) -> EstimateAnswer:
        """What these requests would cost and how long they would take; nothing starts. Also checks them: what `submit`
        would refuse is refused here with the same sentence.
        """
        caller = caller_of(studio, context)
        found = caller.services.requests.estimate([flat(request) for request in requests])
        return estimate_answer(caller, found)

    yield Tool(list_models, "List models", LOOK)
    yield Tool(describe_model, "Describe a model", LOOK)
    yield Tool(estimate, "Estimate price and time", LOOK)


def _summary(model: Model, found: ModelReadiness) -> ModelSummary:
    return ModelSummary(
        id=model.id, label=model.label, family=model.family, provider=model.provider,
        tasks=[task.value for task in model.tasks], ready=found.ready, missing=found.reason, key=found.key,
        draft=model.draft or None, price="free" if model.draft else _price(model), durations_s=_durations(model),
        inputs=list(model.inputs) or None, multi_shot=model.multi_shot or None, note=str(model.note) or None,
    )  # fmt: skip


def _price(model: Model) -> str | None:
    hint = price_hint(model)
    if hint is None:
        return None
    low, high = f"{hint['low']:g}", f"{hint['high']:g}"
    return f"{low if low == high else f'{low} to {high}'} USD per {hint['unit']}"


def _durations(model: Model) -> str | None:
    durations = model.durations
    if durations is None:
        return None
    if durations.choices:
        return " or ".join(f"{seconds:g}" for seconds in durations.choices)
    return f"{durations.min:g} to {durations.max:g}" if durations.max else None

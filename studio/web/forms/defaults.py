"""Default model and size per task: what the Settings page offers, and what a fresh form starts with.

Only models whose provider is ready are offered. A default that has become unusable (its model was removed, or does the
task no longer) is ignored: the form starts with the studio's own choice again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import Field

from studio.catalogue import Model, form_sizes
from studio.domain import JSON, Task
from studio.errors import CapabilityError
from studio.messages import Message, term
from studio.payload import Payload
from studio.web.forms import model_picker
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

Name = Annotated[str, Field(max_length=200)]


class FormDefault(Payload):
    """The default of one task. An empty model takes it away; an empty aspect or tier leaves it to the model."""

    task: Task
    model: Name = ""
    aspect: Name = ""
    tier: Name = ""


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/defaults, for every user."""
    api = APIRouter(prefix="/ui/defaults", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def defaults(actor: ActorKey) -> JSON:
        return {"tasks": [row(studio, task, actor) for task in Task if studio.catalogue.for_task(task)]}

    @api.post("")
    def choose(body: FormDefault, actor: ActorKey) -> JSON:
        studio.acting_for(actor).presets.set_form_default(body.task, _checked(studio, body))
        return row(studio, body.task, actor)

    return api


def start_of(studio: Studio, task: Task, actor: str) -> tuple[Model, JSON] | None:
    """The row and the size (aspect, tier) that a fresh form of this user starts with; None where nothing is set."""
    chosen = studio.acting_for(actor).presets.form_default(task) or {}
    model = _row(studio, task, chosen.get("model"))
    return (model, {k: chosen[k] for k in ("aspect", "tier") if chosen.get(k)}) if model else None


def row(studio: Studio, task: Task, actor: str) -> JSON:
    """What the page shows of one task: what is chosen, the ready models by provider, and the model's sizes."""
    start = start_of(studio, task, actor)
    model, size = start or (None, {})
    services = studio.acting_for(actor)
    groups = model_picker.groups(studio, task, services)
    groups = [g for g in groups if g["ready"] or (model and g["id"] == model.provider)]
    return {
        "task": task.value,
        "model": model.id if model else "",
        "own_choice": model_picker.default_model(studio, task, services).label,
        "groups": [{"label": g["label"], "models": [_named(m) for m in g["models"]]} for g in groups],
        **{k: size.get(k, "") for k in ("aspect", "tier")},
        **{f"{k}s": names for k, names in (_offered(model, task, size) if model else {}).items()},
    }


def _named(model: JSON) -> JSON:
    return {k: model[k] for k in ("id", "label")}


def _offered(model: Model, task: Task, size: JSON) -> dict[str, list[str]]:
    """Shapes and tiers that may be set: the row's, without a size typed by hand."""
    defaults = form_sizes.resolve(model, task, {"aspect": None, "tier": None} | size)
    return {
        k: [n for n in names if n != form_sizes.CUSTOM]
        for k, names in form_sizes.choices(model, task, defaults).items()
    }


def _row(studio: Studio, task: Task, model_id: object) -> Model | None:
    return next((m for m in studio.catalogue.for_task(task) if m.id == model_id), None)


def _checked(studio: Studio, body: FormDefault) -> JSON:
    """What is kept. A tier that the shape lacks is left to the model. Raises CapabilityError for what the row lacks."""
    if not body.model:
        return {}
    model = _row(studio, body.task, body.model)
    if model is None:
        raise CapabilityError(Message("model.not_for_task", model=body.model, task=term(body.task)), field="model")
    default: JSON = {"model": model.id}
    if body.aspect:
        if body.aspect not in _offered(model, body.task, {})["aspect"]:
            raise CapabilityError(
                Message("model.no_aspect", model=term(model.label), aspect=body.aspect), field="aspect"
            )
        default["aspect"] = body.aspect
    if body.tier in _offered(model, body.task, default)["tier"]:
        default["tier"] = body.tier
    return default

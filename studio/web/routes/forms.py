"""What the create forms ask: their events, the models of a task, uploads, and the names of presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from studio.domain import JSON, Kind, Task
from studio.payload import Payload
from studio.web.forms import model_picker
from studio.web.forms.events import FormEvents
from studio.web.routes.run_cards import asset_card
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio


class FormEvent(Payload):
    """An event of a form. form: what the browser holds of it; data: what the event itself says."""

    form: JSON = Field(default_factory=JSON, max_length=20)
    data: JSON = Field(default_factory=JSON, max_length=20)


def router(studio: Studio) -> APIRouter:
    """The routes under /ui. Lists are asked for when a menu opens, so that a key or preset made meanwhile shows."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    events = FormEvents(studio)

    @api.post("/forms/{page}/{event}")
    def form_event(page: str, event: str, body: FormEvent, actor: ActorKey) -> JSON:
        return events.answer(page, event, body.form, body.data, actor)

    @api.get("/choices")
    def choices(task: Task, actor: ActorKey) -> JSON:
        return {"groups": model_picker.groups(studio, task, studio.acting_for(actor))}

    @api.get("/uploads")
    def uploads(
        actor: ActorKey,
        kind: Annotated[list[Kind], Query(min_length=1, max_length=4)],
        query: Annotated[str, Query(max_length=200)] = "",
    ) -> JSON:
        assets = studio.acting_for(actor).assets.uploads(kind, query=query)
        return {"files": [asset_card(a) | {"created_at": a.created_at.isoformat()} for a in assets]}

    @api.get("/presets")
    def presets(task: Task, actor: ActorKey) -> JSON:
        return {"names": [p.name for p in studio.acting_for(actor).presets.all(task)]}

    @api.delete("/presets")
    def delete_preset(task: Task, name: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).presets.delete(task, name)
        return {"names": [p.name for p in studio.acting_for(actor).presets.all(task)]}

    return api

"""The routes of "Where to run this?" and Compare: models for a request, runs side by side, votes and win rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from studio.domain import JSON, Task
from studio.payload import Payload
from studio.services.comparisons import MAX_MEMBERS, Comparison
from studio.web.idempotency import MAX_KEY_CHARS
from studio.web.routes.run_cards import card, model_label
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

Id = Annotated[str, Field(max_length=200)]


class AlternativesQuery(Payload):
    """A flat request, as the API takes it."""

    request: JSON


class ComparedRequest(Payload):
    """A flat request for several models. key: names the press; the same one makes no second comparison."""

    request: JSON
    models: list[Id] = Field(min_length=1, max_length=MAX_MEMBERS)
    key: str | None = Field(None, min_length=1, max_length=MAX_KEY_CHARS)


class ComparedRuns(Payload):
    """Runs to see side by side."""

    runs: list[Id] = Field(min_length=1, max_length=MAX_MEMBERS)


class Vote(Payload):
    """The best run; "" for none. blind: names and prices were hidden."""

    best: str = Field(max_length=200)
    blind: bool = False


def router(studio: Studio) -> APIRouter:
    """The routes under /ui."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)

    @api.post("/alternatives")
    def alternatives(body: AlternativesQuery, actor: ActorKey) -> JSON:
        found = studio.acting_for(actor).alternatives.of_request(body.request)
        return {"alternatives": [one.public() for one in found]}

    @api.post("/comparisons")
    def of_runs(body: ComparedRuns, actor: ActorKey) -> JSON:
        return comparison_json(studio, studio.acting_for(actor).comparisons.of_runs(body.runs))

    @api.post("/comparisons/submit")
    def submit(body: ComparedRequest, actor: ActorKey) -> JSON:
        made = studio.acting_for(actor).comparisons.submit_request(body.request, body.models, key=body.key)
        return comparison_json(studio, made)

    @api.get("/comparisons/{comparison_id}")
    def one(comparison_id: str, actor: ActorKey) -> JSON:
        return comparison_json(studio, studio.acting_for(actor).comparisons.get(comparison_id))

    @api.post("/comparisons/{comparison_id}/vote")
    def vote(comparison_id: str, body: Vote, actor: ActorKey) -> JSON:
        judged = studio.acting_for(actor).comparisons.vote(comparison_id, body.best, blind=body.blind)
        return comparison_json(studio, judged)

    @api.get("/win-rates")
    def rates(actor: ActorKey, task: Annotated[Task | None, Query()] = None, blind: bool = False) -> JSON:
        found = studio.acting_for(actor).comparisons.win_rates(task.value if task else "", blind=blind)
        return {"rates": [vars(rate) | {"label": model_label(studio, rate.model)} for rate in found]}

    return api


def comparison_json(studio: Studio, comparison: Comparison) -> JSON:
    """A comparison as the page draws it. took_s: from the start of a run to its end; null before."""
    labels = {status.name: status.label for status in studio.admin.engine_status()}
    members: list[JSON] = []
    for member in comparison.members:
        run = member.run
        took_s = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
        members.append(
            {
                "run": card(studio, run),
                "provider_label": labels.get(run.provider, run.provider),
                "changes": list(member.changes),
                "took_s": took_s,
            }
        )
    return {
        "id": comparison.id,
        "created_at": comparison.created_at,
        "same_request": comparison.same_request,
        "best": comparison.best,
        "members": members,
    }

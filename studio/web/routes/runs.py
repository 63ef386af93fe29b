"""The JSON that our widgets fetch and post, under /ui. Rights and limits are the Studio's; here only shapes are read.

Kept apart from the public API: these answers follow the pages and may change with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio.domain import JSON, Kind, Status, Task, now
from studio.errors import Conflict
from studio.messages import Message
from studio.payload import Payload
from studio.store.queue_pages import Section
from studio.store.run_rows import EndedRun
from studio.web.conditional import REVALIDATED, answer_tag, names_tag
from studio.web.errors import SentenceRoute
from studio.web.language import PageJSON
from studio.web.middleware.same_origin import asking_actor
from studio.web.routes.run_cards import card, cards
from studio.web.routes.run_json import counts, detail, filters, queue
from studio.web.routes.zip_stream import stream_zip
from studio.web.threads import as_search

if TYPE_CHECKING:
    from studio.studio import Studio
    from studio.web.routes.run_events import Live

MAX_PAGE_RUNS = 200
MAX_SELECTED_RUNS = 500
MAX_INTEGER = 2**63 - 1
"""Largest whole number of SQLite."""

ActorKey = Annotated[str, Depends(asking_actor)]


class RunIds(Payload):
    """A selection of runs."""

    ids: list[str] = Field(min_length=1, max_length=MAX_SELECTED_RUNS)


class RetryOptions(Payload):
    """How to repeat a run: with its own seed, or a new one."""

    seed: Literal["same", "new"] = "same"


class Choice(Payload):
    """What a person decided about a held run."""

    choice: str = Field(max_length=100)


class Rating(Payload):
    """Stars; 0 takes them away."""

    stars: int = Field(ge=0, le=5)


class QueueMove(Payload):
    """The run to stand before in the queue; None is the end."""

    before: str | None = None


class Priority(Payload):
    """Higher goes first."""

    priority: int = Field(ge=-100, le=100)


class ModelName(Payload):
    """A model by its id."""

    model: str = Field(max_length=200)


class Filters(Payload):
    """What the gallery shows. An empty value does not filter."""

    query: str = Field("", max_length=1000)
    task: Task | Literal[""] = ""
    model: str = Field("", max_length=200)
    kind: Kind | Literal[""] = ""
    status: Status | Literal[""] = ""
    rating_min: int = Field(0, ge=0, le=5)
    trashed: bool = False
    before: int | None = Field(None, ge=0, le=MAX_INTEGER)
    limit: int = Field(60, ge=1, le=MAX_PAGE_RUNS)
    time_zone: str = Field("", max_length=64)
    scope: str = Field("mine", max_length=40)


def router(studio: Studio, live: Live) -> APIRouter:
    """All routes under /ui that read or change runs."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    _read_routes(api, studio)
    _write_routes(api, studio)
    _queue_routes(api, studio, live)
    return api


def _read_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/runs")
    @as_search
    def search(request: Request, filters: Annotated[Filters, Query()], actor: ActorKey) -> Response:
        gallery = studio.acting_for(actor).gallery
        # read before the page, which is then at least as new
        tag = answer_tag(request, actor, *gallery.state(), studio.people.changes)
        headers = {"etag": tag, "cache-control": REVALIDATED}
        if names_tag(request.headers, tag):
            return Response(status_code=304, headers=headers)
        conditions = filters.model_dump(exclude={"query"})
        conditions |= {k: conditions[k] or None for k in ("task", "model", "kind", "status")}
        page = gallery.show(filters.query, **conditions)
        body: JSON = {"runs": cards(studio, page.runs), "next_before": page.next_before}
        body |= {"total": page.total, "capped": page.capped}
        settled = all(isinstance(run, EndedRun) for run in page.runs)
        return PageJSON(body, headers=headers if settled else None)

    @api.get("/filters")
    def list_filters(actor: ActorKey) -> JSON:
        return filters(studio)

    @api.get("/runs/{run_id}")
    def one(run_id: str, actor: ActorKey) -> JSON:
        run = studio.acting_for(actor).runs.get(run_id)
        return detail(studio, run, studio.acting_for(actor).runs.history(run_id), actor=actor)

    @api.get("/queue")
    def whole_queue(actor: ActorKey) -> JSON:
        return queue(studio, actor=actor)

    @api.get("/queue/rows")
    def queue_rows(
        actor: ActorKey,
        section: Section = "queued",
        skip: Annotated[int, Query(ge=0, le=MAX_INTEGER)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE_RUNS)] = 50,
    ) -> JSON:
        page = studio.acting_for(actor).runs.queue_page(section, skip=skip, limit=limit)
        return {"runs": cards(studio, page), "counts": counts(studio, actor=actor)}

    @api.get("/zip")
    def selection(
        ids: Annotated[list[str], Query(min_length=1, max_length=MAX_SELECTED_RUNS)], actor: ActorKey
    ) -> Response:
        runs = [studio.acting_for(actor).runs.get(i) for i in ids]
        name = f"studio_{now():%Y-%m-%d_%H%M}_{len(runs)}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return StreamingResponse(stream_zip(studio, runs), media_type="application/zip", headers=headers)


def _write_routes(api: APIRouter, studio: Studio) -> None:
    @api.post("/runs/{run_id}/cancel")
    def cancel(run_id: str, actor: ActorKey) -> JSON:
        return card(studio, studio.acting_for(actor).runs.cancel(run_id))

    @api.post("/runs/{run_id}/retry")
    def retry(run_id: str, body: RetryOptions, actor: ActorKey) -> JSON:
        return card(studio, studio.acting_for(actor).runs.retry(run_id, seed=None if body.seed == "new" else "same"))

    @api.put("/runs/{run_id}/request")
    def edit(run_id: str, body: dict[str, Any], actor: ActorKey) -> JSON:
        return card(studio, studio.acting_for(actor).runs.edit(run_id, body))

    @api.post("/runs/{run_id}/decide")
    def decide(run_id: str, body: Choice, actor: ActorKey) -> JSON:
        return card(studio, studio.acting_for(actor).runs.decide(run_id, body.choice))

    @api.post("/runs/{run_id}/rate")
    def rate(run_id: str, body: Rating, actor: ActorKey) -> JSON:
        studio.acting_for(actor).gallery.rate(run_id, body.stars)
        return {"rating": body.stars}

    @api.post("/trash")
    def trash(body: RunIds, actor: ActorKey) -> JSON:
        trashed_ids = studio.acting_for(actor).gallery.trash(body.ids)
        if not trashed_ids:
            raise Conflict(Message("run.not_trashed"))
        return {"ids": trashed_ids}

    @api.post("/restore")
    def restore(body: RunIds, actor: ActorKey) -> JSON:
        return {"ids": studio.acting_for(actor).gallery.restore(body.ids)}

    @api.post("/purge")
    def purge(actor: ActorKey) -> JSON:
        return {"removed": studio.acting_for(actor).admin.purge(older_than_days=0)}


def _queue_routes(api: APIRouter, studio: Studio, live: Live) -> None:
    @api.post("/runs/{run_id}/move")
    def move(run_id: str, body: QueueMove, actor: ActorKey) -> JSON:
        studio.acting_for(actor).runs.move(run_id, before=body.before)
        live.notify("order")
        return {}

    @api.post("/runs/{run_id}/priority")
    def prioritise(run_id: str, body: Priority, actor: ActorKey) -> JSON:
        studio.acting_for(actor).runs.prioritise(run_id, body.priority)
        live.notify("order")
        return {}

    @api.post("/queue/clear")
    def clear(actor: ActorKey) -> JSON:
        return {"cancelled": studio.acting_for(actor).runs.cancel_waiting()}

    @api.post("/queue/resume-model")
    def resume_model(body: ModelName, actor: ActorKey) -> JSON:
        studio.acting_for(actor).queue.resume_model(body.model)
        live.notify("holds")
        return queue(studio, actor=actor)

    @api.post("/queue/{word}")
    def pause_or_resume(word: Literal["pause", "resume"], actor: ActorKey) -> JSON:
        studio.acting_for(actor).queue.pause() if word == "pause" else studio.acting_for(actor).queue.resume()
        live.notify("paused")
        return {"paused": studio.queue.paused}

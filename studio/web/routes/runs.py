"""The JSON that our widgets fetch and post, under /ui. Rights and limits are the Studio's; here only shapes are read.

Kept apart from the public API: these answers follow the pages and may change with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from studio.domain import JSON, Kind, Status, Task, now
from studio.errors import Conflict
from studio.messages import Message
from studio.payload import Payload
from studio.web.errors import SentenceRoute
from studio.web.middleware.same_origin import keeper_of, owner_of
from studio.web.routes.run_json import card, detail, filters, queue
from studio.web.routes.zip_stream import zip_of

if TYPE_CHECKING:
    from studio.studio import Studio
    from studio.web.routes.run_events import Live

PAGE_MAX = 200
SELECTION_MAX = 500
INTEGER_MAX = 2**63 - 1
"""Largest whole number of SQLite."""

Owner = Annotated[str, Depends(owner_of)]
Keeper = Annotated[str, Depends(keeper_of)]


class RunIds(Payload):
    """A selection of runs."""

    ids: list[str] = Field(min_length=1, max_length=SELECTION_MAX)


class Again(Payload):
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


class Filters(Payload):
    """What the gallery shows. An empty value does not filter."""

    query: str = Field("", max_length=1000)
    task: Task | Literal[""] = ""
    model: str = Field("", max_length=200)
    kind: Kind | Literal[""] = ""
    status: Status | Literal[""] = ""
    rating_min: int = Field(0, ge=0, le=5)
    trashed: bool = False
    before: int | None = Field(None, ge=0, le=INTEGER_MAX)
    limit: int = Field(60, ge=1, le=PAGE_MAX)
    time_zone: str = Field("", max_length=64)


def router(studio: Studio, live: Live) -> APIRouter:
    """All routes under /ui that read or change runs."""
    made = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    _reading(made, studio)
    _changing(made, studio)
    _queueing(made, studio, live)
    return made


def _reading(made: APIRouter, studio: Studio) -> None:
    @made.get("/runs")
    def search(filters: Annotated[Filters, Query()], owner: Owner) -> JSON:
        wanted = filters.model_dump(exclude={"query"})
        wanted |= {k: wanted[k] or None for k in ("task", "model", "kind", "status")}
        page = studio.acting_for(owner).gallery.search(filters.query, **wanted)
        runs = [card(studio, r) for r in page.runs]
        return {"runs": runs, "next_before": page.next_before, "total": page.total, "capped": page.capped}

    @made.get("/filters")
    def offered(owner: Owner) -> JSON:
        return filters(studio)

    @made.get("/runs/{run_id}")
    def one(run_id: str, owner: Owner) -> JSON:
        run = studio.acting_for(owner).runs.get(run_id)
        return detail(studio, run, studio.acting_for(owner).runs.history(run_id), owner=owner)

    @made.get("/queue")
    def whole_queue(owner: Owner) -> JSON:
        return queue(studio, owner=owner)

    @made.get("/zip")
    def selection(ids: Annotated[list[str], Query(min_length=1, max_length=SELECTION_MAX)], owner: Owner) -> Response:
        runs = [studio.acting_for(owner).runs.get(i) for i in ids]
        name = f"studio_{now():%Y-%m-%d_%H%M}_{len(runs)}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return StreamingResponse(zip_of(studio, runs), media_type="application/zip", headers=headers)


def _changing(made: APIRouter, studio: Studio) -> None:
    @made.post("/runs/{run_id}/cancel")
    def cancel(run_id: str, owner: Owner) -> JSON:
        return card(studio, studio.acting_for(owner).runs.cancel(run_id))

    @made.post("/runs/{run_id}/retry")
    def retry(run_id: str, body: Again, owner: Owner) -> JSON:
        return card(studio, studio.acting_for(owner).runs.retry(run_id, seed=None if body.seed == "new" else "same"))

    @made.post("/runs/{run_id}/decide")
    def decide(run_id: str, body: Choice, owner: Owner) -> JSON:
        return card(studio, studio.acting_for(owner).runs.decide(run_id, body.choice))

    @made.post("/runs/{run_id}/rate")
    def rate(run_id: str, body: Rating, owner: Owner) -> JSON:
        studio.acting_for(owner).gallery.rate(run_id, body.stars)
        return {"rating": body.stars}

    @made.post("/trash")
    def trash(body: RunIds, owner: Owner) -> JSON:
        gone = studio.acting_for(owner).gallery.trash(body.ids)
        if not gone:
            raise Conflict(Message("run.not_trashed"))
        return {"ids": gone}

    @made.post("/restore")
    def restore(body: RunIds, owner: Owner) -> JSON:
        return {"ids": studio.acting_for(owner).gallery.restore(body.ids)}

    @made.post("/purge")
    def purge(owner: Keeper) -> JSON:
        return {"removed": studio.admin.purge(older_than_days=0)}


def _queueing(made: APIRouter, studio: Studio, live: Live) -> None:
    @made.post("/runs/{run_id}/move")
    def move(run_id: str, body: QueueMove, owner: Owner) -> JSON:
        studio.acting_for(owner).runs.move(run_id, before=body.before)
        live.tell_house()
        return queue(studio, owner=owner)

    @made.post("/runs/{run_id}/priority")
    def prioritise(run_id: str, body: Priority, owner: Owner) -> JSON:
        studio.acting_for(owner).runs.prioritise(run_id, body.priority)
        live.tell_house()
        return queue(studio, owner=owner)

    @made.post("/queue/clear")
    def clear(owner: Owner) -> JSON:
        waiting = [r.id for r in studio.acting_for(owner).runs.active() if r.status is Status.QUEUED]
        return {"cancelled": sum(_stopped(studio, i, owner) for i in waiting)}

    @made.post("/queue/{word}")
    def pause_or_resume(word: Literal["pause", "resume"], owner: Keeper) -> JSON:
        studio.queue.pause() if word == "pause" else studio.queue.resume()
        live.tell_house()
        return {"paused": studio.queue.paused}


def _stopped(studio: Studio, run_id: str, owner: str) -> bool:
    try:
        studio.acting_for(owner).runs.cancel(run_id)
    except Conflict:  # it ended meanwhile
        return False
    return True

"""The statuses of takes and cuts as administrators set them, which approvals exports demand, and their report."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from studio.domain import JSON
from studio.payload import Payload
from studio.permissions import Action, Role
from studio.services.delivery_approval import Demand
from studio.store.review_statuses import StatusFields
from studio.web.errors import SentenceRoute
from studio.web.language import language_of
from studio.web.middleware.same_origin import asking_actor
from studio.web.routes.review_json import status_json

if TYPE_CHECKING:
    from studio.studio import Studio

ActorKey = Annotated[str, Depends(asking_actor)]
Words = StringConstraints(strip_whitespace=True)
MAX_STATUSES_SENT = 200


class StatusBody(Payload):
    """All of a status. meaning: which flag it has; name "" gives one of the studio's own its own word."""

    name: Annotated[str, Words] = Field(max_length=40)
    short: Annotated[str, Words] = Field(min_length=1, max_length=6)
    color: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    meaning: str = Field("", pattern=r"^(|wip|feedback_request|retake|done)$")
    is_default: bool = False
    least_role: Role = Role.CREATOR
    guests_may_set: bool = False

    def fields(self) -> StatusFields:
        """As the service takes it."""
        flags = {f"is_{self.meaning}": True} if self.meaning else {}
        return StatusFields(
            self.name, self.short, self.color.lower(), self.least_role, is_default=self.is_default,
            guests_may_set=self.guests_may_set, **flags,
        )  # fmt: skip


class StatusOrder(Payload):
    """Statuses in use, in their order."""

    ids: list[Annotated[str, Field(max_length=64)]] = Field(max_length=MAX_STATUSES_SENT)


class DemandBody(Payload):
    """The studio's rule."""

    demand: Demand


class ProjectDemandBody(Payload):
    """A project's rule; null for the studio's."""

    demand: Demand | None


def router(studio: Studio) -> APIRouter:
    """Routes under /ui."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    _status_routes(api, studio)
    _demand_routes(api, studio)
    _report_routes(api, studio)
    return api


def _status_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/review-statuses")
    def statuses(actor: ActorKey) -> JSON:
        acting = studio.acting_for(actor)
        found = [status_json(one) | {"has_own_name": bool(one.name)} for one in acting.review_statuses.all()]
        return {"statuses": found, "editable": acting.actor.may(Action.MANAGE_STUDIO)}

    @api.post("/review-statuses")
    def create(body: StatusBody, actor: ActorKey) -> JSON:
        studio.acting_for(actor).review_statuses.create(body.fields())
        return statuses(actor)

    @api.put("/review-statuses/order")
    def reorder(body: StatusOrder, actor: ActorKey) -> JSON:
        studio.acting_for(actor).review_statuses.reorder(body.ids)
        return statuses(actor)

    @api.put("/review-statuses/{status_id}")
    def change(status_id: str, body: StatusBody, actor: ActorKey) -> JSON:
        studio.acting_for(actor).review_statuses.change(status_id, body.fields())
        return statuses(actor)

    @api.delete("/review-statuses/{status_id}")
    def remove(status_id: str, actor: ActorKey) -> JSON:
        deleted = studio.acting_for(actor).review_statuses.remove(status_id)
        return statuses(actor) | {"deleted": deleted}


def _demand_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/delivery-approval")
    def of_studio(actor: ActorKey) -> JSON:
        return {"demand": studio.acting_for(actor).delivery_approval.of_studio()}

    @api.put("/delivery-approval")
    def set_studio(body: DemandBody, actor: ActorKey) -> JSON:
        studio.acting_for(actor).delivery_approval.set_studio(body.demand)
        return of_studio(actor)

    @api.get("/projects/{project_id}/delivery-approval")
    def of_project(project_id: str, actor: ActorKey) -> JSON:
        rules = studio.acting_for(actor).delivery_approval
        found = rules.of_project(project_id)
        return {"demand": found.own, "holds": found.holds, "studio": rules.of_studio()}

    @api.put("/projects/{project_id}/delivery-approval")
    def set_project(project_id: str, body: ProjectDemandBody, actor: ActorKey) -> JSON:
        studio.acting_for(actor).delivery_approval.set_project(project_id, body.demand)
        return of_project(project_id, actor)

    @api.get("/boards/{board_id}/reviews")
    def reviews_of(board_id: str, actor: ActorKey) -> JSON:
        found = studio.acting_for(actor).delivery_approval.reviews_of(board_id)
        return {"reviews": [{"id": review_id, "title": title} for review_id, title in found]}


def _report_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/reviews/{review_id}/report.pdf")
    def report(review_id: str, actor: ActorKey, request: Request, costs: bool = False) -> Response:
        return report_response(studio, actor, review_id, language_of(request), costs=costs)


def report_response(studio: Studio, actor: str, review_id: str, language: str, *, costs: bool) -> Response:
    """The report as a file to be saved."""
    reports = studio.acting_for(actor).approval_reports
    with TemporaryDirectory(dir=studio.context.scratch_folder()) as folder:
        path = Path(folder) / "report.pdf"
        name = reports.write(review_id, language, path, costs=costs)
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "cache-control": "no-store",
        }
        return Response(path.read_bytes(), media_type="application/pdf", headers=headers)

"""The projects that the pages offer, their members, and what is shared with them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from studio.domain import JSON
from studio.payload import Payload
from studio.permissions import Action, Role
from studio.web.errors import SentenceRoute
from studio.web.middleware.same_origin import asking_actor

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_RUNS = 500
ActorKey = Annotated[str, Depends(asking_actor)]


class Name(Payload):
    """What a project is called."""

    name: str = Field(max_length=200)


class MemberRole(Payload):
    """A role in a project."""

    role: Role


class ProjectChoice(Payload):
    """A project by its id; "" is none."""

    project: str = Field("", max_length=40)


class RunsAndProject(ProjectChoice):
    """Runs, and the project that they go to."""

    ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)


class RunIds(Payload):
    """A selection of runs."""

    ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)


def router(studio: Studio) -> APIRouter:
    """Routes under /ui about projects."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)
    _project_routes(api, studio)
    _member_routes(api, studio)
    _sharing_routes(api, studio)
    return api


def overview(studio: Studio, actor: str) -> JSON:
    """Who the page acts for, their projects, and the one that new work goes to; all empty without accounts."""
    services = studio.acting_for(actor)
    listed = [asdict(project) | {"created_at": project.created_at.isoformat()} for project in services.projects.all()]
    return {
        "me": services.actor.id,
        "name": services.actor.name,
        "accounts": not services.actor.is_local,
        "may_create": not services.actor.is_local and services.actor.may(Action.MANAGE_PROJECTS),
        "current": services.projects.current(),
        "projects": listed,
    }


def _project_routes(api: APIRouter, studio: Studio) -> None:
    @api.get("/projects")
    def projects(actor: ActorKey) -> JSON:
        return overview(studio, actor)

    @api.post("/projects")
    def create(body: Name, actor: ActorKey) -> JSON:
        project = studio.acting_for(actor).projects.create(body.name)
        return overview(studio, actor) | {"made": project.id}

    @api.put("/projects/current")
    def choose(body: ProjectChoice, actor: ActorKey) -> JSON:
        studio.acting_for(actor).projects.set_current(body.project)
        return overview(studio, actor)

    @api.put("/projects/{project_id}/name")
    def rename(project_id: str, body: Name, actor: ActorKey) -> JSON:
        studio.acting_for(actor).projects.rename(project_id, body.name)
        return overview(studio, actor)

    @api.post("/projects/{project_id}/archive")
    def archive(project_id: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).projects.archive(project_id)
        return overview(studio, actor)

    @api.post("/projects/{project_id}/restore")
    def restore(project_id: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).projects.archive(project_id, restore=True)
        return overview(studio, actor)


def _member_routes(api: APIRouter, studio: Studio) -> None:
    def listed(project_id: str, actor: str) -> JSON:
        services = studio.acting_for(actor)
        project = services.projects.get(project_id)
        candidates = services.projects.candidates(project_id) if project.manageable else []
        return {"members": [asdict(m) for m in services.projects.members(project_id)], "candidates": candidates}

    @api.get("/projects/{project_id}/members")
    def members(project_id: str, actor: ActorKey) -> JSON:
        return listed(project_id, actor)

    @api.put("/projects/{project_id}/members/{person}")
    def set_member(project_id: str, person: str, body: MemberRole, actor: ActorKey) -> JSON:
        studio.acting_for(actor).projects.set_member(project_id, person, body.role)
        return listed(project_id, actor)

    @api.delete("/projects/{project_id}/members/{person}")
    def remove_member(project_id: str, person: str, actor: ActorKey) -> JSON:
        services = studio.acting_for(actor)
        if person == services.actor.id:
            services.projects.leave(project_id)
            return {"left": True}
        services.projects.remove_member(project_id, person)
        return listed(project_id, actor)


def _sharing_routes(api: APIRouter, studio: Studio) -> None:
    @api.post("/share")
    def share(body: RunsAndProject, actor: ActorKey) -> JSON:
        return {"ids": studio.acting_for(actor).sharing.share_runs(body.ids, body.project)}

    @api.post("/unshare")
    def unshare(body: RunIds, actor: ActorKey) -> JSON:
        return {"ids": studio.acting_for(actor).sharing.unshare_runs(body.ids)}

    @api.post("/move")
    def move(body: RunsAndProject, actor: ActorKey) -> JSON:
        return {"ids": studio.acting_for(actor).sharing.move_runs(body.ids, body.project)}

    @api.post("/boards/{board_id}/share")
    def share_board(board_id: str, body: ProjectChoice, actor: ActorKey) -> JSON:
        studio.acting_for(actor).sharing.share_board(board_id, body.project)
        return {"shared": True}

    @api.post("/boards/{board_id}/unshare")
    def unshare_board(board_id: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).sharing.unshare_board(board_id)
        return {"shared": False}

    @api.post("/boards/{board_id}/move")
    def move_board(board_id: str, body: ProjectChoice, actor: ActorKey) -> JSON:
        studio.acting_for(actor).sharing.move_board(board_id, body.project)
        return {"shared": False}

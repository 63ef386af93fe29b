"""The routes of the user's own models and providers, on the Models page; for the studio's keeper only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from studio.catalogue import Model, user_rows
from studio.domain import JSON
from studio.payload import Payload
from studio.services.user_files import Kind, UserFile
from studio.web.language import language_of
from studio.web.routes.runs import ActorKey, SentenceRoute
from studio.web.static import ASSETS

if TYPE_CHECKING:
    from studio.studio import Studio

Name = Annotated[str, Field(max_length=60)]


class FileContent(Payload):
    """A file as it is typed. revision: of the text that was opened; with_problems: keep it all the same."""

    kind: Kind
    name: Name
    text: str = Field(max_length=user_rows.MAX_BYTES)
    revision: str = Field("", max_length=40)
    with_problems: bool = False


class FilePlace(Payload):
    """Which file is meant."""

    kind: Kind
    name: Name


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/user-files."""
    api = APIRouter(prefix="/ui/user-files", route_class=SentenceRoute, include_in_schema=False)

    @api.get("")
    def listed(actor: ActorKey) -> JSON:
        return list_json(studio, actor)

    @api.get("/text")
    def opened(kind: Kind, name: Name, actor: ActorKey) -> JSON:
        found = studio.acting_for(actor).user_files.open(kind, name)
        return {"text": found.text, "revision": found.revision, "masked": found.masked}

    @api.get("/example")
    def example(kind: Kind, request: Request, actor: ActorKey) -> JSON:
        """A file to begin with; every setting is explained in it, in the reader's language."""
        return {"text": (ASSETS / "examples" / language_of(request) / f"{kind}.toml").read_text("utf-8")}

    @api.post("/check")
    def check(body: FileContent, actor: ActorKey) -> JSON:
        return file_json(studio, studio.acting_for(actor).user_files.check(body.kind, body.name, body.text))

    @api.post("/save")
    def save(body: FileContent, actor: ActorKey) -> JSON:
        studio.acting_for(actor).user_files.save(
            body.kind, body.name, body.text, revision=body.revision, with_problems=body.with_problems
        )
        return list_json(studio, actor)

    @api.post("/reload")
    def reload(actor: ActorKey) -> JSON:
        studio.acting_for(actor).user_files.reload()
        return list_json(studio, actor)

    @api.post("/restore")
    def restore(body: FilePlace, actor: ActorKey) -> JSON:
        studio.acting_for(actor).user_files.restore(body.kind, body.name)
        return list_json(studio, actor)

    @api.post("/remove")
    def remove(body: FilePlace, actor: ActorKey) -> JSON:
        studio.acting_for(actor).user_files.remove(body.kind, body.name)
        return list_json(studio, actor)

    @api.post("/agents/{provider}")
    def load_agents(provider: Name, actor: ActorKey) -> JSON:
        """Asks the provider; the answer waits for it, and no event loop does."""
        loaded = studio.acting_for(actor).agents.load(provider)
        return list_json(studio, actor) | {"added": list(loaded.added), "known": loaded.known}

    return api


def list_json(studio: Studio, actor: str) -> JSON:
    """All files, and where they lie."""
    return {
        "folder": str(studio.acting_for(actor).user_files.folder.resolve()),
        "files": [file_json(studio, file) for file in studio.acting_for(actor).user_files.all()],
        "agents": [{"name": name, "label": label} for name, label in studio.acting_for(actor).agents.providers()],
    }


def file_json(studio: Studio, file: UserFile) -> JSON:
    """A file as the page lists it. missing: what a provider of it lacks."""
    status = next((s for s in studio.admin.engine_status() if s.name == file.name), None)
    return {
        "kind": file.kind,
        "name": file.name,
        "path": file.path,
        "bytes": file.bytes,
        "label": file.label,
        "models": [model_json(m) for m in file.models],
        "corrects": list(file.corrects),
        "problems": [{"line": p.line, "message": p.message} for p in file.problems],
        "missing": (status.missing or "") if status and file.kind == "providers" else "",
        "has_previous": file.has_previous,
    }


def model_json(model: Model) -> JSON:
    """A model that a file adds."""
    return {"id": model.id, "label": model.label, "tasks": [t.value for t in model.tasks]}

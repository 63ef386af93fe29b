"""What the Workflows page reads and posts, under /ui/workflows and /ui/workflow-files; for the studio's keeper only.

A graph goes to the page and comes back with its mapping, so nothing is kept before it is saved; it is parsed anew then.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from studio.catalogue import Model
from studio.domain import JSON, Task
from studio.errors import CapabilityError
from studio.field_errors import sentence
from studio.messages import Message
from studio.payload import Payload
from studio.permissions import Action
from studio.storage import storing
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.services.workflows import WorkflowInspection
    from studio.studio import Studio

MAX_SAVED_BYTES = 6 * 1024 * 1024
"""A graph of the largest size taken, and its mapping."""
MAX_VALUE_CHARS = 300
"""Longest value shown; the graph itself goes along whole."""

Name = Annotated[str, Field(max_length=60)]


class SaveWorkflow(Payload):
    """A workflow with its mapping; labels are what the form calls own settings."""

    name: Name
    label: str = Field(max_length=200)
    graph: JSON
    mapping: dict[str, Name] = Field(max_length=2000)
    labels: dict[Name, str] = Field(default_factory=dict, max_length=200)
    tasks: list[Task] = Field(max_length=len(Task))
    replace: bool = False


class FileChoice(Payload):
    """A file for a role of a model; "" leaves it to the studio."""

    model: str = Field(max_length=200)
    role: Name
    file: str = Field("", max_length=1000)


def router(studio: Studio) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/ui", route_class=SentenceRoute, include_in_schema=False)

    @api.get("/workflows")
    def listed(actor: ActorKey) -> JSON:
        return list_json(studio, actor)

    @api.post("/workflows/read")
    async def read(request: Request, actor: ActorKey, name: Annotated[str, Query(max_length=300)] = "") -> JSON:
        """The workflow in the file that is the body."""
        studio.acting_for(actor).require(Action.MANAGE_STUDIO)  # before a byte of it is stored
        with storing(studio.settings.data), TemporaryDirectory(dir=studio.context.scratch_folder()) as folder:
            path = Path(folder) / "workflow"
            with path.open("wb") as file:
                async for piece in _body_chunks(request, studio.settings.max_upload_mb * 1_000_000):
                    await run_in_threadpool(file.write, piece)
            return await run_in_threadpool(_inspect_file, studio, actor, path, Path(name).name or "The file")

    @api.post("/workflows/save")
    async def save(request: Request, actor: ActorKey) -> JSON:
        try:
            body = SaveWorkflow.model_validate_json(
                b"".join([piece async for piece in _body_chunks(request, MAX_SAVED_BYTES)])
            )
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise CapabilityError(sentence(dict(first))) from None
        model = await run_in_threadpool(
            studio.acting_for(actor).workflows.save, body.name, body.label, body.graph, body.mapping, body.tasks,
            labels=body.labels, replace=body.replace,
        )  # fmt: skip
        return list_json(studio, actor) | {"saved": workflow_json(model)}

    @api.get("/workflows/{name}")
    def opened(name: str, actor: ActorKey) -> JSON:
        model = studio.acting_for(actor).workflows.get(name)
        return inspection_json(studio.acting_for(actor).workflows.inspect_saved(name)) | {"saved": workflow_json(model)}

    @api.get("/workflows/{name}/file")
    def exported(name: str, actor: ActorKey) -> Response:
        """A file for another studio: the graph with its mapping."""
        body = json.dumps(studio.acting_for(actor).workflows.export(name), ensure_ascii=False, indent=1)
        headers = {
            "content-disposition": f'attachment; filename="{name}.workflow.json"',
            "cache-control": "no-store",
        }
        return Response(body, media_type="application/json", headers=headers)

    @api.delete("/workflows/{name}")
    def remove(name: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).workflows.remove(name)
        return list_json(studio, actor)

    @api.post("/workflows/{name}/restore")
    def restore(name: str, actor: ActorKey) -> JSON:
        studio.acting_for(actor).workflows.restore(name)
        return list_json(studio, actor)

    @api.get("/workflow-files")
    def files(actor: ActorKey, fresh: bool = False) -> JSON:
        return studio.acting_for(actor).comfyui_models.overview(refresh=fresh)

    @api.post("/workflow-files")
    def choose(body: FileChoice, actor: ActorKey) -> JSON:
        studio.acting_for(actor).comfyui_models.choose(body.model, body.role, body.file)
        return studio.acting_for(actor).comfyui_models.overview()

    return api


def list_json(studio: Studio, actor: str) -> JSON:
    """The kept workflows, and whether there is a server to run them on."""
    engine = next((s for s in studio.admin.engine_status() if s.name == "comfyui"), None)
    missing = Message("workflow.no_engine") if engine is None else engine.missing
    return {"workflows": [workflow_json(m) for m in studio.acting_for(actor).workflows.all()], "missing": missing or ""}


def workflow_json(model: Model) -> JSON:
    """One kept workflow of the list."""
    return {
        "name": model.id.partition("/")[2],
        "id": model.id,
        "label": model.label,
        "tasks": [t.value for t in model.tasks],
        "mapped": len(model.engine["slots"]),
        "prompt": "prompt" in model.engine["slots"],
        "checked": model.checked.isoformat(),
    }


def inspection_json(inspection: WorkflowInspection) -> JSON:
    """A workflow as the page lists it."""
    return {
        "graph": inspection.graph,
        "slots": [asdict(s) | {"value": _truncate(s.value)} for s in inspection.slots],
        "mapped": inspection.mapped,
        "labels": inspection.labels,
        "given": {"label": inspection.label, "name": inspection.name, "tasks": inspection.tasks}
        if inspection.label
        else None,
        "outputs": [asdict(o) for o in inspection.outputs],
        "makes": inspection.makes,
        "server": inspection.server,
        "missing": inspection.missing_nodes,
        "lacking": [asdict(choice) | {"value": _truncate(choice.value)} for choice in inspection.missing_choices],
    }


def _truncate(value: object) -> object:
    return value[:MAX_VALUE_CHARS] + "…" if isinstance(value, str) and len(value) > MAX_VALUE_CHARS else value


def _inspect_file(studio: Studio, actor: str, path: Path, name: str) -> JSON:
    return inspection_json(studio.acting_for(actor).workflows.read(path, name=name))


async def _body_chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The request's body as it comes. Raises CapabilityError beyond `max_bytes` bytes, or when it is empty."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > max_bytes:
            raise CapabilityError(Message("upload.over_limit", most=f"{max_bytes / 1e6:,.0f}"))
        yield piece
    if not size:
        raise CapabilityError(Message("upload.none"))

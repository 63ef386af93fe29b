"""Files of the library: taken in from the plain body of a POST, and their facts by id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from studio.domain import ASSET_KEYS
from studio.web import verbs
from studio.web.middleware.same_origin import actor_of
from studio.web.rest import schemas
from studio.web.rest.operations import FAILURES
from studio.web.routes.runs import ActorKey
from studio.web.routes.storyboards import saved_body

if TYPE_CHECKING:
    from studio.studio import Studio

UPLOADED = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def add(api: APIRouter, studio: Studio) -> None:
    """The routes."""

    @api.post(
        "/assets", status_code=201, operation_id="upload", tags=["assets"], openapi_extra=UPLOADED,
        summary="Take a picture, clip, sound or document into the library; its id goes into requests",
        description="The body is the file itself, judged by its content and not by its name or type.",
        responses={201: {"model": schemas.Upload, "description": "The asset."}, **FAILURES},
    )  # fmt: skip
    async def upload(
        request: Request, name: Annotated[str, Query(max_length=300, description="The file's own name.")]
    ) -> Any:
        file_name = Path(name).name
        async with saved_body(studio, request, file_name, studio.settings.max_upload_mb * 1_000_000) as path:
            return await run_in_threadpool(verbs.add_file, studio, actor_of(request), path, file_name)

    @api.get(
        "/assets/{asset_id}", operation_id="get_asset", tags=["assets"],
        summary="Facts of a file; its content is at `url`, a small picture at `url`/thumb",
        responses={200: {"model": schemas.Asset, "description": "The asset."}, **FAILURES},
    )  # fmt: skip
    def get_asset(asset_id: str, actor: ActorKey) -> Any:
        asset = studio.acting_for(actor).assets.get(asset_id)
        return {key: asset.model_dump(mode="json")[key] for key in ASSET_KEYS} | {"url": asset.url}

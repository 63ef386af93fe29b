"""The OpenAPI document, made once of the routes, and the page that shows it. Nothing is loaded from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from string import Template
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from studio.domain import REQUEST
from studio.web import i18n
from studio.web.static import ASSETS, assets_digest

VERSION = "1"
TAGS = {
    "requests": "What is asked of a model: submitted, priced, compared.",
    "runs": "Requests on their way, and what came of them.",
    "batches": "Many requests at once, each stored once.",
    "assets": "Files that go in and come out.",
    "models": "What can be asked for.",
    "storyboards": "Films, shot by shot.",
    "exports": "Films as files.",
    "reviews": "Takes and cuts judged together.",
}
DESCRIPTION = (
    "Requests and runs are flat JSON. Sign in with `Authorization: Bearer` and an access token of yours, made on the "
    "Account page; a studio without accounts takes none. Runs are on disk when a call answers. Errors are sentences."
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def add(api: APIRouter) -> None:
    """The routes. Call it last: the document has what was added before."""
    routes = list(api.routes)

    @cache
    def document() -> dict[str, Any]:
        return build(routes)

    @api.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return JSONResponse(document(), headers={"cache-control": "no-cache"})

    @api.get("/docs", include_in_schema=False)
    def page(request: Request) -> Response:
        """The document for people, with a form to try each call."""
        return HTMLResponse(_page(), headers={"content-security-policy": POLICY, "cache-control": "no-cache"})


def build(routes: list[Any]) -> dict[str, Any]:
    """The document of these routes, OpenAPI 3.1."""
    tags = [{"name": name, "description": text} for name, text in TAGS.items()]
    made = get_openapi(
        title="Wan Studio", version=VERSION, description=DESCRIPTION, routes=routes, tags=tags,
        servers=[{"url": "../../"}],
    )  # fmt: skip
    schemas = made["components"]["schemas"]
    schemas |= _request_schemas()
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}, {}]
    for path in made["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # FastAPI's own shape, which is never answered
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return made


def _request_schemas() -> dict[str, Any]:
    """A request per task, as its validator has it, in the flat form: a model's own settings stand beside the fields."""
    whole = REQUEST.json_schema(ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = whole.pop("$defs")
    for schema in schemas.values():
        if "params" in schema.get("properties", {}):
            del schema["properties"]["params"]
            schema["additionalProperties"] = True
            schema["required"] = ["task", "model"]
    schemas["Request"] = whole | {
        "description": "One request. Settings of the model's own stand beside these fields, by their names in /models.",
        "example": {"task": "text-to-image", "model": "draft/animatic", "prompt": "a fox in the rain"},
    }
    one = {"$ref": "#/components/schemas/Request"}
    schemas["RequestOrRequests"] = {"anyOf": [one, {"type": "array", "items": one}]}
    return schemas


def _page() -> str:
    """The page with its words in every language; its script draws the document in the reader's."""
    prefix = "rest."
    words = {
        language: {key.removeprefix(prefix): text for key, text in table.items() if key.startswith(prefix)}
        for language, table in i18n.tables().items()
    }
    template = Template((ASSETS / "html" / "rest.html").read_text("utf-8"))
    packed = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    return template.substitute(assets=f"../../ui/assets/{assets_digest()}", words=packed)

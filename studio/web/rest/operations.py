"""Which verb answers at which address. A route's parameters, their limits and words are the verb's own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from anyio import to_thread
from fastapi import APIRouter, Body, Path, Query
from pydantic import Field, create_model

from studio.domain import JSON
from studio.payload import Payload
from studio.web import verbs
from studio.web.rest import schemas
from studio.web.routes.runs import ActorKey
from studio.web.threads import as_search
from studio.web.verbs.values import Ids

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_WAITING_CALLS = 1000
"""Calls that wait at once; one more is answered with the runs as they are."""


@dataclass(frozen=True)
class Operation:
    """A verb at its address. answer: the shape of what comes back. body: the parameter that is the whole body.

    ids: the parameter stands for one id of the path. waits: it may take minutes.
    """

    method: str
    path: str
    verb: str
    tag: str
    answer: Any
    body: str = ""
    waits: bool = False
    status: int = 200

    @property
    def in_path(self) -> list[str]:
        """Names of parameters that stand in the address."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True)
class Words:
    """A verb's docstring in parts."""

    summary: str
    description: str
    parameters: dict[str, str] = field(default_factory=dict[str, str])


OPERATIONS = (
    Operation("GET", "/runs", "search", "runs", schemas.Page),
    Operation("POST", "/runs/wait", "wait", "runs", list[schemas.Run], waits=True),
    Operation("GET", "/runs/{run_id}", "get_run", "runs", schemas.Run),
    Operation("PATCH", "/runs/{run_id}", "edit_run", "runs", schemas.Run, body="changes"),
    Operation("POST", "/runs/{run_id}/cancel", "cancel", "runs", schemas.Run),
    Operation("POST", "/runs/{run_id}/retry", "retry", "runs", schemas.Run, status=201),
    Operation("POST", "/runs/{run_id}/decide", "decide", "runs", schemas.Run),
    Operation("POST", "/estimate", "estimate", "requests", schemas.Estimate, body="requests"),
    Operation("POST", "/alternatives", "alternatives", "requests", list[schemas.Alternative], body="request"),
    Operation("POST", "/comparisons", "compare", "requests", schemas.Comparison, status=201),
    Operation("POST", "/lint", "lint", "requests", schemas.LintResult),
    Operation("POST", "/prompts/expand", "expand_prompt", "requests", schemas.WritingText, waits=True),
    Operation("POST", "/prompts/translate", "translate_prompt", "requests", schemas.WritingText, waits=True),
    Operation("POST", "/scripts/write", "write_shots", "storyboards", schemas.WritingShots, waits=True),
    Operation("GET", "/models", "models", "models", list[dict[str, Any]]),
    Operation("GET", "/held-models", "held_models", "models", list[schemas.HeldModel]),
    Operation("POST", "/held-models/resume", "resume_model", "models", list[schemas.HeldModel]),
    Operation("POST", "/scripts/read", "read_script", "storyboards", schemas.ReadScript),
    Operation("GET", "/storyboards", "storyboards", "storyboards", list[schemas.StoryboardRow]),
    Operation("POST", "/storyboards", "create_storyboard", "storyboards", schemas.Storyboard, status=201),
    Operation("GET", "/storyboards/{board_id}", "get_storyboard", "storyboards", schemas.Storyboard),
    Operation("POST", "/storyboards/{board_id}/draft", "draft", "storyboards", list[schemas.Run], status=201),
    Operation("POST", "/storyboards/{board_id}/render-plan", "render_plan", "storyboards", schemas.RenderPlan),
    Operation("POST", "/storyboards/{board_id}/render", "render", "storyboards", schemas.Rendering, status=201),
    Operation("GET", "/storyboards/{board_id}/exports", "exports", "exports", list[schemas.Export]),
    Operation("POST", "/storyboards/{board_id}/exports", "export", "exports", schemas.Export, status=201),
    Operation("GET", "/exports/{export_id}", "get_export", "exports", schemas.Export),
    Operation("GET", "/reviews", "reviews", "reviews", list[schemas.ReviewRow]),
    Operation("POST", "/reviews", "create_review", "reviews", schemas.Review, status=201),
    Operation("GET", "/reviews/{review_id}", "get_review", "reviews", schemas.Review),
    Operation("POST", "/reviews/{review_id}/comments", "comment", "reviews", schemas.ReviewComment, status=201),
    Operation(
        "POST", "/reviews/{review_id}/comments/{comment_id}/resolve", "resolve_comment", "reviews",
        schemas.ReviewComment,
    ),
    Operation(
        "POST", "/reviews/{review_id}/comments/{comment_id}/retake-plan", "plan_comment_retake", "reviews",
        schemas.RetakePlan,
    ),
    Operation(
        "POST", "/reviews/{review_id}/comments/{comment_id}/retake", "retake_comment", "reviews", schemas.Retake,
        status=201,
    ),
    Operation(
        "POST", "/reviews/{review_id}/versions/{version_id}/status", "set_review_status", "reviews",
        list[schemas.StatusStep],
    ),
    Operation(
        "GET", "/reviews/{review_id}/versions/{version_id}/history", "review_status_history", "reviews",
        list[schemas.StatusStep],
    ),
)  # fmt: skip


def add(api: APIRouter, studio: Studio, operation: Operation) -> None:
    """The route of an operation."""
    words = words_of(verbs.VERBS[operation.verb])
    extra: dict[str, Any] = {}
    if example := EXAMPLES.get(operation.verb):
        extra = {"requestBody": {"content": {"application/json": {"example": example}}}}
    if operation.body in ("request", "requests"):
        name = "RequestOrRequests" if operation.body == "requests" else "Request"
        extra = request_body(name)
    api.add_api_route(
        operation.path, _endpoint(studio, operation), methods=[operation.method], status_code=operation.status,
        operation_id=operation.verb, tags=[operation.tag], summary=words.summary, description=words.description,
        responses={operation.status: {"model": operation.answer, "description": "The answer."}, **FAILURES},
        openapi_extra=extra,
    )  # fmt: skip


EXAMPLES: dict[str, JSON] = {
    "read_script": {"text": "Shot,Size,Description,Duration\n1,Wide,A fox crosses the ice,3s"},
    "create_storyboard": {"title": "Foxes", "script": "Shot 1 [0-3s] A fox crosses the ice."},
    "create_review": {"title": "Spring campaign, week 2", "board_id": "b1234"},
    "comment": {"version_id": "rw_1234", "text": "Brighter from here on.", "frame_in": 12, "frame_out": 47},
    "set_review_status": {"status": "approved", "note": "As discussed on Monday."},
    "retake_comment": {"max_usd": 0.5, "way": "from_frame", "key": "retake 1"},
}
"""Verb -> a body that it takes."""

FAILURES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": schemas.Problem, "description": "What is wrong, in a sentence."}
}


def request_body(name: str) -> dict[str, Any]:
    """A body of this schema, for `openapi_extra`."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def words_of(function: Callable[..., Any]) -> Words:
    """Summary (the first sentence), the whole where there is more, and what is said of each parameter."""
    text, _, arguments = (inspect.getdoc(function) or "").partition("Args:")
    whole = " ".join(text.split())
    first, _, rest = whole.partition(". ")
    entries = [entry.partition(": ") for entry in re.split(r"\n(?=\w+: )", inspect.cleandoc(arguments)) if entry]
    return Words(first.rstrip("."), whole if rest else "", {name: " ".join(said.split()) for name, _, said in entries})


def _endpoint(studio: Studio, operation: Operation) -> Callable[..., Any]:
    """A function with the signature that FastAPI reads: the path, then a query or a body of the other parameters."""
    words = words_of(verbs.VERBS[operation.verb])
    hints = get_type_hints(verbs.VERBS[operation.verb], include_extras=True)
    parameters: dict[str, Any] = {"actor": ActorKey}
    for name in operation.in_path:
        hint = str if hints[name] == Ids else hints[name]
        parameters[name] = Annotated[hint, Path(description=words.parameters.get(name))]
    others = [p for p in verbs.parameters(operation.verb) if p.name not in operation.in_path]
    if operation.body:
        parameters["body"] = Annotated[Any, Body(description=words.parameters.get(operation.body))]
    elif others:
        fields: dict[str, Any] = {p.name: _field(p, hints[p.name], words) for p in others}
        title = "".join(part.capitalize() for part in operation.verb.split("_"))
        model = create_model(f"{title}Parameters", __base__=Payload, **fields)
        optional = all(p.default is not inspect.Parameter.empty for p in others)
        if operation.method == "GET":
            parameters["query"] = Annotated[model, Query()]
        else:
            parameters["body"] = Annotated[model | None if optional else model, Body()]

    def values(given: dict[str, Any]) -> dict[str, Any]:
        found = {name: given[name] for name in operation.in_path}
        rest = given.get("query", given.get("body"))
        if operation.body:
            return found | {operation.body: rest}
        return found | {name: getattr(rest, name) for name in rest.model_fields_set} if rest is not None else found

    def call(**given: Any) -> Any:
        return verbs.call(studio, given["actor"], operation.verb, values(given))

    endpoint = _waiting(studio, operation.verb, values) if operation.waits else call
    required = [n for n in parameters if n != "body" or not _is_optional(parameters[n])]
    signature = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=parameters[name],
            default=inspect.Parameter.empty if name in required else None,
        )
        for name in parameters
    ]  # fmt: skip
    if operation.verb == "search":
        endpoint = as_search(endpoint)
    endpoint.__name__ = operation.verb
    endpoint.__signature__ = inspect.Signature(signature)  # pyright: ignore[reportFunctionMemberAccess]
    return endpoint


def _is_optional(annotation: Any) -> bool:
    return type(None) in getattr(annotation.__origin__, "__args__", ())


def _field(parameter: inspect.Parameter, hint: Any, words: Words) -> tuple[Any, Any]:
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    return Annotated[hint, Field(description=words.parameters.get(parameter.name))], default


def _waiting(studio: Studio, verb: str, values: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Any]:
    """As the others, without a thread: calls that wait for minutes must not take those of the others."""
    waiting = 0

    async def call(**given: Any) -> Any:
        nonlocal waiting
        at_once = waiting >= MAX_WAITING_CALLS and verb == "wait"
        asked = values(given) | ({"timeout_s": 0.0} if at_once else {})
        waiting += 1
        try:
            return await (await to_thread.run_sync(partial(verbs.call, studio, given["actor"], verb, asked)))
        finally:
            waiting -= 1

    return call

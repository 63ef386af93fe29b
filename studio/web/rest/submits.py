"""Submit under a key: a press that is sent twice, by a client that lost the answer, gives the same runs, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Header

from studio.errors import CapabilityError
from studio.messages import Message
from studio.services.batches import KeyedRequest, digest_of
from studio.web import verbs
from studio.web.language import PageJSON
from studio.web.rest import schemas
from studio.web.rest.operations import FAILURES, request_body, words_of
from studio.web.routes.runs import ActorKey
from studio.web.verbs.values import requests_of

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_KEY_CHARS = 180
"""Leaves room for our own part of the stored key."""
REPLAYED = "idempotent-replayed"


def add(api: APIRouter, studio: Studio) -> None:
    """The route."""
    words = words_of(verbs.VERBS["submit"])
    document: dict[str, Any] = {
        "status_code": 201, "operation_id": "submit", "tags": ["requests"], "summary": words.summary,
        "description": f"{words.description} With an Idempotency-Key, the same body again gives the same runs.",
        "responses": {201: {"model": list[schemas.Run], "description": "The runs."}, **FAILURES},
        "openapi_extra": request_body("RequestOrRequests"),
    }  # fmt: skip

    @api.post("/runs", **document)
    def submit(
        body: Annotated[Any, Body()],
        actor: ActorKey,
        idempotency_key: Annotated[
            str, Header(description="A text of your own, 1 to 180 characters, that names this submit for good.")
        ] = "",
    ) -> Any:
        if not idempotency_key:
            return verbs.call(studio, actor, "submit", {"request": body})
        if len(idempotency_key) > MAX_KEY_CHARS:
            raise CapabilityError(Message("batch.key_length", most=MAX_KEY_CHARS), field="Idempotency-Key")
        requests = requests_of(body)
        digest = digest_of(KeyedRequest("", {"requests": requests}))
        keyed = [KeyedRequest(f"key:{n}:{idempotency_key}", one, digest) for n, one in enumerate(requests)]
        submitted = studio.acting_for(actor).batches.submit(keyed, at_once=True)
        answer = [run.public() for runs in submitted.runs for run in runs]
        return PageJSON(answer, 201, {REPLAYED: "true"} if submitted.replayed else None)

"""Batches, as `app.py run --url` sends them: planned and priced whole, then stored, each request once under its key."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import Field

from studio.domain import Asset
from studio.errors import BudgetError, CapabilityError
from studio.messages import Message, joined
from studio.payload import Payload
from studio.services.batches import MAX_KEY_CHARS, KeyedRequest
from studio.web import verbs
from studio.web.rest import schemas
from studio.web.rest.operations import FAILURES
from studio.web.routes.runs import ActorKey

if TYPE_CHECKING:
    from studio.studio import Studio

MAX_REQUESTS = 10_000


class BatchRequest(Payload):
    """A request under a key of its own, which stays the same when the batch is sent again."""

    key: str = Field(min_length=1, max_length=MAX_KEY_CHARS)
    request: dict[str, Any]
    digest: str = Field("", max_length=128, description="Of what the key stands for, where that is not the request.")

    def keyed(self) -> KeyedRequest:
        """As the service takes it."""
        return KeyedRequest(self.key, self.request, self.digest)


class KnownAsset(Asset):
    """Facts of a file that is still to be uploaded, and the id that requests have for it."""


class Batch(Payload):
    """Requests in order."""

    requests: list[BatchRequest] = Field(min_length=1, max_length=MAX_REQUESTS)


class BatchToPlan(Batch):
    """A batch with facts of files that are still to be uploaded, by the ids that its requests have for them."""

    known_assets: list[KnownAsset] = Field(default_factory=list[KnownAsset], max_length=MAX_REQUESTS)


def add(api: APIRouter, studio: Studio) -> None:
    """The routes."""

    @api.post(
        "/batches/plan", operation_id="plan_batch", tags=["batches"],
        summary="What a batch would cost and take, and what stands against each request; nothing is stored",
        responses={200: {"model": schemas.BatchPlan, "description": "The plan."}, **FAILURES},
    )  # fmt: skip
    def plan(body: BatchToPlan, actor: ActorKey) -> Any:
        known = {asset.id: asset for asset in body.known_assets}
        keyed = [one.keyed() for one in body.requests]
        return asdict(studio.acting_for(actor).batches.plan(keyed, known_assets=known))

    @api.post(
        "/batches", status_code=201, operation_id="submit_batch", tags=["batches"],
        summary="Store a batch whole; what was stored before under its key is answered, not stored again",
        description="All requests are checked, and the spending limits for their sum, before the first is stored.",
        responses={201: {"model": list[list[schemas.Run]], "description": "The runs of each request."}, **FAILURES},
    )  # fmt: skip
    def submit(body: Batch, actor: ActorKey) -> Any:
        batches = studio.acting_for(actor).batches
        keyed = [one.keyed() for one in body.requests]
        plan = batches.plan(keyed)
        for number, one in enumerate(plan.requests):
            if one.problem:
                raise CapabilityError(
                    joined(Message("batch.request_number", number=number + 1), one.problem), field=f"requests.{number}"
                )
        if plan.refusal:
            raise BudgetError(plan.refusal)
        return [[run.public() for run in runs] for runs in batches.submit(keyed).runs]

    @api.get(
        "/queue", operation_id="queue", tags=["runs"],
        summary="What keeps waiting runs from starting: the pause, the storage, models that are held",
        responses={200: {"model": schemas.Queue, "description": "The state of the queue."}, **FAILURES},
    )  # fmt: skip
    def queue(actor: ActorKey) -> Any:
        state = studio.acting_for(actor).queue
        return {
            "paused": state.paused,
            "storage": state.storage_reason,
            "held_models": verbs.call(studio, actor, "held_models", {}),
        }

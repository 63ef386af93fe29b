"""The language model on the Connections page. The key comes in the body of a POST and never goes out."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import Field, SecretStr, field_validator

from studio.domain import JSON
from studio.errors import RateLimited
from studio.messages import Message
from studio.payload import Payload
from studio.web.routes.runs import ActorKey, SentenceRoute

if TYPE_CHECKING:
    from studio.studio import Studio

CHANGES = RateLimitItemPerMinute(60)
"""Changes and tests of all pages together, as on the rest of Connections."""


class ModelChanges(Payload):
    """What changes; null leaves a value as it is, "" takes it away. local: an address on the own network is meant."""

    base: str | None = Field(None, max_length=1000)
    model: str | None = Field(None, max_length=300)
    key: SecretStr | None = None
    local: bool = False

    @field_validator("key", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """What is no text is refused without being repeated in the answer."""
        if value is not None and not isinstance(value, str):
            raise ValueError(Message("connection.key_not_text"))
        return value


def router(studio: Studio) -> APIRouter:
    """The routes under /ui/language-model."""
    api = APIRouter(prefix="/ui/language-model", route_class=SentenceRoute, include_in_schema=False)
    limiter = MovingWindowRateLimiter(MemoryStorage())

    def count_change() -> None:
        if not limiter.hit(CHANGES, "all"):
            wait_s = max(1, math.ceil(limiter.get_window_stats(CHANGES, "all").reset_time - time.time()))
            raise RateLimited(Message("connection.too_many", seconds=wait_s), retry_after_s=wait_s)

    limited = [Depends(count_change)]

    @api.get("")
    def state(actor: ActorKey) -> JSON:
        services = studio.acting_for(actor)
        return asdict(services.language_model.state()) | {"keyring": services.connections.keyring}

    @api.post("", dependencies=limited)
    def save(body: ModelChanges, actor: ActorKey) -> JSON:
        key = body.key.get_secret_value() if body.key is not None else None
        model = studio.acting_for(actor).language_model
        return asdict(model.save(base=body.base, model=body.model, key=key, local=body.local))

    @api.delete("/key", dependencies=limited)
    def remove_key(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.remove_key())

    @api.post("/test", dependencies=limited)
    def test(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.test())

    @api.post("/models", dependencies=limited)
    def models(actor: ActorKey) -> JSON:
        return asdict(studio.acting_for(actor).language_model.list_models())

    @api.post("/look", dependencies=limited)
    def look(actor: ActorKey) -> JSON:
        return {"found": [asdict(one) for one in studio.acting_for(actor).language_model.look_here()]}

    return api

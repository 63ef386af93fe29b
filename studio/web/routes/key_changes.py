"""What routes that change connections share: a key that is never repeated, and a limit for all pages together."""

from __future__ import annotations

import math
import time
from typing import Annotated, Any

from fastapi import Depends
from fastapi.params import Depends as Dependency
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BeforeValidator, SecretStr

from studio.errors import RateLimited
from studio.messages import Message


def _text(value: Any) -> Any:
    """What is no text is refused without being repeated in the answer."""
    if value is not None and not isinstance(value, str):
        raise ValueError(Message("connection.key_not_text"))
    return value


Key = Annotated[SecretStr | None, BeforeValidator(_text)]
"""A key as a page sends it; null where none was typed."""


def limited(rate: RateLimitItem) -> list[Dependency]:
    """Dependencies of a route that refuse more calls than this, from all pages together."""
    limiter = MovingWindowRateLimiter(MemoryStorage())

    def count_change() -> None:
        if not limiter.hit(rate, "all"):
            wait_s = max(1, math.ceil(limiter.get_window_stats(rate, "all").reset_time - time.time()))
            raise RateLimited(Message("connection.too_many", seconds=wait_s), retry_after_s=wait_s)

    return [Depends(count_change)]

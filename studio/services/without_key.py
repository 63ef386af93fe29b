"""The engine of an account whose key is gone: runs of it wait for a person instead of falling back on other keys."""

from __future__ import annotations

from collections.abc import Mapping

from studio.catalogue import Model
from studio.domain import Asset, Progress, Request
from studio.engines.base import Engine, Job
from studio.errors import Unauthorised


class WithoutKey:
    """See engines.base.Engine. An engine whose account has no key (any more): it says so, and nothing is sent."""

    def __init__(self, engine: Engine, why: str) -> None:
        self.info, self._engine, self._why = engine.info, engine, why

    def missing(self) -> str:
        """Why nothing is sent."""
        return self._why

    def estimate_usd(self, request: Request, model: Model, inputs: Mapping[str, Asset]) -> float | None:
        """The price needs no key."""
        return self._engine.estimate_usd(request, model, inputs)

    async def prepare(self, job: Job) -> Mapping[str, str]:
        """Refused."""
        raise Unauthorised(self._why)

    async def submit(self, job: Job) -> str:
        """Refused."""
        raise Unauthorised(self._why)

    async def poll(self, handle: str) -> Progress:
        """Refused."""
        raise Unauthorised(self._why)

    async def close(self) -> None:
        """Give back what the engine holds."""
        await self._engine.close()

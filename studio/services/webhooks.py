"""Calls of providers about runs, from the web to the scheduler's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from studio.domain import JSON
from studio.services.context import Context


class ProviderWebhooks:
    """See jobs.webhooks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def knows(self, token: str) -> bool:
        """Whether a run under way has the address with this token."""
        return self._context.jobs.webhooks.knows(token)

    async def receive(self, token: str, headers: Mapping[str, str], raw: bytes, body: JSON) -> bool:
        """See jobs.webhooks.WebhookRegistry.receive; False as well while the studio closes."""
        registry, scheduler = self._context.jobs.webhooks, self._context.scheduler
        received = scheduler.run_on_loop(lambda: registry.receive(token, headers, raw, body))
        return received is not None and await asyncio.wrap_future(received)

"""The pause before a poll gives way: to a request to cancel, to a call of the provider, to what is learnt meanwhile."""

from __future__ import annotations

import asyncio

from studio.engines.fake import FakeEngine
from studio.jobs.context import EngineLane
from studio.jobs.run_context import RunContext
from studio.studio import Studio
from tests.support.kit import image


def test_a_pause_is_shortened_and_never_made_longer(studio: Studio, engine: FakeEngine) -> None:
    async def story() -> tuple[bool, float]:
        [run] = studio.local.requests.submit(image())
        context = RunContext(studio.context.jobs, EngineLane(engine, studio.catalogue), run)
        loop = asyncio.get_running_loop()
        loop.call_later(0.02, context.shorten_pause, 0.05)
        loop.call_later(0.03, context.shorten_pause, 600.0)
        began = loop.time()
        async with asyncio.timeout(20):
            cancelled = await context.cancel_requested_within(3600.0)
        context.shorten_pause(1.0)
        return cancelled, loop.time() - began

    cancelled, waited_s = asyncio.run(story())
    assert not cancelled
    assert waited_s >= 0.05

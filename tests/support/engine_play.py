"""An engine in an event loop of its own, for one story."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from studio.domain import Progress, Status
from studio.engines.base import Engine, Job

E = TypeVar("E", bound=Engine)
T = TypeVar("T")
LIMIT_S = 20


def play(build: Callable[[], E], story: Callable[[E], Coroutine[Any, Any, T]]) -> T:
    """What the story comes to; the engine is closed after it."""

    async def bounded() -> T:
        engine = build()
        try:
            async with asyncio.timeout(LIMIT_S):
                return await story(engine)
        finally:
            await engine.close()

    return asyncio.run(bounded())


async def finish(engine: Engine, handle: str) -> Progress:
    """The look that found the end of the run."""
    while (seen := await engine.poll(handle)).status not in (Status.SUCCEEDED, Status.CANCELLED):
        await asyncio.sleep(0.02)
    return seen


def whole(build: Callable[[], E], one: Job) -> Progress:
    """The end of this job, from its submit on."""

    async def story(engine: E) -> Progress:
        return await finish(engine, await engine.submit(one))

    return play(build, story)

"""The engine of a lane, which may be replaced while calls to it are under way: a new key needs no restart.

A call that began goes to its end on the engine it began with. A replaced engine is closed when its last call has
returned. Used on the event loop only.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from studio.engines.base import Engine

log = logging.getLogger(__name__)
ENGINE_CLOSE_S = 1.0
"""Time for an engine to give back what it holds."""


class EngineUses:
    """current: the engine that new calls go to."""

    def __init__(self, engine: Engine) -> None:
        self.current = engine
        self._calls: Counter[int] = Counter()
        self._retired: dict[int, Engine] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @contextmanager
    def in_use(self) -> Generator[Engine, None, None]:
        """The current engine, which stays open until the block is left, whatever replaces it meanwhile."""
        engine = self.current
        self._calls[id(engine)] += 1
        try:
            yield engine
        finally:
            self._calls[id(engine)] -= 1
            self._close_if_unused(engine)

    def replace(self, engine: Engine) -> None:
        """New calls go to this engine from now on."""
        replaced, self.current = self.current, engine
        self.retire(replaced)

    def retire(self, engine: Engine) -> None:
        """Close an engine that is not the current one (any more) as soon as no call uses it."""
        if engine is not self.current:
            self._retired[id(engine)] = engine
            self._close_if_unused(engine)

    async def close(self) -> None:
        """Close every engine that is still open."""
        engines = [self.current, *self._retired.values()]
        self._retired.clear()
        await asyncio.gather(*self._closing, *(_close(engine) for engine in engines))

    def _close_if_unused(self, engine: Engine) -> None:
        if self._calls[id(engine)]:
            return
        del self._calls[id(engine)]
        if self._retired.pop(id(engine), None) is not None:
            task = asyncio.get_running_loop().create_task(_close(engine))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def _close(engine: Engine) -> None:
    try:
        async with asyncio.timeout(ENGINE_CLOSE_S):
            await engine.close()
    except Exception:
        log.exception("%s did not close", engine.info.name)

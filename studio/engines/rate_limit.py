"""How fast calls to a provider may follow one another."""

from __future__ import annotations

import asyncio


class RateLimiter:
    """Lets calls through at a steady rate, with a burst of five calls at most. One refusal by the provider
    pauses all callers."""

    def __init__(self, per_s: float) -> None:
        self._gap = 1.0 / per_s
        self._burst = min(1.0, 5 * self._gap)
        self._next = 0.0

    async def acquire(self) -> None:
        """Wait until this call may be made."""
        now = asyncio.get_running_loop().time()
        at = self._next = max(self._next + self._gap, now - self._burst)
        if at > now:
            await asyncio.sleep(at - now)

    def pause_for(self, seconds: float) -> None:
        """Let no new call through for so long: the provider asked us to slow down."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)

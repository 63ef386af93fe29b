"""Turns at a provider's door: calls pass at a steady rate."""

from __future__ import annotations

import asyncio


class Turnstile:
    """Lets calls through at a steady rate, a short burst at most; who is refused by the provider closes it for all."""

    def __init__(self, per_s: float) -> None:
        self._gap = 1.0 / per_s
        self._burst = min(1.0, 5 * self._gap)
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for this call's turn."""
        now = asyncio.get_running_loop().time()
        at = self._next = max(self._next + self._gap, now - self._burst)
        if at > now:
            await asyncio.sleep(at - now)

    def close_for(self, seconds: float) -> None:
        """Let nobody new through for so long: the provider asked us to slow down."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)

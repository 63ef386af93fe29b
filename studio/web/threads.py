"""Threads of their own for searches, so that who presses Generate does not wait behind all of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

SEARCHES = 2
"""Searches that are worked on at once: while SQLite looks for one, the cards of another are made. More would give no
answer earlier, for Python runs one thread at a time, but a submit would have to win its turn from all of them."""

P = ParamSpec("P")
T = TypeVar("T")
_searches: RunVar[CapacityLimiter] = RunVar("searches")


def as_search(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The function as a coroutine that runs in one of SEARCHES threads; the others wait without one."""

    @wraps(function)
    async def in_turn(*args: P.args, **values: P.kwargs) -> T:
        return await to_thread.run_sync(partial(function, *args, **values), limiter=_limiter())

    return in_turn


def _limiter() -> CapacityLimiter:
    """Of this event loop."""
    try:
        return _searches.get()
    except LookupError:
        _searches.set(limiter := CapacityLimiter(SEARCHES))
        return limiter

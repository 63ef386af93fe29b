"""Proves a connection with calls that cost nothing: the engine's own check, the balance, or an honest "cannot be told".

The calls run on an event loop and a thread of their own, with a fresh engine: nothing that waits for a provider, or for
a name to be found, holds up the studio, and nobody waits longer than the limit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from studio.domain import now
from studio.engines.base import AccountBalance, Balance, Engine, KeyCheck
from studio.errors import EngineError, OutOfCredit, StudioError, Unauthorised
from studio.messages import Message, of_error, term

log = logging.getLogger(__name__)
CHECK_TIMEOUT_S = 20.0
"""Longest that anybody waits for a check."""

CheckState = Literal["works", "refused", "no_credit", "failed", "unknown"]


@dataclass(frozen=True)
class Check:
    """What came of it, in a sentence. works: the key is accepted. refused: it is not. no_credit: it is, but the account
    has nothing left. failed: the provider did not answer, or not as expected. unknown: only a run can tell."""

    state: CheckState
    message: str
    at: datetime
    balance: AccountBalance | None = None


def check(build: Callable[[], Engine], label: str) -> Check:
    """The check of a new engine, which is closed after it. Raises nothing."""
    result: Future[Check] = Future()
    timeout_s = CHECK_TIMEOUT_S

    def work() -> None:
        try:
            result.set_result(asyncio.run(_checked(build, timeout_s)))
        except Exception as error:  # a thread's errors reach nobody; the log gets no text of a provider
            log.warning("the check of %s broke: %s", label, type(error).__name__)
            result.set_result(_failed(label))

    threading.Thread(target=work, name=f"check {label}", daemon=True).start()
    try:
        return result.result(timeout_s + 1)
    except TimeoutError:
        return _failed(label)


async def _checked(build: Callable[[], Engine], timeout_s: float) -> Check:
    engine = build()
    label = engine.info.label
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(engine)
    except TimeoutError:
        return _failed(label)
    except Unauthorised as error:
        return Check("refused", of_error(error), now())
    except OutOfCredit as error:
        return Check("no_credit", of_error(error), now())
    except StudioError as error:
        return Check("failed", of_error(error), now())
    finally:
        await engine.close()


async def _ask(engine: Engine) -> Check:
    if missing := engine.missing():
        return Check("failed", missing, now())
    proved = isinstance(engine, KeyCheck)
    if isinstance(engine, KeyCheck):
        await engine.check_key()
    if not isinstance(engine, Balance):
        said = "connection.works" if proved else "connection.cannot_test"
        return Check("works" if proved else "unknown", Message(said, provider=term(engine.info.label)), now())
    try:
        balance = await engine.balance()
    except EngineError:
        if not proved:
            raise
        return Check("works", Message("connection.works_no_balance", provider=term(engine.info.label)), now())
    return Check("works", Message("connection.works", provider=term(engine.info.label)), now(), balance)


def _failed(label: str) -> Check:
    return Check("failed", Message("engine.answer_late", provider=term(label)), now())

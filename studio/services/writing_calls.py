"""Answers of the language model that are under way: one for a person at once, each on the server's event loop.

An answer is worked on in a task of its own and read from a queue. Whoever stops reading ends the task, and with it the
connection to the model. What was set aside for it is settled whatever happens.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from studio.domain import JSON
from studio.errors import Conflict, RateLimited, StudioError
from studio.field_errors import legible
from studio.llm import prices, tokens
from studio.llm.chat import Answer, CapabilityCache, Chat
from studio.llm.endpoint import Endpoint
from studio.messages import Message, of_error
from studio.services import writing_tasks
from studio.services.writing_tasks import WritingTask

log = logging.getLogger(__name__)
PATIENCE_S = 3.0
"""How long a new question waits for the end of the one before, which its page may just have stopped."""
ALIVE_S = 10.0
"""Longest silence on the way to the page."""
PER_MINUTE = RateLimitItemPerMinute(30)


@dataclass(frozen=True)
class Event:
    """One step of an answer. name: delta (text), thinking, alive, done or error; data: as the page gets it."""

    name: str
    data: JSON


class WritingCalls:
    """Safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy: dict[str, WritingCall | None] = {}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def enter(self, owner: str) -> None:
        """Take the owner's one place. Raises Conflict while another answer is under way, RateLimited."""
        if not self._limiter.hit(PER_MINUTE, owner or "-"):
            reset = self._limiter.get_window_stats(PER_MINUTE, owner or "-").reset_time
            wait_s = max(1, math.ceil(reset - time.time()))
            raise RateLimited(Message("writing.too_many", seconds=wait_s), retry_after_s=wait_s)
        with self._changed:
            if not self._changed.wait_for(lambda: owner not in self._busy, PATIENCE_S):
                raise Conflict(Message("writing.under_way"))
            self._busy[owner] = None

    def leave(self, owner: str) -> None:
        """Give the place back."""
        with self._changed:
            self._busy.pop(owner, None)
            self._changed.notify_all()

    def add(self, owner: str, call: WritingCall) -> None:
        """The answer in the owner's place, for `close`."""
        with self._changed:
            self._busy[owner] = call

    def close(self) -> None:
        """End every answer, so that the server can stop at once."""
        with self._changed:
            calls = [call for call in self._busy.values() if call]
        for call in calls:
            call.end_from_outside()


class WritingCall:
    """One answer. settle: books what it cost, None for unknown, and is called once; it may block.

    Everything but the constructor belongs to the event loop that reads it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        work: WritingTask,
        capabilities: CapabilityCache,
        *,
        settle: Callable[[float | None, bool], None],
    ) -> None:
        self._endpoint, self._work, self._capabilities, self._settle = endpoint, work, capabilities, settle
        self._answer = Answer()
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = False

    async def events(self) -> AsyncIterator[Event]:
        """The answer as it comes; `done` or `error` is the last."""
        self._begin()
        while True:
            try:
                event = await asyncio.wait_for(self._queue.get(), ALIVE_S)
            except TimeoutError:
                yield Event("alive", {})
                continue
            if event is None:
                return
            yield event

    def close(self) -> None:
        """End it, whatever its state. Returns at once; the rest happens in its task."""
        if self._over:
            return
        self._over = True
        task = self._begin()
        task.get_loop().call_soon(task.cancel)  # not before its first step: only what has begun is settled at its end

    def end_from_outside(self) -> None:
        """As `close`, from another thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.close)

    def _begin(self) -> asyncio.Task[None]:
        if self._task is None:
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._run())
        return self._task

    async def _run(self) -> None:
        chat = Chat(self._endpoint, self._capabilities)
        last: Event | None = None
        try:
            last = await self._asked(chat)
        finally:
            cost, estimated = self._cost()
            await _finished(asyncio.to_thread(self._settle, cost, self._answer.sent))
            await _finished(chat.close())
            if last is not None:
                if last.name == "done":
                    last.data.update(usd=cost, estimated=estimated)
                self._queue.put_nowait(last)
            self._queue.put_nowait(None)

    async def _asked(self, chat: Chat) -> Event:
        try:
            async for piece in chat.ask(self._work.question, self._answer):
                self._queue.put_nowait(Event("delta", {"text": piece}) if piece else Event("thinking", {}))
            return Event("done", await asyncio.to_thread(self._done))
        except StudioError as error:
            return Event("error", {"message": of_error(error)})
        except Exception as error:  # the page is told something, and the log where it happened
            log.exception("an answer of the language model broke: %s", type(error).__name__)
            return Event("error", {"message": Message("http.unexpected")})

    def _done(self) -> JSON:
        found = writing_tasks.outcome(self._work, self._answer)
        made: dict[str, Any] = (
            {"script": found.script.model_dump(mode="json")} if found.script else {"text": found.text}
        )
        tokens_in, tokens_out, _ = self._tokens()
        return made | {
            "model": self._answer.model or self._endpoint.model,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "warnings": list(found.warnings),
        }

    def _tokens(self) -> tuple[int, int, bool]:
        """Tokens of question and answer, and whether they are reckoned because the server did not count them."""
        answer = self._answer
        if answer.tokens_in is not None and answer.tokens_out is not None:
            return answer.tokens_in, answer.tokens_out, False
        reckoned = tokens.at_most(answer.text) + answer.thought_chars
        return self._work.tokens_in, min(reckoned, self._work.question.max_tokens), True

    def _cost(self) -> tuple[float | None, bool]:
        """Dollars of what was taken and answered so far."""
        if not self._answer.sent:
            return 0.0, False
        tokens_in, tokens_out, reckoned = self._tokens()
        return prices.usd(self._endpoint, self._endpoint.model, tokens_in, tokens_out), reckoned


async def _finished(work: Any) -> None:
    """Await something to its end although this task was cancelled; what goes wrong in it is logged."""
    try:
        await work
    except Exception as error:
        log.error("an answer of the language model was not put in order: %s", legible(f"{error}")[:200])

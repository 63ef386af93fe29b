"""Tasks at the provider: look at one, look at all at once when there are many, list, cancel.

The provider answers 20 looks and 20 lists a second and account. A few tasks are looked at one by one; beyond MANY the
list of waiting tasks is read in pages of 100 about once a second, a look at a task that it shows costs nothing, and
one that has left the list is announced. Source: the provider's page manage-asynchronous-tasks (2026-02-11).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from studio.domain import JSON
from studio.engines.alibaba import errors
from studio.engines.alibaba.regions import Endpoint
from studio.engines.http import ApiClient
from studio.engines.rate_limit import RateLimiter
from studio.engines.strict_json import number, rows, table
from studio.errors import EngineError, Unavailable, UnknownOutcome
from studio.messages import Message

log = logging.getLogger(__name__)
QUERIES_PER_S = 20.0
LIST_THRESHOLD = 20
"""More tasks than this are watched through the list."""
SWEEP_S = 1.0
LIST_STATUS_TTL_S = 4.0
"""A word from the list counts as a look for so long."""
NEW_S = 3.0
"""A task this young may be missing from the list."""
UNWATCHED_AFTER_S = 300.0
"""A task that nobody asked about for so long is not watched any more: its run was held or given up."""
PAGE, MAX_PAGES = 100, 50
WAITING = ("PENDING", "RUNNING", "SUSPENDED")


def created_at(row: JSON) -> float:
    """When a task of the list was made, in Unix seconds by the provider's clock; 0 where it does not say."""
    return (number(row.get("gmt_create")) or 0.0) / 1000


@dataclass
class WatchedTask:
    """A task that is going on. word, seen: its last status and when (monotonic seconds) the list showed it.

    handle: what is announced. since, asked: when it was first and last asked for.
    """

    handle: str
    since: float
    polled_at: float
    status: str = ""
    listed_at: float = 0.0
    announced: bool = False


class Tasks:
    """All tasks of one account that this process watches."""

    def __init__(self, api: ApiClient, endpoint: Endpoint) -> None:
        self._api, self._endpoint = api, endpoint
        self._polls, self._lists = RateLimiter(QUERIES_PER_S), RateLimiter(QUERIES_PER_S)
        self._watched: dict[str, WatchedTask] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._on_change: Callable[[str], None] = lambda _: None

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the handle of a task that has left the list of waiting ones."""
        self._on_change = callback

    def track(self, task: str, handle: str) -> None:
        """Count this task among those that go on."""
        now = time.monotonic()
        self._watched.setdefault(task, WatchedTask(handle, now, now)).polled_at = now
        if len(self._watched) > LIST_THRESHOLD and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep(), name="alibaba tasks")

    def forget(self, task: str) -> None:
        """It has ended."""
        self._watched.pop(task, None)

    async def close(self) -> None:
        """Stop looking."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def poll(self, task: str, handle: str) -> JSON:
        """The task as the provider tells it, or {"output": {"task_status": word}} as the list last showed it."""
        self.track(task, handle)
        known = self._watched[task]
        if known.status and time.monotonic() - known.listed_at < LIST_STATUS_TTL_S:
            return {"output": {"task_id": task, "task_status": known.status}}
        return await self.fetch(task)

    async def fetch(self, task: str) -> JSON:
        """The task, asked for by itself."""
        await self._polls.acquire()
        reply = await self._api.call("GET", f"/tasks/{task}")
        output = table(reply.body.get("output"))
        if reply.status != 200 or not (output.get("task_status") or errors.error_code(reply.body)[0]):
            raise errors.poll_error(reply, self._endpoint)
        return reply.body

    async def cancel(self, task: str) -> bool:
        """Ask to stop it: possible only while it is PENDING."""
        reply = await self._api.call("POST", f"/tasks/{task}/cancel")
        code, _ = errors.error_code(reply.body)
        if reply.status == 200 and not code:
            self.forget(task)
            return True
        if code == "UnsupportedOperation":
            return False
        raise errors.reply_error(reply, self._endpoint, "this task")

    async def list_for_model(self, model: str, *, after: float) -> list[JSON]:
        """Rows of the list for this model, made after this time (Unix seconds).

        The list's own time filter is not used: its pages do not say in which time zone it counts. Raises
        UnknownOutcome when there are too many to be sure.
        """
        found: list[JSON] = []
        for page in range(1, MAX_PAGES + 1):
            body = await self._page(page, model_name=model)
            listed = rows(body["data"])
            found += [row for row in listed if row.get("model_name") in (None, model) and created_at(row) >= after]
            if page >= (number(body.get("total_page")) or 1) or not listed:
                return found
        raise UnknownOutcome(Message("alibaba.too_many_tasks", count=f"{MAX_PAGES * PAGE:,}", model=model))

    async def check(self) -> None:
        """Read the shortest page of the list, which proves the key. Raises EngineError."""
        await self._page(1, page_size="1")

    async def shows(self, tasks: Collection[str]) -> bool:
        """Whether the newest page of the list names one of these tasks."""
        return any(row.get("task_id") in tasks for row in rows((await self._page(1))["data"]))

    async def _page(self, page: int, **filters: str) -> JSON:
        await self._lists.acquire()
        reply = await self._api.call("GET", "/tasks/", params={"page_no": page, "page_size": PAGE, **filters})
        if reply.status != 200:
            raise errors.reply_error(reply, self._endpoint, "the list of tasks")
        if not isinstance(reply.body.get("data"), list):
            raise Unavailable(Message("alibaba.empty_list"), code="list")
        return reply.body

    async def _sweep(self) -> None:
        """Read the list again and again while there are many tasks; the few left at its end get a look each."""
        pause = SWEEP_S
        while len(self._watched) > LIST_THRESHOLD:
            started = time.monotonic()
            try:
                self._spread(await self._waiting(), started)
                pause = SWEEP_S
            except EngineError as error:
                log.warning("the list of tasks cannot be read (%s); tasks are looked at one by one", error)
                pause = min(30.0, pause * 2)
            await asyncio.sleep(max(0.05, pause - (time.monotonic() - started)))
        for known in self._watched.values():
            known.status = ""
            self._on_change(known.handle)

    async def _waiting(self) -> dict[str, str]:
        """Task id -> word, of all that wait or run. PENDING is read first, so that none slips from one to the other.

        The word is the row's own: a proxy may ignore the filter, and its finished tasks would seem to wait for ever.
        """
        words: dict[str, str] = {}
        for status in ("PENDING", "RUNNING"):
            for page in range(1, MAX_PAGES + 1):
                body = await self._page(page, status=status)
                listed = rows(body["data"])
                words |= {str(r.get("task_id")): str(r["status"]) for r in listed if r.get("status") in WAITING}
                if page >= (number(body.get("total_page")) or 1) or not listed:
                    break
        return words

    def _spread(self, words: dict[str, str], started: float) -> None:
        for task, known in list(self._watched.items()):
            if started - known.polled_at > UNWATCHED_AFTER_S:
                self.forget(task)
            elif word := words.get(task):
                known.status, known.listed_at = word, time.monotonic()
            elif started - known.since > NEW_S:
                known.status = ""
                if not known.announced:
                    known.announced = True
                    self._on_change(known.handle)

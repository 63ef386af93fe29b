"""Changes of runs, boards and reviews, told to every open page: one subscription to the Studio, one stream a page.

A page is told the newest state of a run, not each step to it: changes between two sends are joined. A page that
connects, or connects again after any break, first gets the whole list, so nothing is missed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import threading
import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Literal

from starlette.concurrency import run_in_threadpool

from studio.domain import JSON, Run, Status
from studio.errors import NotAllowed, NotFound
from studio.jobs.events import BOARD_PREFIX, REVIEW_PREFIX
from studio.messages import ENGLISH
from studio.web.encoding import json_bytes
from studio.web.routes.run_cards import card
from studio.web.routes.run_json import counts, held_models, queue

if TYPE_CHECKING:
    from studio.studio import Studio

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
BATCH_DELAY_S, END_DELAY_S = 0.12, 0.02
"""Between two sends, and until one that says that a run has ended: changes meanwhile are joined."""
CHECK_INTERVAL_S = 0.5
SUBSCRIBE_TIMEOUT_S = 5.0
MANY_RUNS = 200
"""When more than these change at once, pages get the list as it begins instead of a card for each."""
MAX_KEPT_COUNTS = 1000
Part = Literal["paused", "storage", "holds", "order"]


class _Stream:
    """One open stream. `changed` holds the newest card by run id until it is sent."""

    def __init__(self, actor: str) -> None:
        self.user, self.changed, self.all_changed = actor.partition("/")[0], dict[str, JSON](), False
        self.parts, self.counts = set[Part](), JSON()
        self.boards, self.reviews = set[str](), set[str]()
        self.loop, self.updated, self.has_ended = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._sent_at = -math.inf

    def put(
        self, cards: dict[str, JSON], *, parts: Collection[Part] = (), many: bool = False,
        boards: Collection[str] = (), reviews: Collection[str] = (),
    ) -> None:  # fmt: skip
        """Called from the pump's thread."""

        def add() -> None:
            self.changed |= cards
            self.boards |= set(boards)
            self.reviews |= set(reviews)
            self.parts |= set(parts)
            self.all_changed |= many
            self.updated.set()
            if any(card.get("finished_at") for card in cards.values()):
                self.has_ended.set()

        try:
            self.loop.call_soon_threadsafe(add)
        except RuntimeError:  # the server's loop has ended; so has this stream
            log.debug("a stream's loop has ended")

    async def gather(self) -> None:
        """Wait as long as changes are to be joined: not at all after a quiet time, and hardly for the end of a run,
        which somebody looks out for."""
        left_s = self._sent_at + BATCH_DELAY_S - time.monotonic()
        if left_s > END_DELAY_S:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.has_ended.wait(), left_s - END_DELAY_S)
        await asyncio.sleep(min(max(left_s, 0.0), END_DELAY_S))
        self._sent_at = time.monotonic()
        self.updated.clear()
        self.has_ended.clear()


class Live:
    """Fans the Studio's changes out to the open streams. Its thread runs only while there is one."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._lock = studio, threading.Lock()
        self._streams: set[_Stream] = set()
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._kept_counts: dict[str, tuple[tuple[int, int], JSON]] = {}
        self._boot, self._ids = secrets.token_hex(4), count(1)

    def close(self) -> None:
        """End every stream, so that the server can stop at once."""
        with self._lock:
            self._closed = True
            pages, thread = list(self._streams), self._thread
        for page in pages:
            page.put({})
        if thread:
            thread.join(timeout=5)

    def notify(self, *parts: Part) -> None:
        """Something about the queue as a whole changed: pages are told this alone, of the order only that it did."""
        with self._lock:
            pages = list(self._streams)
        for page in pages:
            page.put({}, parts=parts)

    async def stream(self, actor: str, language: str = ENGLISH) -> AsyncIterator[str]:
        """Server-sent events: `queue` (the list as it begins; first, and when very many runs changed at once), then
        `runs` (cards), `state` (what changed of the counts, the pause, the storage, the held models and the order),
        `boards` and `reviews` (ids of those that somebody changed). Their messages are worded in this language.

        The stream ends when its actor may no longer see it: a browser that asks again then has to sign in.
        """
        page = _Stream(actor)
        await run_in_threadpool(self._add_stream, page)
        try:
            yield "retry: 1000\n\n"
            yield self._event("queue", await self._queue(page, actor), language)
            while not self._closed and await run_in_threadpool(self._may_listen, actor):
                try:
                    await asyncio.wait_for(page.updated.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                await page.gather()
                cards, page.changed = page.changed, {}
                many, page.all_changed = page.all_changed, False
                parts, page.parts = page.parts, set()
                boards, page.boards = page.boards, set()
                reviews, page.reviews = page.reviews, set()
                if not await run_in_threadpool(self._may_listen, actor):
                    return
                if many:
                    yield self._event("queue", await self._queue(page, actor) | {"many": True}, language)
                if state := await run_in_threadpool(self._state, page, actor, parts):
                    yield self._event("state", state, language)
                if cards:
                    yield self._event("runs", list(cards.values()), language)
                if boards:
                    yield self._event("boards", sorted(boards), language)
                if reviews:
                    yield self._event("reviews", sorted(reviews), language)
        finally:
            with self._lock:
                self._streams.discard(page)

    def _may_listen(self, actor: str) -> bool:
        try:
            self._studio.people.actor(actor)
        except NotAllowed:
            return False
        return True

    async def _queue(self, page: _Stream, actor: str) -> JSON:
        told = await run_in_threadpool(queue, self._studio, actor=actor)
        page.counts = told["counts"]
        return told

    def _state(self, page: _Stream, actor: str, parts: Collection[Part]) -> JSON:
        """What the page is to know of the queue as a whole that it does not know yet."""
        told: JSON = {"order": True} if "order" in parts else {}
        if "paused" in parts:
            told["paused"] = self._studio.queue.paused
        if "storage" in parts:
            told["storage"] = self._studio.queue.storage_reason
        if "holds" in parts:
            told["holds"] = held_models(self._studio)
        found = self._counts(actor)
        if found != page.counts:
            page.counts = told["counts"] = found
        return told

    def _counts(self, actor: str) -> JSON:
        """As in run_json; reckoned once for all pages of a person while no run changes."""
        revision, user = self._studio.queue.revision(), actor.partition("/")[0]
        kept = self._kept_counts.get(user)
        if kept is None or kept[0] != revision:
            if len(self._kept_counts) > MAX_KEPT_COUNTS:
                self._kept_counts.clear()
            kept = self._kept_counts[user] = revision, counts(self._studio, actor=actor)
        return kept[1]

    def _event(self, name: str, body: object, language: str) -> str:
        text = json_bytes(body, language).decode()
        return f"id: {self._boot}-{next(self._ids)}\nevent: {name}\ndata: {text}\n\n"

    def _add_stream(self, page: _Stream) -> None:
        """Returns once changes are heard, so that the list which the page gets next misses none."""
        with self._lock:
            self._streams.add(page)
            if self._thread is None:
                self._listening.clear()
                self._thread = threading.Thread(target=self._pump, name="studio-live", daemon=True)
                self._thread.start()
        self._listening.wait(SUBSCRIBE_TIMEOUT_S)

    def _pump(self) -> None:
        try:
            with self._studio.queue.subscribe() as changes:
                self._listening.set()
                storage, holds = self._studio.queue.storage_reason, self._studio.queue.held_models()
                while True:
                    changed = changes.get(CHECK_INTERVAL_S)
                    with self._lock:
                        pages = list(self._streams)
                        if not pages or self._closed:
                            self._thread = None
                            return
                    if storage != (storage := self._studio.queue.storage_reason):
                        self.notify("storage")
                    if changed:
                        self._send(changed, pages)
                        if holds != (holds := self._studio.queue.held_models()):
                            self.notify("holds")
        finally:
            with self._lock:  # after a fault the next page that connects starts anew
                if self._thread is threading.current_thread():
                    self._thread = None

    def _send(self, changed: list[str], pages: list[_Stream]) -> None:
        runs: dict[str, Run] = {}
        boards = [one.removeprefix(BOARD_PREFIX) for one in changed if one.startswith(BOARD_PREFIX)]
        reviews = [one.removeprefix(REVIEW_PREFIX) for one in changed if one.startswith(REVIEW_PREFIX)]
        changed = [one for one in changed if not one.startswith((BOARD_PREFIX, REVIEW_PREFIX))]
        if many := len(changed) > MANY_RUNS:
            changed = []
        for run_id in changed:
            with suppress(NotFound):
                runs[run_id] = self._studio.queue.get(run_id)
        cards: dict[str, JSON] = {i: card(self._studio, run) for i, run in runs.items()}
        seen = {user: self._studio.queue.visible(runs, user) for user in {page.user for page in pages}}
        for page in pages:
            shown = {i: cards[i] if i in seen[page.user] else self._unseen(i, runs.get(i)) for i in changed}
            services = self._studio.on_behalf_of(page.user)
            seen_boards = services.storyboards.visible(boards) if boards else ()
            seen_reviews = services.reviews.visible(reviews) if reviews else ()
            page.put(shown, many=many, boards=seen_boards, reviews=seen_reviews)

    def _unseen(self, run_id: str, run: Run | None) -> JSON:
        """What a page gets instead of a card: the place in the queue of somebody else's run, else that it is gone."""
        if run is not None and run.status in (Status.QUEUED, Status.RUNNING):
            return card(self._studio, run.masked())
        return {"id": run_id, "gone": True, "owner": ""}

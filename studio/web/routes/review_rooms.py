"""Review rooms over WebSockets: /reviews/{id}/room, for members under /ui and for guests under their own address.

A WebSocket rather than another stream of events, because a browser has six connections to a host and the page already
holds one. studio.services.review_rooms has the state; here are the sockets, their pace, and the rights, which are asked
again while a socket is open: what ends or is withdrawn ends it within seconds.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from studio.domain import LOCAL_USER
from studio.errors import Conflict, NotAllowed, NotFound
from studio.jobs.events import BOARD_PREFIX, REVIEW_PREFIX
from studio.messages import Message, worded
from studio.services.review_room_messages import parsed
from studio.services.review_rooms import Admission, ReviewRooms, Seat
from studio.web.language import language_of
from studio.web.middleware.same_origin import actor_of

if TYPE_CHECKING:
    from studio.studio import Studio

ActorKey = Callable[[HTTPConnection], str]

FLUSH_S = 1 / 30
"""Between two messages to a page; what happens meanwhile is joined."""

CHECK_S = 2.0
"""How often the rights of who has a room open are asked again."""

MESSAGES_PER_S, BURST = 60, 120
BYTES_PER_MESSAGE = 2000
"""A page is read no faster than this; a longer message counts as several. One that sends more waits, and with it
nobody else: unread bytes stay with the sender."""

FEED_S, SUBSCRIBE_TIMEOUT_S = 0.5, 5.0
CHANGES_APART_S = 0.2
"""Changes of reviews are told together: a batch of runs brings many."""

CLOSE_TIMEOUT_S = 2.0


class CloseCode(IntEnum):
    """Why a socket is closed; the page says it in words (assets/js/review/room.js)."""

    RESTART = 1012
    MALFORMED = 4400
    SIGN_IN = 4401
    GONE = 4404
    FULL = 4429


class _Page:
    """An open socket. actor_key: gives the key of who asks, as long as the cookie counts that it came with."""

    def __init__(self, socket: WebSocket, actor_key: ActorKey, review: str) -> None:
        self.socket, self.actor_key, self.review = socket, actor_key, review
        self.session = (socket.scope.get("state") or {}).get("session") or ""
        self.loop = asyncio.get_running_loop()
        self.news, self.check = asyncio.Event(), asyncio.Event()
        self.seat: Seat | None = None

    def wake(self) -> None:
        """There is something to send. From any thread."""
        self._set(self.news)

    def ask_again(self) -> None:
        """The rights may be others now, or the server stops. From any thread."""
        self._set(self.check)

    def _set(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the server's loop has ended; so has this socket
            self.loop.call_soon_threadsafe(event.set)


class RoomSockets:
    """All open sockets of review rooms. Its thread, which hears what changes, runs only while there is one."""

    def __init__(self, studio: Studio) -> None:
        self.rooms = ReviewRooms()
        self._studio, self._lock = studio, threading.Lock()
        self._pages: set[_Page] = set()
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """End every socket, so that the server can stop at once."""
        with self._lock:
            self._closed = True
            pages, thread = list(self._pages), self._thread
        for page in pages:
            page.ask_again()
        if thread:
            thread.join(timeout=5)

    async def serve(self, socket: WebSocket, actor_key: ActorKey, review: str) -> None:
        """One page in the room of a review, until it leaves or may stay no longer."""
        await socket.accept()  # a browser tells its page why a socket was closed only once it was open
        page = _Page(socket, actor_key, review)
        code, reason = await self._admitted(page)
        if page.seat:
            try:
                code = await self._attend(page, page.seat)
            finally:
                self.rooms.leave(page.seat)
                with self._lock:
                    self._pages.discard(page)
        if code:
            with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                await asyncio.wait_for(socket.close(code, reason), CLOSE_TIMEOUT_S)

    async def _admitted(self, page: _Page) -> tuple[CloseCode | None, str]:
        try:
            await run_in_threadpool(self._add, page)
            admission = await run_in_threadpool(self._admission, page)
            page.seat = self.rooms.join(page.review, admission, page.wake)
        except NotFound:
            return CloseCode.GONE, ""
        except NotAllowed:
            return CloseCode.SIGN_IN, ""
        except Conflict as error:
            return CloseCode.FULL, _reason(worded(error.args[0], language_of(page.socket)))
        finally:
            if page.seat is None:
                with self._lock:
                    self._pages.discard(page)
        return None, ""

    async def _attend(self, page: _Page, seat: Seat) -> CloseCode | None:
        """Hear, tell and watch until one of them ends; why the socket is to be closed, None where the page left."""
        work = [asyncio.create_task(one(page, seat)) for one in (self._hear, self._tell, self._watch)]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        return next((code for code in (task.result() for task in done) if code), None)

    async def _hear(self, page: _Page, seat: Seat) -> CloseCode | None:
        pace = _Pace()
        while True:
            received = await page.socket.receive()
            if received["type"] == "websocket.disconnect":
                return None
            text = received.get("text")
            if text is None:
                return CloseCode.MALFORMED
            await pace.spend(1 + len(text) / BYTES_PER_MESSAGE)
            try:
                message = parsed(text)
            except ValidationError:
                return CloseCode.MALFORMED
            self.rooms.hear(seat, message)

    async def _tell(self, page: _Page, seat: Seat) -> CloseCode | None:
        while True:
            await page.news.wait()
            page.news.clear()
            if message := self.rooms.take(seat):
                try:
                    await page.socket.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
                except WebSocketDisconnect:
                    return None
                await asyncio.sleep(FLUSH_S)

    async def _watch(self, page: _Page, seat: Seat) -> CloseCode | None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(page.check.wait(), CHECK_S)
            page.check.clear()
            if self._closed:
                return CloseCode.RESTART
            try:
                admission = await run_in_threadpool(self._admission, page)
            except NotFound:
                return CloseCode.GONE
            except NotAllowed:
                return CloseCode.SIGN_IN
            self.rooms.admit_again(seat, admission)

    def _admission(self, page: _Page) -> Admission:
        people, visitors = self._studio.people, self._studio.visitors
        if page.session and not (people.lives(page.session) or visitors.lives(page.session)):
            raise NotAllowed(Message("access.sign_in"))
        key = page.actor_key(page.socket)
        admission = self._studio.acting_for(key).reviews.admission(page.review)
        if page.seat and page.seat.admission.key != admission.key:
            raise NotAllowed(Message("access.sign_in"))  # another guest has entered in this browser
        return admission

    def _add(self, page: _Page) -> None:
        """Returns once changes are heard, so that the review which the page reads next misses none."""
        with self._lock:
            self._pages.add(page)
            if self._closed:
                page.ask_again()
            elif self._thread is None:
                self._listening.clear()
                self._thread = threading.Thread(target=self._pump, name="studio-rooms", daemon=True)
                self._thread.start()
        self._listening.wait(SUBSCRIBE_TIMEOUT_S)

    def _pump(self) -> None:
        try:
            with self._studio.queue.subscribe() as changes:
                self._listening.set()
                while True:
                    changed = changes.get(FEED_S)
                    with self._lock:
                        pages = list(self._pages)
                        if not pages or self._closed:
                            self._thread = None
                            return
                    if not changed:
                        continue
                    reviews = self._changed_reviews(changed)
                    for page in pages:
                        if page.review in reviews:
                            page.ask_again()
                    for review in reviews:
                        self.rooms.changed(review)
                    time.sleep(CHANGES_APART_S)
        finally:
            with self._lock:  # after a fault the next page that connects starts anew
                if self._thread is threading.current_thread():
                    self._thread = None

    def _changed_reviews(self, changed: list[str]) -> set[str]:
        reviews = {one.removeprefix(REVIEW_PREFIX) for one in changed if one.startswith(REVIEW_PREFIX)}
        run_ids = [one for one in changed if not one.startswith((BOARD_PREFIX, REVIEW_PREFIX))]
        return reviews.union(self._studio.on_behalf_of(LOCAL_USER).reviews.holding(run_ids))


class _Pace:
    """A bucket of messages that fills with time; who has used it up waits."""

    def __init__(self) -> None:
        self._left, self._at = float(BURST), time.monotonic()

    async def spend(self, messages: float) -> None:
        """Count so many messages; returns when there is room for them."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * MESSAGES_PER_S) - messages
        self._at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / MESSAGES_PER_S)


def _reason(sentence: str) -> str:
    """As much of a sentence as fits into a closing frame: 123 bytes."""
    return sentence.encode()[:123].decode(errors="ignore")


def router(sockets: RoomSockets, prefix: str = "/ui", actor_key: ActorKey = actor_of) -> APIRouter:
    """The room's address under a prefix. actor_key: gives the key of who asks, also later, while the room is open."""
    api = APIRouter(prefix=prefix)

    @api.websocket("/reviews/{review_id}/room")
    async def room(socket: WebSocket, review_id: str) -> None:
        """A page joins the room of a review; see studio.services.review_room_messages for what it may say."""
        await sockets.serve(socket, actor_key, review_id)

    return api

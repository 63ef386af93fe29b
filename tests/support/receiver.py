"""The user's own end of a webhook: a local server that keeps what arrives, and refuses when told to."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.providers.http_server import Call, HttpServer, Reply


class Receiver(HttpServer):
    """got: the calls, in order, also those that were refused by a fault on the topic "hook"."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Call] = []

    def topic(self, call: Call) -> str:
        self.got.append(call)
        return "hook"

    async def answer(self, call: Call, topic: str) -> Reply:
        return Reply(200, b"ok")

    def wait(self, count: int, timeout_s: float = 15) -> list[Call]:
        """The calls, once there are so many."""
        until(lambda: len(self.got) >= count, timeout_s)
        return self.got


def until(true: Callable[[], object], timeout_s: float = 15) -> None:
    """Wait for it."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)

"""One page's end of a review room, for tests: what it says, and what it hears."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

PATIENT_S = 10.0


class RoomPage:
    """heard: every message so far, in the order they came."""

    def __init__(self, line: ClientConnection) -> None:
        self.line, self.heard = line, list[dict[str, Any]]()

    def say(self, **message: Any) -> None:
        self.line.send(json.dumps(message))

    def wait(self, wanted: Callable[[dict[str, Any]], Any]) -> Any:
        """What `wanted` finds first in a message from now on."""
        until = time.monotonic() + PATIENT_S
        while True:
            message = json.loads(self.line.recv(timeout=max(0.01, until - time.monotonic())))
            self.heard.append(message)
            if found := wanted(message):
                return found

    def seat(self) -> str:
        """Its own seat, once it has been let in."""
        return self.wait(lambda message: message.get("you"))

    def ask(self, n: int) -> None:
        """Return when all that was said before has been heard."""
        self.say(type="ping", n=n)
        self.wait(lambda message: message.get("pong") == n)

    def code(self) -> int:
        """Why the socket was closed."""
        until = time.monotonic() + PATIENT_S
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                self.line.recv(timeout=max(0.01, until - time.monotonic()))
        return closed.value.rcvd.code if closed.value.rcvd else 1006

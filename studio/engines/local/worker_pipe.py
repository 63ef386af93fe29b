"""The pipe between studio and worker, seen from the worker: JSON lines in and out. See worker.py for the messages."""

from __future__ import annotations

import json
import os
import queue
import threading
from typing import Any

EXIT_NEXT, EXIT_BROKEN, EXIT_ENDED, EXIT_FRESH = 0, 1, 70, 77
"""Exit codes of the child: make room for another model; something outside any run is wrong; the studio has gone; the
device needs an unforked process."""


class Cancelled(Exception):
    """The user wants this run stopped."""


class UnsupportedDevice(Exception):
    """This card or these packages cannot do what was asked for; the sentence is for the user."""


class StudioPipe:
    """The way back to the studio. Everything else that prints goes to the error output."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, what: str, **body: Any) -> None:
        """One message. Keys: run, stage, i, n, eta_s, preview ... as the stage has them."""
        with self._lock:
            self._out.write(json.dumps({"say": what, **body}, default=str) + "\n")


class MessageReader:
    """Reads the pipe in a thread of its own, so that a wish to cancel is seen while the device is busy."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self._stopped: set[str] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        pending = b""
        while chunk := os.read(0, 65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in filter(None, lines):
                self._receive(json.loads(line))
        os._exit(EXIT_ENDED)

    def _receive(self, message: dict[str, Any]) -> None:
        if message["do"] == "run":
            self.jobs.put(message)
        elif message["do"] == "cancel":
            self._stopped.add(message["run"])
        elif message["do"] == "next":
            os._exit(EXIT_NEXT)

    def check(self, run: str) -> None:
        """Raises Cancelled when this run is to be stopped."""
        if run in self._stopped:
            raise Cancelled(run)

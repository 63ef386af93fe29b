"""Progress of runs from ComfyUI's websocket: one connection for all runs, reopened when it breaks.

Events go to the client id that submitted and are not replayed, so this only ever improves what queue and history say.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from studio.engines import strict_json

PREVIEW, PREVIEW_WITH_FACTS = 1, 4
UPDATE_INTERVAL_S = 0.5
MAX_FRAME_BYTES = 32 * 1024 * 1024
MALFORMED_EVENT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error)
"""What reading an event of another version, or of another service, may raise; such events are left out."""


@dataclass
class RunProgress:
    """What the events of one run said so far. nodes: finished ones. share: 0..1 of the node that runs. written: the
    preview that is on the disk."""

    total: int
    nodes: int = 0
    share: float = 0.0
    word: str = "queued"
    preview: bytes | None = None
    written: bytes | None = None

    @property
    def fraction(self) -> float | None:
        """Finished nodes and the running one's share, of all nodes of the graph."""
        return min(0.99, (self.nodes + self.share) / self.total) if self.total and self.word != "queued" else None


class Listener:
    """Listens while runs are watched. `watch` a run before it is submitted, `forget` it when it has ended."""

    def __init__(self, base: str, client_id: str, headers: Mapping[str, str], on_news: Callable[[str], None]) -> None:
        """on_news: called with a run's id when it has ended, and at most twice a second while it moves."""
        self._url = base.replace("http", "ws", 1).rstrip("/") + f"/ws?clientId={client_id}"
        self._headers = dict(headers)
        self._runs: dict[str, RunProgress] = {}
        self._current: str | None = None
        self._on_news, self._reported_at = on_news, 0.0
        self._task: asyncio.Task[None] | None = None

    def track(self, prompt_id: str, total: int) -> None:
        """Begin to collect events of this run; total: nodes of its graph, 0 where unknown (after a restart)."""
        self._runs.setdefault(prompt_id, RunProgress(total))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def progress_of(self, prompt_id: str) -> RunProgress | None:
        """What is known of this run."""
        return self._runs.get(prompt_id)

    def forget(self, prompt_id: str) -> None:
        """Drop a run; with the last one the connection is closed."""
        self._runs.pop(prompt_id, None)
        if not self._runs and self._task:
            self._task.cancel()
            self._task = None  # so that a run that is watched at once gets a listener of its own

    async def close(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while self._runs:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(
                    self._url, additional_headers=self._headers, max_size=MAX_FRAME_BYTES, open_timeout=5
                ) as socket:
                    await socket.send(
                        json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
                    )
                    async for frame in socket:
                        self._receive(frame)
            await asyncio.sleep(1.0)

    def _receive(self, frame: str | bytes) -> None:
        with contextlib.suppress(*MALFORMED_EVENT):
            if isinstance(frame, bytes):
                self._receive_preview(frame)
            else:
                event = strict_json.read(frame)
                self._receive_event(event["type"], event["data"])

    def _receive_event(self, kind: str, data: dict) -> None:  # type: ignore[type-arg]
        run = self._runs.get(data.get("prompt_id", ""))
        if run is None:
            return
        if kind == "execution_start":
            self._current, run.word = data["prompt_id"], "started"
        elif kind == "execution_cached":
            run.nodes = len(data["nodes"])
        elif kind == "progress_state":
            states = list(data["nodes"].values())
            run.nodes = max(run.nodes, sum(s["state"] == "finished" for s in states))
            running = [s for s in states if s["state"] == "running" and s["max"]]
            run.share = _share(running[0]) if running else 0.0
        elif kind == "progress":
            run.share, run.word = _share(data), f"step {data['value']:g} of {data['max']:g}"
        elif kind == "executing" and data.get("node"):
            run.word = "running"
        ended = kind == "executing" and data.get("node") is None
        if ended or time.monotonic() - self._reported_at > UPDATE_INTERVAL_S:
            self._reported_at = time.monotonic()
            self._on_news(data["prompt_id"])

    def _receive_preview(self, frame: bytes) -> None:
        kind = struct.unpack_from(">I", frame)[0]
        prompt_id, start = self._current, 8
        if kind == PREVIEW_WITH_FACTS:
            length = struct.unpack_from(">I", frame, 4)[0]
            prompt_id = strict_json.read(frame[8 : 8 + length])["prompt_id"]
            start = 8 + length
        elif kind != PREVIEW:
            return
        if run := self._runs.get(prompt_id or ""):
            run.preview = frame[start:]


def _share(state: dict) -> float:  # type: ignore[type-arg]
    """How much of a node is done, 0..1."""
    return min(1.0, max(0.0, state["value"] / state["max"]))

"""The worker process: orders in as lines of JSON, progress and results out. Started by pool.py.

It runs at low priority so that the pages stay quick, and ends at once when the studio is gone.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

REPORT_EVERY_S = 0.1


class WorkerStopped(BaseException):
    """The user does not want the job any more. Not an Exception, so that no handler on the way keeps it."""


class JobChannel:
    """What a job tells the studio, and whether it should go on."""

    def __init__(self, job: str, out: TextIO) -> None:
        self.job, self._out, self._sent_at = job, out, 0.0
        self.stop = threading.Event()

    def send(self, **message: Any) -> None:
        """Send one message about this job."""
        self._out.write(json.dumps({"job": self.job, **message}) + "\n")
        self._out.flush()

    def progress(self, fraction: float, word: str) -> None:
        """Say how far the job is (0..1). Raises Stopped when it was cancelled. Cheap enough for every frame."""
        if self.stop.is_set():
            raise WorkerStopped
        if time.monotonic() - self._sent_at >= REPORT_EVERY_S:
            self._sent_at = time.monotonic()
            self.send(fraction=round(min(fraction, 1.0), 4), word=word)


def main() -> None:
    """Serve until the studio closes the line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not reach the studio as a message
    if hasattr(os, "nice"):
        os.nice(5)
    waiting: queue.SimpleQueue[tuple[JobChannel, dict[str, Any]]] = queue.SimpleQueue()
    lines: dict[str, JobChannel] = {}
    threading.Thread(target=_listen, args=(out, waiting, lines), name="orders", daemon=True).start()
    import cv2  # heavy: after the listener, so that a stop is heard at once

    from studio.animatic.clips import make

    cv2.setNumThreads(1)  # one thread draws and the encoder has its own; workers share the cores among them
    while True:
        line, order = waiting.get()
        if not _serve(make, line, order):
            os._exit(3)
        lines.pop(line.job, None)


def _listen(
    out: TextIO, waiting: queue.SimpleQueue[tuple[JobChannel, dict[str, Any]]], lines: dict[str, JobChannel]
) -> None:
    for text in sys.stdin:
        message = json.loads(text)
        if "make" in message:
            line = lines[message["job"]] = JobChannel(message["job"], out)
            waiting.put((line, message["make"]))
        elif message.get("stop") in lines:
            lines[message["stop"]].stop.set()
    os._exit(0)


def _serve(make: Any, line: JobChannel, body: dict[str, Any]) -> bool:
    """Make one order and report. False when this process should not go on."""
    from studio.animatic.order import Order
    from studio.errors import MediaError
    from studio.messages import of_error, packed
    from studio.storage import reason_of

    try:
        line.send(done=packed(make.make(Order.from_json(body), line.progress)))
    except WorkerStopped:
        line.send(cancelled=True)
    except MediaError as error:
        line.send(failed=packed(of_error(error)), kind="refused")
    except MemoryError:
        line.send(failed="", kind="memory")
        return False
    except Exception as error:
        if reason := reason_of(error, Path(body["folder"])):
            line.send(failed=reason, kind="storage")
            return True
        import traceback

        traceback.print_exc()  # the log; a person gets no source line
        kind = "memory" if _of_memory(error) else "broken"
        line.send(failed=f"{type(error).__module__}.{type(error).__name__}", kind=kind)
        return False
    return True


def _of_memory(error: Exception) -> bool:
    """Whether a library says in its own way that there was no memory (cv2: error code -4, StsNoMem; ffmpeg: ENOMEM)."""
    import errno

    return getattr(error, "code", None) == -4 or getattr(error, "errno", None) == errno.ENOMEM


if __name__ == "__main__":
    main()

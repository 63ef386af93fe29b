"""Let one thread prepare what another uses: pictures are decoded and blended while earlier ones are encoded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")

DEPTH = 8
"""Things waiting at most; frames of a film are a few MB each."""


def prefetch(source: Generator[T, None, None], *, depth: int = DEPTH) -> Iterator[T]:
    """The same things, prepared up to `depth` ahead in a thread of their own.

    An error in the source is raised here. When the caller stops early the thread ends before control goes back, so no
    file is still open.
    """
    waiting: queue.Queue[tuple[T | None, BaseException | None, bool]] = queue.Queue(depth)
    stop = threading.Event()

    def put(entry: tuple[T | None, BaseException | None, bool]) -> None:
        while not stop.is_set():
            try:
                waiting.put(entry, timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for thing in source:
                put((thing, None, False))
                if stop.is_set():
                    return
            put((None, None, True))
        except BaseException as error:  # carried to the caller's thread
            put((None, error, True))

    thread = threading.Thread(target=work, name="frames-ahead", daemon=True)
    thread.start()
    try:
        while True:
            thing, error, is_end = waiting.get()
            if error is not None:
                raise error
            if is_end:
                return
            yield thing  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()
        source.close()

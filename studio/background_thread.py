"""Work beside everything else: a thread that starts once and stops when the studio does."""

from __future__ import annotations

import threading

CLOSING_S = 5.0
"""How long `close` waits for the thread. It is a daemon: one that takes longer ends with the program."""


class BackgroundThread:
    """Runs `_run`, of a subclass, on a thread of its own; `_run` looks at `_stop` between its steps."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the step under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CLOSING_S)

    def _run(self) -> None:
        raise NotImplementedError

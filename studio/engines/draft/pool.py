"""Worker processes for drafts: started when first needed, used again, replaced when they die.

A worker is a fresh Python that reads orders as lines of JSON and answers in lines of JSON. It ends when its input
closes, so it never outlives the studio, however that ends. One job runs in one worker; a worker that dies fails only
its job. Thread-safe.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO, cast

from studio.settings import SECRET_NAMES

COMMAND = (sys.executable, "-m", "studio.engines.draft.worker")
ROOT = Path(__file__).resolve().parents[3]
GRACE_S = 0.2
"""How long a worker has to stop by itself before it is killed; together with the kill under 0.3 s."""

KEEP = 1000
"""Ended jobs that can still be asked about."""

State = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass
class Piece:
    """One job in the pool. error: (kind, sentence) when it failed; kind is refused or unavailable."""

    id: str
    order: dict[str, Any]
    folder: Path
    state: State = "waiting"
    fraction: float = 0.0
    word: str = ""
    began: float = 0.0
    stop: bool = False
    result: dict[str, Any] = field(default_factory=dict)
    error: tuple[str, str] = ("", "")

    @property
    def ended(self) -> bool:
        """True when nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


class Worker:
    """One process and the thread that listens to it."""

    def __init__(self, pool: Pool) -> None:
        env = {k: v for k, v in os.environ.items() if k not in SECRET_NAMES}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
        self.piece: Piece | None = None
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT, text=True, bufsize=1
        )
        self._orders, self._answers = cast(TextIO, self.process.stdin), cast(TextIO, self.process.stdout)
        self._pool = pool
        self._thread = threading.Thread(target=self._listen, name="draft-worker", daemon=True)
        self._thread.start()

    def tell(self, message: dict[str, Any]) -> None:
        """Send one line. A worker that is gone is noticed by the listening thread."""
        with contextlib.suppress(OSError, ValueError):
            self._orders.write(json.dumps(message) + "\n")
            self._orders.flush()

    def end(self) -> None:
        """Kill the process and wait for it."""
        self.process.kill()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        for line in self._answers:
            self._pool.heard(self, json.loads(line))
        code = self.process.wait()
        for pipe in (self._orders, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        self._pool.lost(self, code)


class Pool:
    """At most `size` workers and the jobs that wait for one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.RLock()
        self._pieces: dict[str, Piece] = {}
        self._waiting: deque[Piece] = deque()
        self._workers: list[Worker] = []
        self._closed = False

    def add(self, piece: Piece) -> None:
        """Take a job; it starts as soon as a worker is free."""
        with self._lock:
            self._forget()
            self._pieces[piece.id] = piece
            self._waiting.append(piece)
            self._pump()

    def get(self, piece_id: str) -> Piece | None:
        """The job as it stands, or None when this pool does not know it."""
        with self._lock:
            return self._pieces.get(piece_id)

    def position(self, piece: Piece) -> int | None:
        """Place in the line from 1, or None when it does not wait."""
        with self._lock:
            return self._waiting.index(piece) + 1 if piece in self._waiting else None

    def cancel(self, piece_id: str) -> bool:
        """Stop the job; False when it has ended already or is unknown."""
        with self._lock:
            piece = self._pieces.get(piece_id)
            if piece is None or piece.ended:
                return False
            piece.stop = True
            if piece in self._waiting:
                self._waiting.remove(piece)
                piece.state = "cancelled"
                return True
            worker = next(w for w in self._workers if w.piece is piece)
            worker.tell({"stop": piece.id})
        timer = threading.Timer(GRACE_S, self._insist, (worker, piece))
        timer.daemon = True
        timer.start()
        return True

    def close(self) -> None:
        """End all workers. Jobs still running fail."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            workers = list(self._workers)
        for worker in workers:
            worker.end()

    def pids(self) -> list[int]:
        """Process ids of the workers that live."""
        with self._lock:
            return [w.process.pid for w in self._workers]

    def heard(self, worker: Worker, message: dict[str, Any]) -> None:
        """A worker said something about its job."""
        with self._lock:
            piece = worker.piece
            if piece is None or message.get("job") != piece.id:
                return
            if "fraction" in message:
                piece.fraction, piece.word = message["fraction"], message.get("word", "")
                return
            if "done" in message:
                piece.state, piece.result, piece.fraction = "done", message["done"], 1.0
            elif "failed" in message:
                piece.state, piece.error = "failed", (message["kind"], message["failed"])
            else:
                piece.state = "cancelled"
            worker.piece = None
            self._pump()

    def lost(self, worker: Worker, code: int) -> None:
        """A worker's process has ended; its job, if it had one, with it."""
        with self._lock:
            self._workers.remove(worker)
            piece = worker.piece
            if piece is not None and not piece.ended:
                _empty(piece.folder)
                if piece.stop:
                    piece.state = "cancelled"
                else:
                    why = f"signal {-code}" if code < 0 else f"exit code {code}"
                    piece.state = "failed"
                    piece.error = ("unavailable", f"The draft worker ended unexpectedly ({why}). Try again.")
            self._pump()

    def _insist(self, worker: Worker, piece: Piece) -> None:
        with self._lock:
            if worker.piece is piece and not piece.ended:
                worker.process.kill()

    def _pump(self) -> None:
        """Give waiting jobs to free workers, starting workers up to the size. Called with the lock held."""
        while self._waiting and not self._closed:
            worker = next((w for w in self._workers if w.piece is None), None)
            if worker is None:
                if len(self._workers) >= self.size:
                    return
                worker = Worker(self)
                self._workers.append(worker)
            piece = self._waiting.popleft()
            worker.piece, piece.state, piece.began = piece, "running", time.monotonic()
            worker.tell({"job": piece.id, "make": piece.order})

    def _forget(self) -> None:
        for old in [p.id for p in self._pieces.values() if p.ended][: max(0, len(self._pieces) - KEEP)]:
            del self._pieces[old]


def _empty(folder: Path) -> None:
    for left in folder.glob("*"):
        if left.is_file():
            left.unlink(missing_ok=True)

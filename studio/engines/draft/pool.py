"""Worker processes for drafts: started when first needed, used again, replaced when they die, ended when idle.

A worker is a fresh Python that reads orders as lines of JSON and answers in lines of JSON. It ends when its input
closes, so it never outlives the studio, however that ends. One job runs in one worker; a worker that dies or hangs
fails only its job. Thread-safe.

A job that breaks a worker which made others before has one more try in a fresh one, for what earlier jobs left behind
may be the cause; in a fresh one the same job would only break again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO, cast

from studio.engines.ticker import Ticker
from studio.messages import Message, unpacked
from studio.settings import without_secrets

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-m", "studio.animatic.worker")
ROOT = Path(__file__).resolve().parents[3]
GRACE_S = 0.2
"""How long a worker has to stop by itself before it is killed; together with the kill under 0.3 s."""

MAX_ENDED_JOBS = 1000
"""Ended jobs that can still be asked about."""

HANG_TIMEOUT_S = 120.0
"""A worker that tells of no progress for so long hangs. The longest honest silence is a 4K frame on a slow machine:
seconds."""

IDLE_S = 90.0
"""A worker without work for so long is ended: it keeps 110 MB, and another one draws within a second and a half."""

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Fault = Literal["", "refused", "storage", "broken", "memory", "lost", "hung"]
"""Why a job failed: its inputs, a full disk, a fault of the drawing, too little memory, a worker that died or hung."""


@dataclass
class DrawingJob:
    """One job in the pool. error: why it failed, and a sentence. fresh: only for a worker that made nothing before.

    silent_s: seconds since the last sign of progress.
    """

    id: str
    order: dict[str, Any]
    folder: Path
    state: State = "waiting"
    fraction: float = 0.0
    word: str = ""
    began: float = 0.0
    stop: bool = False
    result: dict[str, Any] = field(default_factory=dict)
    error: tuple[Fault, str] = ("", "")
    fresh: bool = False
    silent_s: float = 0.0

    @property
    def ended(self) -> bool:
        """True when nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


class DrawingWorker:
    """One process and the thread that listens to it. jobs: how many it was given; retired: it gets no more.

    idle_s: seconds since its last job.
    """

    def __init__(self, pool: Pool) -> None:
        env = without_secrets(os.environ)
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
        self.piece: DrawingJob | None = None
        self.jobs, self.idle_s = 0, 0.0
        self.retired = False
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT, text=True, bufsize=1
        )
        self._orders, self._answers = cast(TextIO, self.process.stdin), cast(TextIO, self.process.stdout)
        self._pool = pool
        self._thread = threading.Thread(target=self._listen, name="draft-worker", daemon=True)
        self._thread.start()

    def report(self, message: dict[str, Any]) -> None:
        """Send one line. A worker that is gone is noticed by the listening thread."""
        with contextlib.suppress(OSError, ValueError):
            self._orders.write(json.dumps(message) + "\n")
            self._orders.flush()

    def dismiss(self) -> None:
        """Let the process end, which it does when its input closes."""
        self.retired = True
        with contextlib.suppress(OSError):
            self._orders.close()

    def kill(self) -> None:
        """Kill the process and wait for it."""
        self.process.kill()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        try:
            for line in self._answers:
                self._pool.on_message(self, unpacked(json.loads(line)))
        except Exception:  # what it says makes no sense: it is of no use any more
            log.exception("a draft worker's answer could not be read")
            self.process.kill()
        code = self.process.wait()
        for pipe in (self._orders, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        self._pool.on_exit(self, code)


class Pool:
    """At most `size` workers and the jobs that wait for one. hang_timeout_s: a worker without progress so long is
    killed; idle_s: one without work so long is ended."""

    def __init__(self, size: int, *, hang_timeout_s: float = HANG_TIMEOUT_S, idle_s: float = IDLE_S) -> None:
        self.size, self.hang_timeout_s, self.idle_s = size, hang_timeout_s, idle_s
        self._lock = threading.RLock()
        self._pieces: dict[str, DrawingJob] = {}
        self._waiting: deque[DrawingJob] = deque()
        self._workers: list[DrawingWorker] = []
        self._closed = False
        self._ticker = self._new_ticker()

    def _new_ticker(self) -> Ticker:
        return Ticker(min(1.0, self.hang_timeout_s / 4, self.idle_s / 4), self._check_workers, "draft-watchdog")

    def add(self, piece: DrawingJob) -> None:
        """Take a job; it starts as soon as a worker is free."""
        with self._lock:
            self._drop_ended()
            self._pieces[piece.id] = piece
            self._waiting.append(piece)
            self._pump()

    def get(self, piece_id: str) -> DrawingJob | None:
        """The job as it stands, or None when this pool does not know it."""
        with self._lock:
            return self._pieces.get(piece_id)

    def position(self, piece: DrawingJob) -> int | None:
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
            worker.report({"stop": piece.id})
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
        self._ticker.stop()
        for worker in workers:
            worker.kill()

    def pids(self) -> list[int]:
        """Process ids of the workers that live."""
        with self._lock:
            return [w.process.pid for w in self._workers]

    def on_message(self, worker: DrawingWorker, message: dict[str, Any]) -> None:
        """A worker said something about its job."""
        with self._lock:
            piece = worker.piece
            if piece is None or message.get("job") != piece.id:
                return
            piece.silent_s = 0.0
            if "fraction" in message:
                piece.fraction, piece.word = float(message["fraction"]), str(message.get("word", ""))
                return
            if "done" in message:
                piece.state, piece.result, piece.fraction = "done", message["done"], 1.0
            elif "failed" in message:
                self._failed(worker, piece, message["kind"], message["failed"])
            else:
                piece.state = "cancelled"
            worker.piece, worker.idle_s = None, 0.0  # only now: were one of these to break, the job would go down too
            self._pump()

    def on_exit(self, worker: DrawingWorker, code: int) -> None:
        """A worker's process has ended; its job, if it had one, with it."""
        with self._lock:
            self._workers.remove(worker)
            if not self._workers:
                self._ticker.stop()
                self._ticker = self._new_ticker()
            piece = worker.piece
            if piece is not None and not piece.ended:
                _clear_folder(piece.folder)
                if piece.stop:
                    piece.state = "cancelled"
                elif piece.silent_s >= self.hang_timeout_s:
                    _set_failed(piece, "hung", f"{self.hang_timeout_s:g}")
                else:
                    _set_failed(
                        piece,
                        "lost",
                        Message("draft.signal", code=-code) if code < 0 else Message("draft.exit_code", code=code),
                    )
            self._pump()

    def _failed(self, worker: DrawingWorker, piece: DrawingJob, fault: Fault, what: str) -> None:
        """The job broke: what is wrong with its inputs is final; else it may have another try. Lock held."""
        _clear_folder(piece.folder)
        if fault in ("refused", "storage"):
            piece.state, piece.error = "failed", (fault, what)
            return
        worker.retired = True
        worker.process.kill()
        if piece.stop:
            piece.state = "cancelled"
        elif worker.jobs == 1:
            _set_failed(piece, fault, what)
        else:
            log.warning("draft %s broke (%s); once more in a fresh process", piece.id, what)
            piece.state, piece.fresh, piece.fraction = "waiting", True, 0.0
            self._waiting.appendleft(piece)

    def _check_workers(self) -> None:
        """Count the silence of every worker, and end those that are silent, or without work, for too long."""
        with self._lock:
            for worker in self._workers:
                if (piece := worker.piece) is None:
                    worker.idle_s += self._ticker.every_s
                    if worker.idle_s >= self.idle_s and not worker.retired:
                        worker.dismiss()
                    continue
                piece.silent_s += self._ticker.every_s
                if piece.silent_s >= self.hang_timeout_s:
                    log.error("draft %s: no progress for %g s; its worker is ended", piece.id, self.hang_timeout_s)
                    worker.process.kill()

    def _insist(self, worker: DrawingWorker, piece: DrawingJob) -> None:
        with self._lock:
            if worker.piece is piece and not piece.ended:
                worker.process.kill()

    def _pump(self) -> None:
        """Give waiting jobs to free workers, starting workers up to the size. Called with the lock held."""
        while self._waiting and not self._closed:
            piece = self._waiting[0]
            idle = (w for w in self._workers if w.piece is None and not w.retired and not (piece.fresh and w.jobs))
            worker = next(idle, None)
            if worker is None:
                if len(self._workers) >= self.size:
                    return  # whoever ends makes room
                try:
                    worker = DrawingWorker(self)
                except OSError as error:
                    self._waiting.popleft()
                    _set_failed(piece, "lost", error.strerror or Message("draft.could_not_start"))
                    continue
                self._workers.append(worker)
                self._ticker.start()
            self._waiting.popleft()
            worker.piece, worker.jobs = piece, worker.jobs + 1
            piece.state, piece.began, piece.silent_s = "running", time.monotonic(), 0.0
            worker.report({"job": piece.id, "make": piece.order})

    def _drop_ended(self) -> None:
        for old in [p.id for p in self._pieces.values() if p.ended][: max(0, len(self._pieces) - MAX_ENDED_JOBS)]:
            del self._pieces[old]


def _set_failed(piece: DrawingJob, fault: Fault, what: str) -> None:
    piece.state, piece.error = "failed", (fault, _sentence(fault, what))


def _sentence(fault: Fault, what: str) -> str:
    if fault == "memory":
        return Message("draft.no_memory")
    if fault == "hung":
        return Message("draft.hung", seconds=what)
    if fault == "lost":
        return Message("draft.ended", what=what)
    return Message("draft.fault", what=what)


def _clear_folder(folder: Path) -> None:
    """Remove what a job left. What cannot be removed now, for the folder is read-only, is swept at the next start."""
    for left in folder.glob("*"):
        if left.is_file():
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)

"""The studio's end of one worker process: start, talk, kill. What to do with its news is the dispatcher's business."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import studio
from studio.domain import JSON
from studio.engines.local.cards import Gpu
from studio.settings import without_secrets

OnMessage = Callable[["GpuWorker", JSON], None]


def environment(card: Gpu, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the worker sees: one card, no network, no key, memory that does not fragment."""
    own = without_secrets(environ)
    root = str(Path(studio.__file__).parents[1])
    own |= {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH", "")))),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTORCH_ALLOC_CONF": "expandable_segments:True",
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # looking for cards must not touch them before the fork
    }
    if card.device.isdigit():
        own["CUDA_VISIBLE_DEVICES"] = card.device
    return own


class GpuWorker:
    """One process for one card. All fields are the dispatcher's, under its lock.

    run: the id of the run it has. loaded_key: which model it holds. ready: it takes a job at once. has_started: it was
    ready at least once. failed_starts: how many of its children have ended since without ever being ready.
    """

    def __init__(self, card: Gpu, log: Path, news: OnMessage) -> None:
        self.card, self._log, self._on_message = card, log, news
        self.run: str | None = None
        self.loaded_key: str | None = None
        self.ready = False
        self.has_started = False
        self.failed_starts = 0
        self.pending: JSON | None = None
        self.about: JSON = {}
        self.timer: threading.Timer | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the process has been started and not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; its hello comes some seconds later."""
        self.has_started, self.failed_starts = False, 0
        self._log.parent.mkdir(parents=True, exist_ok=True)
        device = "cuda:0" if self.card.device.isdigit() else self.card.device
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "studio.engines.local.worker", device],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self.card),
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        for line in process.stdout or ():
            with contextlib.suppress(ValueError):  # a line cut short by a kill
                self._on_message(self, json.loads(line))
        if process.stdout:
            process.stdout.close()
        code = process.wait()
        if process is self._process:
            self._on_message(self, {"say": "ended", "code": code})

    def send(self, body: JSON) -> None:
        """One message. A process that has just died is heard of by its `ended`, so a broken pipe is no error here."""
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(body).encode() + b"\n")
            self._process.stdin.flush()

    def unload(self) -> None:
        """Let the child end, and with it all it holds; a fresh one says hello."""
        self.ready, self.loaded_key = False, None
        self.send({"do": "next"})

    def kill(self) -> None:
        """Stop the work at once, whatever it is doing. A fresh child says hello, or the process is heard to end."""
        self.ready, self.loaded_key = False, None
        with contextlib.suppress(OSError):
            os.kill(int(self.about.get("pid") or 0) or self._pid(), signal.SIGTERM if os.name == "nt" else 9)

    def abandon(self) -> None:
        """Let go of a process that is of no use, without waiting for it; the next `start` makes another."""
        process, self._process = self._process, None
        if process and process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(OSError):
                process.kill()

    def _pid(self) -> int:
        return self._process.pid if self._process else 0

    def close(self) -> None:
        """End the process and its child, and wait for it."""
        if self.timer:
            self.timer.cancel()
        process = self._process
        if process is None:
            return
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()  # both processes leave when their input ends
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            if os.name == "nt":
                process.kill()
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)

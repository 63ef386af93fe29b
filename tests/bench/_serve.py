"""Programs of benchmarks: the studio and an empty Gradio app, started in the same way, and what they take (Linux)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 180
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
EMPTY = """
import os, sys
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
with gr.Blocks() as demo:
    gr.Textbox(label="Prompt", elem_id="ready")
demo.launch(server_port=int(sys.argv[1]), ssr_mode=False, run_history=False, quiet=True)
"""


@dataclass(frozen=True)
class Program:
    """A program that serves. began: time.perf_counter() just before it was started."""

    process: subprocess.Popen[bytes]
    url: str
    began: float

    def first_answer(self) -> bytes:
        """The page, as soon as the program answers. Raises RuntimeError, TimeoutError."""
        ask = urllib.request.Request(self.url, headers={"Accept-Encoding": "gzip"})
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode} before it answered")
            try:
                with urllib.request.urlopen(ask, timeout=60) as answer:
                    return answer.read()
            except OSError:
                time.sleep(0.02)
        raise TimeoutError(f"no answer within {PATIENCE_S} s")

    def cpu_s(self) -> float:
        """CPU seconds of the program and its children, also those that have ended."""
        return sum(sum(map(int, _fields(pid)[11:15])) for pid in self._tree()) / TICKS_PER_S

    def rss_mb(self) -> float:
        """Resident memory of the program and its children, in MiB."""
        return sum(int(_fields(pid)[21]) for pid in self._tree()) * PAGE_BYTES / 2**20

    def processes(self) -> int:
        """How many there are."""
        return len(self._tree())

    def _tree(self) -> list[int]:
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(_fields(int(stat.parent.name))[1])
            except OSError:
                continue
        tree = [self.process.pid]
        for pid in tree:
            tree += [child for child, parent in parents.items() if parent == pid]
        return tree


def _fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextmanager
def program(which: str, folder: Path, data: Path | None = None) -> Iterator[Program]:
    """ "studio" or "empty", started in a new process, with what it keeps in `folder`. data: instead, the studio's."""
    script = folder / "empty.py"
    script.write_text(EMPTY)
    studio = [str(ROOT / "app.py"), "--data", str(data or folder / "data"), "--port"]
    with started(studio if which == "studio" else [str(script)], folder) as running:
        yield running


@contextmanager
def started(command: list[str], folder: Path, port: int = 0) -> Iterator[Program]:
    """A Python program in a new process, with its port as the last argument. folder: for Gradio's files."""
    port = port or _free_port()
    environ = os.environ | {"GRADIO_TEMP_DIR": str(folder / "gradio"), "GRADIO_ANALYTICS_ENABLED": "False"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, str(port)], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Program(process, f"http://127.0.0.1:{port}/", began)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""Programs for a benchmark, each in a process of its own: the studio as it is served, and an empty Gradio app."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
EMPTY = """
import os, sys, tempfile
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
def submit(request: dict) -> list[dict]:
    return [request]
with gr.Blocks() as demo:
    gr.api(submit, api_name="submit", queue=False)
demo.launch(server_port=int(sys.argv[1]), ssr_mode=False, run_history=False, quiet=True)
"""


@contextlib.contextmanager
def studio(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of the studio over this data folder."""
    with _served([str(ROOT / "app.py"), "--data", str(folder / "data"), "--port"], folder, port) as url:
        yield url


@contextlib.contextmanager
def empty(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of a Gradio app with one function that answers what it is given, without the queue."""
    script = folder / "empty.py"
    script.write_text(EMPTY)
    with _served([str(script)], folder, port) as url:
        yield url


@contextlib.contextmanager
def _served(command: list[str], folder: Path, port: int) -> Iterator[str]:
    port = port or _free_port()
    environ = os.environ | {"GRADIO_TEMP_DIR": str(folder / "gradio"), "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen(
        [sys.executable, *command, str(port)], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/"
    try:
        _await(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it answered")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=10).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def times_ms(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each call, with a short pause between them; two calls before are not counted."""
    times: list[float] = []
    for number in range(count + 2):
        began = time.perf_counter()
        call()
        if number > 1:
            times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return times


def tell(bench: str, figure: str, times: list[float], **more: Any) -> None:
    """One JSON line with the median and the 95th percentile."""
    line = {"bench": bench, "figure": figure, "p50_ms": round(statistics.median(times), 2)}
    line |= {"p95_ms": round(statistics.quantiles(times, n=20)[-1], 2) if len(times) > 1 else round(times[0], 2)}
    load = round(os.getloadavg()[0], 1)
    print(json.dumps(line | {"calls": len(times), "load": load} | more), flush=True)

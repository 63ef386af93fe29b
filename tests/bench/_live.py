"""Programs for a benchmark, each in a process of its own: the studio as it is served, and an empty Gradio app."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import _serve

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
    with _served([str(_serve.ROOT / "app.py"), "--data", str(folder / "data"), "--port"], folder, port) as url:
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
    with _serve.started(command, folder, port) as running:
        running.first_answer()
        yield running.url


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

"""How long until the first page: the studio against an empty Gradio app, started in the same way on the same machine.

Figures: seconds from the start of the process to the first 200 of `/`, the same in CPU seconds of the process, bytes of
the page as sent, and, with Chromium, seconds from asking for the page to its first form (to first paint). Each start is
a new process; the two take turns, and medians are compared, because machines are busy.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
GOAL = 1.5
PATIENCE_S = 120
EMPTY = """
import os, sys
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
with gr.Blocks() as demo:
    gr.Textbox(label="Prompt", elem_id="ready")
demo.launch(server_port=int(sys.argv[1]), ssr_mode=False, run_history=False, quiet=True)
"""
READY = {"studio": "#t2i-bar .sf-runs", "empty": "#ready textarea"}


def main(argv: list[str]) -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser(prog="start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args(argv).rounds
    taken: dict[str, list[dict[str, float]]] = {"studio": [], "empty": []}
    for _ in range(rounds):
        for which in taken:
            with tempfile.TemporaryDirectory() as folder:
                taken[which].append(_start(which, Path(folder)))
    for figure in taken["studio"][0]:
        studio, empty = (median(t[figure] for t in taken[w]) for w in ("studio", "empty"))
        line: dict[str, Any] = {
            "bench": "start",
            "figure": figure,
            "studio": round(studio, 3),
            "empty": round(empty, 3),
        }
        line |= {"ratio": round(studio / empty, 2), "rounds": rounds}
        print(json.dumps(line | ({"goal": GOAL} if figure in ("first_200_s", "first_200_cpu_s") else {})), flush=True)


def _start(which: str, folder: Path) -> dict[str, float]:
    port = _free_port()
    script = folder / "empty.py"
    script.write_text(EMPTY)
    studio = [str(ROOT / "app.py"), "--port", str(port), "--data", str(folder / "data")]
    command = [sys.executable, *(studio if which == "studio" else [str(script), str(port)])]
    environ = os.environ | {"GRADIO_TEMP_DIR": str(folder / "gradio"), "GRADIO_ANALYTICS_ENABLED": "False"}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = _first_answer(f"http://127.0.0.1:{port}/", process)
        figures = {"first_200_s": time.perf_counter() - began, "first_200_cpu_s": _cpu_s(process.pid)}
        figures["page_bytes"] = float(len(page))
        return figures | _painted(f"http://127.0.0.1:{port}/", READY[which])
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _first_answer(url: str, process: subprocess.Popen[bytes]) -> bytes:
    ask = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(ask, timeout=10) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"no answer within {PATIENCE_S} s")


def _painted(url: str, selector: str) -> dict[str, float]:
    """Seconds from asking for the page to its first paint and its first live control; {} without a browser."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector, timeout=PATIENCE_S * 1000)
        ready = time.perf_counter() - began
        script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        paint = page.wait_for_function(script, timeout=10_000).json_value()
        browser.close()
    return {"first_paint_s": float(paint) / 1000, "first_form_s": ready}


def _cpu_s(pid: int) -> float:
    """CPU seconds of the process and its children so far (Linux); 0 elsewhere."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

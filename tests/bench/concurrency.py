"""`python -m tests.bench concurrency --runs 1000`: so many runs in flight, beside the official SDKs with a thread each.

They are spread over three providers, whose local servers run in a third process, and submitted at the rate that keeps
all in flight at once. Before them come twelve short runs on both sides, since the first result loads what every later
one shares (decoders, connections, threads). Figures: the memory of the client before these (`idle`: a studio that is
open, SDKs that are imported) and after them (`warm`), what each further run adds in CPU and in peak memory, and the
delay from "ready at the provider" to "file on the disk". Goals: at most a third of the SDKs' CPU and half of their
memory a run, and a delay under 2 s for 95 of 100 runs of 60 s. The studio's share holds what the SDKs leave out: every
result is decoded, gets its settings, and is registered; nothing is lost by a crash.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
LIMIT_S = 1200
FIRST_TASK_S = 3.0
"""How long the tasks before those that are measured take."""


def main(argv: list[str]) -> None:
    """One JSON line for the studio, one for the SDK, one for the comparison."""
    parser = argparse.ArgumentParser(prog="concurrency")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--task-s", type=float, default=60.0, help="seconds from submit to ready")
    parser.add_argument("--only", choices=("studio", "sdk"))
    parser.add_argument("--providers", default="fal,wavespeed,replicate", help="of those with an SDK of threads")
    args = parser.parse_args(argv)
    found = {
        who: _measure(who, args.providers, args.runs, args.task_s)
        for who in ([args.only] if args.only else ["studio", "sdk"])
    }
    for who, figures in found.items():
        print(json.dumps({"bench": "concurrency", "client": who, "runs": args.runs, **figures}), flush=True)
    if len(found) == 2:
        ours, theirs = found["studio"], found["sdk"]
        ratios = {
            k: round(ours[k] / theirs[k], 3) for k in ("cpu_ms_per_run", "rss_kb_per_run", "idle_rss_mb", "rss_mb")
        }
        print(json.dumps({"bench": "concurrency", "client": "studio / sdk", **ratios}), flush=True)


def _measure(who: str, providers: str, runs: int, task_s: float) -> dict[str, Any]:
    with _servers(providers, FIRST_TASK_S) as servers:
        assert servers.stdout
        urls = servers.stdout.readline().strip()
        started = time.monotonic()
        idle, warm, end = _client(who, urls, runs, task_s, before_last=lambda: _answer(servers, f"{task_s}"))
        seconds, state = time.monotonic() - started, _answer(servers, "")
        servers.kill()
    ready = {prompt: at for prompt, at in state["ready"].items() if prompt in end["ends"]}
    delays = sorted(at - ready[prompt] for prompt, at in end["ends"].items())
    return {
        "ended": len(delays), "in_flight": _most_at_once(ready, task_s),
        "cpu_ms_per_run": round((end["cpu_s"] - warm["cpu_s"]) / runs * 1000, 2),
        "rss_kb_per_run": round((end["rss_mb"] - warm["rss_mb"]) / runs * 1024, 1),
        "idle_cpu_s": round(idle["cpu_s"], 2), "idle_rss_mb": round(idle["rss_mb"], 1),
        "warm_rss_mb": round(warm["rss_mb"], 1), "rss_mb": round(end["rss_mb"], 1),
        "delay_p50_s": _at(delays, 0.5), "delay_p95_s": _at(delays, 0.95),
        "calls": state["calls"], "seconds": round(seconds, 1),
    }  # fmt: skip


def _client(
    who: str, urls: str, runs: int, task_s: float, before_last: Callable[[], object]
) -> tuple[dict[str, Any], ...]:
    """What the client printed when it was ready, warm, and at the end. before_last: called when it is warm."""
    command = [sys.executable, "-m", "tests.bench._many", who, urls, str(runs), str(runs / task_s)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=environment(),
        ) as client,
    ):  # fmt: skip
        limit = threading.Timer(LIMIT_S, client.kill)
        limit.start()
        try:
            assert client.stdin and client.stdout
            idle = client.stdout.readline()
            client.stdin.write("\n")
            client.stdin.flush()
            warm = client.stdout.readline()
            before_last()
            last, _ = client.communicate("\n")
        except BrokenPipeError:
            client.wait()
            last = ""
        finally:
            limit.cancel()
        if client.returncode or not last:
            errors.seek(0)
            raise SystemExit(errors.read()[-3000:])
    return tuple(json.loads(line) for line in (idle, warm, last))


def _answer(servers: subprocess.Popen[str], line: str) -> dict[str, Any]:
    """What the servers say to this line."""
    assert servers.stdin and servers.stdout
    servers.stdin.write(f"{line}\n")
    servers.stdin.flush()
    return json.loads(servers.stdout.readline())


def _servers(providers: str, task_s: float) -> subprocess.Popen[str]:
    """The providers in a process of their own; it ends when its input closes."""
    command = [sys.executable, "-m", "tests.bench._servers", providers, str(task_s)]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )


def _most_at_once(ready: dict[str, float], task_s: float) -> int:
    """The largest number of tasks that were going on at the same moment."""
    moments = sorted([(at - task_s, 1) for at in ready.values()] + [(at, -1) for at in ready.values()])
    most = now = 0
    for _, step in moments:
        now += step
        most = max(most, now)
    return most


def _at(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else -1.0

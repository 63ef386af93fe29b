"""`python -m tests.bench concurrency --runs 1000`: so many runs in flight, beside the official SDKs with a thread each.

They are spread over three providers, whose local servers run in a third process, and submitted at the rate that keeps
all in flight at once. Figures: what the client takes before the first run (`idle`: a studio that is open, SDKs that are
imported), what each run adds to it in CPU and in memory, and the delay from "ready at the provider" to "file on the
disk". Goals: at most a third of the SDKs' CPU and half of their memory a run, and a delay under 2 s for 95 of 100 runs
of 60 s. The studio's share holds what the SDKs leave out: every result is decoded, gets its settings, and is
registered; nothing is lost by a crash.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.stories.process import environment

ROOT = Path(__file__).parents[2]
LIMIT_S = 1200


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
    with _servers(providers, task_s) as servers:
        assert servers.stdin and servers.stdout
        urls = servers.stdout.readline().strip()
        command = [sys.executable, "-m", "tests.bench._many", who, urls, str(runs), str(runs / task_s)]
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=environment()
        )
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        seconds = time.monotonic() - started
        servers.stdin.write("state\n")
        servers.stdin.flush()
        state = json.loads(servers.stdout.readline())
        servers.kill()
    told = json.loads(done.stdout.splitlines()[-1])
    ready = state["ready"]
    delays = sorted(end - ready[prompt] for prompt, end in told["ends"].items())
    added = (told["cpu_s"] - told["idle_cpu_s"]) / runs, (told["rss_mb"] - told["idle_rss_mb"]) / runs
    return {
        "ended": len(delays), "in_flight": _most_at_once(ready, task_s),
        "cpu_ms_per_run": round(added[0] * 1000, 2), "rss_kb_per_run": round(added[1] * 1024, 1),
        "idle_cpu_s": round(told["idle_cpu_s"], 2), "idle_rss_mb": round(told["idle_rss_mb"], 1),
        "rss_mb": round(told["rss_mb"], 1), "delay_p50_s": _at(delays, 0.5), "delay_p95_s": _at(delays, 0.95),
        "calls": state["calls"], "seconds": round(seconds, 1),
    }  # fmt: skip


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

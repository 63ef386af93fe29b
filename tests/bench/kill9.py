"""`python -m tests.bench kill9 --runs 20`: kill the studio's process in every phase, start it again, count the harm."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.stories.kill9 import POINTS, play


def main(argv: list[str]) -> None:
    """One JSON line a phase: how many were killed there, what became of the runs, and what was wrong."""
    parser = argparse.ArgumentParser(prog="kill9")
    parser.add_argument("--runs", type=int, default=20, help="killings per phase")
    parser.add_argument("--phase", choices=POINTS, help="only this one")
    args = parser.parse_args(argv)
    for name in [args.phase] if args.phase else POINTS:
        statuses: Counter[str] = Counter()
        wrong: list[str] = []
        killed, started = 0, time.monotonic()
        for number in range(args.runs):
            with tempfile.TemporaryDirectory(prefix="kill9-") as folder:
                outcome = play(name, Path(folder), number)
            killed += outcome.died
            statuses.update(outcome.statuses)
            wrong += outcome.wrong
        seconds = round(time.monotonic() - started, 1)
        figure = {"killed": killed, "of": args.runs, "ended": dict(statuses), "wrong": wrong, "seconds": seconds}
        print(json.dumps({"bench": "kill9", "phase": name, **figure}), flush=True)

"""How far a batch is, for a person on standard error: one renewed line on a terminal, else a line per change."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from studio.domain import JSON

CLEAR_LINE = "\r\x1b[2K"
ENDED = ("succeeded", "failed", "cancelled", "deleted")


class Progress:
    """line_of: run id -> line of the batch. expected_s: until the whole batch is done, where that is known."""

    def __init__(
        self, line_of: Mapping[str, int], *, expected_s: float | None = None, out: TextIO = sys.stderr
    ) -> None:
        self._line_of, self._expected_s, self._out = line_of, expected_s, out
        self._started_at = time.monotonic()
        self._told: dict[str, str] = {}
        self._runs: dict[str, JSON] = {}
        self._is_terminal = out.isatty()

    def show(self, runs: list[JSON]) -> None:
        """The runs as they are now; those that are not among them are as they were."""
        for run in runs:
            self._runs[run["id"]] = run
            if not self._is_terminal and self._told.get(run["id"]) != run["status"]:
                self._told[run["id"]] = run["status"]
                self.say(self._change(run))
        if self._is_terminal:
            width = shutil.get_terminal_size().columns
            self._out.write(CLEAR_LINE + self._summary()[: width - 1])
            self._out.flush()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._out.write(f"{CLEAR_LINE if self._is_terminal else ''}{text}\n")
        self._out.flush()

    def _change(self, run: JSON) -> str:
        ended = sum(one["status"] in ENDED for one in self._runs.values())
        cost = f", ${run['cost_usd']:.4g}" if run.get("cost_usd") else ""
        return f"[{ended}/{len(self._line_of)}] line {self._line_of[run['id']]}: {run['id']} {run['status']}{cost}"

    def _summary(self) -> str:
        count = Counter(run["status"] for run in self._runs.values())
        ended = sum(count[status] for status in ENDED)
        parts = [f"{ended} of {len(self._line_of)} done"]
        parts += [f"{count[status]} {status}" for status in ("running", "queued", "held", "failed") if count[status]]
        parts += [f"{round(100 * f)} %" for f in [self._fraction()] if f is not None]
        spent = sum(run.get("cost_usd") or 0.0 for run in self._runs.values())
        parts += [f"${spent:.2f}"] if spent else []
        left_s = (self._expected_s or 0.0) - (time.monotonic() - self._started_at)
        parts += [f"about {duration(left_s)} left"] if left_s > 1 and ended < len(self._line_of) else []
        return " · ".join(parts)

    def _fraction(self) -> float | None:
        """Of the only run that is under way, where its provider tells."""
        running = [run for run in self._runs.values() if run["status"] == "running"]
        return running[0].get("fraction") if len(running) == 1 else None


def duration(seconds: float) -> str:
    """As people say it: 45 s, 12 min, 3 h 20 min."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"

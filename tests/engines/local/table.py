"""Every model and task of the local engine, tried with tiny random weights on the processor, as a table.

    python -m tests.engines.local.table [--models FOLDER] [row ...]

Columns: the pipeline class; seconds of a run of three steps with the model loaded (of no meaning for a card); whether
the same seed gave the same pictures; milliseconds from the wish to cancel to its end, in the middle of a long run; the
rung that the ladder ends on when only what the last one needs is allowed, and how many it went down; the rungs that
make it when a run begins on them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.domain import JSON, Status
from studio.engines.base import Input, Job
from studio.engines.local import plan, recipe
from studio.errors import StudioError
from tests.engines.local.bench import ROWS, Bench, build_tiny
from tests.engines.local.inputs import CASES, make_files
from tests.engines.local.test_models import lossless, pixels

HEAD = ("Model", "Task", "Pipeline", "Run, s", "Same by seed", "Cancel, ms", "Ladder ends on", "Rungs that made it")
LONG = 400
"""StepCounter of the run that is cancelled."""


class Row:
    """One model and task on one engine."""

    def __init__(self, bench: Bench, files: dict[str, Input], name: str, body: JSON) -> None:
        self.bench, self.files, self.name, self.body = bench, files, name, body
        self.made = recipe.write(self.job())

    def job(self, **params: object) -> Job:
        """A small job of it, three steps unless told otherwise."""
        body = dict(self.body)
        return self.bench.job(self.name, self.files, params=body.pop("params", {}) | {"steps": 3} | params, **body)

    def cells(self) -> tuple[str, ...]:
        """The table's cells for it; what goes wrong stands in its cell."""
        about = (self.name, self._task(), self.made.cls)
        checks = (self.seconds_and_seed, self.cancel, self.ladder, self.rungs)
        found: list[str] = []
        for check in checks:
            try:
                found += check()
            except (StudioError, AssertionError, TimeoutError) as error:
                found += [f"{type(error).__name__}: {error}"[:60]] * (2 if check == self.seconds_and_seed else 1)
        return about + tuple(found)

    def _task(self) -> str:
        edit = (self.body.get("params") or {}).get("edit")
        more = edit or "+".join(k for k in self.body if k in ("last_frame", "references", "audio") and self.body[k])
        return self.made.task + (f" ({more.replace('_', ' ')})" if more else "")

    def seconds_and_seed(self) -> list[str]:
        """The second run's seconds, for the first one loads; and whether both gave the same pictures."""
        first = self.bench.make(lossless(self.job()))
        began = time.monotonic()
        again = self.bench.make(lossless(self.job()))
        seconds = time.monotonic() - began
        one, two = (pixels(Path(m.outputs[0].path or "")) for m in (first, again))
        return [f"{seconds:.2f}", "yes" if np.array_equal(one, two) else "no"]

    def cancel(self) -> list[str]:
        handle = self.bench.submit(self.job(steps=LONG))
        self.bench.watch(handle, until="denoising")
        began = time.monotonic()
        self.bench.cancel(handle)
        assert self.bench.watch(handle)[-1].status == Status.CANCELLED, "not cancelled"
        return [f"{(time.monotonic() - began) * 1000:.0f}"]

    def ladder(self) -> list[str]:
        """Down to the last rung: what it needs is allowed, and no more, so every rung that needs more is left."""
        part = self.bench.engine.parts(ROWS.get(f"local/{self.name}"))
        needs = {r: plan.peak_bytes(self.made, part, r) for r in plan.ladder(self.made)}
        job = self.job()
        self.bench.remember(job, "resident")
        self.bench.engine.limit_memory(min(needs.values()))
        try:
            rungs = self.bench.make(job).usage["rungs_tried"]
        finally:
            self.bench.engine.limit_memory(None)
            self.bench.remember(job, "resident")
        return [f"{rungs[-1]} ({len(rungs)} of {len(plan.ladder(self.made))} tried)"]

    def rungs(self) -> list[str]:
        """As after an earlier run that ended there, with a prompt of its own, so that the text model is tried too."""
        good = []
        for rung in plan.RUNGS:
            job = self.job()
            job = replace(job, request=job.request.model_copy(update={"prompt": f"{self.name} {rung}"}))
            self.bench.remember(job, rung)
            good += [rung] if self.bench.make(job).usage["on"]["rung"] == rung else []
        return ["all" if len(good) == len(plan.RUNGS) else ", ".join(good)]


def main() -> None:
    """Print the table as Markdown, row by row as it is found."""
    parser = argparse.ArgumentParser(prog="tests.engines.local.table")
    parser.add_argument("--models", type=Path)
    parser.add_argument("rows", nargs="*")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    bench = Bench(folder / "data", options.models or build_tiny(folder / "models"))
    files = make_files(folder)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    try:
        for name, body in CASES:
            if not options.rows or name in options.rows:
                print(f"| {' | '.join(Row(bench, files, name, body).cells())} |", flush=True)
    finally:
        bench.close()


if __name__ == "__main__":
    main()

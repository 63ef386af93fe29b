"""A stored batch until nothing more happens: progress for people, a JSON line for each run that ended or waits."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TextIO

from studio.cli.batch_file import Line
from studio.cli.progress import ENDED, Progress
from studio.cli.target import Target
from studio.domain import JSON, HeldReason
from studio.jobs.decisions import CHOICES

MIN_PAUSE_S, RUNS_A_SECOND = 0.3, 300
"""Between two looks: longer the more runs are asked for."""


def follow(
    target: Target, lines: Sequence[Line], ids: Mapping[str, Sequence[str]], before: Collection[str], out: TextIO, *,
    expected_s: float | None,
) -> int:  # fmt: skip
    """Wait for the runs; 0 when all succeeded, else 1. ids: of the runs of each line, by key. before: keys of lines
    that an earlier command stored. Returns also when the rest waits for a person."""
    line_of = {run_id: line for line in lines for run_id in ids[line.key]}
    progress = Progress({run_id: line.number for run_id, line in line_of.items()}, expected_s=expected_s)
    pending, failed = list(line_of), 0
    if before:
        progress.say(f"{len(before)} of {len(lines)} lines were stored before; they are not sent again.")
    try:
        while pending:
            found = {run["id"]: run for run in target.runs(pending)}
            found |= {i: {"id": i, "status": "deleted"} for i in pending if i not in found}
            progress.show(list(found.values()))
            for run_id in [i for i in pending if found[i]["status"] in ENDED]:
                pending.remove(run_id)
                failed += found[run_id]["status"] != "succeeded"
                _write(target, out, line_of[run_id], found[run_id], before)
            if pending and _is_stuck(target, [found[i] for i in pending], progress):
                for run_id in pending:
                    _write(target, out, line_of[run_id], found[run_id], before)
                return 1
            if pending:
                time.sleep(max(MIN_PAUSE_S, len(pending) / RUNS_A_SECOND))
    except KeyboardInterrupt:
        done = len(line_of) - len(pending)
        progress.say(
            f"Stopped: {done} of {len(line_of)} runs have ended. The others are kept; run the same command again."
        )
        raise
    progress.say(f"{len(line_of) - failed} of {len(line_of)} runs succeeded.")
    return 1 if failed else 0


def _is_stuck(target: Target, runs: Sequence[JSON], progress: Progress) -> bool:
    """Whether all of these wait for a person. Then it is said what for."""
    if any(run["status"] == "running" for run in runs):
        return False
    queued = [run for run in runs if run["status"] == "queued"]
    blocked = target.blocked() if queued else None
    if blocked and not blocked.paused and any(run["model"] not in blocked.models for run in queued):
        return False
    for run in runs:
        if run["status"] == "held":
            choices = ", ".join(_choices(run))
            progress.say(f"{run['id']} is held: {run['error'] or run['held_reason']} Choices: {choices}.")
    for model in dict.fromkeys(run["model"] for run in queued):
        if blocked and model in blocked.models:
            progress.say(f"{model}: {blocked.models[model]}")
    if blocked and blocked.paused:
        progress.say(f"The queue is paused; {len(queued)} runs wait. Resume it on the Queue page.")
    progress.say("Decide on the Queue page or with /decide of the API, then run the same command again.")
    return True


def _choices(run: JSON) -> list[str]:
    return [choice.id for choice in CHOICES[HeldReason(run["held_reason"])]] if run.get("held_reason") else []


def _write(target: Target, out: TextIO, line: Line, run: JSON, before: Collection[str]) -> None:
    """One line of JSON: which line of the batch, what became of the run, where its files are."""
    body: JSON = {"line": line.number, "line_id": line.id or None, "run": run["id"], "status": run["status"]}
    body["stored_before"] = line.key in before
    kept = ("model", "seed", "error", "held_reason", "estimate_usd", "cost_usd", "started_at", "finished_at")
    body |= {key: run.get(key) for key in kept}
    if run["status"] == "held":
        body["choices"] = _choices(run)
    body["files"] = [file for asset in run.get("assets", []) if (file := target.file(asset))]
    body["text"] = [asset["text"] for asset in run.get("assets", []) if asset.get("text")]
    out.write(json.dumps(body, ensure_ascii=False) + "\n")
    out.flush()

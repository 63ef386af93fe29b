"""Runs for pages that only show them. One that has ended stays its row: its request and files are read, not validated,
for a model of each costs more than SQLite takes to find all of them. What may still change becomes a Run as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlite_utils import Database

from studio.domain import JSON, Run
from studio.messages import restore
from studio.store.mapping import SENTENCES, as_runs, fetch, seed_out

OUTPUT_COLUMNS = (
    *("id", "kind", "mime", "name", "width", "height", "duration_s", "fps", "has_audio", "pages", "bytes", "origin"),
    "text",
)
"""What is read of a file that a run made."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended. columns: its row, with the seed and the messages of its sentences restored; moments are
    text in ISO 8601, truth values 1 and 0. request: what was set of it. outputs: OUTPUT_COLUMNS of each file it made.
    """

    columns: Row
    request: JSON
    outputs: list[Row]


def as_shown(db: Database, rows: Iterable[Row]) -> list[Run | EndedRun]:
    """Rows of runs with RUN_COLUMNS, in their order, with their output files: two more queries for all of them."""
    rows = list(rows)
    unended = [row for row in rows if row["finished_at"] is None]
    runs = {run.seq: run for run in as_runs(db, unended)}
    outputs = _outputs(db, [row["seq"] for row in rows if row["seq"] not in runs])
    return [runs.get(row["seq"]) or _ended(row, outputs.get(row["seq"], [])) for row in rows]


def _outputs(db: Database, seqs: list[int]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    if seqs:
        columns = ", ".join(f"a.{name}" for name in OUTPUT_COLUMNS)
        sql = (
            f"SELECT ra.run AS of_run, {columns} FROM run_assets ra JOIN assets a ON a.seq = ra.asset "
            f"WHERE ra.run IN ({', '.join('?' * len(seqs))}) AND ra.role = 'output' ORDER BY ra.run, ra.idx"
        )
        for row in fetch(db, sql, seqs):
            found.setdefault(row.pop("of_run"), []).append(row)
    return found


def _ended(row: Row, outputs: list[Row]) -> EndedRun:
    row["seed"] = seed_out(row["seed"])
    for name in SENTENCES:
        row[name] = restore(row[name], row[f"{name}_message"])
    return EndedRun(row, _request(row["request"]), outputs)


def _request(text: str) -> JSON:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # older versions stored numbers that are not finite
        return json.loads(text)

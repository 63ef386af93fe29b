"""Runs that are read again and again, made anew only where a row has changed: reading a row is cheap beside that.

Two statements for any number of runs, so that a board with many takes costs no more round trips than one with few.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from sqlite_utils import Database

from studio.domain import Run
from studio.store.mapping import RUN_COLUMNS, as_asset, as_run

KEPT = 5_000
"""Runs kept, about 3 kB each."""
_NAMES = tuple(RUN_COLUMNS.split(", "))
_ID, _SEQ = _NAMES.index("id"), _NAMES.index("seq")
_RUNS = f"SELECT {RUN_COLUMNS} FROM runs WHERE id IN (SELECT value FROM json_each(?)) AND ? IN ('', owner)"
_OUTPUTS = (
    "SELECT ra.run, a.* FROM run_assets ra JOIN assets a ON a.seq = ra.asset "
    "WHERE ra.run IN (SELECT value FROM json_each(?)) AND ra.role = 'output' ORDER BY ra.run, ra.idx"
)

Row = tuple[Any, ...]


class RunCache:
    """Runs by id with the rows they were made from. Safe from any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Row, tuple[Row, ...], Run]] = OrderedDict()
        self._lock = threading.Lock()

    def several(self, db: Database, run_ids: Iterable[str], owner: str) -> dict[str, Run]:
        """These runs by id, with their output files, without those that do not exist for this owner."""
        rows = db.conn.execute(_RUNS, [json.dumps(list(run_ids)), owner]).fetchall()
        found = db.conn.execute(_OUTPUTS, [json.dumps([row[_SEQ] for row in rows])])
        names = [column[0] for column in found.description][1:]
        outputs: dict[int, list[Row]] = {}
        for of_run, *values in found.fetchall():
            outputs.setdefault(of_run, []).append(tuple(values))
        return {row[_ID]: self._run(row, tuple(outputs.get(row[_SEQ], ())), names) for row in rows}

    def _run(self, row: Row, outputs: tuple[Row, ...], names: list[str]) -> Run:
        known = self._known.get(row[_ID])
        if known and known[0] == row and known[1] == outputs:
            return known[2]
        assets = tuple(as_asset(dict(zip(names, values, strict=True))) for values in outputs)
        run = as_run(dict(zip(_NAMES, row, strict=True)), assets)
        with self._lock:
            self._known[run.id] = (row, outputs, run)
            self._known.move_to_end(run.id)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return run

"""Runs that are read again and again, made anew only where a row has changed: reading a row is cheap beside that.

Two statements for any number of runs, so that a board with many takes costs no more round trips than one with few, and
a third for those that have changed: a request, the longest column, never does without the column `edits`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from studio.domain import Run
from studio.memo import Memo
from studio.store import visibility
from studio.store.mapping import RUN_COLUMNS, as_asset, as_run

RUNS_KEPT, BOARDS_KEPT = 5_000, 64
"""Runs kept, about 3 kB each; and boards whose runs are kept together."""
_COLUMNS = tuple(name for name in RUN_COLUMNS.split(", ") if name != "request")
_ID, _SEQ = _COLUMNS.index("id"), _COLUMNS.index("seq")
_RUNS = (
    f"SELECT {', '.join(_COLUMNS)} FROM runs r WHERE r.id IN (SELECT value FROM json_each(?)) "
    f"AND {visibility.visible('runs')}"
)
_OUTPUTS = (
    "SELECT ra.run, a.* FROM run_assets ra JOIN assets a ON a.seq = ra.asset "
    "WHERE ra.run IN (SELECT value FROM json_each(?)) AND ra.role = 'output' ORDER BY ra.run, ra.idx"
)
_REQUESTS = "SELECT seq, request FROM runs WHERE seq IN (SELECT value FROM json_each(?))"

Row = tuple[Any, ...]


class RunCache:
    """Runs by id with the rows they were made from. Safe from any thread."""

    def __init__(self) -> None:
        self._runs: Memo[str, Run] = Memo(RUNS_KEPT)
        self._of_boards: Memo[tuple[str, str], Mapping[str, Run]] = Memo(BOARDS_KEPT)

    def of_board(self, db: Database, board_id: str, run_ids: Sequence[str], viewer: str) -> Mapping[str, Run]:
        """As `several`, for the runs of one board: one number is read where no run has changed since."""
        revision = db.conn.execute("SELECT n FROM revisions WHERE name = 'runs'").fetchone()[0]
        return self._of_boards.get(
            (viewer, board_id), (revision, tuple(run_ids)), lambda: self.several(db, run_ids, viewer)
        )

    def several(self, db: Database, run_ids: Iterable[str], viewer: str) -> dict[str, Run]:
        """These runs by id, with their output files, without those that do not exist for the viewer."""
        rows: list[Row] = db.conn.execute(_RUNS, [json.dumps(list(run_ids)), viewer]).fetchall()
        outputs, asset_columns = _outputs(db, [row[_SEQ] for row in rows])
        runs: dict[str, Run] = {}
        changed: list[tuple[Row, tuple[Row, ...]]] = []
        for row in rows:
            files = outputs.get(row[_SEQ], ())
            if cached := self._runs.find(row[_ID], (row, files)):
                runs[row[_ID]] = cached
            else:
                changed.append((row, files))
        if changed:
            seqs = json.dumps([row[_SEQ] for row, _ in changed])
            requests: dict[int, str] = dict(db.conn.execute(_REQUESTS, [seqs]).fetchall())
            for row, files in changed:
                if row[_SEQ] not in requests:  # deleted since
                    continue
                assets = tuple(as_asset(dict(zip(asset_columns, values, strict=True))) for values in files)
                columns = dict(zip(_COLUMNS, row, strict=True)) | {"request": requests[row[_SEQ]]}
                runs[row[_ID]] = as_run(columns, assets)
                self._runs.put(row[_ID], (row, files), runs[row[_ID]])
        return runs


def _outputs(db: Database, seqs: list[int]) -> tuple[dict[int, tuple[Row, ...]], list[str]]:
    """Rows of the files that these runs made, by run, and the columns' names."""
    cursor = db.conn.execute(_OUTPUTS, [json.dumps(seqs)])
    columns = [column[0] for column in cursor.description][1:]
    outputs: dict[int, tuple[Row, ...]] = {}
    for seq, *values in cursor.fetchall():
        outputs[seq] = (*outputs.get(seq, ()), tuple(values))
    return outputs, columns

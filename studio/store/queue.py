"""The order of the queue, and the one statement that takes a run out of it.

Within an engine and account: whose turn it is by store.fair_queue, then of that person higher priority first, then by
place, a real number so that a run can be put between two others. Engines never wait for one another.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlite_utils import Database

from studio.domain import Run, Status, now
from studio.errors import Conflict, NotFound
from studio.messages import Message, term
from studio.store import events, fair_queue, visibility
from studio.store.fair_queue import Lane, Waiting
from studio.store.mapping import RUN_COLUMNS, as_run, as_runs, fetch, stamp
from studio.store.runs import get_to_decide

ORDER = "priority DESC, place, seq"
"""Of the runs of one person."""
SMALLEST_GAP = 1e-6
"""Below this distance between two places the queue is numbered anew."""


def next_up(db: Database, lane: Lane, full_models: Sequence[str] = ()) -> Run | None:
    """The run that `claim` would take."""
    first, values = first_claimable(lane, full_models)
    sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE seq = ({first})"
    return next(iter(as_runs(db, fetch(db, sql, values))), None)


def claim(db: Database, lane: Lane, full_models: Sequence[str] = ()) -> Run | None:
    """The next queued run of this engine and account, now running; None when there is none.

    full_models: ids of models of which no run may start. One guarded statement: no other claim can take the same run.
    The start is booked for its person.
    """
    first, values = first_claimable(lane, full_models)
    started = f"?{len(values) + 1}"
    sql = (
        "UPDATE runs SET status = 'running', phase = 'preparing', attempt = attempt + 1, "
        f"error = NULL, error_message = NULL, error_code = NULL, started_at = coalesce(started_at, {started}) "
        f"WHERE status = 'queued' AND seq = ({first}) RETURNING {RUN_COLUMNS}"
    )
    claimed = fetch(db, sql, [*values, stamp()])
    if not claimed:
        return None
    run = as_run(claimed[0])
    fair_queue.charge(db, lane, run.owner)
    events.add(db, run.seq, Status.QUEUED, Status.RUNNING, run.phase, Message("event.started"))
    return run


def first_claimable(lane: Lane, full_models: Sequence[str]) -> tuple[str, list[str]]:
    """SQL for the seq of the queued run of this lane, and of none of these models, whose turn it is; and its values."""
    return fair_queue.first_claimable(lane, full_models, ORDER)


def waiting_lanes(db: Database) -> list[Lane]:
    """Engines and accounts with at least one queued run."""
    sql = "SELECT DISTINCT provider, account FROM runs WHERE status = 'queued'"
    return [Lane(*row) for row in db.conn.execute(sql).fetchall()]


def count_waiting(db: Database, model: str) -> int:
    """Queued runs of this model, of all users."""
    sql = "SELECT count(*) FROM runs WHERE status = 'queued' AND provider = ? AND model = ?"
    return db.conn.execute(sql, [model.partition("/")[0], model]).fetchone()[0]


def active(db: Database, viewer: str = "") -> list[Run]:
    """Running, held, then queued runs in the order in which they start; queued ones carry their position among the
    runs of everybody that wait for the same engine and account, from 1.

    Those that the viewer may not see are masked; held ones of these are left out, for nobody waits behind them.
    """
    sql = (
        f"SELECT {RUN_COLUMNS}, place FROM runs WHERE status IN ('queued', 'running', 'held') ORDER BY "
        f"CASE status WHEN 'running' THEN 0 WHEN 'held' THEN 1 ELSE 2 END, {ORDER}"
    )
    rows = fetch(db, sql)
    waiting = [index for index, row in enumerate(rows) if row["status"] == Status.QUEUED.value]
    order = _in_turn(db, rows, waiting)
    others = len(rows) - len(waiting)
    found = as_runs(db, [*rows[:others], *(rows[index] for index, _ in order)])
    queued = [run.model_copy(update=live) for run, (_, live) in zip(found[others:], order, strict=True)]
    runs = [*found[:others], *queued]
    if not viewer:
        return runs
    seen = visibility.visible_runs(db, [run.id for run in runs], viewer)
    return [r if r.id in seen else r.masked() for r in runs if r.id in seen or r.status != Status.HELD]


def _in_turn(
    db: Database, rows: Sequence[dict[str, Any]], waiting: Sequence[int]
) -> list[tuple[int, dict[str, float | None]]]:
    """Indices of the waiting rows in the order in which they start, each with its position and ahead_s in its lane.

    Lanes do not wait for one another: of their next runs the one that came first is shown first.
    """
    lanes: dict[Lane, list[Waiting]] = defaultdict(list)
    for index in waiting:
        row = rows[index]
        lanes[_lane(row)].append(Waiting(index, row["owner"], row["place"], row["seq"]))
    ahead_s = _work_under_way(rows)
    merged: list[list[tuple[tuple[float, float, int], int, dict[str, float | None]]]] = []
    for lane, of_lane in lanes.items():
        shown: list[tuple[tuple[float, float, int], int, dict[str, float | None]]] = []
        before_s = ahead_s.get(lane, 0.0)
        for position, index in enumerate(fair_queue.in_turn(db, lane, of_lane), 1):
            row = rows[index]
            key = (-row["priority"], row["place"], row["seq"])
            shown.append((key, index, {"position": position, "ahead_s": before_s}))
            before_s = None if before_s is None or row["expected_s"] is None else before_s + row["expected_s"]
        merged.append(shown)
    return [(index, live) for _, index, live in heapq.merge(*merged, key=itemgetter(0))]


def _lane(row: dict[str, Any]) -> Lane:
    return Lane(row["provider"], row["account"])


def _work_under_way(rows: Sequence[dict[str, Any]]) -> dict[Lane, float | None]:
    """Seconds that the running runs of each lane are still expected to take, together; None where that is not known."""
    moment, found = now(), dict[Lane, float | None]()
    for row in rows:
        if row["status"] != Status.RUNNING.value:
            continue
        before, expected = found.get(_lane(row), 0.0), row["expected_s"]
        began = datetime.fromisoformat(row["started_at"]) if row["started_at"] else moment
        left = None if expected is None else max(0.0, expected - (moment - began).total_seconds())
        found[_lane(row)] = None if before is None or left is None else before + left
    return found


def move_before(db: Database, run_id: str, before: str | None, viewer: str = "") -> None:
    """Put a queued run just before another of the same person (and into its priority), or with None at their end.

    Before a run of somebody else: before the first run of its own person that starts after that one, since nobody can
    be overtaken. Raises Conflict when one of them is no longer queued, NotFound and NotAllowed as runs.get_to_decide.
    """
    run = get_to_decide(db, run_id, viewer)
    if run.status != Status.QUEUED:
        raise Conflict(Message("queue.not_queued", status=term(run.status)))
    before = before and _own_successor(db, run, before)
    order = [r for r in _order(db, run.owner) if r[0] != run_id]
    if before is None:
        last = order[-1] if order else (run_id, 0, 0.0)
        _set_place(db, run_id, last[1], last[2] + 1)
        return
    index = next(i for i, r in enumerate(order) if r[0] == before)
    _, priority, place = order[index]
    previous = order[index - 1] if index and order[index - 1][1] == priority else None
    lower = previous[2] if previous else place - 2
    if place - lower < SMALLEST_GAP:
        _renumber(db)
        move_before(db, run_id, before, viewer)
    else:
        _set_place(db, run_id, priority, (lower + place) / 2)


def _own_successor(db: Database, run: Run, before: str) -> str | None:
    """The run of the same person that starts first of those from `before` on; None where there is none."""
    queued = [one for one in active(db) if one.status == Status.QUEUED and one.id != run.id]
    index = next((number for number, one in enumerate(queued) if one.id == before), None)
    if index is None:
        raise Conflict(Message("queue.other_not_queued"))
    return next((one.id for one in queued[index:] if one.owner == run.owner), None)


def prioritise(db: Database, run_id: str, priority: int, viewer: str = "") -> None:
    """Give a queued run another priority among the runs of its person; higher goes first.

    Raises NotFound, NotAllowed, Conflict.
    """
    run = get_to_decide(db, run_id, viewer)
    sql = "UPDATE runs SET priority = ? WHERE id = ? AND status IN ('queued', 'held')"
    if not db.conn.execute(sql, [priority, run_id]).rowcount:
        raise Conflict(Message("queue.priority_late", status=term(run.status)))


def _order(db: Database, owner: str) -> list[tuple[str, int, float]]:
    sql = f"SELECT id, priority, place FROM runs WHERE status = 'queued' AND owner = ? ORDER BY {ORDER}"
    return [(r[0], r[1], r[2]) for r in db.conn.execute(sql, [owner]).fetchall()]


def _set_place(db: Database, run_id: str, priority: int, place: float) -> None:
    cursor = db.conn.execute("UPDATE runs SET priority = ?, place = ? WHERE id = ?", [priority, place, run_id])
    if not cursor.rowcount:
        raise NotFound(Message("run.unknown", run_id=run_id))


def _renumber(db: Database) -> None:
    sql = "SELECT id, priority FROM runs WHERE status = 'queued' ORDER BY place, seq"
    for place, (run_id, priority) in enumerate(db.conn.execute(sql).fetchall(), 1):
        _set_place(db, run_id, priority, float(place))

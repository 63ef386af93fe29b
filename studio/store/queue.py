"""The order of the queue, and the one statement that takes a run out of it.

Within an engine and account: whose turn it is by store.fair_queue, then of that person higher priority first, then by
place, a real number so that a run can be put between two others. Engines never wait for one another.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

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
_OWN = f"FROM runs WHERE status = 'queued' AND provider = ? AND account = ? AND owner = ? ORDER BY {ORDER}"
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
    waiting = [
        _Row(index, _lane(row), row["owner"], row["priority"], row["place"], row["seq"], row["expected_s"])
        for index, row in enumerate(rows)
        if row["status"] == Status.QUEUED.value
    ]
    order = _in_turn(db, waiting, _work_under_way(rows))
    others = len(rows) - len(waiting)
    found = as_runs(db, [*rows[:others], *(rows[index] for index, _ in order)])
    queued = [run.model_copy(update=live) for run, (_, live) in zip(found[others:], order, strict=True)]
    runs = [*found[:others], *queued]
    if not viewer:
        return runs
    seen = visibility.visible_runs(db, [run.id for run in runs], viewer)
    return [r if r.id in seen else r.masked() for r in runs if r.id in seen or r.status != Status.HELD]


class _Row(NamedTuple):
    """A waiting run as far as its turn is concerned. key: names it to the caller."""

    key: int
    lane: Lane
    owner: str
    priority: int
    place: float
    seq: int
    expected_s: float | None


def _in_turn(
    db: Database, waiting: Sequence[_Row], ahead_s: Mapping[Lane, float | None]
) -> list[tuple[int, dict[str, float | None]]]:
    """Keys of the waiting rows in the order in which they start, each with its position and ahead_s in its lane.

    waiting: in each person's own order. ahead_s: the work under way in each lane. Lanes do not wait for one another: of
    their next runs the one that came first is shown first.
    """
    lanes: dict[Lane, list[_Row]] = defaultdict(list)
    for row in waiting:
        lanes[row.lane].append(row)
    merged: list[list[tuple[tuple[float, float, int], int, dict[str, float | None]]]] = []
    for lane, of_lane in lanes.items():
        shown: list[tuple[tuple[float, float, int], int, dict[str, float | None]]] = []
        before_s = ahead_s.get(lane, 0.0)
        turns_of = (Waiting(number, row.owner, row.place, row.seq) for number, row in enumerate(of_lane))
        for position, number in enumerate(fair_queue.in_turn(db, lane, turns_of), 1):
            row = of_lane[number]
            shown.append(((-row.priority, row.place, row.seq), row.key, {"position": position, "ahead_s": before_s}))
            before_s = None if before_s is None or row.expected_s is None else before_s + row.expected_s
        merged.append(shown)
    return [(key, live) for _, key, live in heapq.merge(*merged, key=itemgetter(0))]


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


def turns(db: Database, skip: int = 0, most: int = -1) -> list[tuple[int, dict[str, float | None]]]:
    """seq of up to `most` (all, where below 0) waiting runs of everybody after the first `skip`, in the order in which
    they start, each with its position and ahead_s in its lane, as `active` has them."""
    running = "SELECT status, provider, account, expected_s, started_at FROM runs WHERE status = 'running'"
    ahead_s = _work_under_way(fetch(db, running))
    people = "SELECT DISTINCT provider, account, owner FROM runs WHERE status = 'queued'"
    whose = [(Lane(provider, account), owner) for provider, account, owner in db.conn.execute(people).fetchall()]
    if len(whose) == 1:
        return _turns_of_one(db, *whose[0], ahead_s, skip, most)
    enough = -1 if most < 0 else skip + most  # the first k to start are among the first k of each person
    waiting = [row for lane, owner in whose for row in _own_turns(db, lane, owner, enough)]
    order = _in_turn(db, waiting, ahead_s)
    return order[skip:] if most < 0 else order[skip : skip + most]


def _turns_of_one(
    db: Database, lane: Lane, owner: str, ahead_s: Mapping[Lane, float | None], skip: int, most: int
) -> list[tuple[int, dict[str, float | None]]]:
    """The same where all is of one person in one lane: SQLite alone knows the order."""
    values = [lane.provider, lane.account, owner]
    ahead = f"SELECT count(*), count(expected_s), sum(expected_s) FROM (SELECT expected_s {_OWN} LIMIT ?)"
    skipped, known, work_s = db.conn.execute(ahead, [*values, skip]).fetchone()
    before_s = ahead_s.get(lane, 0.0)
    before_s = None if before_s is None or known < skipped else before_s + (work_s or 0.0)
    found: list[tuple[int, dict[str, float | None]]] = []
    rows = db.conn.execute(f"SELECT seq, expected_s {_OWN} LIMIT ? OFFSET ?", [*values, most, skip]).fetchall()
    for position, (seq, expected_s) in enumerate(rows, skip + 1):
        found.append((seq, {"position": position, "ahead_s": before_s}))
        before_s = None if before_s is None or expected_s is None else before_s + expected_s
    return found


def _own_turns(db: Database, lane: Lane, owner: str, most: int) -> list[_Row]:
    """The first waiting runs of one person in a lane, in their own order; the key of each is its seq."""
    sql = f"SELECT seq, priority, place, expected_s {_OWN} LIMIT ?"
    rows = db.conn.execute(sql, [lane.provider, lane.account, owner, most]).fetchall()
    return [_Row(seq, lane, owner, priority, place, seq, expected_s) for seq, priority, place, expected_s in rows]


def move_before(db: Database, run_id: str, before: str | None, viewer: str = "") -> None:
    """Put a queued run just before another of the same person (and into its priority), or with None at their end.

    Before a run of somebody else: before the first run of its own person that starts after that one, since nobody can
    be overtaken. Raises Conflict when one of them is no longer queued, NotFound and NotAllowed as runs.get_to_decide.
    """
    run = get_to_decide(db, run_id, viewer)
    if run.status != Status.QUEUED:
        raise Conflict(Message("queue.not_queued", status=term(run.status)))
    target = before and _own_successor(db, run, before)
    if not target:
        last = _neighbour(db, run, "ORDER BY priority, place DESC, seq DESC")
        priority, place = last or (0, 0.0)
        _set_place(db, run_id, priority, place + 1)
        return
    priority, place, seq = target
    earlier = "AND priority = ? AND (place, seq) < (?, ?) ORDER BY place DESC, seq DESC"
    previous = _neighbour(db, run, earlier, [priority, place, seq])
    lower = previous[1] if previous else place - 2
    if place - lower < SMALLEST_GAP:
        _renumber(db)
        move_before(db, run_id, before, viewer)
    else:
        _set_place(db, run_id, priority, (lower + place) / 2)


def _neighbour(db: Database, run: Run, which: str, values: Sequence[Any] = ()) -> tuple[int, float] | None:
    """Priority and place of another waiting run of the same person; None where there is none."""
    sql = f"SELECT priority, place FROM runs WHERE status = 'queued' AND owner = ? AND seq != ? {which} LIMIT 1"
    return db.conn.execute(sql, [run.owner, run.seq, *values]).fetchone()


def _own_successor(db: Database, run: Run, before: str) -> tuple[int, float, int] | None:
    """Priority, place and seq of the run of the same person that starts first of those from `before` on; None where
    there is none."""
    sql = "SELECT owner, priority, place, seq FROM runs WHERE id = ? AND status = 'queued' AND id != ?"
    found = db.conn.execute(sql, [before, run.id]).fetchone()
    if found is None:
        raise Conflict(Message("queue.other_not_queued"))
    if found[0] == run.owner:
        return found[1:]
    order = [seq for seq, _ in turns(db)]
    own = "SELECT seq, priority, place FROM runs WHERE status = 'queued' AND owner = ? AND seq != ?"
    places = {seq: (priority, place) for seq, priority, place in db.conn.execute(own, [run.owner, run.seq])}
    later = next((seq for seq in order[order.index(found[3]) :] if seq in places), None)
    return None if later is None else (*places[later], later)


def prioritise(db: Database, run_id: str, priority: int, viewer: str = "") -> None:
    """Give a queued run another priority among the runs of its person; higher goes first.

    Raises NotFound, NotAllowed, Conflict.
    """
    run = get_to_decide(db, run_id, viewer)
    sql = "UPDATE runs SET priority = ? WHERE id = ? AND status IN ('queued', 'held')"
    if not db.conn.execute(sql, [priority, run_id]).rowcount:
        raise Conflict(Message("queue.priority_late", status=term(run.status)))


def _set_place(db: Database, run_id: str, priority: int, place: float) -> None:
    cursor = db.conn.execute("UPDATE runs SET priority = ?, place = ? WHERE id = ?", [priority, place, run_id])
    if not cursor.rowcount:
        raise NotFound(Message("run.unknown", run_id=run_id))


def _renumber(db: Database) -> None:
    sql = "SELECT id, priority FROM runs WHERE status = 'queued' ORDER BY place, seq"
    for place, (run_id, priority) in enumerate(db.conn.execute(sql).fetchall(), 1):
        _set_place(db, run_id, priority, float(place))

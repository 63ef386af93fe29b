"""The order of the queue, and the one statement that takes a run out of it.

Within an engine: higher priority first, then by place, a real number so that a run can be put between two others.
Engines never wait for one another: each claims its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from studio.domain import Run, Status
from studio.errors import Conflict, NotFound
from studio.messages import Message, term
from studio.store import events
from studio.store.mapping import RUN_COLUMNS, as_run, as_runs, fetch, stamp
from studio.store.runs import get

ORDER = "priority DESC, place, seq"
SMALLEST_GAP = 1e-6
"""Below this distance between two places the queue is numbered anew."""


def next_up(db: Database, provider: str, full_models: Sequence[str] = ()) -> Run | None:
    """The run that `claim` would take."""
    first, values = first_claimable(provider, full_models)
    sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE seq = ({first})"
    return next(iter(as_runs(db, fetch(db, sql, values))), None)


def claim(db: Database, provider: str, full_models: Sequence[str] = ()) -> Run | None:
    """The next queued run of this provider, now running; None when there is none.

    full_models: ids of models of which no run may start. One guarded statement: no other claim can take the same run.
    """
    first, values = first_claimable(provider, full_models)
    sql = (
        "UPDATE runs SET status = 'running', phase = 'preparing', attempt = attempt + 1, "
        "error = NULL, error_message = NULL, error_code = NULL, started_at = coalesce(started_at, ?) "
        f"WHERE status = 'queued' AND seq = ({first}) RETURNING {RUN_COLUMNS}"
    )
    claimed = fetch(db, sql, [stamp(), *values])
    if not claimed:
        return None
    run = as_run(claimed[0])
    events.add(db, run.seq, Status.QUEUED, Status.RUNNING, run.phase, Message("event.started"))
    return run


def first_claimable(provider: str, full_models: Sequence[str]) -> tuple[str, list[str]]:
    """SQL for the seq of the first queued run of this provider and of none of these models, and its values.

    With models left out, the first run of each other waiting model is found by one step in the index each, so that any
    number of runs which may not start costs nothing. Without, the first row of the queue's own index is the answer.
    """
    if not full_models:
        return f"SELECT seq FROM runs WHERE status = 'queued' AND provider = ? ORDER BY {ORDER} LIMIT 1", [provider]
    next_model = "SELECT min(model) FROM runs WHERE status = 'queued' AND provider = ?"
    sql = (
        f"WITH RECURSIVE waiting (model) AS ({next_model} UNION ALL "
        f"SELECT ({next_model} AND model > waiting.model) FROM waiting WHERE waiting.model IS NOT NULL) "
        "SELECT seq FROM runs WHERE seq IN ("
        "SELECT (SELECT seq FROM runs WHERE status = 'queued' AND provider = ? AND model = waiting.model "
        f"ORDER BY {ORDER} LIMIT 1) FROM waiting "
        f"WHERE model IS NOT NULL AND model NOT IN ({', '.join('?' * len(full_models))})) ORDER BY {ORDER} LIMIT 1"
    )
    return sql, [provider, provider, provider, *full_models]


def waiting_providers(db: Database) -> list[str]:
    """Providers with at least one queued run."""
    return [row[0] for row in db.conn.execute("SELECT DISTINCT provider FROM runs WHERE status = 'queued'").fetchall()]


def count_waiting(db: Database, model: str) -> int:
    """Queued runs of this model, of all users."""
    sql = "SELECT count(*) FROM runs WHERE status = 'queued' AND provider = ? AND model = ?"
    return db.conn.execute(sql, [model.partition("/")[0], model]).fetchone()[0]


def active(db: Database, owner: str = "") -> list[Run]:
    """Running, held, then queued runs in queue order; queued ones carry their position, from 1, in the whole queue."""
    sql = (
        f"SELECT {RUN_COLUMNS} FROM runs WHERE status IN ('queued', 'running', 'held') ORDER BY "
        f"CASE status WHEN 'running' THEN 0 WHEN 'held' THEN 1 ELSE 2 END, {ORDER}"
    )
    runs: list[Run] = []
    position = 0
    for run in as_runs(db, fetch(db, sql)):
        if run.status == Status.QUEUED:
            position += 1
            run = run.model_copy(update={"position": position})
        if owner in ("", run.owner):
            runs.append(run)
    return runs


def move_before(db: Database, run_id: str, before: str | None, owner: str = "") -> None:
    """Put a queued run just before another (and into its priority), or with None at the very end.

    Raises Conflict when one of them is no longer queued.
    """
    run = get(db, run_id, owner)
    if run.status != Status.QUEUED:
        raise Conflict(Message("queue.not_queued", status=term(run.status)))
    order = [r for r in _order(db) if r[0] != run_id]
    if before is None:
        last = order[-1] if order else (run_id, 0, 0.0)
        _set_place(db, run_id, last[1], last[2] + 1)
        return
    index = next((i for i, r in enumerate(order) if r[0] == before), None)
    if index is None:
        raise Conflict(Message("queue.other_not_queued"))
    _, priority, place = order[index]
    previous = order[index - 1] if index and order[index - 1][1] == priority else None
    lower = previous[2] if previous else place - 2
    if place - lower < SMALLEST_GAP:
        _renumber(db, order)
        move_before(db, run_id, before, owner)
    else:
        _set_place(db, run_id, priority, (lower + place) / 2)


def prioritise(db: Database, run_id: str, priority: int, owner: str = "") -> None:
    """Give a queued run another priority; higher goes first. Raises NotFound, Conflict."""
    cursor = db.conn.execute(
        "UPDATE runs SET priority = ? WHERE id = ? AND ? IN ('', owner) AND status IN ('queued', 'held')",
        [priority, run_id, owner],
    )
    if not cursor.rowcount:
        raise Conflict(Message("queue.priority_late", status=term(get(db, run_id, owner).status)))


def _order(db: Database) -> list[tuple[str, int, float]]:
    sql = f"SELECT id, priority, place FROM runs WHERE status = 'queued' ORDER BY {ORDER}"
    return [(r[0], r[1], r[2]) for r in db.conn.execute(sql).fetchall()]


def _set_place(db: Database, run_id: str, priority: int, place: float) -> None:
    cursor = db.conn.execute("UPDATE runs SET priority = ?, place = ? WHERE id = ?", [priority, place, run_id])
    if not cursor.rowcount:
        raise NotFound(Message("run.unknown", run_id=run_id))


def _renumber(db: Database, order: Sequence[tuple[str, int, float]]) -> None:
    for place, (run_id, priority, _) in enumerate(order, 1):
        _set_place(db, run_id, priority, float(place))

"""Runs and their events. The database keeps the state machine: a run changes status only from the status it is
expected to have, in the same transaction as the event that says why, and "no row changed" is a Conflict. The same holds
for its attempt: whoever executes a run that was taken back and started again meanwhile can no longer change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from studio.domain import TRANSITIONS, HeldReason, Phase, Request, Run, Status
from studio.errors import Conflict, NotAllowed, NotFound
from studio.messages import Message, stored, term
from studio.store import events, mapping, tokenize, visibility
from studio.store.mapping import RUN_COLUMNS, as_run, as_runs, fetch, stamp

LATEST = 1000
"""Runs of everybody that are looked through for the latest of one person: a bound, for it is asked at every page."""
OPEN = ("queued", "running", "held")
"""States in which something may still happen."""
_BY_OPEN = "status IN ('queued','running','held')"
"""Said as in the partial index runs_active, which SQLite takes for nothing less."""
CLEARED: dict[Status, dict[str, Any]] = {
    Status.QUEUED: {"phase": None, "held_reason": None, "cancel_wanted": 0},
    Status.RUNNING: {"held_reason": None},
    Status.HELD: {},
    Status.SUCCEEDED: {"phase": None, "held_reason": None, "error": None, "error_code": None, "cancel_wanted": 0},
    Status.FAILED: {"phase": None, "held_reason": None, "cancel_wanted": 0},
    Status.CANCELLED: {"phase": None, "held_reason": None, "cancel_wanted": 0},
}
"""Columns that a status resets, unless the move sets them."""


@dataclass(frozen=True)
class NewRun:
    """What `add` stores beside the run itself. inputs: input name -> asset ids. pace: see History in jobs.pace."""

    run: Run
    inputs: dict[str, tuple[str, ...]]
    pace: str = ""


_INSERT = (
    *(
        "id",
        "owner",
        "project",
        "shared",
        "batch",
        "task",
        "kind",
        "model",
        "provider",
        "account",
        "token",
        "status",
        "held_reason",
        "error",
        "words",
    ),
    "error_message",
    *("request", "seed", "priority", "pace", "expected_s", "estimate_usd", "created_at", "retry_of"),
)
_INSERT_SQL = (
    f"INSERT INTO runs ({', '.join(_INSERT)}, place) VALUES ({', '.join('?' * len(_INSERT))}, "
    "(SELECT coalesce(max(place), 0) + 1 FROM runs WHERE status = 'queued'))"
)


def add(db: Database, new: NewRun, batch: str = "") -> Run:
    """Store a run with its inputs; the same run with batch and seq. First event and search words come by trigger.

    One statement for a run without inputs.
    """
    run, request = new.run, new.run.request
    values: dict[str, Any] = {name: getattr(run, name) for name in _INSERT if hasattr(run, name)} | {
        "task": request.task.value, "kind": request.task.makes.value, "words": _words(request),
        "request": mapping.as_json(request), "batch": batch, "pace": new.pace, "created_at": stamp(run.created_at),
        "seed": mapping.seed_in(run.seed), "error_message": stored(run.error),
    }  # fmt: skip
    seq = int(db.conn.execute(_INSERT_SQL, [values[name] for name in _INSERT]).lastrowid or 0)
    for role, ids in new.inputs.items():
        for idx, asset in enumerate(ids):
            attach(db, seq, role, idx, asset)
    return run.model_copy(update={"seq": seq, "batch": batch})


def _words(request: Request) -> str:
    """What the run is found by: the prompt, and what was written first where that differs."""
    return tokenize.texts(request.prompt, request.original_prompt)


def attach(db: Database, run_seq: int, role: str, idx: int, asset_id: str) -> None:
    """Note that the run uses this file (role: the input's name) or made it (role: output)."""
    db.conn.execute(
        "INSERT OR REPLACE INTO run_assets (run, role, idx, asset) SELECT ?, ?, ?, seq FROM assets WHERE id = ?",
        [run_seq, role, idx, asset_id],
    )


def get(db: Database, run_id: str, viewer: str = "") -> Run:
    """The run, or NotFound where there is none that the viewer may see. Viewer "" sees everything."""
    sql = f"SELECT {RUN_COLUMNS} FROM runs r WHERE r.id = ? AND {visibility.visible('runs')}"
    runs = as_runs(db, fetch(db, sql, [run_id, viewer]))
    if not runs:
        raise NotFound(Message("run.unknown", run_id=run_id))
    return runs[0]


def get_own(db: Database, run_id: str, viewer: str) -> Run:
    """The run, to be changed as only its owner may. Raises NotFound, NotAllowed for one that is only seen."""
    run = get(db, run_id, viewer)
    if viewer not in ("", run.owner):
        raise NotAllowed(Message("project.owner_only"))
    return run


def get_to_decide(db: Database, run_id: str, viewer: str) -> Run:
    """The run, to be cancelled, decided about or reordered by its owner or a producer.

    Raises NotFound, NotAllowed for one that is only seen. A producer of the studio may do so unseen: pass the run on by
    `as_seen` only.
    """
    if viewer and not visibility.deciders(db, [run_id], viewer):
        get(db, run_id, viewer)
        raise NotAllowed(Message("project.producer_only"))
    return get(db, run_id)


def as_seen(db: Database, run: Run, viewer: str) -> Run:
    """The run as the viewer may see it: masked where it is not theirs to see."""
    return run if not viewer or visibility.visible_runs(db, [run.id], viewer) else run.masked()


def job_columns(db: Database, run_id: str) -> dict[str, Any]:
    """Columns of the run as they are now that only the job manager needs."""
    columns = "pace, submitted_at, crashes, cancel_wanted, webhook_hash"
    return fetch(db, f"SELECT {columns} FROM runs WHERE id = ?", [run_id])[0]


def several(db: Database, run_ids: Sequence[str], viewer: str = "") -> list[Run]:
    """These runs in the order asked, without those that do not exist for the viewer."""
    marks = ", ".join("?" * len(run_ids))
    sql = f"SELECT {RUN_COLUMNS} FROM runs r WHERE r.id IN ({marks}) AND {visibility.visible('runs')}"
    runs = {run.id: run for run in as_runs(db, fetch(db, sql, [*run_ids, viewer]))}
    return [runs[i] for i in run_ids if i in runs]


def unended(db: Database, run_ids: Sequence[str]) -> set[str]:
    """Those of the runs that have not ended: cheap enough to ask at every change."""
    marks = ", ".join("?" * len(run_ids))
    sql = f"SELECT id FROM runs WHERE id IN ({marks}) AND finished_at IS NULL"
    return {row[0] for row in db.conn.execute(sql, list(run_ids)).fetchall()}


def open_with(db: Database, *statuses: Status) -> list[Run]:
    """All runs in one of these states, each of which has yet to end, oldest first."""
    marks = ", ".join("?" * len(statuses))
    sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE status IN ({marks}) AND {_BY_OPEN} ORDER BY seq"
    return as_runs(db, fetch(db, sql, list(statuses)))


def held_for(db: Database, reasons: Sequence[HeldReason]) -> list[Run]:
    """Runs that are held for one of these reasons, the oldest first."""
    marks = ", ".join("?" * len(reasons))
    sql = (
        f"SELECT {RUN_COLUMNS} FROM runs WHERE status = 'held' AND {_BY_OPEN} AND held_reason IN ({marks}) ORDER BY seq"
    )
    return as_runs(db, fetch(db, sql, [reason.value for reason in reasons]))


def ended_lately(db: Database, viewer: str, limit: int) -> list[Run]:
    """Runs that ended, the latest first, without the trash; of others' only those among the last of the studio."""
    latest = "SELECT * FROM runs WHERE finished_at IS NOT NULL AND trashed_at IS NULL ORDER BY finished_at DESC LIMIT ?"
    sql = f"SELECT {RUN_COLUMNS} FROM ({latest}) r WHERE {visibility.visible('runs')} ORDER BY finished_at DESC LIMIT ?"
    return as_runs(db, fetch(db, sql, [LATEST if viewer else limit, viewer, limit]))


def move(db: Database, run: Run, to: Status, why: str, **columns: Any) -> Run:
    """Take the run from the status it has in `run` to another, with the event; the run as it is now.

    Raises Conflict when it has another status by now, or the move is not in TRANSITIONS.
    """
    if to not in TRANSITIONS[run.status]:
        raise Conflict(Message("run.cannot_become", status=term(run.status), to=term(to)))
    values = CLEARED[to] | ({"finished_at": stamp()} if to.ended else {}) | columns
    return _change(db, run, to, why, values)


def enter(
    db: Database, run: Run, phase: Phase, why: str, *, at: datetime | None = None, **columns: Any
) -> Run:  # fmt: skip
    """Note the phase that a running run is about to begin, before its first step is taken; at: that it began then."""
    return _change(db, run, run.status, why, {"phase": phase.value} | columns, at)


def _change(
    db: Database, run: Run, to: Status, why: str, values: dict[str, Any], at: datetime | None = None
) -> Run:  # fmt: skip
    not_finite = [k for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)]
    # the last guard of every number that came from a provider
    values = mapping.with_messages(values | dict.fromkeys(not_finite))
    sets = ", ".join(f"{name} = ?" for name in ("status", *values))
    sql = f"UPDATE runs SET {sets} WHERE id = ? AND status = ? AND attempt = ? RETURNING {RUN_COLUMNS}"
    changed = fetch(db, sql, [to.value, *values.values(), run.id, run.status.value, run.attempt])
    if not changed:
        raise Conflict(Message("run.changed"))
    updated = as_run(changed[0], run.assets, run.request)
    events.add(db, updated.seq, run.status, to, updated.phase, why, at=at)
    return updated


def replace_request(db: Database, run: Run, new: NewRun, why: str, **columns: Any) -> Run:
    """Give a run that was not sent another request, with all that follows from it; the run as it is now.

    new: as `add` takes it; of its run the id, the batch and the place do not count. Raises Conflict where the run's
    status, phase or attempt is another by now.
    """
    wanted, request = new.run, new.run.request
    values = {
        name: getattr(wanted, name)
        for name in ("model", "provider", "account", "held_reason", "expected_s", "estimate_usd")
    }
    values |= {"task": request.task.value, "kind": request.task.makes.value, "words": _words(request)}
    values |= {"request": mapping.as_json(request), "seed": mapping.seed_in(wanted.seed), "pace": new.pace}
    values |= {"error": wanted.error, "error_code": None, "note": None, "phase": None, "crashes": 0} | columns
    values = mapping.with_messages(values)
    sets = ", ".join(f"{name} = ?" for name in ("status", *values))
    sql = (
        f"UPDATE runs SET {sets}, edits = edits + 1 WHERE id = ? AND status = ? AND attempt = ? AND phase IS ? "
        f"AND handle IS NULL RETURNING {RUN_COLUMNS}"
    )
    expected = [run.id, run.status.value, run.attempt, run.phase and run.phase.value]
    changed = fetch(db, sql, [wanted.status.value, *values.values(), *expected])
    if not changed:
        raise Conflict(Message("run.changed"))
    db.conn.execute("DELETE FROM run_assets WHERE run = ? AND role != 'output'", [run.seq])
    for role, ids in new.inputs.items():
        for idx, asset in enumerate(ids):
            attach(db, run.seq, role, idx, asset)
    edited = as_run(changed[0], run.assets)
    events.add(db, run.seq, run.status, edited.status, None, why)
    return edited


def note_attempt(db: Database, run: Run, text: str | None) -> None:
    """Show a note beside a run under way; nothing happens where this attempt of it has ended meanwhile."""
    columns = mapping.with_messages({"note": text})
    sets = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE runs SET {sets} WHERE id = ? AND status = 'running' AND attempt = ?"
    db.conn.execute(sql, [*columns.values(), run.id, run.attempt])


def note(db: Database, run_id: str, **columns: Any) -> None:
    """Set columns that are not part of the state machine."""
    columns = mapping.with_messages(columns)
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.conn.execute(f"UPDATE runs SET {sets} WHERE id = ?", [*columns.values(), run_id])


def handles_since(db: Database, provider: str, since: datetime) -> set[str]:
    """Handles that runs submitted since then hold at this provider."""
    sql = "SELECT handle FROM runs WHERE provider = ? AND handle IS NOT NULL AND submitted_at >= ?"
    return {row[0] for row in db.conn.execute(sql, [provider, stamp(since)]).fetchall()}


def times(db: Database, pace: str, limit: int) -> list[float]:
    """Seconds from submit to result of the latest runs of this kind, newest first."""
    sql = "SELECT took_s FROM runs WHERE pace = ? AND took_s IS NOT NULL ORDER BY seq DESC LIMIT ?"
    return [row[0] for row in db.conn.execute(sql, [pace, limit]).fetchall()]


def set_trashed(db: Database, run_ids: Sequence[str], owner: str, *, trashed: bool) -> list[str]:
    """Put the owner's ended runs in the trash, or take them out; the ids that changed. Runs under way stay."""
    marks = ", ".join("?" * len(run_ids))
    sql = (
        f"UPDATE runs SET trashed_at = ? WHERE id IN ({marks}) AND ? IN ('', owner) AND finished_at IS NOT NULL "
        f"AND (trashed_at IS NULL) = ? RETURNING id"
    )
    return [r["id"] for r in fetch(db, sql, [stamp() if trashed else None, *run_ids, owner, int(trashed)])]


def set_rating(db: Database, run_id: str, rating: int, viewer: str) -> None:
    """Give the run 0 (none) to 5 stars. Raises NotFound, NotAllowed for one that is only seen."""
    sql = f"UPDATE runs AS r SET rating = ? WHERE r.id = ? AND {visibility.changeable('rate')}"
    if not db.conn.execute(sql, [rating, run_id, viewer]).rowcount:
        get(db, run_id, viewer)
        raise NotAllowed(Message("project.reviewer_only"))


def purge(db: Database, before: str, limit: int = 200) -> tuple[list[str], bool]:
    """Delete up to `limit` runs trashed before this moment: paths of files that nothing refers to any more, and whether
    there may be more runs to delete. Input files stay: they may be used again."""
    old = [
        row[0]
        for row in db.conn.execute("SELECT seq FROM runs WHERE trashed_at < ? LIMIT ?", [before, limit]).fetchall()
    ]
    paths: list[str] = []
    for seq in old:
        outputs = db.conn.execute(
            "SELECT a.seq, a.path FROM run_assets ra JOIN assets a ON a.seq = ra.asset "
            "WHERE ra.run = ? AND ra.role = 'output'",
            [seq],
        ).fetchall()
        db.conn.execute("DELETE FROM runs WHERE seq = ?", [seq])
        paths += [path for asset, path in outputs if _forget(db, asset, path)]
    return paths, len(old) == limit


def _forget(db: Database, asset: int, path: str) -> bool:
    """Delete an asset that no run uses any more; whether its file may go as well."""
    if db.conn.execute("SELECT 1 FROM run_assets WHERE asset = ?", [asset]).fetchone():
        return False
    db.conn.execute("DELETE FROM assets WHERE seq = ?", [asset])
    return bool(path) and not db.conn.execute("SELECT 1 FROM assets WHERE path = ?", [path]).fetchone()

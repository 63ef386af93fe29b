"""The queue in small answers: its sums, and some runs of one of its parts in the order in which they are shown.

Whatever waits, no more runs are read than are asked for. Their order is reckoned from the index of the waiting runs:
the first k to start are among the first k of each person, so that only these are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlite_utils import Database

from studio.domain import Run, Status
from studio.store import visibility
from studio.store.mapping import RUN_COLUMNS, as_runs, fetch, stamp
from studio.store.queue import ORDER, turns

ACTIVE = "status IN ('queued','running','held')"
"""SQL: what the index runs_active holds, in its own words."""
Section = Literal["running", "held", "queued"]


@dataclass(frozen=True)
class Work:
    """What the waiting runs of a provider are expected to take, in seconds: together, and the longest of them."""

    total_s: float = 0.0
    longest_s: float = 0.0


@dataclass(frozen=True)
class Totals:
    """Runs of everybody by status, of the held ones those that the viewer sees. own: of the viewer's own, by status and
    task. usd, work: of the waiting runs that the viewer sees, by provider."""

    running: int = 0
    held: int = 0
    queued: int = 0
    own: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    usd: float = 0.0
    work: dict[str, Work] = field(default_factory=dict[str, Work])


def totals(db: Database, viewer: str) -> Totals:
    """The sums as they are now."""
    if viewer:
        source = (
            "(SELECT r.status, r.provider, r.task, r.owner, r.expected_s, r.estimate_usd, "
            f"{visibility.visible('runs')} AS seen FROM runs r WHERE r.{ACTIVE})"
        )
    else:
        source = f"(SELECT *, 1 AS seen FROM runs WHERE {ACTIVE})"
    sql = (
        "SELECT status, provider, task, owner = ? AS own, seen, count(*) AS n, sum(expected_s) AS total_s, "
        f"max(expected_s) AS longest_s, sum(estimate_usd) AS usd FROM {source} GROUP BY 1, 2, 3, 4, 5"
    )
    counts, usd = dict.fromkeys(("running", "held", "queued"), 0), 0.0
    own, work = dict[str, dict[str, int]](), dict[str, Work]()
    for row in fetch(db, sql, [viewer, *([viewer] if viewer else [])]):
        if row["seen"] or row["status"] != Status.HELD.value:
            counts[row["status"]] += row["n"]
        if row["own"]:
            tasks = own.setdefault(row["status"], {})
            tasks[row["task"]] = tasks.get(row["task"], 0) + row["n"]
        if row["seen"] and row["status"] == Status.QUEUED.value:
            before = work.get(row["provider"], Work())
            longest_s = max(before.longest_s, row["longest_s"] or 0.0)
            work[row["provider"]] = Work(before.total_s + (row["total_s"] or 0.0), longest_s)
            usd += row["usd"] or 0.0
    return Totals(**counts, own=own, usd=round(usd, 6), work=work)


def revision(db: Database) -> tuple[int, int]:
    """Stays equal while no run was added or changed."""
    sql = "SELECT (SELECT n FROM revisions WHERE name = 'runs'), (SELECT max(seq) FROM runs)"
    changes, newest = db.conn.execute(sql).fetchone()
    return changes, newest or 0


def page(db: Database, section: Section, viewer: str, *, skip: int = 0, limit: int = 50) -> list[Run]:
    """Runs of a part of the queue, in its order, from the one after the first `skip`.

    Waiting ones have their position and the work ahead of them, as queue.active. Those that the viewer may not see are
    masked; held ones of these are left out.
    """
    if section == "queued":
        order = turns(db, skip, limit)
        found = _by_seq(db, [seq for seq, _ in order])
        shown = [found[seq].model_copy(update=live) for seq, live in order if seq in found]
    else:
        seen = f"AND {visibility.visible('runs')}" if section == "held" else ""
        sql = f"SELECT seq FROM runs r WHERE {ACTIVE} AND status = ? {seen} ORDER BY {ORDER} LIMIT ? OFFSET ?"
        values = [section, *([viewer] if seen else []), limit, skip]
        seqs = [row[0] for row in db.conn.execute(sql, values).fetchall()]
        found = _by_seq(db, seqs)
        shown = [found[seq] for seq in seqs]
    visible = visibility.visible_runs(db, [run.id for run in shown], viewer) if viewer else {run.id for run in shown}
    return [run if run.id in visible else run.masked() for run in shown]


def _by_seq(db: Database, seqs: list[int]) -> dict[int, Run]:
    sql = f"SELECT {RUN_COLUMNS} FROM runs WHERE seq IN ({', '.join('?' * len(seqs))})"
    return {run.seq: run for run in as_runs(db, fetch(db, sql, seqs))}


def oldest_waiting(db: Database) -> tuple[int, str | None]:
    """How many runs wait, and since when the oldest does, as the database has times."""
    return db.conn.execute(
        f"SELECT count(*), min(created_at) FROM runs WHERE {ACTIVE} AND status = 'queued'"
    ).fetchone()


def cancel(db: Database, viewer: str, run_ids: Sequence[str] | None, why: str, why_message: str | None) -> list[str]:
    """Cancel the waiting ones of these runs that the viewer may cancel, with None all of the viewer's own; their ids.

    Together, whatever their number: money that is set aside for them is given back, and each gets its event.
    """
    whose = "r.owner = ?" if run_ids is None else visibility.changeable("decide")
    chosen = "" if run_ids is None else "AND r.id IN (SELECT value FROM json_each(?)) "
    values: list[Any] = [stamp(), *([] if run_ids is None else [json.dumps(list(run_ids))]), viewer]
    changed = db.conn.execute(
        "UPDATE runs AS r SET status = 'cancelled', finished_at = ?, phase = NULL, held_reason = NULL, "
        f"cancel_wanted = 0 WHERE r.status = 'queued' {chosen}AND {whose} RETURNING seq, id",
        values,
    ).fetchall()
    seqs, ids = json.dumps([row[0] for row in changed]), [row[1] for row in changed]
    db.conn.execute(
        "INSERT INTO events (run, at, from_status, to_status, why, why_message) "
        "SELECT value, ?, 'queued', 'cancelled', ?, ? FROM json_each(?) ORDER BY value",
        [stamp(), why, why_message, seqs],
    )
    db.conn.execute(
        "INSERT INTO ledger (run, owner, project, model, day, at, kind, usd, paid_by) "
        "SELECT l.run, r.owner, r.project, r.model, l.day, ?, 'release', -l.usd, l.paid_by "
        "FROM json_each(?) c JOIN runs r ON r.seq = c.value JOIN ledger l ON l.seq = "
        "(SELECT max(seq) FROM ledger WHERE run = r.id) WHERE l.kind = 'reserve'",
        [stamp(), seqs],
    )
    return ids

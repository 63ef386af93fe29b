"""Comparisons of runs, their members in order, and the votes on them.

A vote is kept as pairs, winner and loser, with the models and what both cost, so that it counts for as long as the
database lasts, whatever becomes of the runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from studio.errors import NotFound
from studio.messages import Message, packed, unpacked
from studio.store import visibility
from studio.store.mapping import fetch, new_id, stamp


@dataclass(frozen=True)
class Comparison:
    """members: ids of runs, each with what its model does otherwise than was asked. same_request: all answer one
    request, so that votes say something about models."""

    id: str
    owner: str
    created_at: str
    same_request: bool
    members: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class VotePair:
    """One result preferred to another, or (tie) as good. usd: what each run cost, None where nobody knows."""

    winner: str
    loser: str
    winner_model: str
    loser_model: str
    winner_usd: float | None
    loser_usd: float | None
    tie: bool


def add(
    db: Database,
    members: Sequence[tuple[str, Sequence[str]]],
    *,
    owner: str,
    key: str | None,
    same_request: bool,
) -> str:
    """Store a comparison; its id. key: names the press that made it; raises sqlite3.IntegrityError where it did."""
    comparison_id = new_id("c_")
    sql = "INSERT INTO comparisons (id, owner, key, same_request, created_at) VALUES (?, ?, ?, ?, ?)"
    cursor = db.conn.execute(sql, [comparison_id, owner, key, int(same_request), stamp()])
    rows = [
        (cursor.lastrowid, place, run, json.dumps(packed(list(changes)), ensure_ascii=False))
        for place, (run, changes) in enumerate(members)
    ]
    db.conn.executemany("INSERT INTO comparison_runs (comparison, place, run, changes) VALUES (?, ?, ?, ?)", rows)
    return comparison_id


def find(db: Database, owner: str, key: str) -> str | None:
    """The comparison that this press has made already."""
    row = db.conn.execute("SELECT id FROM comparisons WHERE owner = ? AND key = ?", [owner, key]).fetchone()
    return row[0] if row else None


def of_runs(db: Database, viewer: str, run_ids: Sequence[str]) -> str | None:
    """The newest comparison of exactly these runs, in whatever order; None where there is none."""
    marks = ", ".join("?" * len(run_ids))
    members = "SELECT count(*) FROM comparison_runs m WHERE m.comparison = c.seq"
    sql = (
        "SELECT c.id FROM comparison_runs first JOIN comparisons c ON c.seq = first.comparison "
        f"WHERE first.run = ? AND {visibility.visible('comparisons')} AND ({members}) = ? "
        f"AND ({members} AND m.run IN ({marks})) = ? "
        "ORDER BY c.seq DESC LIMIT 1"
    )
    count = len(run_ids)
    row = db.conn.execute(sql, [run_ids[0], viewer, count, *run_ids, count]).fetchone()
    return row[0] if row else None


def latest_of(db: Database, viewer: str, run_id: str) -> str | None:
    """The newest comparison that this run is part of; None where it is in none."""
    sql = (
        "SELECT c.id FROM comparison_runs m JOIN comparisons c ON c.seq = m.comparison "
        f"WHERE m.run = ? AND {visibility.visible('comparisons')} ORDER BY c.seq DESC LIMIT 1"
    )
    row = db.conn.execute(sql, [run_id, viewer]).fetchone()
    return row[0] if row else None


def get(db: Database, comparison_id: str, viewer: str) -> Comparison:
    """The comparison, or NotFound where there is none that the viewer may see."""
    sql = f"SELECT * FROM comparisons c WHERE c.id = ? AND {visibility.visible('comparisons')}"
    rows = fetch(db, sql, [comparison_id, viewer])
    if not rows:
        raise NotFound(Message("compare.unknown", id=comparison_id))
    found = rows[0]
    sql = "SELECT run, changes FROM comparison_runs WHERE comparison = ? ORDER BY place"
    members = tuple((r["run"], tuple(unpacked(json.loads(r["changes"])))) for r in fetch(db, sql, [found["seq"]]))
    return Comparison(found["id"], found["owner"], found["created_at"], bool(found["same_request"]), members)


def vote(db: Database, comparison_id: str, voter: str, task: str, pairs: Sequence[VotePair], *, blind: bool) -> None:
    """Keep a vote in the place of the voter's former one on this comparison."""
    seq = db.conn.execute("SELECT seq FROM comparisons WHERE id = ?", [comparison_id]).fetchone()[0]
    db.conn.execute("DELETE FROM comparison_votes WHERE comparison = ? AND voter = ?", [seq, voter])
    at = stamp()
    rows = [
        (
            *(seq, voter, task, p.winner, p.loser, p.winner_model, p.loser_model, p.winner_usd, p.loser_usd),
            *(int(p.tie), int(blind), at),
        )
        for p in pairs
    ]
    db.conn.executemany(f"INSERT INTO comparison_votes VALUES ({', '.join('?' * 12)})", rows)


def vote_of(db: Database, comparison_id: str, voter: str) -> list[VotePair]:
    """The voter's pairs on this comparison; empty before a vote."""
    sql = (
        "SELECT v.* FROM comparison_votes v JOIN comparisons c ON c.seq = v.comparison "
        "WHERE c.id = ? AND v.voter = ? ORDER BY v.loser"
    )
    return [_pair(row) for row in fetch(db, sql, [comparison_id, voter])]


def votes(db: Database, voter: str, task: str = "", *, blind: bool = False) -> list[VotePair]:
    """All pairs this voter judged, of one task or all, blind ones alone if wanted; voter "" sees everybody's."""
    sql = "SELECT * FROM comparison_votes WHERE ? IN ('', voter) AND ? IN ('', task) AND blind >= ? ORDER BY at"
    return [_pair(row) for row in fetch(db, sql, [voter, task, int(blind)])]


def _pair(row: dict[str, object]) -> VotePair:
    values = {name: row[name] for name in VotePair.__dataclass_fields__}
    return VotePair(**values | {"tie": bool(row["tie"])})  # pyright: ignore[reportArgumentType]

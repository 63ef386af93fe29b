"""What visitors of a public Space use, and how their results go again. Visitors are owners whose key begins with v_."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from studio.permissions import VISITOR_PREFIX

IS_VISITOR = f"substr(owner, 1, {len(VISITOR_PREFIX)}) = '{VISITOR_PREFIX}'"
FORGOTTEN_AT_ONCE = 100
"""Runs, files, boards and exports that one transaction deletes, each."""


@dataclass(frozen=True)
class Forgotten:
    """What one transaction deleted: files that nothing refers to any more, relative to the data folder, ids of assets,
    whose previews go as well, and whether there may be more."""

    paths: list[str]
    asset_ids: list[str]
    more: bool


def waiting_runs(db: Database, owner: str = "") -> int:
    """Runs of this visitor, or of all, that have not ended."""
    whose, values = ("owner = ?", [owner]) if owner else (IS_VISITOR, [])
    return int(
        db.conn.execute(f"SELECT count(*) FROM runs WHERE finished_at IS NULL AND {whose}", values).fetchone()[0]
    )


def stored_bytes(db: Database, owner: str = "") -> int:
    """Bytes of the files of this visitor, or of all; a file used twice counts once."""
    whose, values = ("owner = ?", [owner]) if owner else (IS_VISITOR, [])
    sql = f"SELECT coalesce(sum(b), 0) FROM (SELECT max(bytes) b FROM assets WHERE {whose} GROUP BY path)"
    return int(db.conn.execute(sql, values).fetchone()[0])


def oldest_end(db: Database) -> str | None:
    """When the oldest ended run of a visitor ended; None where there is none."""
    return db.conn.execute(f"SELECT min(finished_at) FROM runs WHERE {IS_VISITOR}").fetchone()[0]


def forget(db: Database, before: str, *, owner: str = "") -> Forgotten:
    """Delete what visitors made before this moment, and what they put into the trash. owner: of this visitor only.

    Runs under way stay with their inputs, and so does what another run uses.
    """
    whose, values = (f"{IS_VISITOR} AND owner = ?", [owner]) if owner else (IS_VISITOR, [])
    rows = db.conn.execute(
        f"SELECT seq FROM runs WHERE {whose} AND finished_at IS NOT NULL"
        " AND (finished_at < ? OR trashed_at IS NOT NULL)"
        f" ORDER BY finished_at LIMIT {FORGOTTEN_AT_ONCE}",
        [*values, before],
    ).fetchall()
    outputs: list[int] = []
    for (seq,) in rows:
        sql = "SELECT asset FROM run_assets WHERE run = ? AND role = 'output'"
        outputs += [row[0] for row in db.conn.execute(sql, [seq]).fetchall()]
        db.conn.execute("DELETE FROM runs WHERE seq = ?", [seq])
    old = db.conn.execute(
        f"SELECT seq FROM assets WHERE {whose} AND created_at < ?"
        f" AND NOT EXISTS (SELECT 1 FROM run_assets WHERE asset = assets.seq) LIMIT {FORGOTTEN_AT_ONCE}",
        [*values, before],
    ).fetchall()
    exports, films = _forget_films(db, whose, [*values, before])
    boards = db.conn.execute(
        f"DELETE FROM storyboards WHERE seq IN (SELECT seq FROM storyboards WHERE {whose} AND updated_at < ?"
        f" LIMIT {FORGOTTEN_AT_ONCE})",
        [*values, before],
    ).rowcount
    gone = [found for seq in [*outputs, *(row[0] for row in old), *films] if (found := _forget_asset(db, seq))]
    most = max(len(rows), len(old), len(exports), boards)
    paths = [path for path, _ in gone if path and not _is_used(db, path)]
    return Forgotten([*paths, *exports], [asset_id for _, asset_id in gone], most >= FORGOTTEN_AT_ONCE)


def _forget_films(db: Database, whose: str, values: list[str]) -> tuple[list[str], list[int]]:
    rows = db.conn.execute(
        f"SELECT seq, path, asset FROM films WHERE {whose} AND finished_at < ? LIMIT {FORGOTTEN_AT_ONCE}", values
    ).fetchall()
    assets: list[int] = []
    for seq, _, asset in rows:
        db.conn.execute("DELETE FROM films WHERE seq = ?", [seq])
        found = db.conn.execute("SELECT seq FROM assets WHERE id = ?", [asset]).fetchone() if asset else None
        assets += [found[0]] if found else []
    return [path for _, path, _ in rows if path and not _is_used(db, path)], assets


def _forget_asset(db: Database, seq: int) -> tuple[str, str] | None:
    """Path and id of an asset that is deleted now; None where a run uses it, or it is gone."""
    if db.conn.execute("SELECT 1 FROM run_assets WHERE asset = ?", [seq]).fetchone():
        return None
    found = db.conn.execute("SELECT path, id FROM assets WHERE seq = ?", [seq]).fetchone()
    db.conn.execute("DELETE FROM assets WHERE seq = ?", [seq])
    return found


def _is_used(db: Database, path: str) -> bool:
    return bool(db.conn.execute("SELECT 1 FROM assets WHERE path = ? LIMIT 1", [path]).fetchone())

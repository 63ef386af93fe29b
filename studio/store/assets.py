"""Files the studio keeps, as rows; the files themselves lie under the data folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlite_utils import Database

from studio.domain import Asset
from studio.errors import NotFound
from studio.messages import Message, stored
from studio.store import visibility
from studio.store.mapping import ASSET_FIELDS, as_asset, fetch, stamp

_COLUMNS = (*ASSET_FIELDS, "notes_message")
_SQL = f"INSERT INTO assets ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def add(db: Database, asset: Asset) -> None:
    """Register a file. It must already lie at its path."""
    values = asset.model_dump(mode="json") | {
        "created_at": stamp(asset.created_at),
        "notes_message": stored(asset.notes),
    }
    db.conn.execute(_SQL, [values[name] for name in _COLUMNS])


def newest(db: Database) -> int:
    """The seq of the file that was added last; 0 where there is none."""
    return int(db.conn.execute("SELECT coalesce(max(seq), 0) FROM assets").fetchone()[0])


def discard(db: Database, asset_id: str, after: int) -> None:
    """Take the row of an upload away that is newer than `after` (a seq) and that no run uses."""
    unused = "NOT EXISTS (SELECT 1 FROM run_assets WHERE asset = assets.seq)"
    db.conn.execute(f"DELETE FROM assets WHERE id = ? AND seq > ? AND origin IS NULL AND {unused}", [asset_id, after])


def get(db: Database, asset_id: str, viewer: str = "") -> Asset:
    """The asset, or NotFound where there is none that the viewer may see."""
    sql = f"SELECT * FROM assets a WHERE a.id = ? AND {visibility.visible('assets')}"
    for row in fetch(db, sql, [asset_id, viewer]):
        return as_asset(row)
    raise NotFound(Message("file.unknown", asset_id=asset_id))


def several(db: Database, ids: Iterable[str], viewer: str = "") -> dict[str, Asset]:
    """These assets by id, without those that do not exist for the viewer."""
    ids = list(ids)
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT * FROM assets a WHERE a.id IN ({marks}) AND {visibility.visible('assets')}"
    rows = fetch(db, sql, [*ids, viewer])
    return {row["id"]: as_asset(row) for row in rows}


def of_content(db: Database, sha256: str, owner: str, name: str) -> Asset | None:
    """An upload of this owner with exactly this content and name, if there is one."""
    sql = "SELECT * FROM assets WHERE sha256 = ? AND owner = ? AND name = ? AND origin IS NULL LIMIT 1"
    return next((as_asset(row) for row in fetch(db, sql, [sha256, owner, name])), None)


def usage(db: Database) -> tuple[int, int]:
    """Number of assets, and the bytes of their files (a file used twice counts once)."""
    count = db.conn.execute("SELECT count(*) FROM assets").fetchone()[0]
    size = db.conn.execute(
        "SELECT coalesce(sum(b), 0) FROM (SELECT max(bytes) b FROM assets GROUP BY path)"
    ).fetchone()[0]
    return count, size


def uploads(db: Database, owner: str, kinds: Iterable[str], *, words: str = "", limit: int = 60) -> list[Asset]:
    """Files that no run made, of these kinds, newest first; every word is part of the file's name.

    owner: "" sees those of everybody.
    """
    kinds, parts = list(kinds), words.split()[:8]
    marks = ", ".join("?" * len(kinds))
    named = " AND name LIKE ? ESCAPE '\\'" * len(parts)
    whose = " AND owner = ?" if owner else ""
    sql = f"SELECT * FROM assets WHERE origin IS NULL AND trashed_at IS NULL AND kind IN ({marks}){whose}{named}"
    likes = ["%" + re.sub(r"([\\%_])", r"\\\1", part) + "%" for part in parts]
    values = [*kinds, *([owner] if owner else []), *likes, limit]
    return [as_asset(row) for row in fetch(db, f"{sql} ORDER BY seq DESC LIMIT ?", values)]


def known_path(db: Database, path: str) -> bool:
    """Whether any asset has its file there (path: relative to the data folder)."""
    return db.conn.execute("SELECT 1 FROM assets WHERE path = ? LIMIT 1", [path]).fetchone() is not None

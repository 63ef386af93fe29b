"""Reviews, their items and versions as rows. A change raises the review's revision, which pages compare."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from sqlite_utils import Database

from studio.domain import LOCAL_USER
from studio.errors import NotAllowed, NotFound
from studio.messages import Message
from studio.review.model import Content, Item, Review, Summary, Version
from studio.store import visibility
from studio.store.mapping import fetch, new_id, stamp

_REVIEW = "rv.seq, rv.id, rv.owner, rv.title, rv.project, rv.shared, rv.revision, rv.created_at, rv.updated_at"
_VERSION = (
    "w.seq, w.id, i.id AS item, w.number, w.label, w.run, w.asset, w.film, w.person, w.added_at, w.status, w.answers, "
    "w.rate_num, w.rate_den, w.frames"
)
_ITEM = "i.seq, i.id, i.title, i.position, i.board, i.shot, i.titled"
_ITEMS = "review_items i JOIN reviews rv ON rv.seq = i.review"
_SHOWN = visibility.visible("review_items")
Source = Literal["run", "asset", "film"]
"""What a version shows."""


def add(db: Database, title: str, *, owner: str, project: str, shared: bool) -> str:
    """A new review; its id."""
    review_id, at = new_id("rv_"), stamp()
    sql = "INSERT INTO reviews (id, owner, title, project, shared, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.conn.execute(sql, [review_id, owner, title, project, int(shared), at, at])
    return review_id


def get(db: Database, review_id: str, viewer: str) -> Review:
    """The review, or NotFound where there is none that the viewer may see."""
    sql = (
        f"SELECT {_REVIEW} FROM reviews rv WHERE rv.id = ? AND rv.trashed_at IS NULL "
        f"AND {visibility.visible('reviews')}"
    )
    for row in fetch(db, sql, [review_id, viewer]):
        return _review(row)
    raise NotFound(Message("review.unknown"))


def get_changeable(db: Database, review_id: str, viewer: str, change: visibility.Change) -> Review:
    """The review, to be changed in this way. Raises NotFound, NotAllowed for one that is only seen."""
    review = get(db, review_id, viewer)
    if not may_change(db, review_id, viewer, change):
        raise NotAllowed(Message("review.only_look"))
    return review


def may_change(db: Database, review_id: str, viewer: str, change: visibility.Change) -> bool:
    """Whether the viewer may change the review in this way; what the role in the studio says comes on top."""
    sql = f"SELECT 1 FROM reviews rv WHERE rv.id = ? AND {visibility.changeable(change)}"
    return db.conn.execute(sql, [review_id, viewer]).fetchone() is not None


def visible_ids(db: Database, review_ids: Sequence[str], viewer: str) -> set[str]:
    """Those of the reviews that the viewer sees."""
    marks = ", ".join("?" * len(review_ids))
    sql = f"SELECT rv.id FROM reviews rv WHERE rv.id IN ({marks}) AND {visibility.visible('reviews')}"
    return {row[0] for row in db.conn.execute(sql, [*review_ids, viewer]).fetchall()}


def of_runs(db: Database, run_ids: Sequence[str]) -> list[str]:
    """Ids of the reviews that have one of these runs as a version."""
    marks = ", ".join("?" * len(run_ids))
    sql = (
        "SELECT DISTINCT rv.id FROM review_versions w JOIN review_items i ON i.seq = w.item "
        f"JOIN reviews rv ON rv.seq = i.review WHERE w.run IN ({marks})"
    )
    return [row[0] for row in db.conn.execute(sql, list(run_ids)).fetchall()]


def summaries(db: Database, viewer: str) -> list[Summary]:
    """Every review that the viewer sees, last changed first."""
    newest = "w.number = (SELECT max(number) FROM review_versions WHERE item = i.seq)"
    shown = "coalesce(w.asset, f.asset, (SELECT a.id FROM runs r JOIN run_assets ra ON ra.run = r.seq AND "
    shown += "ra.role = 'output' JOIN assets a ON a.seq = ra.asset WHERE r.id = w.run ORDER BY ra.idx LIMIT 1))"
    sql = (
        f"SELECT {_REVIEW}, (SELECT count(*) FROM review_items i WHERE i.review = rv.seq) AS items, "
        "(SELECT count(*) FROM comments c WHERE c.review = rv.seq AND c.parent IS NULL AND c.resolved_at IS NULL) "
        "AS open_comments, (SELECT count(*) FROM review_items i JOIN review_versions w ON w.item = i.seq AND "
        f"{newest} JOIN review_statuses s ON s.id = w.status AND s.is_done = 1 WHERE i.review = rv.seq) AS done, "
        f"(SELECT {shown} FROM review_items i JOIN review_versions w ON w.item = i.seq AND {newest} "
        "LEFT JOIN films f ON f.id = w.film WHERE i.review = rv.seq ORDER BY i.position LIMIT 1) AS cover "
        f"FROM reviews rv WHERE rv.trashed_at IS NULL AND {visibility.visible('reviews')} ORDER BY rv.updated_at DESC"
    )
    return [
        Summary(_review(row), row["items"], row["open_comments"], row["done"], row["cover"])
        for row in fetch(db, sql, [viewer])
    ]


def content(db: Database, review_id: str, viewer: str) -> Content:
    """All of the review but its comments. Raises NotFound."""
    review = get(db, review_id, viewer)
    shown = (tuple(items(db, review.seq, viewer)), tuple(versions(db, review.seq, viewer)))
    return Content(review, *shown, ())


def items(db: Database, review: int, viewer: str) -> list[Item]:
    """The items of a review (its seq) that the viewer sees, in their order."""
    sql = f"SELECT {_ITEM} FROM {_ITEMS} WHERE i.review = ? AND {_SHOWN} ORDER BY i.position, i.seq"
    return [_item(row) for row in fetch(db, sql, [review, viewer])]


def versions(db: Database, review: int, viewer: str) -> list[Version]:
    """The versions of all items of a review (its seq) that the viewer sees, oldest first within an item."""
    sql = (
        f"SELECT {_VERSION} FROM {_ITEMS} JOIN review_versions w ON w.item = i.seq "
        f"WHERE i.review = ? AND {_SHOWN} ORDER BY i.position, i.seq, w.number"
    )
    return [_version(row) for row in fetch(db, sql, [review, viewer])]


def item(db: Database, review: int, item_id: str, viewer: str) -> Item:
    """One item. Raises NotFound."""
    sql = f"SELECT {_ITEM} FROM {_ITEMS} WHERE i.review = ? AND i.id = ? AND {_SHOWN}"
    for row in fetch(db, sql, [review, item_id, viewer]):
        return _item(row)
    raise NotFound(Message("review.item_unknown"))


def item_of_shot(db: Database, review: int, board: str, shot: str) -> Item | None:
    """The item that stands for a shot of a storyboard; None where the review has none."""
    sql = f"SELECT {_ITEM} FROM review_items i WHERE i.review = ? AND i.board = ? AND i.shot = ? ORDER BY i.seq LIMIT 1"
    return next((_item(row) for row in fetch(db, sql, [review, board, shot])), None)


def version(db: Database, review: int, version_id: str, viewer: str) -> Version:
    """One version. Raises NotFound."""
    sql = (
        f"SELECT {_VERSION} FROM {_ITEMS} JOIN review_versions w ON w.item = i.seq "
        f"WHERE i.review = ? AND w.id = ? AND {_SHOWN}"
    )
    for row in fetch(db, sql, [review, version_id, viewer]):
        return _version(row)
    raise NotFound(Message("review.version_unknown"))


def add_item(db: Database, review: int, title: str, *, board: str | None = None, shot: str | None = None) -> Item:
    """A new item at the end of the review."""
    item_id = new_id("ri_")
    sql = (
        "INSERT INTO review_items (id, review, title, position, board, shot) SELECT ?, ?, ?, "
        "coalesce((SELECT max(position) + 1 FROM review_items WHERE review = ?), 0), ?, ?"
    )
    db.conn.execute(sql, [item_id, review, title, review, board, shot])
    return item(db, review, item_id, LOCAL_USER)


def set_item(db: Database, item_seq: int, *, title: str) -> None:
    """Give the item another title, which is somebody's own then."""
    db.conn.execute("UPDATE review_items SET title = ?, titled = 1 WHERE seq = ?", [title, item_seq])


def order_items(db: Database, ordered: Sequence[int]) -> None:
    """Put the items (their seqs) into this order."""
    rows = [(place, seq) for place, seq in enumerate(ordered)]
    db.conn.executemany("UPDATE review_items SET position = ? WHERE seq = ?", rows)


def remove_item(db: Database, item_seq: int) -> None:
    """Take the item out of the review, with its versions and their comments."""
    db.conn.execute("DELETE FROM review_items WHERE seq = ?", [item_seq])


def add_version(
    db: Database, item_seq: int, source: Source, id_: str, *, person: str, label: str = "", answers: str | None = None
) -> str:
    """A new version on top of the item's stack; its id. answers: the comment that it was made for."""
    version_id = new_id("rw_")
    sql = (
        f"INSERT INTO review_versions (id, item, number, label, {source}, person, added_at, status, answers) "
        "SELECT ?, ?, coalesce((SELECT max(number) + 1 FROM review_versions WHERE item = ?), 1), ?, ?, ?, ?, "
        "(SELECT id FROM review_statuses WHERE is_default = 1 AND retired_at IS NULL), ?"
    )
    db.conn.execute(sql, [version_id, item_seq, item_seq, label, id_, person, stamp(), answers])
    return version_id


def count_versions(db: Database, item_seq: int) -> int:
    """How many versions the item has."""
    return db.conn.execute("SELECT count(*) FROM review_versions WHERE item = ?", [item_seq]).fetchone()[0]


def remove_version(db: Database, version_seq: int) -> None:
    """Take the version out of its stack, with its comments."""
    db.conn.execute("DELETE FROM review_versions WHERE seq = ?", [version_seq])


def set_timing(db: Database, version_seq: int, rate: Fraction, frames: int) -> None:
    """Keep what was read from the version's file."""
    sql = "UPDATE review_versions SET rate_num = ?, rate_den = ?, frames = ? WHERE seq = ?"
    db.conn.execute(sql, [rate.numerator, rate.denominator, frames, version_seq])


def set_status(db: Database, version_seq: int, status: str) -> None:
    """Mark the version."""
    db.conn.execute("UPDATE review_versions SET status = ? WHERE seq = ?", [status, version_seq])


def rename(db: Database, review: int, title: str) -> None:
    """Give the review (its seq) another title."""
    db.conn.execute("UPDATE reviews SET title = ? WHERE seq = ?", [title, review])


def set_shared(db: Database, review: int, project: str, *, shared: bool) -> None:
    """Put the review into a project ("" for none), seen by its members or by its owner alone."""
    db.conn.execute("UPDATE reviews SET project = ?, shared = ? WHERE seq = ?", [project, int(shared), review])


def set_trashed(db: Database, review_id: str, *, trashed: bool) -> None:
    """Put the review away, or bring it back."""
    db.conn.execute("UPDATE reviews SET trashed_at = ? WHERE id = ?", [stamp() if trashed else None, review_id])


def changed(db: Database, review: int) -> None:
    """Note that something in the review (its seq) is not what it was."""
    db.conn.execute("UPDATE reviews SET revision = revision + 1, updated_at = ? WHERE seq = ?", [stamp(), review])


def _review(row: dict[str, Any]) -> Review:
    values: dict[str, Any] = {name: row[name] for name in Review.__dataclass_fields__}
    values["shared"] = bool(row["shared"])
    return Review(**values)


def _item(row: dict[str, Any]) -> Item:
    row["titled"] = bool(row["titled"])
    return Item(**row)


def _version(row: dict[str, Any]) -> Version:
    num, den = row.pop("rate_num"), row.pop("rate_den")
    return Version(**row, rate=Fraction(num, den) if num and den else None)

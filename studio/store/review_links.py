"""Share links of reviews as rows: what guests may do by one, and until when. Known only by the hash of their token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from studio.domain import now
from studio.errors import NotFound
from studio.messages import Message
from studio.store.mapping import fetch, stamp

_COLUMNS = (
    "l.id, l.review, l.hash, l.label, l.created_by, l.created_at, l.expires_at, l.revoked_at, l.can_comment, "
    "l.can_download, l.watermark, l.password_hash, l.all_items, l.opened_at"
)
LIVES = "l.revoked_at IS NULL AND l.expires_at > ?"
"""SQL: whether a link (l) counts at this moment (one parameter, a stamp)."""


@dataclass(frozen=True)
class ReviewLink:
    """A link. items: the only ones it shows; None for all that the review has, also later. hash, password_hash: never
    leave the studio."""

    id: str
    review: str
    hash: str
    label: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    can_comment: bool
    can_download: bool
    watermark: bool
    password_hash: str
    items: tuple[str, ...] | None
    opened_at: datetime | None

    @property
    def lives(self) -> bool:
        """Whether it lets anybody in now."""
        return self.revoked_at is None and self.expires_at > now()


def add(db: Database, link: ReviewLink) -> None:
    """Store a new link."""
    values = [
        *(link.id, link.review, link.hash, link.label, link.created_by, stamp(link.created_at)),
        *(stamp(link.expires_at), int(link.can_comment), int(link.can_download), int(link.watermark)),
        *(link.password_hash, stamp(link.created_at), int(link.items is None)),
    ]
    columns = (
        "id, review, hash, label, created_by, created_at, expires_at, can_comment, can_download, watermark, "
        "password_hash, password_at, all_items"
    )
    db.conn.execute(f"INSERT INTO review_links ({columns}) VALUES ({', '.join('?' * len(values))})", values)
    _set_items(db, link.id, link.items)


def get(db: Database, link_id: str, review: str) -> ReviewLink:
    """One link of a review, or NotFound."""
    sql = f"SELECT {_COLUMNS} FROM review_links l WHERE l.id = ? AND l.review = ?"
    for row in fetch(db, sql, [link_id, review]):
        return _link(db, row)
    raise NotFound(Message("reviewlinks.unknown"))


def with_hash(db: Database, token_hash: str) -> ReviewLink | None:
    """The link of this token's hash, whatever its state."""
    rows = fetch(db, f"SELECT {_COLUMNS} FROM review_links l WHERE l.hash = ?", [token_hash])
    return _link(db, rows[0]) if rows else None


def of_guest(db: Database, guest_id: str) -> ReviewLink:
    """The link that a guest came by, or NotFound."""
    sql = f"SELECT {_COLUMNS} FROM review_links l JOIN guests g ON g.link = l.id WHERE g.id = ?"
    for row in fetch(db, sql, [guest_id]):
        return _link(db, row)
    raise NotFound(Message("reviewlinks.unknown"))


def title_of(db: Database, review: str) -> str | None:
    """The title of a review that is not in the trash."""
    row = db.conn.execute("SELECT title FROM reviews WHERE id = ? AND trashed_at IS NULL", [review]).fetchone()
    return row[0] if row else None


def of_review(db: Database, review: str) -> list[tuple[ReviewLink, int]]:
    """Links of a review with the number of their guests, the newest first."""
    sql = (
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM guests g WHERE g.link = l.id) AS guests FROM review_links l "
        "WHERE l.review = ? ORDER BY l.created_at DESC, l.id DESC"
    )
    return [(_link(db, row), row["guests"]) for row in fetch(db, sql, [review])]


def change(
    db: Database, link_id: str, *, label: str | None = None, expires_at: datetime | None = None,
    can_comment: bool | None = None, can_download: bool | None = None, watermark: bool | None = None,
) -> None:  # fmt: skip
    """Set what is given."""
    values = {
        "label": label, "expires_at": stamp(expires_at) if expires_at else None, "can_comment": can_comment,
        "can_download": can_download, "watermark": watermark,
    }  # fmt: skip
    for column, value in values.items():
        if value is not None:
            db.conn.execute(f"UPDATE review_links SET {column} = ? WHERE id = ?", [value, link_id])


def set_password(db: Database, link_id: str, password_hash: str) -> None:
    """Ask for another password from now on, "" for none; who entered before has to enter again."""
    sql = "UPDATE review_links SET password_hash = ?, password_at = ? WHERE id = ?"
    db.conn.execute(sql, [password_hash, stamp(), link_id])


def set_items(db: Database, link_id: str, items: Iterable[str] | None) -> None:
    """Show only these items, or with None all of the review."""
    db.conn.execute("UPDATE review_links SET all_items = ? WHERE id = ?", [int(items is None), link_id])
    _set_items(db, link_id, items)


def revoke(db: Database, link_id: str) -> None:
    """Let nobody in any more. A link that was revoked keeps its moment."""
    db.conn.execute("UPDATE review_links SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [stamp(), link_id])


def opened(db: Database, link_id: str) -> None:
    """Note that somebody entered."""
    db.conn.execute("UPDATE review_links SET opened_at = ? WHERE id = ?", [stamp(), link_id])


def living(db: Database) -> set[str]:
    """Ids of the links that let people in now."""
    return {row[0] for row in db.conn.execute(f"SELECT id FROM review_links l WHERE {LIVES}", [stamp()]).fetchall()}


def _set_items(db: Database, link_id: str, items: Iterable[str] | None) -> None:
    db.conn.execute("DELETE FROM review_link_items WHERE link = ?", [link_id])
    rows = [(link_id, item) for item in dict.fromkeys(items or ())]
    db.conn.executemany("INSERT INTO review_link_items VALUES (?, ?)", rows)


def _link(db: Database, row: dict[str, object]) -> ReviewLink:
    values = {name: row[name] for name in ReviewLink.__dataclass_fields__ if name in row}
    for name in ("created_at", "expires_at", "revoked_at", "opened_at"):
        values[name] = datetime.fromisoformat(str(row[name])) if row[name] else None
    for name in ("can_comment", "can_download", "watermark"):
        values[name] = bool(row[name])
    items = None if row["all_items"] else tuple(_items(db, str(row["id"])))
    return ReviewLink(**values | {"items": items})  # type: ignore[arg-type]


def _items(db: Database, link_id: str) -> list[str]:
    sql = "SELECT item FROM review_link_items WHERE link = ? ORDER BY item"
    return [row[0] for row in db.conn.execute(sql, [link_id]).fetchall()]

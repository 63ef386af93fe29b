"""Accounts, their sessions, access tokens and one-time links, as rows. Tokens come here only as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlite_utils import Database

from studio.errors import NotFound
from studio.messages import Message
from studio.permissions import Role, Scope
from studio.store import continuations, form_defaults
from studio.store.mapping import fetch, stamp

OWNED = ("runs", "assets", "storyboards", "films", "comparisons", "refund_claims", "ledger", "presets")
"""Tables with a column `owner`."""
NAMED_ELSE = (
    ("storyboard_refs", "person"),
    ("comparison_votes", "voter"),
    ("refund_events", "actor"),
    ("fair_queue", "owner"),
    ("storyboard_versions", "person"),
)
"""Tables where the person stands in another column."""


@dataclass(frozen=True)
class Person:
    """An account. issuer and subject: where somebody else's sign-in stands for it. Times are UTC."""

    id: str
    login: str
    name: str
    email: str
    role: Role
    has_password: bool
    issuer: str
    subject: str
    created_at: datetime
    seen_at: datetime | None
    disabled_at: datetime | None

    @property
    def shown_name(self) -> str:
        """The name for others."""
        return self.name or self.login


@dataclass(frozen=True)
class Session:
    """A browser that is signed in. id: names it on the account page; it is not the token."""

    id: str
    person: str
    method: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class AccessToken:
    """What a program signs in with. usd_limit: dollars that it may spend in all; None is no limit of its own."""

    id: str
    person: str
    name: str
    scope: Scope
    usd_limit: float | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


def add(db: Database, person_id: str, **columns: Any) -> Person:
    """Store an account; columns: login, name, email, role, password_hash, issuer, subject."""
    values = {"id": person_id, "created_at": stamp()} | columns
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    db.conn.execute(f"INSERT INTO people ({names}) VALUES ({marks})", list(values.values()))
    return get(db, person_id)


def get(db: Database, person_id: str) -> Person:
    """The account. Raises NotFound."""
    for row in fetch(db, "SELECT * FROM people WHERE id = ?", [person_id]):
        return _person(row)
    raise NotFound(Message("people.unknown"))


def everyone(db: Database) -> list[Person]:
    """All accounts, the oldest first."""
    return [_person(row) for row in fetch(db, "SELECT * FROM people ORDER BY seq")]


def with_login(db: Database, login: str) -> Person | None:
    """The account of this login, in any case of its letters."""
    return next((_person(row) for row in fetch(db, "SELECT * FROM people WHERE login = ?", [login])), None)


def with_subject(db: Database, issuer: str, subject: str) -> Person | None:
    """The account that this issuer's subject signs in to."""
    sql = "SELECT * FROM people WHERE issuer = ? AND subject = ? AND subject != ''"
    return next((_person(row) for row in fetch(db, sql, [issuer, subject])), None)


def change(db: Database, person_id: str, **columns: Any) -> Person:
    """Set columns of an account. Raises NotFound."""
    sets = ", ".join(f"{name} = ?" for name in columns)
    db.conn.execute(f"UPDATE people SET {sets} WHERE id = ?", [*columns.values(), person_id])
    return get(db, person_id)


def password_hash(db: Database, person_id: str) -> str:
    """The argon2 hash of the account's password; "" for none."""
    row = db.conn.execute("SELECT password_hash FROM people WHERE id = ?", [person_id]).fetchone()
    return row[0] if row else ""


def active_admins(db: Database) -> list[str]:
    """Ids of the administrators who can sign in, the oldest first."""
    sql = "SELECT id FROM people WHERE role = 'admin' AND disabled_at IS NULL ORDER BY seq"
    return [row[0] for row in db.conn.execute(sql).fetchall()]


def give_ownerless(db: Database, person_id: str) -> None:
    """What was made before there were accounts belongs to this person from now on."""
    for table, column in (*((table, "owner") for table in OWNED), *NAMED_ELSE):
        db.conn.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ''", [person_id])
    form_defaults.give_ownerless(db, person_id)
    continuations.give_ownerless(db, person_id)


def has_ownerless(db: Database) -> bool:
    """Whether anything was made before there were accounts."""
    columns = (*((table, "owner") for table in OWNED), *NAMED_ELSE)
    return form_defaults.has_ownerless(db) or any(
        db.conn.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = '')").fetchone()[0]
        for table, column in columns
    )


def add_session(db: Database, token_hash: str, session: Session) -> None:
    """Store a session under the hash of its token."""
    values = [token_hash, session.id, session.person, session.method, session.device, session.address]
    values += [stamp(session.created_at), stamp(session.seen_at), stamp(session.expires_at)]
    db.conn.execute(f"INSERT INTO sessions VALUES ({', '.join('?' * len(values))})", values)


def session(db: Database, token_hash: str) -> Session | None:
    """The session of this token, also one that has expired."""
    rows = fetch(db, "SELECT * FROM sessions WHERE hash = ?", [token_hash])
    return next((_session(row) for row in rows), None)


def sessions_of(db: Database, person_id: str) -> list[Session]:
    """Living sessions of a person, the last used first."""
    sql = "SELECT * FROM sessions WHERE person = ? AND expires_at > ? ORDER BY seen_at DESC"
    return [_session(row) for row in fetch(db, sql, [person_id, stamp()])]


def touch_session(db: Database, token_hash: str, address: str) -> None:
    """Note that the session was used just now, and its person seen."""
    db.conn.execute("UPDATE sessions SET seen_at = ?, address = ? WHERE hash = ?", [stamp(), address, token_hash])
    sql = "UPDATE people SET seen_at = ? WHERE id = (SELECT person FROM sessions WHERE hash = ?)"
    db.conn.execute(sql, [stamp(), token_hash])


def end_session(db: Database, token_hash: str) -> None:
    """Forget the session of this token."""
    db.conn.execute("DELETE FROM sessions WHERE hash = ?", [token_hash])


def end_sessions(db: Database, person_id: str, *, only: str = "", keep: str = "") -> int:
    """Forget sessions of a person; how many. only: the id of one; keep: the hash of the token of one that stays."""
    sql = "DELETE FROM sessions WHERE person = ? AND (? = '' OR id = ?) AND hash != ?"
    return db.conn.execute(sql, [person_id, only, only, keep]).rowcount


def forget_expired(db: Database) -> None:
    """Delete sessions and one-time links that are over."""
    for table in ("sessions", "invitations"):
        db.conn.execute(f"DELETE FROM {table} WHERE expires_at <= ?", [stamp()])


def add_token(db: Database, token: AccessToken, token_hash: str) -> None:
    """Store an access token under its hash."""
    sql = (
        "INSERT INTO access_tokens (id, person, name, hash, scope, usd_limit, created_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    end = stamp(token.expires_at) if token.expires_at else None
    values = [token.id, token.person, token.name, token_hash, token.scope, token.usd_limit, stamp(token.created_at)]
    db.conn.execute(sql, [*values, end])


def token_with_hash(db: Database, token_hash: str) -> AccessToken | None:
    """The access token of this hash, also one that is revoked or has expired."""
    rows = fetch(db, "SELECT * FROM access_tokens WHERE hash = ?", [token_hash])
    return next((_token(row) for row in rows), None)


def token(db: Database, token_id: str) -> AccessToken | None:
    """The access token of this id, also one that is revoked or has expired."""
    return next((_token(row) for row in fetch(db, "SELECT * FROM access_tokens WHERE id = ?", [token_id])), None)


def tokens_of(db: Database, person_id: str) -> list[AccessToken]:
    """Access tokens of a person that are not revoked, the newest first."""
    sql = "SELECT * FROM access_tokens WHERE person = ? AND revoked_at IS NULL ORDER BY created_at DESC"
    return [_token(row) for row in fetch(db, sql, [person_id])]


def touch_token(db: Database, token_id: str) -> None:
    """Note that the token was used just now, and its person seen."""
    db.conn.execute("UPDATE access_tokens SET used_at = ? WHERE id = ?", [stamp(), token_id])
    sql = "UPDATE people SET seen_at = ? WHERE id = (SELECT person FROM access_tokens WHERE id = ?)"
    db.conn.execute(sql, [stamp(), token_id])


def revoke_token(db: Database, person_id: str, token_id: str) -> None:
    """End an access token of this person; an unknown one is ignored."""
    sql = "UPDATE access_tokens SET revoked_at = ? WHERE id = ? AND person = ? AND revoked_at IS NULL"
    db.conn.execute(sql, [stamp(), token_id, person_id])


def add_invitation(db: Database, token_hash: str, person_id: str, expires_at: datetime) -> None:
    """Store a one-time link; earlier ones of the person end."""
    db.conn.execute("DELETE FROM invitations WHERE person = ?", [person_id])
    sql = "INSERT INTO invitations (hash, person, created_at, expires_at) VALUES (?, ?, ?, ?)"
    db.conn.execute(sql, [token_hash, person_id, stamp(), stamp(expires_at)])


def invited(db: Database, token_hash: str) -> str | None:
    """Id of the person whom this link is for, while it counts."""
    sql = "SELECT person FROM invitations WHERE hash = ? AND expires_at > ?"
    row = db.conn.execute(sql, [token_hash, stamp()]).fetchone()
    return row[0] if row else None


def open_invitations(db: Database) -> dict[str, datetime]:
    """Persons whose one-time link still counts, and until when."""
    rows = fetch(db, "SELECT person, expires_at FROM invitations WHERE expires_at > ?", [stamp()])
    return {row["person"]: datetime.fromisoformat(row["expires_at"]) for row in rows}


def end_invitations(db: Database, person_id: str) -> None:
    """Forget the one-time links of a person."""
    db.conn.execute("DELETE FROM invitations WHERE person = ?", [person_id])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _person(row: dict[str, Any]) -> Person:
    return Person(
        row["id"], row["login"], row["name"], row["email"], Role(row["role"]), bool(row["password_hash"]),
        row["issuer"], row["subject"], datetime.fromisoformat(row["created_at"]), _moment(row["seen_at"]),
        _moment(row["disabled_at"]),
    )  # fmt: skip


def _session(row: dict[str, Any]) -> Session:
    times = [datetime.fromisoformat(row[name]) for name in ("created_at", "seen_at", "expires_at")]
    return Session(row["id"], row["person"], row["method"], row["device"], row["address"], *times)


def _token(row: dict[str, Any]) -> AccessToken:
    return AccessToken(
        row["id"], row["person"], row["name"], cast("Scope", row["scope"]), row["usd_limit"],
        datetime.fromisoformat(row["created_at"]), _moment(row["expires_at"]), _moment(row["used_at"]),
        _moment(row["revoked_at"]),
    )  # fmt: skip

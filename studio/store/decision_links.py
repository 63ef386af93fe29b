"""One-time links that stand for one decision of one person, known only by the hash of their token."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from studio.domain import now
from studio.store.mapping import stamp

LINK_HOURS = 48
"""How long a link can be used."""


@dataclass(frozen=True)
class DecisionLink:
    """Whose decision, about which question (a batch or a run), and until when."""

    person: str
    question: str
    expires_at: datetime


def make(db: Database, person: str, question: str) -> str:
    """The token of a new link. Links that are over are forgotten meanwhile."""
    token = secrets.token_urlsafe(32)
    db.conn.execute("DELETE FROM decision_links WHERE expires_at <= ?", [stamp()])
    values = [_hashed(token), person, question, stamp(), stamp(now() + timedelta(hours=LINK_HOURS))]
    db.conn.execute("INSERT INTO decision_links VALUES (?, ?, ?, ?, ?)", values)
    return token


def find(db: Database, token: str) -> DecisionLink | None:
    """The link of this token; None for one that is unknown, used or over."""
    sql = "SELECT person, question, expires_at FROM decision_links WHERE hash = ? AND expires_at > ?"
    row = db.conn.execute(sql, [_hashed(token), stamp()]).fetchone()
    return DecisionLink(row[0], row[1], datetime.fromisoformat(row[2])) if row else None


def close_question(db: Database, question: str) -> None:
    """The question is answered: no link to it can be used (again)."""
    db.conn.execute("DELETE FROM decision_links WHERE question = ?", [question])


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

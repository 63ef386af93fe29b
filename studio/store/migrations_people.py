"""Schema of accounts. Of every secret only the hash is kept: passwords by argon2id, random tokens by SHA-256."""

from __future__ import annotations

from sqlite_utils import Database

from studio.permissions import Role
from studio.store.migrations import MIGRATIONS

ROLES = ", ".join(f"'{role}'" for role in Role)

PEOPLE = f"""
CREATE TABLE people (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', role TEXT NOT NULL CHECK (role IN ({ROLES})),
    password_hash TEXT NOT NULL DEFAULT '', issuer TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL, seen_at TEXT, disabled_at TEXT
);
CREATE UNIQUE INDEX people_subject ON people (issuer, subject) WHERE subject != '';
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE, method TEXT NOT NULL,
    device TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL, seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_person ON sessions (person);
CREATE TABLE access_tokens (
    id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'drafts', 'read')), usd_limit REAL,
    created_at TEXT NOT NULL, expires_at TEXT, used_at TEXT, revoked_at TEXT
) WITHOUT ROWID;
CREATE INDEX access_tokens_person ON access_tokens (person);
CREATE TABLE invitations (
    hash TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL
) WITHOUT ROWID;
"""


@MIGRATIONS(name="m017_people")
def _people(db: Database) -> None:
    """Accounts with their sessions, access tokens and one-time links."""
    for statement in filter(str.strip, PEOPLE.split(";")):
        db.conn.execute(statement)

"""The schema of what people are told on their own devices, and of the links by which they decide."""

from __future__ import annotations

from sqlite_utils import Database

from studio.store.migrations import MIGRATIONS

PUSH = """
CREATE TABLE push_subscriptions (
    id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, endpoint TEXT NOT NULL UNIQUE, p256dh TEXT NOT NULL,
    auth TEXT NOT NULL, server_key TEXT NOT NULL, device TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL,
    sent_at TEXT
) WITHOUT ROWID;
CREATE INDEX push_subscriptions_person ON push_subscriptions (person);
CREATE TABLE own_targets (
    id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, service TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX own_targets_person ON own_targets (person);
CREATE TABLE personal_choices (person TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE decision_links (
    hash TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, question TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX decision_links_question ON decision_links (question)
"""


@MIGRATIONS(name="m021_push")
def _push(db: Database) -> None:
    """Devices that get web push, other targets of people, what each wants to hear, links that stand for a decision."""
    for statement in PUSH.split(";"):
        db.conn.execute(statement)

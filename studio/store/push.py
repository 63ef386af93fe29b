"""Where people are told: devices with a push subscription, other targets of theirs, and what each wants to hear.

A target's address holds a token, so the database knows only its service; the key store has the address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from studio.domain import JSON
from studio.store.mapping import fetch, new_id, stamp


@dataclass(frozen=True)
class Subscription:
    """A browser that gets web push. p256dh, auth: its keys, in base64url. server_key: the public key it was made with.

    device: what the person sees of it.
    """

    id: str
    person: str
    endpoint: str
    p256dh: str
    auth: str
    server_key: str
    device: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class OwnTarget:
    """A service such as ntfy that one person is told by."""

    id: str
    person: str
    service: str
    created_at: datetime


def save(
    db: Database, person: str, *, endpoint: str, p256dh: str, auth: str, server_key: str, device: str
) -> Subscription:
    """Keep the subscription. A browser has one: whoever subscribes last on it gets its messages."""
    old = db.conn.execute("SELECT id, person FROM push_subscriptions WHERE endpoint = ?", [endpoint]).fetchone()
    subscription_id = old[0] if old and old[1] == person else new_id("d_")
    values = [subscription_id, person, endpoint, p256dh, auth, server_key, device, stamp()]
    db.conn.execute("DELETE FROM push_subscriptions WHERE endpoint = ?", [endpoint])
    db.conn.execute("INSERT INTO push_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", values)
    return next(one for one in subscriptions(db, person) if one.id == subscription_id)


def subscriptions(db: Database, person: str) -> list[Subscription]:
    """The person's devices, the newest first."""
    sql = "SELECT * FROM push_subscriptions WHERE person = ? ORDER BY created_at DESC"
    return [_subscription(row) for row in fetch(db, sql, [person])]


def subscription(db: Database, subscription_id: str) -> Subscription | None:
    """The subscription; None once it is gone."""
    rows = fetch(db, "SELECT * FROM push_subscriptions WHERE id = ?", [subscription_id])
    return next(map(_subscription, rows), None)


def _subscription(row: JSON) -> Subscription:
    row["created_at"] = datetime.fromisoformat(row["created_at"])
    row["sent_at"] = row["sent_at"] and datetime.fromisoformat(row["sent_at"])
    return Subscription(**row)


def sent(db: Database, subscription_id: str) -> None:
    """Note that a message has reached the push service."""
    db.conn.execute("UPDATE push_subscriptions SET sent_at = ? WHERE id = ?", [stamp(), subscription_id])


def remove(db: Database, person: str, device_or_target: str) -> bool:
    """Forget a device or target of this person; False where there is none."""
    values = [person, device_or_target]
    removed = db.conn.execute("DELETE FROM push_subscriptions WHERE person = ? AND id = ?", values).rowcount
    return bool(removed + db.conn.execute("DELETE FROM own_targets WHERE person = ? AND id = ?", values).rowcount)


def remove_endpoint(db: Database, person: str, endpoint: str) -> None:
    """Forget this browser, where it is the person's."""
    db.conn.execute("DELETE FROM push_subscriptions WHERE person = ? AND endpoint = ?", [person, endpoint])


def add_target(db: Database, person: str, service: str) -> OwnTarget:
    """A new target."""
    target_id = new_id("n_")
    db.conn.execute("INSERT INTO own_targets VALUES (?, ?, ?, ?)", [target_id, person, service, stamp()])
    return next(one for one in targets(db, person) if one.id == target_id)


def targets(db: Database, person: str) -> list[OwnTarget]:
    """The person's targets, the oldest first."""
    sql = "SELECT * FROM own_targets WHERE person = ? ORDER BY created_at"
    return [_target(row) for row in fetch(db, sql, [person])]


def target(db: Database, target_id: str) -> OwnTarget | None:
    """The target; None once it is gone."""
    return next(map(_target, fetch(db, "SELECT * FROM own_targets WHERE id = ?", [target_id])), None)


def _target(row: JSON) -> OwnTarget:
    row["created_at"] = datetime.fromisoformat(row["created_at"])
    return OwnTarget(**row)


def people(db: Database, *, accounts: bool) -> list[str]:
    """Everybody who has a device or target. accounts: of living accounts; otherwise the local user, "", alone.

    What the local user left when accounts were made is nobody's: it would be told of everybody's runs.
    """
    own = "SELECT person FROM push_subscriptions UNION SELECT person FROM own_targets"
    living = "SELECT id FROM people WHERE disabled_at IS NULL" if accounts else "SELECT ''"
    return [row[0] for row in db.conn.execute(f"SELECT person FROM ({own}) WHERE person IN ({living})").fetchall()]


def choices(db: Database, person: str) -> JSON:
    """What the person chose; {} where nothing."""
    row = db.conn.execute("SELECT body FROM personal_choices WHERE person = ?", [person]).fetchone()
    return json.loads(row[0]) if row else {}


def set_choices(db: Database, person: str, body: JSON) -> None:
    """Keep what the person chose."""
    db.conn.execute("INSERT OR REPLACE INTO personal_choices VALUES (?, ?)", [person, json.dumps(body)])

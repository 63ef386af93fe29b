"""Failures in a row of each model, and models whose waiting runs do not start because of them.

A row counts failures of one cause. Once `held_at` is set, no run of the model starts. `trial` lets one of them: "" is
whichever comes next, an id is the run that was taken. It stays in force while that run is under way, so a trial that
ends without a verdict (cancelled, refused for its own prompt, interrupted by a restart) is followed by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from studio.messages import restore, stored
from studio.store.mapping import fetch, stamp

_COLUMNS = "model, cause, failures, why, why_message, failed_at, held_at, trial"


@dataclass(frozen=True)
class ModelHold:
    """A model and its last failures. why: of the last one, as a sentence. held_at: None while it only counts.

    trial: None without one; "" for the next run to start; else the id of the run that tries.
    """

    model: str
    cause: str
    failures: int
    why: str
    failed_at: datetime
    held_at: datetime | None = None
    trial: str | None = None


def get(db: Database, model: str) -> ModelHold | None:
    """What is known of this model's failures; None where its last run succeeded."""
    rows = fetch(db, f"SELECT {_COLUMNS} FROM model_holds WHERE model = ?", [model])
    return _as_hold(rows[0]) if rows else None


def put(db: Database, hold: ModelHold) -> None:
    """Store it in the place of what was known of the model."""
    held_at = stamp(hold.held_at) if hold.held_at else None
    values = [hold.model, hold.cause, hold.failures, str(hold.why), stored(hold.why), stamp(hold.failed_at), held_at]
    db.conn.execute(
        f"INSERT OR REPLACE INTO model_holds ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*values, hold.trial]
    )


def clear(db: Database, model: str) -> bool:
    """Forget the model's failures: a run of it succeeded. Whether it was held."""
    rows = fetch(db, "DELETE FROM model_holds WHERE model = ? RETURNING held_at", [model])
    return bool(rows and rows[0]["held_at"])


def held(db: Database) -> list[ModelHold]:
    """Every model that is held, by id."""
    rows = fetch(db, f"SELECT {_COLUMNS} FROM model_holds WHERE held_at IS NOT NULL ORDER BY model")
    return [_as_hold(row) for row in rows]


def blocked(db: Database) -> list[str]:
    """Models of which no run may start now: held, without a trial that is still to begin."""
    sql = (
        "SELECT model FROM model_holds WHERE held_at IS NOT NULL AND (trial IS NULL "
        "OR EXISTS (SELECT 1 FROM runs WHERE id = trial AND status = 'running'))"
    )
    return [row[0] for row in db.conn.execute(sql).fetchall()]


def begin_trial(db: Database, model: str, run_id: str) -> None:
    """Note that this run is the one that tries, where the model is held."""
    db.conn.execute("UPDATE model_holds SET trial = ? WHERE model = ? AND held_at IS NOT NULL", [run_id, model])


def _as_hold(row: dict[str, Any]) -> ModelHold:
    held_at = datetime.fromisoformat(row["held_at"]) if row["held_at"] else None
    return ModelHold(
        row["model"], row["cause"], row["failures"], restore(row["why"], row["why_message"]) or "",
        datetime.fromisoformat(row["failed_at"]), held_at, row["trial"],
    )  # fmt: skip

"""Rows to domain values and back: one function a table, used by every module of the store."""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database

from studio.domain import REQUEST, Asset, Event, Request, Run, now
from studio.messages import restore, stored

LIVE = (
    "position",
    "ahead_s",
    "hidden",
    "provider_word",
    "provider_position",
    "fraction",
    "eta_s",
    "preview",
    "false_colours",
)
RUN_FIELDS = tuple(name for name in Run.model_fields if name not in (*LIVE, "assets", "request"))
"""Fields of Run that are columns under the same name; the others are live, or come from other tables."""
SENTENCES = ("error", "note")
"""Fields of Run that are sentences: beside each lies a column NAME_message with its id and values as JSON."""
RUN_COLUMNS = ", ".join(("request", *RUN_FIELDS, *(f"{name}_message" for name in SENTENCES)))
AMOUNTS = ("estimate_usd", "cost_usd", "expected_s")
"""Numbers of a run that came from a provider or were reckoned. One that is not finite, which an older version may have
stored, is read as unknown: no page could parse it."""
ASSET_FIELDS = tuple(Asset.model_fields)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def fetch(db: Database, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """All rows that the statement gives, as dictionaries.

    In the place of Database.query, which puts a savepoint around each statement: three or four calls into SQLite
    instead of one, felt when a thousand runs are under way.
    """
    cursor = db.conn.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def new_id(prefix: str) -> str:
    """An id that nobody can guess and that sorts by time: prefix, 9 characters of milliseconds, 8 of chance."""
    number, text = int(time.time() * 1000) << 40 | secrets.randbits(40), ""
    for _ in range(17):
        number, digit = divmod(number, 32)
        text = _ALPHABET[digit] + text
    return prefix + text


def stamp(moment: datetime | None = None) -> str:
    """The moment (now, if none) as the database writes it."""
    return (moment or now()).astimezone(UTC).isoformat(timespec="microseconds")


def as_request(text: str) -> Request:
    """The request of a row."""
    return REQUEST.validate_json(text)


def as_json(request: Request) -> str:
    """The request as a row keeps it: all that was set, params apart."""
    return json.dumps(request.model_dump(mode="json", exclude_defaults=True) | {"task": request.task.value})


def seed_in(seed: int | None) -> int | None:
    """A seed of 0 to 2^64 - 1 as its column holds it: SQLite has signed numbers, so the upper half is below 0."""
    return seed - 2**64 if seed is not None and seed >= 2**63 else seed


def seed_out(seed: int | None) -> int | None:
    """The seed of a row."""
    return seed + 2**64 if seed is not None and seed < 0 else seed


def with_messages(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns with, beside every sentence among them, the column of its id and values."""
    return dict(columns) | {f"{name}_message": stored(columns[name]) for name in SENTENCES if name in columns}


def as_run(row: Mapping[str, Any], assets: tuple[Asset, ...] = (), request: Request | None = None) -> Run:
    """A row of runs with its output files. request: where it was read before, in the same transaction or attempt."""
    values: dict[str, Any] = {name: row[name] for name in RUN_FIELDS} | {"seed": seed_out(row["seed"])}
    values |= {name: restore(row[name], row[f"{name}_message"]) for name in SENTENCES}
    for name in AMOUNTS:
        if values[name] is not None and not math.isfinite(values[name]):
            values[name] = None
    return Run.model_validate(values | {"request": request or as_request(row["request"]), "assets": assets})


def as_runs(db: Database, rows: Iterable[Mapping[str, Any]]) -> list[Run]:
    """Rows of runs, in their order, with their output files: one more query for all of them."""
    rows = list(rows)
    outputs: dict[int, list[Asset]] = {}
    marks = ", ".join("?" * len(rows))
    if rows:
        rows_of_files = fetch(
            db,
            f"SELECT ra.run AS of_run, a.* FROM run_assets ra JOIN assets a ON a.seq = ra.asset "
            f"WHERE ra.run IN ({marks}) AND ra.role = 'output' ORDER BY ra.run, ra.idx",
            [r["seq"] for r in rows],
        )
        for row in rows_of_files:
            outputs.setdefault(row["of_run"], []).append(as_asset(row))
    return [as_run(row, tuple(outputs.get(row["seq"], ()))) for row in rows]


def as_asset(row: Mapping[str, Any]) -> Asset:
    """A row of assets."""
    notes = restore(row["notes"], row["notes_message"])
    return Asset.model_validate({name: row[name] for name in ASSET_FIELDS} | {"notes": notes})


def as_event(row: Mapping[str, Any]) -> Event:
    """A row of events joined with the id of its run."""
    why = restore(row["why"], row["why_message"])
    return Event.model_validate({k: row[k] for k in ("run", "from_status", "to_status", "at", "phase")} | {"why": why})

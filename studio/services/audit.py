"""The audit log as its page shows it: searched, exported, checked. Administrators read all rows, others their own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.media.csv_cells import BYTE_ORDER_MARK, plain_cell
from studio.messages import Message
from studio.permissions import Action, Actor
from studio.services.audit_log import AuditLog
from studio.services.time_zones import zone_of
from studio.store import Store, audit, people, tokenize
from studio.store.audit import Break, Query, Row

Format = Literal["csv", "jsonl"]
CHUNK_ROWS = 1000
MAX_MONTHS = 1200
COLUMNS = ("seq", "at", "person", "name", "action", "object", "outcome", "change", "via", "address", "hash")


@dataclass(frozen=True)
class AuditFilter:
    """What is looked for; empty is any. person: an id; "" alone is the local user, so None is any. since, until: days
    in the time zone (UTC where there is none), both included."""

    person: str | None = None
    action: str = ""
    object: str = ""
    text: str = ""
    since: date | None = None
    until: date | None = None
    time_zone: str = ""


@dataclass(frozen=True)
class Choices:
    """What the page can filter by: persons (id, name as it was first) and actions. names: of accounts by id, as they
    are today, for who sees all."""

    people: list[tuple[str, str]]
    actions: list[str]
    names: dict[str, str]


@dataclass(frozen=True)
class ChainReport:
    """What a check of the chain found. rows: so many are in order. broken: the first that is not, None where all are.
    removed: the last row that retention removed, and when."""

    rows: int
    broken: Break | None
    removed: tuple[int, str] | None
    last_hash: str


class Audit:
    """The log as one actor may read it."""

    def __init__(self, store: Store, log: AuditLog, actor: Actor) -> None:
        self._store, self._log, self._actor = store, log, actor

    @property
    def sees_all(self) -> bool:
        """Whether other people's rows are shown."""
        return self._actor.may(Action.READ_AUDIT_LOG)

    def search(
        self, wanted: AuditFilter, *, before: int | None = None, limit: int = 60
    ) -> tuple[list[Row], int | None]:
        """The newest rows that match, and the `before` of the next page (None: no more)."""
        self._log.flush()
        query = self._query(wanted)
        with self._store.read() as db:
            return audit.page(db, query, before=before, limit=limit)

    def choices(self) -> Choices:
        """What there is to filter by."""
        with self._store.read() as db:
            actions = [action for action, _ in audit.facets(db, "action")]
            if not self.sees_all:
                return Choices([(self._actor.id, self._actor.name)], actions, {})
            names = {person.id: person.shown_name for person in people.everyone(db)}
            return Choices([(key, names.get(key, name)) for key, name in audit.facets(db, "actor")], actions, names)

    def export(self, wanted: AuditFilter, form: Format) -> Iterator[str]:
        """All rows that match, the newest first, as the text of a file, some rows at a time."""
        self._log.flush()
        query = self._query(wanted)
        return self._csv(query) if form == "csv" else self._json_lines(query)

    def verify(self) -> ChainReport:
        """Go through the whole chain. Takes about ten seconds for a million rows."""
        self._log.flush()
        count, seq = 0, 0
        last: bytes | None = None
        while True:
            with self._store.read() as db:
                until, last, broken = audit.verify(db, after=seq, last=last, limit=CHUNK_ROWS)
                removed = audit.removed_through(db)
            start = removed[0] if removed and not seq else seq
            count += until - start
            if broken or until == seq:
                return ChainReport(count, broken, removed, last.hex())
            seq = until

    def months(self) -> int:
        """How many months rows are kept; 0: for good."""
        return self._log.months()

    def set_months(self, months: int) -> int:
        """Keep rows for so many months, 0 for good, and remove what is older; how many rows went."""
        if not 0 <= months <= MAX_MONTHS:
            raise CapabilityError(
                Message("audit.months", most=MAX_MONTHS), field="months", value=months, limit=MAX_MONTHS
            )
        self._log.set_months(months)
        return self._log.remove_old()

    def _query(self, wanted: AuditFilter) -> Query:
        person = wanted.person if self.sees_all else self._actor.id
        zone = zone_of(wanted.time_zone)
        since, until = wanted.since, wanted.until
        return Query(
            person, wanted.action, wanted.object, tuple(_phrases(wanted.text)), _midnight(since, zone),
            _midnight(until + timedelta(days=1) if until and until < date.max else until, zone),
        )  # fmt: skip

    def _chunks(self, query: Query) -> Iterator[list[Row]]:
        before: int | None = None
        while True:
            with self._store.read() as db:
                rows, before = audit.page(db, query, before=before, limit=CHUNK_ROWS)
            if rows:
                yield rows
            if before is None:
                return

    def _csv(self, query: Query) -> Iterator[str]:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        yield BYTE_ORDER_MARK + text.getvalue()
        for rows in self._chunks(query):
            text.seek(0)
            text.truncate()
            for row in rows:
                values = as_json(row)
                values["change"] = "; ".join(f"{name}: {said}" for name, said in row.entry.detail.items())
                writer.writerow(plain_cell(values[name]) for name in COLUMNS)
            yield text.getvalue()

    def _json_lines(self, query: Query) -> Iterator[str]:
        for rows in self._chunks(query):
            yield "".join(json.dumps(as_json(row), ensure_ascii=False) + "\n" for row in rows)


def as_json(row: Row) -> JSON:
    """A row as it is shown and exported; `change` holds texts by name."""
    entry = row.entry
    values = {"seq": row.seq, "at": entry.at, "person": entry.actor, "name": entry.name, "action": entry.action}
    values |= {"object": entry.object, "outcome": entry.outcome, "change": dict(entry.detail)}
    return values | {"via": entry.via, "address": entry.address, "hash": row.hash}


def _phrases(text: str) -> Iterator[str]:
    """What was typed, word by word; the last may be unfinished."""
    words = [word for word in text.split() if tokenize.searchable(word)]
    for number, word in enumerate(words, 1):
        phrase = tokenize.phrase(word)
        yield f"{phrase} *" if number == len(words) and word.isascii() and text[-1].isalnum() else phrase


def _midnight(day: date | None, zone: tzinfo | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, tzinfo=zone or UTC)

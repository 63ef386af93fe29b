"""The audit log's table: rows are only added, the chain shows what was changed or taken away, retention is noted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.store import Store, audit
from studio.store.audit import FIRST_HASH, Break, Entry, Query
from studio.store.mapping import stamp

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "data")
    with opened.write() as db:
        audit.add(db, [_entry(n) for n in range(20)])
    yield opened
    opened.close()


def _entry(n: int) -> Entry:
    person = f"p_{n % 3}"
    return Entry(
        "requests.submit" if n % 2 else "runs.cancel", person, f"Person {n % 3}", "s_1", "192.0.2.7", f"r_{n}",
        detail={"prompt": f"a red coat {n:03d} 红色外套"}, at=stamp(START + timedelta(days=n)),
    )  # fmt: skip


def _verify(store: Store) -> tuple[int, bytes, Break | None]:
    with store.read() as db:
        return audit.verify(db, limit=1000)


def _seqs(store: Store, query: Query, **more: int) -> list[int]:
    with store.read() as db:
        return [row.seq for row in audit.page(db, query, limit=more.pop("limit", 100), **more)[0]]


def test_an_untouched_chain_holds(store: Store) -> None:
    seq, last, broken = _verify(store)
    assert (seq, broken) == (20, None)
    assert last != FIRST_HASH


@pytest.mark.parametrize("statement", ["UPDATE audit SET name = 'x' WHERE seq = 4", "DELETE FROM audit WHERE seq = 4"])
def test_rows_are_neither_changed_nor_deleted(store: Store, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as db:
        db.conn.execute(statement)
    assert _verify(store)[2] is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET name = 'x' WHERE seq = 4", Break(4, missing=False)),
        ("DELETE FROM audit WHERE seq = 4", Break(4, missing=True)),
        ("DELETE FROM audit WHERE seq = 1", Break(1, missing=True)),
        ("DELETE FROM audit WHERE seq > 18", Break(19, missing=True)),
    ],
)
def test_what_somebody_does_without_the_triggers_shows(store: Store, statement: str, broken: Break) -> None:
    with store.write() as db:
        for trigger in ("audit_kept", "audit_kept_whole"):
            db.conn.execute(f"DROP TRIGGER {trigger}")
        db.conn.execute(statement)
        audit.add(db, [_entry(20)])
    assert _verify(store)[2] == broken


def test_retention_removes_old_rows_with_a_note_and_the_chain_goes_on(store: Store) -> None:
    with store.write() as db:
        assert audit.remove_older(db, START + timedelta(days=12), months=1) == 12
        audit.add(db, [_entry(20)])
        removed = audit.removed_through(db)
    assert removed is not None and removed[0] == 12
    assert _seqs(store, Query()) == list(range(21, 12, -1))
    assert _verify(store)[::2] == (21, None)
    assert _seqs(store, Query(words=('"coat"',))) == list(range(21, 12, -1))


def test_retention_leaves_the_newest_row(store: Store) -> None:
    with store.write() as db:
        assert audit.remove_older(db, START + timedelta(days=400), months=1) == 19
        audit.add(db, [_entry(20)])
    assert _seqs(store, Query()) == [21, 20]
    assert _verify(store)[::2] == (21, None)


def test_rows_beyond_the_note_cannot_go(store: Store) -> None:
    with store.write() as db:
        audit.remove_older(db, START + timedelta(days=5), months=1)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as db:
        db.conn.execute("DELETE FROM audit WHERE seq = 6")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as db:
        db.conn.execute("UPDATE audit_removals SET through_seq = 19")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(actor="p_1"), [n + 1 for n in range(20) if n % 3 == 1]),
        (Query(action="runs.cancel"), [n + 1 for n in range(20) if n % 2 == 0]),
        (Query(object="r_7"), [8]),
        (Query(actor="p_1", action="runs.cancel"), [n + 1 for n in range(20) if n % 3 == 1 and n % 2 == 0]),
        (Query(actor=""), []),
        (Query(words=('"r_7"',)), [8]),
        (Query(words=('" 红  色 "',), actor="p_2"), [n + 1 for n in range(20) if n % 3 == 2]),
        (Query(since=START + timedelta(days=17)), [18, 19, 20]),
        (Query(until=START + timedelta(days=2)), [1, 2]),
        (
            Query(since=START + timedelta(days=3), until=START + timedelta(days=6), action="requests.submit"),
            [4, 6],
        ),
    ],
)
def test_rows_are_found_by_person_action_object_day_and_words(store: Store, query: Query, expected: list[int]) -> None:
    assert _seqs(store, query) == sorted(expected, reverse=True)


def test_pages_follow_one_another(store: Store) -> None:
    with store.read() as db:
        first, before = audit.page(db, Query(action="runs.cancel"), limit=4)
        second, _ = audit.page(db, Query(action="runs.cancel"), before=before, limit=4)
    assert [row.seq for row in (*first, *second)] == [19, 17, 15, 13, 11, 9, 7, 5]

"""The queue in pages is the whole queue: order, positions, sums; and many runs end as one does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlite_utils import Database

from studio.domain import HeldReason, Request, Run, Status, Task
from studio.errors import NotFound
from studio.store import Store, fair_queue, ledger, queue, queue_pages, runs
from studio.store.mapping import fetch, new_id
from studio.store.runs import NewRun
from studio.studio import Studio
from tests.support.kit import image, paid_image


@contextmanager
def database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "data")
        try:
            with store.write() as db:
                yield db
        finally:
            store.close()


def add(db: Database, number: int, *, providers: str, owners: str) -> None:
    draw = random.Random(number)
    provider = draw.choice(providers)
    request = Request(task=draw.choice([Task.TEXT_TO_IMAGE, Task.TEXT_TO_VIDEO]), model=f"{provider}/m", prompt="x")
    status = draw.choices([Status.QUEUED, Status.RUNNING, Status.HELD], [12, 1, 1])[0]
    run = Run(
        id=new_id("r_"), owner=draw.choice(owners), request=request, model=request.model, provider=provider,
        priority=draw.choice([0, 0, 0, 5, -5]), expected_s=draw.choice([2.0, 3.5]),
        estimate_usd=draw.choice([0.0, 0.25]), status=status,
        held_reason=HeldReason.CREDIT if status is Status.HELD else None,
    )  # fmt: skip
    runs.add(db, NewRun(run, {}))


@pytest.mark.parametrize(("providers", "owners"), [("p", "a"), ("p", "abc"), ("pqr", "a"), ("pqr", "abcd")])
def test_pages_one_after_another_are_the_whole_queue(providers: str, owners: str) -> None:
    with database() as db:
        for number in range(150):
            add(db, number, providers=providers, owners=owners)
        fair_queue.set_weight(db, "b", 2.5)
        for provider in providers:
            queue.claim(db, fair_queue.Lane(provider))
        whole = queue.active(db)
        paged = [
            run
            for section in ("running", "held", "queued")
            for skip in range(0, 154, 7)
            for run in queue_pages.page(db, section, "", skip=skip, limit=7)
        ]
        shown = [(run.id, run.position, run.ahead_s) for run in whole]
        assert [run.id for run in paged] == [one[0] for one in shown]
        for run, (_, position, ahead_s) in zip(paged, shown, strict=True):
            assert run.position == position
            assert run.ahead_s is None or run.ahead_s == pytest.approx(ahead_s, abs=1.0)  # time goes on
        totals = queue_pages.totals(db, "a")
        assert {"running": totals.running, "queued": totals.queued} == {
            status: sum(run.status == status for run in whole) for status in ("running", "queued")
        }
        own = Counter((run.status.value, run.request.task.value) for run in whole if run.owner == "a")
        assert {(status, task): n for status, tasks in totals.own.items() for task, n in tasks.items()} == own
        mine = [run for run in whole if run.owner == "a" and run.status == Status.QUEUED]
        assert totals.usd == pytest.approx(sum(run.estimate_usd or 0 for run in mine))
        assert sum(work.total_s for work in totals.work.values()) == pytest.approx(
            sum(run.expected_s or 0 for run in mine)
        )


def test_the_sums_read_the_index_alone() -> None:
    with database() as db:
        seen: list[str] = []
        db.conn.set_trace_callback(seen.append)
        queue_pages.totals(db, "")
        queue_pages.oldest_waiting(db)
        queue.turns(db, 0, 50)
        db.conn.set_trace_callback(None)
        for sql in (statement for statement in seen if "queued" in statement):
            plan = [row[3] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
            assert all("COVERING INDEX" in line for line in plan if " runs" in line), (sql, plan)


def test_many_are_cancelled_as_one_is(studio: Studio) -> None:
    """Status, event and money are those of a single cancel; what runs, has ended or is not there is told apart."""
    studio.queue.pause()
    one, *many = (run for n in range(4) for run in studio.local.requests.submit(paid_image(f"number {n}")))
    with studio.context.store.write() as db:
        for run in (one, *many):
            ledger.reserve(db, run, 0.5)
    studio.local.runs.cancel(one.id)
    with pytest.raises(NotFound):
        studio.local.runs.cancel_several([many[0].id, "r_unknown"])
    assert studio.local.runs.get(many[0].id).status == Status.QUEUED
    told = studio.local.runs.cancel_several([one.id, many[0].id, many[1].id])
    assert [run.status for run in told] == [Status.CANCELLED] * 3
    assert studio.local.runs.cancel_waiting() == 1 and studio.local.runs.cancel_waiting() == 0

    def kept(db: Database, table: str, run: Run) -> list[dict[str, object]]:
        key = run.seq if table == "events" else run.id
        rows = fetch(db, f"SELECT * FROM {table} WHERE {'seq' if table == 'runs' else 'run'} = ? ORDER BY seq", [
            run.seq if table == "runs" else key,
        ])  # fmt: skip
        own = {
            "seq",
            "id",
            "run",
            "at",
            "batch",
            "created_at",
            "finished_at",
            "request",
            "prompt",
            "words",
            "place",
            "seed",
        }
        return [{name: value for name, value in row.items() if name not in own} for row in rows]

    with studio.context.store.read() as db:
        for table in ("runs", "events", "ledger"):
            for run in many:
                assert kept(db, table, run) == kept(db, table, one), table
        assert ledger.booked(db, one.id) == ledger.booked(db, many[0].id) == 0


def test_what_waits_behind_another_persons_run_is_put_before_the_own_next(studio: Studio) -> None:
    studio.queue.pause()
    runs_ = [run for n in range(200) for run in studio.local.requests.submit(image(f"number {n}"))]
    studio.local.runs.move(runs_[199].id, before=runs_[1].id)
    studio.local.runs.move(runs_[0].id, before=None)
    page = studio.local.runs.queue_page("queued", limit=2)
    assert [run.id for run in page] == [runs_[199].id, runs_[1].id]
    assert studio.local.runs.queue_page("queued", skip=199)[0].id == runs_[0].id

"""Turns among people: shares follow weights, nobody starves, a person's own order is kept, and what is shown is so."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from studio.domain import Request, Run, Status, Task
from studio.store import Store, fair_queue, queue, runs
from studio.store.fair_queue import Lane
from studio.store.mapping import new_id
from studio.store.runs import NewRun

LANE = Lane("fake")
MODELS = ("fake/image", "fake/clip", "fake/other")
BRIEF = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def database() -> Iterator[Database]:
    """The writing connection of a new, real database, inside a transaction."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "data")
        try:
            with store.write() as db:
                yield db
        finally:
            store.close()


def add(db: Database, owner: str, count: int = 1, *, priority: int = 0, model: str = MODELS[0]) -> list[str]:
    found: list[str] = []
    for _ in range(count):
        request = Request(task=Task.TEXT_TO_IMAGE, model=model, prompt="x")
        run = Run(id=new_id("r_"), owner=owner, request=request, model=model, provider="fake", priority=priority)
        found.append(runs.add(db, NewRun(run, {})).id)
    return found


def claimed(db: Database, count: int, full_models: Sequence[str] = ()) -> list[Run]:
    found = (queue.claim(db, LANE, full_models) for _ in range(count))
    return [run for run in found if run is not None]


def names(found: Sequence[Run]) -> str:
    return "".join(run.owner for run in found)


def shown(db: Database) -> list[str]:
    return [run.id for run in queue.active(db) if run.status == Status.QUEUED]


def test_one_run_waits_for_one_round_while_another_person_has_a_thousand() -> None:
    with database() as db:
        add(db, "a", 1000)
        claimed(db, 50)
        add(db, "b")
        assert names(claimed(db, 4)) == "baaa"


def test_whoever_had_nothing_to_run_has_not_saved_up_turns() -> None:
    with database() as db:
        add(db, "b", 2)
        claimed(db, 2)
        add(db, "a", 300)
        claimed(db, 200)
        add(db, "b", 50)
        assert Counter(names(claimed(db, 40))) == {"a": 20, "b": 20}


def test_priority_counts_among_the_own_runs_only() -> None:
    with database() as db:
        first, second = add(db, "a"), add(db, "b", 2)
        urgent = add(db, "b", priority=99)
        assert shown(db) == [*first, *urgent, *second]
        assert [run.id for run in claimed(db, 4)] == [*first, *urgent, *second]


def test_turns_survive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "data")
    with store.write() as db:
        add(db, "a", 10)
        add(db, "b", 10)
        fair_queue.set_weight(db, "a", 3)
        before = names(claimed(db, 5))
    store.close()
    store = Store(tmp_path / "data")
    with store.write() as db:
        fair_queue.forget_old(db)
        after = names(claimed(db, 3))
    store.close()
    assert Counter(before + after) == {"a": 6, "b": 2}


def test_a_run_moved_before_that_of_another_person_overtakes_only_its_own() -> None:
    with database() as db:
        a, b = add(db, "a", 3), add(db, "b", 3)
        queue.move_before(db, a[2], b[1])
        assert shown(db) == [a[0], b[0], a[1], b[1], a[2], b[2]]
        queue.move_before(db, a[2], b[0])
        assert shown(db) == [a[0], b[0], a[2], b[1], a[1], b[2]]
        queue.move_before(db, b[2], b[0])
        assert [i for i in shown(db) if i in b] == [b[2], b[0], b[1]]


def test_the_work_ahead_is_that_of_the_runs_which_really_start_before() -> None:
    with database() as db:
        add(db, "a", 4)
        add(db, "b", 2)
        db.conn.execute("UPDATE runs SET expected_s = 10")
        assert [(run.owner, run.position, run.ahead_s) for run in queue.active(db)][:4] == [
            ("a", 1, 0.0), ("b", 2, 10.0), ("a", 3, 20.0), ("b", 4, 30.0),
        ]  # fmt: skip
        claimed(db, 1)
        [_, first, *_] = queue.active(db)
        assert (first.owner, first.position) == ("b", 1)
        assert 9.0 < (first.ahead_s or 0.0) <= 10.0, "what runs now counts until it is done"


@BRIEF
@given(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0, 5.0]), min_size=2, max_size=5))
def test_shares_of_starts_follow_the_weights(weights: list[float]) -> None:
    """While all have runs waiting: within 10 %, or within one start where that is more."""
    rounds = 20
    with database() as db:
        for number, weight in enumerate(weights):
            fair_queue.set_weight(db, str(number), weight)
            add(db, str(number), int(weight * rounds) + 2)
        starts = int(sum(weights) * rounds)
        count = Counter(names(claimed(db, starts)))
        for number, weight in enumerate(weights):
            due = starts * weight / sum(weights)
            assert abs(count[str(number)] - due) <= max(1.0, 0.1 * due), (weights, count)


PEOPLE, CLAIMS = "abcd", st.integers(0, 5)
ARRIVALS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.integers(1, 6), st.integers(-2, 2), st.sampled_from(MODELS), CLAIMS),
    min_size=1,
    max_size=12,
)


@BRIEF
@given(
    ARRIVALS,
    st.sets(st.sampled_from(MODELS), max_size=2),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.5, 1, 4])),
)
def test_nobody_starves_and_everybody_keeps_their_order(
    arrivals: list[tuple[str, int, int, str, int]], full: set[str], weights: dict[str, float]
) -> None:  # fmt: skip
    """With runs arriving while others start, and models of which none may start: a person who waits gets the next start
    before anybody else has had more than their share of a round, own runs start by priority and place, and the order
    that is shown is the order of the claims."""
    with database() as db:
        for person, weight in weights.items():
            fair_queue.set_weight(db, person, weight)
        waited: Counter[str] = Counter()
        for owner, count, priority, model, claims in arrivals:
            add(db, owner, count, priority=priority, model=model)
            for run in claimed(db, claims, sorted(full)):
                assert run.model not in full
                waited[run.owner] = 0
                for other in owners_waiting(db, full) - {run.owner}:
                    waited[other] += 1
                    round_ = sum(max(1.0, weights.get(p, 1) / weights.get(other, 1)) + 1 for p in "abcd" if p != other)
                    assert waited[other] <= round_, (other, waited)
        expected = [run for run in queue.active(db) if run.status == Status.QUEUED]
        assert [run.position for run in expected] == list(range(1, len(expected) + 1))
        rest = claimed(db, len(expected))
        assert [run.id for run in rest] == [run.id for run in expected]
        for _, own in itertools.groupby(sorted(rest, key=lambda run: run.owner), key=lambda run: run.owner):
            order = [(-run.priority, run.seq) for run in own]
            assert order == sorted(order)


def owners_waiting(db: Database, full: set[str]) -> set[str]:
    marks = ", ".join("?" * len(full))
    sql = f"SELECT DISTINCT owner FROM runs WHERE status = 'queued' AND model NOT IN ({marks})"
    return {row[0] for row in db.conn.execute(sql, sorted(full)).fetchall()}


def test_people_and_models_are_stepped_over_in_the_index() -> None:
    with database() as db:
        for owner in "abc":
            add(db, owner, 3)
        for full in ([], [MODELS[1]]):
            sql, values = queue.first_claimable(LANE, full)
            plan = [row[3] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
            assert [line for line in plan if line.startswith(("SCAN runs", "USE TEMP B-TREE FOR DISTINCT"))] == []
            assert any("runs_lane" in line for line in plan)

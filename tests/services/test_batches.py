"""Requests under keys: stored once however often and by however many they are sent, planned without being stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from studio.errors import CapabilityError
from studio.services.batches import BatchPlan, KeyedRequest
from studio.studio import Studio
from tests.support.kit import image, paid_image


def batch(*bodies: dict[str, object], first: int = 0) -> list[KeyedRequest]:
    return [KeyedRequest(f"k{n}", body) for n, body in enumerate(bodies, first)]


def count(studio: Studio) -> int:
    return studio.local.gallery.search().total


def test_many_at_once_store_a_batch_once(studio: Studio) -> None:
    asked = batch(image("a fox", n=3), image("a hare"))
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: studio.local.batches.submit(asked), range(8)))
    ids = [[run.id for runs in one.runs for run in runs] for one in stored]
    assert ids == [ids[0]] * 8 and len(ids[0]) == 4 == count(studio)
    assert [len(runs) for runs in stored[0].runs] == [3, 1]


def test_a_batch_that_was_cut_off_goes_on_with_what_is_new(studio: Studio) -> None:
    studio.local.batches.submit(batch(image("a fox")))
    again = studio.local.batches.submit(batch(image("a fox"), image("a hare")))
    assert not again.replayed and count(studio) == 2
    assert studio.local.batches.submit(batch(image("a fox"), image("a hare"))).replayed


def test_more_runs_than_one_batch_holds_are_stored_in_parts(studio: Studio) -> None:
    stored = studio.local.batches.submit(batch(*(image(f"a fox {n}", n=8) for n in range(130))))
    assert sum(len(runs) for runs in stored.runs) == 1040 == count(studio)
    assert len({run.batch for runs in stored.runs for run in runs}) == 2
    studio.queue.pause()


def test_nothing_is_stored_where_one_is_refused(studio: Studio) -> None:
    with pytest.raises(CapabilityError, match="colour"):
        studio.local.batches.submit(batch(image("a fox"), image(colour="red")))
    assert count(studio) == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([KeyedRequest("k0", image("a hare"))], "another request"),
        ([KeyedRequest("a", image()), KeyedRequest("a", image())], "twice"),
        ([KeyedRequest("", image())], "characters"),
        ([KeyedRequest("k" * 201, image())], "characters"),
    ],
)
def test_a_key_stands_for_one_request(studio: Studio, asked: list[KeyedRequest], said: str) -> None:
    studio.local.batches.submit(batch(image("a fox")))
    with pytest.raises(CapabilityError, match=said):
        studio.local.batches.submit(asked)
    assert count(studio) == 1


def test_a_deleted_run_is_left_out_and_not_made_again(studio: Studio) -> None:
    [[run]] = studio.local.batches.submit(batch(image("a fox"))).runs
    studio.local.runs.wait([run.id], timeout_s=10)
    studio.local.gallery.trash([run.id])
    studio.admin.purge(older_than_days=0)
    assert studio.local.batches.submit(batch(image("a fox"))).runs == [[]]
    assert studio.local.batches.plan(batch(image("a fox"))).requests[0].stored == (run.id,)


def plan(studio: Studio, *bodies: dict[str, object]) -> BatchPlan:
    return studio.local.batches.plan(batch(*bodies))


def test_a_plan_says_what_each_costs_and_what_stands_against_it(studio: Studio) -> None:
    told = plan(studio, paid_image("a fox", n=2), image(colour="red"), image("a hare"), {"model": "nobody/nothing"})
    assert (told.usd, told.runs, told.unpriced) == (0.2, 3, 1), "the free model lists no price"
    assert [bool(one.problem) for one in told.requests] == [False, True, False, True]
    assert [one.field for one in told.requests] == ["", "colour", "", ""]
    assert count(studio) == 0


def test_limits_hold_for_the_sum_of_what_is_new(studio: Studio) -> None:
    studio.admin.set_limits(day_usd=0.25)
    bodies = [paid_image(f"a fox {n}") for n in range(3)]
    assert not plan(studio, *bodies[:2]).refusal
    assert "0.25" in plan(studio, *bodies).refusal
    [[run]] = studio.local.batches.submit(batch(bodies[0])).runs
    studio.local.runs.wait([run.id], timeout_s=10)
    assert plan(studio, *bodies).refusal, "what was spent counts, and the new ones beside it"
    assert not plan(studio, *bodies[:2]).refusal

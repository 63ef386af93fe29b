"""Money is set aside before it is spent, settled with the truth, given back when nothing was billed, and limited."""

from __future__ import annotations

import time
from datetime import date

import pytest

from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeScript, FindingFake
from studio.errors import CapabilityError, Refused
from studio.studio import Studio
from tests.support.kit import finish, image, paid_image


def settled(studio: Studio, runs: list[Run]) -> list[Run]:
    """The runs as soon as each has ended or is held."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        seen = [studio.local.runs.get(r.id) for r in runs]
        if all(r.status.ended or r.status == Status.HELD for r in seen):
            return seen
        time.sleep(0.01)
    raise AssertionError("the runs did not settle")


def spent(studio: Studio) -> float:
    return round(sum(row.usd for row in studio.admin.spend()), 6)


def test_the_price_is_known_before_and_the_bill_after(studio: Studio, paid: FindingFake) -> None:
    estimate = studio.local.requests.estimate([paid_image(n=3)])
    assert (estimate.usd, estimate.runs) == (pytest.approx(0.3), 3)
    paid.script = FakeScript(cost_usd=0.08)
    run = finish(studio, paid_image())
    assert (run.estimate_usd, run.cost_usd) == (pytest.approx(0.1), pytest.approx(0.08))
    assert spent(studio) == pytest.approx(0.08)


def test_without_a_bill_the_estimate_stays_booked(studio: Studio) -> None:
    run = finish(studio, paid_image())
    assert run.cost_usd is None
    assert spent(studio) == pytest.approx(0.1)


def test_a_failure_gives_the_money_back(studio: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(final=Refused("It did not work."))
    assert finish(studio, paid_image()).status == Status.FAILED
    assert spent(studio) == 0


def test_free_runs_cost_nothing_and_never_count(studio: Studio) -> None:
    assert finish(studio, image()).cost_usd == 0
    assert studio.admin.spend() == []


@pytest.mark.parametrize("limit", ["day_usd", "month_usd"])
def test_money_that_is_only_set_aside_counts_against_the_limit(studio: Studio, paid: FindingFake, limit: str) -> None:
    """Ten runs at once pass a limit of three no more than ten in a row."""
    paid.script = FakeScript(wait_s=0.3)
    studio.admin.set_limits(**{limit: 0.35})
    seen = settled(studio, studio.local.requests.submit_many([paid_image(n=5), paid_image(n=5)]))
    assert [r.status for r in seen].count(Status.SUCCEEDED) == 3
    assert {r.held_reason for r in seen if r.status == Status.HELD} == {HeldReason.BUDGET}
    assert len(paid.provider.accepted()) == 3
    assert spent(studio) == pytest.approx(0.3)


def test_a_run_over_the_limit_waits_for_a_decision(studio: Studio) -> None:
    studio.admin.set_limits(run_usd=0.05)
    first, second, third = settled(studio, studio.local.requests.submit(paid_image(n=3)))
    assert "$0.10" in (first.error or "")
    assert "$0.05" in (first.error or "")
    assert [c.id for c in studio.queue.hold_choices(first)] == ["run_anyway", "try_again", "give_up"]
    studio.local.runs.decide(first.id, "run_anyway")
    assert studio.local.runs.wait([first.id], timeout_s=5)[0].status == Status.SUCCEEDED
    studio.local.runs.decide(second.id, "try_again")
    assert settled(studio, [second])[0].status == Status.HELD
    studio.admin.set_limits()
    studio.local.runs.decide(second.id, "try_again")
    assert studio.local.runs.wait([second.id], timeout_s=5)[0].status == Status.SUCCEEDED
    assert studio.local.runs.decide(third.id, "give_up").status == Status.CANCELLED
    assert spent(studio) == pytest.approx(0.2)


def test_spend_is_grouped_by_day_model_and_owner(studio: Studio) -> None:
    made = [
        *studio.on_behalf_of("anna").requests.submit(paid_image(n=2)),
        *studio.on_behalf_of("ben").requests.submit(paid_image()),
    ]
    studio.local.runs.wait([r.id for r in made], timeout_s=5)
    assert [(r.key, r.usd, r.runs) for r in studio.admin.spend("owner")] == [("anna", 0.2, 2), ("ben", 0.1, 1)]
    assert [(r.key, r.runs) for r in studio.admin.spend("model")] == [("paid/image", 3)]
    assert len(studio.admin.spend("day")) == 1


def test_days_of_spending_begin_where_the_user_is(studio: Studio) -> None:
    """Half past eleven at night in UTC is the next day in Shanghai and the same day in Los Angeles."""
    runs = studio.local.requests.submit(paid_image(n=2))
    studio.local.runs.wait([r.id for r in runs], timeout_s=5)
    with studio.context.store.write() as db:
        db.execute("UPDATE ledger SET day = '2026-03-01', at = '2026-03-01T23:30:00+00:00'")
    zones = ("", "Asia/Shanghai", "America/Los_Angeles")
    days = [[(r.key, r.usd, r.runs) for r in studio.admin.spend("day", time_zone=zone)] for zone in zones]
    assert days == [[(f"2026-03-0{day}", pytest.approx(0.2), 2)] for day in (1, 2, 1)]
    assert studio.admin.spend("day", date(2026, 3, 2), time_zone="America/Los_Angeles") == []
    with pytest.raises(CapabilityError):
        studio.admin.spend("day", time_zone="Mars/Olympus")


def test_limits_are_kept_and_wrong_ones_refused(studio: Studio) -> None:
    studio.admin.set_limits(run_usd=1, day_usd=5)
    assert (studio.admin.limits().run_usd, studio.admin.limits().day_usd, studio.admin.limits().month_usd) == (
        1,
        5,
        None,
    )
    with pytest.raises(CapabilityError):
        studio.admin.set_limits(day_usd=-1)


def test_people_in_the_references_need_consent_first(studio: Studio, tmp_path: object) -> None:
    run = finish(studio, image())
    body = {"task": "reference-to-video", "model": "fake/clip", "prompt": "x", "references": [run.assets[0].id]}
    [held] = studio.local.requests.submit(body)
    assert (held.status, held.held_reason) == (Status.HELD, HeldReason.CONSENT)
    studio.local.runs.decide(held.id, "confirm_consent")
    [done] = studio.local.runs.wait([held.id], timeout_s=5)
    assert (done.status, done.request.consent) == (Status.SUCCEEDED, True)

"""Access tokens that may spend a little or nothing: held where runs are stored, released and changed."""

from __future__ import annotations

import pytest

from studio.domain import HeldReason, Status
from studio.errors import BudgetError, Conflict, NotAllowed
from studio.permissions import Role, Scope
from studio.services.acting import UserServices
from studio.studio import Studio
from tests.support.kit import image, paid_image


def by_token(studio: Studio, *, scope: Scope = "full", usd_limit: float | None = None) -> UserServices:
    """The services of a program of Ann's."""
    known = {person.login: person.id for person in studio.people.all()}
    person = known.get("ann") or studio.people.create("ann", role=Role.PRODUCER).id
    token, _ = studio.people.make_token(person, "agent", scope=scope, usd_limit=usd_limit)
    return studio.acting_for(f"{person}/{token.id}")


def left(services: UserServices) -> float:
    allowance = services.token_spending.allowance()
    assert allowance
    return allowance.left_usd


def test_a_limit_counts_what_waits_and_what_was_billed(studio: Studio) -> None:
    services = by_token(studio, usd_limit=0.35)
    runs = services.requests.submit(paid_image(n=3))
    assert left(services) == pytest.approx(0.05)
    with pytest.raises(BudgetError, match=r"\$0.05 is left of the \$0.35"):
        services.requests.submit(paid_image())
    with pytest.raises(BudgetError, match="publishes no price"):
        services.requests.submit(image())
    assert {run.status for run in services.runs.wait([r.id for r in runs], timeout_s=10)} == {Status.SUCCEEDED}
    assert left(services) == pytest.approx(0.05)


def test_what_was_not_billed_is_given_back(studio: Studio) -> None:
    studio.queue.pause()
    services = by_token(studio, usd_limit=0.10)
    [run] = services.requests.submit(paid_image())
    assert left(services) == 0
    services.runs.cancel(run.id)
    assert left(services) == pytest.approx(0.10)


def test_each_token_has_a_limit_of_its_own_and_its_person_none(studio: Studio) -> None:
    first, second = by_token(studio, usd_limit=0.10), by_token(studio, usd_limit=0.10)
    first.requests.submit(paid_image())
    second.requests.submit(paid_image())
    ann = studio.acting_for(first.actor.id)
    ann.requests.submit(paid_image(n=5))
    assert (left(first), left(second), ann.token_spending.allowance()) == (0, 0, None)


def test_a_waiting_run_is_not_changed_beyond_the_limit(studio: Studio) -> None:
    studio.queue.pause()
    services = by_token(studio, usd_limit=0.10)
    [run] = services.requests.submit(paid_image())
    clip = {"task": "text-to-video", "model": "paid/clip", "prompt": "a fox", "duration_s": 10}
    with pytest.raises(BudgetError):
        services.runs.edit(run.id, clip)
    assert services.runs.get(run.id).model == "paid/image"


def test_who_releases_a_held_run_answers_for_it(studio: Studio) -> None:
    """A program may not let run, on its person's account, what its own token could not have started."""
    studio.admin.set_limits(run_usd=0.01)
    drafts = by_token(studio, scope="drafts")
    [run] = studio.acting_for(drafts.actor.id).requests.submit(paid_image())
    [held] = studio.local.runs.wait([run.id], timeout_s=0.5)
    assert held.held_reason is HeldReason.BUDGET
    with pytest.raises(NotAllowed, match="drafts"):
        drafts.runs.decide(run.id, "run_anyway")
    small = by_token(studio, usd_limit=0.05)
    with pytest.raises(BudgetError):
        small.runs.decide(run.id, "run_anyway")
    assert studio.local.runs.get(run.id).status is Status.HELD
    assert drafts.runs.decide(run.id, "give_up").status is Status.CANCELLED


def test_a_key_is_used_for_one_call_and_outlives_a_failed_one(studio: Studio) -> None:
    services = by_token(studio)

    def start(body: dict[str, object]) -> list[str]:
        runs = services.keyed_calls.once(
            "k", body, lambda on_stored: services.requests.submit_many([body], on_stored=on_stored)
        )
        return [run.id for run in runs]

    with pytest.raises(Exception, match="no setting called"):
        start(image(colour="red"))
    first = start(image("a hare"))
    assert start(image("a hare")) == first
    with pytest.raises(Conflict, match="key k was used"):
        start(image("a fox"))

"""Budgets of people and projects, and who decides about what they keep back: over a real database, with real runs."""

from __future__ import annotations

import threading
import time

import pytest

from studio.domain import HeldReason, Run, Status
from studio.engines.fake import FakeScript, FindingFake
from studio.errors import BudgetError, CapabilityError, Conflict, NotAllowed, NotFound
from studio.jobs import budget
from studio.jobs.budget import Spender
from studio.permissions import Role
from studio.store import projects, runs
from studio.studio import Studio
from studio.web.navigation import hidden_tabs
from tests.support.kit import image, paid_image
from tests.support.web import account


@pytest.fixture
def team(studio: Studio) -> Studio:
    """anna and ben create, petra and paul are producers, ada administers."""
    for login, role in (("anna", Role.CREATOR), ("ben", Role.CREATOR), ("petra", Role.PRODUCER),
                        ("paul", Role.PRODUCER), ("ada", Role.ADMIN)):  # fmt: skip
        account(studio, login, role)
    return studio


def settled(studio: Studio, made: list[Run]) -> list[Run]:
    """The runs as soon as each has ended or is held."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = [studio.local.runs.get(run.id) for run in made]
        if all(run.status.ended or run.status == Status.HELD for run in found):
            return found
        time.sleep(0.01)
    raise AssertionError([run.status for run in found])


def submit(studio: Studio, who: str, **more: int) -> list[Run]:
    return settled(studio, studio.acting_for(who).requests.submit(paid_image("a red coat", **more)))


def ask_above(studio: Studio, usd: float, role: Role = Role.CREATOR, project: str = "") -> None:
    studio.acting_for("ada").budgets.set_approval_limit(role, usd, project)


def questions(studio: Studio, who: str) -> list[str]:
    return [one.id for one in studio.acting_for(who).approvals.pending()]


def project_of(studio: Studio, **members: str) -> str:
    """A project with these members, who work in it."""
    with studio.context.store.write() as db:
        project = projects.add(db, "Coffee film").id
        for person, role in members.items():
            projects.set_member(db, project, person, role)
    return project


def in_project(studio: Studio, made: list[Run], project: str) -> None:
    """Put waiting runs into a project, as a submit from within it does."""
    with studio.context.store.write() as db:
        for run in made:
            runs.note(db, run.id, project=project)


def test_approvals_are_shown_to_who_has_asked(team: Studio, paid: FindingFake) -> None:
    ask_above(team, 0.0)
    assert "approvals" in hidden_tabs(team.acting_for("anna"))
    submit(team, "anna")
    assert "approvals" not in hidden_tabs(team.acting_for("anna"))
    assert "approvals" in hidden_tabs(team.acting_for("ben"))


def test_two_runs_never_both_fit_into_what_is_left_for_one(team: Studio, paid: FindingFake) -> None:
    paid.script = FakeScript(wait_s=0.2)
    team.acting_for("ada").budgets.set_budget("person", "anna", month_usd=0.15)
    found: list[Run] = []
    threads = [
        threading.Thread(target=lambda: found.extend(team.acting_for("anna").requests.submit(paid_image())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    found = settled(team, found)
    assert [run.status for run in found].count(Status.SUCCEEDED) == 1
    assert {run.held_reason for run in found if run.status == Status.HELD} == {HeldReason.BUDGET}
    assert len(paid.provider.accepted()) == 1
    assert "anna: $0.10 of this month's $0.15" in next(run.error or "" for run in found if run.error)
    assert submit(team, "ben")[0].status == Status.SUCCEEDED, "a budget is one person's"


@pytest.mark.parametrize("field", ["run_usd", "day_usd", "month_usd"])
def test_a_projects_budget_holds_for_all_its_members_together(team: Studio, field: str) -> None:
    project = project_of(team, anna="creator", ben="creator")
    team.acting_for("ada").budgets.set_budget("project", project, **{field: 0.15 if field != "run_usd" else 0.05})
    team.queue.pause()
    made = [team.acting_for(who).requests.submit(paid_image())[0] for who in ("anna", "ben")]
    free = team.acting_for("anna").requests.submit(paid_image("elsewhere"))
    in_project(team, made, project)
    team.queue.resume()
    first, second = settled(team, made)
    passed = 0 if field == "run_usd" else 1
    assert [run.status for run in (first, second)].count(Status.SUCCEEDED) == passed
    held = second if passed else first
    assert "Coffee film" in (held.error or "")
    assert settled(team, free)[0].status == Status.SUCCEEDED


def test_an_access_tokens_dollars_are_checked_like_a_budget(team: Studio) -> None:
    team.people.make_token("anna", "agent", usd_limit=0.15)
    acting = team.acting_for(f"anna/{team.people.tokens('anna')[0].id}")
    assert settled(team, [acting.requests.submit(paid_image())[0]])[0].status == Status.SUCCEEDED
    with pytest.raises(BudgetError, match=r"\$0.05 is left of the \$0.15"):
        acting.requests.submit(paid_image())
    assert submit(team, "anna")[0].status == Status.SUCCEEDED


def test_a_press_above_the_roles_limit_is_one_question_for_a_producer(team: Studio, paid: FindingFake) -> None:
    ask_above(team, 0.25)
    assert submit(team, "anna", n=2)[0].status == Status.SUCCEEDED, "0.20 is not above 0.25"
    made = submit(team, "anna", n=3)
    assert {(run.status, run.held_reason) for run in made} == {(Status.HELD, HeldReason.APPROVAL)}
    [question] = team.acting_for("petra").approvals.pending()
    assert (question.person_name, question.usd, len(question.runs)) == ("anna", pytest.approx(0.3), 3)
    assert "The role creator needs approval above $0.25" in question.why
    assert question.refusal is None
    [own] = team.acting_for("anna").approvals.pending()
    assert own.refusal is not None
    with pytest.raises(NotAllowed):
        team.acting_for("anna").approvals.decide([own.id], approve=True)
    assert questions(team, "ben") == []
    with pytest.raises(NotFound):
        team.acting_for("ben").approvals.decide([own.id], approve=True)
    assert len(paid.provider.accepted()) == 2, "nothing was sent meanwhile"
    team.acting_for("petra").approvals.decide([question.id], approve=True, reason="for the pitch")
    assert {run.status for run in settled(team, made)} == {Status.SUCCEEDED}
    told = [event.why for event in team.acting_for("anna").runs.history(made[0].id)]
    assert "Approved by petra. Reason: for the pitch" in told
    assert questions(team, "petra") == []


def test_a_rejected_press_ends_and_says_by_whom_and_why(team: Studio) -> None:
    ask_above(team, 0)
    made = submit(team, "anna") + submit(team, "anna")
    team.acting_for("petra").approvals.decide(questions(team, "petra"), approve=False, reason="use the draft")
    assert {run.status for run in settled(team, made)} == {Status.CANCELLED}
    assert team.acting_for("anna").runs.get(made[0].id).error == "Rejected by petra. Reason: use the draft"
    decided = team.acting_for("anna").approvals.decided()
    assert [(one.approved, one.decided_by, one.reason) for one in decided] == [(False, "petra", "use the draft")] * 2
    assert team.acting_for("ben").approvals.decided() == []


def test_nobody_decides_about_their_own_runs_while_somebody_else_can(team: Studio) -> None:
    ask_above(team, 0, Role.PRODUCER)
    [run] = submit(team, "petra")
    assert run.held_reason == HeldReason.APPROVAL
    [question] = questions(team, "petra")
    with pytest.raises(NotAllowed, match="Somebody else"):
        team.acting_for("petra").approvals.decide([question], approve=True)
    with pytest.raises(NotAllowed):
        team.acting_for("petra").runs.decide(run.id, "approve")
    team.people.set_role("petra", Role.ADMIN)
    for other in ("paul", "ada"):
        team.people.disable(other)
    team.acting_for("petra").approvals.decide([question], approve=True)
    assert settled(team, [run])[0].status == Status.SUCCEEDED
    told = [event.why for event in team.acting_for("petra").runs.history(run.id)]
    assert "Approved by petra, as nobody else may approve." in told


def test_whoever_may_not_approve_is_not_offered_it(team: Studio) -> None:
    team.acting_for("ada").budgets.set_budget("person", "anna", run_usd=0.05)
    [run] = submit(team, "anna")
    assert [c.id for c in team.queue.hold_choices(run)] == ["try_again", "give_up"]
    with pytest.raises(NotAllowed):
        team.acting_for("anna").runs.decide(run.id, "run_anyway")
    assert team.acting_for("anna").runs.decide(run.id, "give_up").status == Status.CANCELLED


def test_an_approval_is_for_that_request_and_price(team: Studio) -> None:
    ask_above(team, 0)
    team.queue.pause()
    [changed, dearer, same] = [team.acting_for("anna").requests.submit(paid_image())[0] for _ in range(3)]
    team.acting_for("petra").approvals.decide(questions(team, "petra"), approve=True)
    assert team.acting_for("anna").runs.edit_fields(changed.id, {"prompt": "a blue coat"}).status == Status.HELD
    with team.context.store.write() as db:
        runs.note(db, dearer.id, estimate_usd=0.112)
        runs.note(db, same.id, estimate_usd=0.109)
    team.queue.resume()
    found = settled(team, [changed, dearer, same])
    assert [run.status for run in found] == [Status.HELD, Status.HELD, Status.SUCCEEDED]
    assert questions(team, "petra") == [changed.batch, dearer.batch]


def test_the_roles_of_a_project_decide_what_its_own_limits_keep_back(team: Studio) -> None:
    project = project_of(team, anna="creator", ben="producer")
    ask_above(team, 0, project=project)
    team.queue.pause()
    made = team.acting_for("anna").requests.submit(paid_image())
    in_project(team, made, project)
    team.queue.resume()
    [held] = settled(team, made)
    assert held.held_reason == HeldReason.APPROVAL
    team.admin.set_limits(run_usd=0.05)
    with pytest.raises(NotFound):  # the studio's limit is not the project's to pass
        team.acting_for("ben").approvals.decide([held.batch], approve=True)
    team.admin.set_limits()
    team.acting_for("ben").approvals.decide([held.batch], approve=True)
    assert settled(team, made)[0].status == Status.SUCCEEDED


def test_a_tokens_scope_that_costs_nothing_approves_nothing(team: Studio) -> None:
    ask_above(team, 0)
    [run] = submit(team, "anna")
    team.people.make_token("petra", "drafts", scope="drafts")
    token = team.people.tokens("petra")[0].id
    with pytest.raises((NotAllowed, NotFound)):
        team.acting_for(f"petra/{token}").approvals.decide([run.batch], approve=True)
    assert team.local.runs.get(run.id).status == Status.HELD


def test_several_questions_are_decided_together_or_not_at_all(team: Studio) -> None:
    ask_above(team, 0)
    made = [submit(team, who)[0] for who in ("anna", "ben", "anna")]
    with pytest.raises(NotFound):
        team.acting_for("petra").approvals.decide([made[0].batch, "b_gone"], approve=True)
    assert {team.local.runs.get(run.id).status for run in made} == {Status.HELD}
    team.acting_for("petra").approvals.decide([run.batch for run in made], approve=True)
    assert {run.status for run in settled(team, made)} == {Status.SUCCEEDED}
    with pytest.raises((NotFound, Conflict)):
        team.acting_for("paul").approvals.decide([made[0].batch], approve=False)


def test_free_runs_never_ask_and_runs_of_unknown_price_do(team: Studio) -> None:
    ask_above(team, 5)
    with team.context.store.read() as db:
        assert budget.needs_approval(db, Spender("anna"), [0.0, 0.0]) is None
    [run] = settled(team, team.acting_for("anna").requests.submit(image()))
    assert run.estimate_usd is None
    assert "price is not known" in (run.error or "")


def test_what_is_left_is_known_before_the_press(team: Studio) -> None:
    team.acting_for("ada").budgets.set_budget("person", "anna", month_usd=0.25)
    assert submit(team, "anna")[0].status == Status.SUCCEEDED
    found = team.acting_for("anna").budgets.affordable([0.1])
    assert [(one.kind, one.left_usd) for one in found.budgets] == [("person", pytest.approx(0.15))]
    assert found.why is None
    assert "anna: $0.10 of this month's $0.25" in (team.acting_for("anna").budgets.affordable([0.1, 0.1]).why or "")
    spending = team.acting_for("petra").budgets.spending()
    assert [(row.name, row.spent_month_usd) for row in spending.people if row.spent_month_usd] == [("anna", 0.1)]
    with pytest.raises(NotAllowed):
        team.acting_for("anna").budgets.spending()


@pytest.mark.parametrize("usd", [-1.0, float("nan"), 1e9])
def test_wrong_amounts_are_refused(team: Studio, usd: float) -> None:
    with pytest.raises(CapabilityError):
        team.acting_for("ada").budgets.set_budget("person", "anna", day_usd=usd)
    with pytest.raises(CapabilityError):
        team.acting_for("ada").budgets.set_approval_limit("creator", usd)
    with pytest.raises(CapabilityError):
        team.acting_for("ada").budgets.set_weight("anna", usd)


def test_only_administrators_set_limits(team: Studio) -> None:
    for who in ("anna", "petra"):
        with pytest.raises(NotAllowed):
            team.acting_for(who).budgets.set_budget("person", who, month_usd=1e5)
        with pytest.raises(NotAllowed):
            team.acting_for(who).budgets.set_approval_limit("creator", None)

"""Exports for delivery that demand approvals: they are refused before any work, and pass once the right thing is
approved by whoever may, in the right project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.errors import Conflict, NotAllowed
from studio.media import metadata
from studio.permissions import Role
from studio.services.acting import UserServices
from studio.services.delivery_approval import Demand
from studio.settings import Settings
from studio.storyboard import edit
from studio.storyboard.model import ShotStatus
from studio.studio import Studio

SCRIPT = "Shot 1 [0-1s] a harbour at dawn\nShot 2 [1-2s] 雨中的街道"


@dataclass
class Team:
    """Anna's board of two rendered shots in the project Film; pia is producer there, otto of the project Other."""

    studio: Studio
    people: dict[str, str]
    project: str
    other: str
    board: str

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    settings = Settings(data=tmp_path_factory.mktemp("delivery"), access="password", workers=1)
    with Studio.open(settings) as opened:
        yield opened


@pytest.fixture
def team(studio: Studio, request: pytest.FixtureRequest) -> Team:
    tag = f"{request.node.name[:40]}-{time.monotonic_ns()}"
    roles = {"anna": Role.CREATOR, "pia": Role.PRODUCER, "otto": Role.PRODUCER}
    people = {name: studio.people.create(f"{name}-{tag}"[:60], role=role).id for name, role in roles.items()}
    pia, otto = studio.acting_for(people["pia"]), studio.acting_for(people["otto"])
    project, other = pia.projects.create(f"Film {tag}").id, otto.projects.create(f"Other {tag}").id
    pia.projects.set_member(project, people["anna"], Role.CREATOR)
    otto.projects.set_member(other, people["anna"], Role.CREATOR)
    anna = studio.acting_for(people["anna"])
    anna.projects.set_current(project)
    board = anna.storyboards.create("Harbour", script=SCRIPT, width=256, height=144, fps=24, model="draft/animatic")
    runs = anna.storyboards.render(board.board.id, shots=[s.id for s in board.board.shots])
    assert [r.status for r in anna.runs.wait([r.id for r in runs], timeout_s=60)] == ["succeeded"] * 2
    anna.sharing.share_board(board.board.id, project)
    return Team(studio, people, project, other, board.board.id)


def review_of(team: Team, project: str, *, film: str = "") -> tuple[str, list[str]]:
    """A review of anna's in this project with the takes of her board, or a film; the review and its versions."""
    anna = team.of("anna")
    made = anna.reviews.create("Round one", project)
    if film:
        anna.reviews.add(made.id, film_ids=[film])
    else:
        anna.reviews.add(made.id, board_id=team.board)
    return made.id, [v.id for v in anna.reviews.get(made.id).content.versions]


def export(team: Team, form: str = "film", **options: object) -> str:
    """The id of a finished export of anna's."""
    anna = team.of("anna")
    film = anna.exports.start(team.board, form, options)
    until = time.monotonic() + 60
    while (film := anna.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "succeeded", film.error
    return film.id


def refused(team: Team, form: str = "film", **options: object) -> str:
    """The sentence of a refusal, and that nothing was begun."""
    before = len(team.of("anna").exports.list_for_board(team.board))
    with pytest.raises(Conflict) as error:
        team.of("anna").exports.start(team.board, form, options)
    assert len(team.of("anna").exports.list_for_board(team.board)) == before
    return str(error.value)


def test_takes_must_be_approved_where_the_project_says_so(team: Team) -> None:
    export(team)
    team.of("pia").delivery_approval.set_project(team.project, Demand.TAKES)
    assert "shots 1, 2." in (words := refused(team))
    assert "Put the takes into a review" in words
    review, [first, second] = review_of(team, team.project)
    pia = team.of("pia")
    pia.review_statuses.set(review, first, "approved")
    assert "shot 2." in (words := refused(team, "otio"))
    assert "in the review Round one" in words
    codes = [(f.code, f.number) for f in team.of("anna").preflight.check(team.board).findings]
    assert ("shot_unapproved", 2) in codes
    assert ("shot_unapproved", 1) not in codes
    pia.review_statuses.set(review, second, "approved")
    export(team)
    pia.review_statuses.set(review, first, "retake")
    assert "shot 1." in refused(team)
    export(team, "shots")


def test_a_new_take_is_not_approved_by_an_old_approval(team: Team) -> None:
    team.of("pia").delivery_approval.set_project(team.project, Demand.TAKES)
    review, versions = review_of(team, team.project)
    for version in versions:
        team.of("pia").review_statuses.set(review, version, "approved")
    anna = team.of("anna")
    shot = anna.storyboards.get(team.board).board.shots[0]
    run = anna.storyboards.retake(team.board, shot.id)
    assert anna.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
    export(team)
    anna.storyboards.edit(team.board, "choose", lambda board: edit.choose(board, shot.id, run.id))
    assert "shot 1." in refused(team)


def test_an_approval_of_another_project_does_not_count_even_when_the_review_moves(team: Team) -> None:
    team.of("pia").delivery_approval.set_project(team.project, Demand.TAKES)
    anna = team.of("anna")
    anna.sharing.move_board(team.board, team.other)
    review, versions = review_of(team, team.other)
    for version in versions:
        team.of("otto").review_statuses.set(review, version, "approved")
    anna.sharing.move_board(team.board, team.project)
    anna.reviews.share(review, team.project)
    assert "shots 1, 2." in refused(team)


def test_an_approval_outlives_the_review(team: Team) -> None:
    team.of("pia").delivery_approval.set_project(team.project, Demand.TAKES)
    review, versions = review_of(team, team.project)
    for version in versions:
        team.of("pia").review_statuses.set(review, version, "approved")
    for item in team.of("anna").reviews.get(review).content.items:
        team.of("anna").reviews.remove_item(review, item.id)
    team.of("anna").reviews.trash(review)
    export(team)


def test_the_cut_must_be_approved_and_a_change_takes_that_back(team: Team) -> None:
    anna, pia = team.of("anna"), team.of("pia")
    pia.delivery_approval.set_project(team.project, Demand.CUT)
    assert "Export a review copy" in refused(team)
    assert "cut_unapproved" in [f.code for f in anna.preflight.check(team.board).findings]
    film = export(team, review_copy=True)
    path = anna.exports.file(film)
    assert "review copy" in path.name
    assert '"review_copy": true' in metadata.texts(path)["studio"]
    review, [version] = review_of(team, team.project, film=film)
    with pytest.raises(NotAllowed):
        anna.review_statuses.set(review, version, "approved")
    assert "in the review Round one" in refused(team)
    pia.review_statuses.set(review, version, "approved")
    assert "cut_unapproved" not in [f.code for f in anna.preflight.check(team.board).findings]
    export(team, preset="shorts", loudness=-14.0)
    export(team, "edl")
    shot = anna.storyboards.get(team.board).board.shots[0].id
    anna.storyboards.edit(team.board, "notes", lambda b: edit.change(b, shot, notes="later", status="in_review"))
    export(team)
    assert "not approved" in refused(team, saturation=0.0)
    anna.storyboards.edit(team.board, "trim", lambda b: edit.change(b, shot, trim_in_s=0.25))
    assert "not approved" in refused(team)
    assert "not approved" in refused(team, "edl")


def test_the_studios_rule_holds_where_a_project_has_none(team: Team) -> None:
    anna, pia = team.of("anna"), team.of("pia")
    admin = team.studio.acting_for(team.studio.people.create(f"root-{time.monotonic_ns()}", role=Role.ADMIN).id)
    with pytest.raises(NotAllowed):
        pia.delivery_approval.set_studio(Demand.TAKES)
    with pytest.raises(NotAllowed):
        anna.delivery_approval.set_project(team.project, Demand.NONE)
    admin.delivery_approval.set_studio(Demand.TAKES)
    try:
        assert "shots 1, 2." in refused(team)
        pia.delivery_approval.set_project(team.project, Demand.NONE)
        assert (pia.delivery_approval.of_project(team.project).holds, pia.delivery_approval.of_studio()) == (
            Demand.NONE,
            Demand.TAKES,
        )
        export(team, "shots")
        export(team)
        pia.delivery_approval.set_project(team.project, None)
        assert pia.delivery_approval.of_project(team.project).holds is Demand.TAKES
    finally:
        admin.delivery_approval.set_studio(Demand.NONE)


def test_shots_follow_what_a_review_decides_about_their_takes(team: Team) -> None:
    anna, pia = team.of("anna"), team.of("pia")
    review, [first, _] = review_of(team, team.project)

    def status() -> ShotStatus:
        return anna.storyboards.get(team.board).board.shots[0].status

    before = anna.storyboards.get(team.board).undoable
    for chosen, expected in (
        ("approved", ShotStatus.APPROVED),
        ("retake", ShotStatus.RETAKE),
        ("feedback", ShotStatus.IN_REVIEW),
        ("wip", ShotStatus.DRAFT),
        ("approved", ShotStatus.APPROVED),
    ):
        pia.review_statuses.set(review, first, chosen)
        assert status() is expected
    assert (before, anna.storyboards.get(team.board).undoable) == (before, "status")
    with team.studio.context.jobs.feed.subscribe() as feed:
        anna.review_statuses.set(review, first, "retake")
        changed = feed.get(5)
    assert {f"board:{team.board}", f"review:{review}"} <= set(changed)
    assert anna.storyboards.undo(team.board).board.shots[0].status is ShotStatus.APPROVED
    assert anna.reviews.get(review).content.versions[0].status == "retake"


def test_a_review_moves_no_shot_of_a_board_that_its_people_may_not_change(team: Team, tmp_path: Path) -> None:
    """Vera only watches the project; a review of her own with its shots leaves the board as it is."""
    vera = team.studio.people.create(f"vera-{time.monotonic_ns()}", role=Role.PRODUCER).id
    team.of("pia").projects.set_member(team.project, vera, Role.VIEWER)
    acting = team.studio.acting_for(vera)
    made = acting.reviews.create("Mine", "")
    acting.reviews.add(made.id, board_id=team.board)
    acting.review_statuses.set(made.id, acting.reviews.get(made.id).content.versions[0].id, "retake")
    assert team.of("anna").storyboards.get(team.board).board.shots[0].status is not ShotStatus.RETAKE

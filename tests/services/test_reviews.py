"""Reviews over real runs: who sees and may do what, what limits hold, and that nothing is kept of what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.errors import CapabilityError, NotAllowed, NotFound
from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.acting import UserServices
from studio.settings import Settings
from studio.studio import Studio

BOX = {"shapes": [{"type": "box", "from": [0.1, 0.1], "to": [0.5, 0.5], "color": "#ff3b30", "size": 0.01}]}


@dataclass
class Team:
    """A studio with a project; run: a draft of anna's, not shared."""

    studio: Studio
    project: str
    run: str
    people: dict[str, str]

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    settings = Settings(data=tmp_path_factory.mktemp("reviews"), access="password")
    with Studio.open(settings) as studio:
        roles = {"anna": Role.CREATOR, "ben": Role.CREATOR, "rita": Role.REVIEWER, "vera": Role.VIEWER}
        roles |= {"pia": Role.PRODUCER, "otto": Role.CREATOR}
        people = {name: studio.people.create(name, role=role).id for name, role in roles.items()}
        project = studio.acting_for(people["pia"]).projects.create("Film").id
        for name, role in roles.items():
            if name not in ("otto", "pia"):
                studio.acting_for(people["pia"]).projects.set_member(project, people[name], role)
        anna = studio.acting_for(people["anna"])
        body = {"task": "text-to-video", "model": "draft/animatic", "prompt": "A red boat", "duration_s": 2}
        run = anna.requests.submit(body)[0]
        assert anna.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
        yield Team(studio, project, run.id, people)


def review(team: Team, *, shared: bool = True) -> tuple[str, str]:
    """A review of anna's with her run: its id, and its version's."""
    anna = team.of("anna")
    made = anna.reviews.create("Cut one", team.project if shared else "")
    anna.reviews.add(made.id, run_ids=[team.run])
    return made.id, anna.reviews.get(made.id).content.versions[0].id


def test_members_see_a_review_with_its_takes_and_nobody_else_does(team: Team) -> None:
    review_id, version = review(team)
    asset = team.of("anna").runs.get(team.run).assets[0].id
    for name in ("ben", "rita", "vera", "pia"):
        opened = team.of(name).reviews.get(review_id)
        assert opened.files[version].state == "ready"
        assert team.of(name).assets.get(asset).id == asset
        assert review_id in {one.review.id for one in team.of(name).reviews.all()}
    with pytest.raises(NotFound):
        team.of("otto").reviews.get(review_id)
    team.of("anna").reviews.unshare(review_id)
    for name in ("ben", "pia", "otto"):
        with pytest.raises(NotFound):
            team.of(name).reviews.get(review_id)
        with pytest.raises(NotFound):
            team.of(name).assets.get(asset)


def test_nobody_shows_what_is_not_theirs(team: Team) -> None:
    """Ben sees anna's take by her review, and cannot pass it on by one of his own."""
    review_id, _ = review(team)
    ben = team.of("ben")
    asset = team.of("anna").runs.get(team.run).assets[0]
    his = ben.reviews.create("Mine", "")
    ben.reviews.add(his.id, run_ids=[team.run], asset_ids=[asset.id])
    assert {file.state for file in ben.reviews.get(his.id).files.values()} == {"ready"}
    team.of("anna").reviews.unshare(review_id)
    assert {file.state for file in ben.reviews.get(his.id).files.values()} == {"gone"}


def test_role_decides_who_comments_and_who_edits(team: Team) -> None:
    review_id, version = review(team)
    for name in ("rita", "ben", "pia"):
        team.of(name).review_comments.add(review_id, version, NewComment("hand", 3, 9))
    with pytest.raises(NotAllowed):
        team.of("vera").review_comments.add(review_id, version, NewComment("hand"))
    with pytest.raises(NotAllowed):
        team.of("rita").reviews.rename(review_id, "Other")
    with pytest.raises(NotAllowed):
        team.of("ben").reviews.share(review_id, team.project)
    team.of("ben").reviews.rename(review_id, "Other")
    rights = {name: team.of(name).reviews.get(review_id).rights for name in team.people if name != "otto"}
    assert {n for n, r in rights.items() if r.comment} == {"anna", "ben", "rita", "pia"}
    assert {n for n, r in rights.items() if r.edit} == {"anna", "ben", "pia"}
    assert {n for n, r in rights.items() if "approved" in r.statuses} == {"pia"}


def test_a_thread_with_drawing_answers_and_its_end(team: Team) -> None:
    review_id, version = review(team)
    rita, anna = team.of("rita").review_comments, team.of("anna").review_comments
    first = rita.add(review_id, version, NewComment("hand", 3, 9, mentions=(team.people["anna"],)), shapes=BOX)
    answer = anna.add(review_id, version, NewComment("done", parent=first.id, internal=True))
    assert (answer.frame_in, answer.frame_out, answer.internal) == (3, 9, True)
    assert rita.drawings(review_id, version)[first.id]["shapes"][0]["type"] == "box"
    with pytest.raises(NotAllowed):
        anna.edit(review_id, first.id, text="mine")
    assert rita.edit(review_id, first.id, text="the left hand").mentions == (team.people["anna"],)
    assert anna.resolve(review_id, first.id, resolved=True).resolved_by
    rita.edit(review_id, first.id, remove_drawing=True)
    assert rita.drawings(review_id, version) == {}
    rita.remove(review_id, first.id)
    assert team.of("anna").reviews.get(review_id).content.comments == ()


@pytest.mark.parametrize(
    ("new", "shapes", "field"),
    [
        (NewComment(" "), None, "text"),
        (NewComment("x" * 5001), None, "text"),
        (NewComment("x", 9, 3), None, "frame_in"),
        (NewComment("x", None, 3), None, "frame_in"),
        (NewComment("x", 59, 60), None, "frame_in"),
        (NewComment("x", parent="rc_unknown"), None, None),
        (NewComment("x", mentions=("p_unknown",)), None, "mentions"),
        (NewComment("x"), {"shapes": [{"type": "script"}]}, "drawing"),
    ],
)
def test_a_refused_comment_leaves_nothing(
    team: Team, new: NewComment, shapes: dict[str, object] | None, field: str | None
) -> None:
    review_id, version = review(team)
    with pytest.raises(CapabilityError if field else NotFound) as refused:
        team.of("rita").review_comments.add(review_id, version, new, shapes=shapes)
    assert field is None or getattr(refused.value, "field", None) == field
    assert team.of("anna").reviews.get(review_id).content.comments == ()


def test_who_comments_in_a_review_gives_stars_to_its_takes(team: Team) -> None:
    review(team)
    assert team.of("rita").gallery.rate(team.run, 4).rating == 4
    with pytest.raises(NotAllowed):
        team.of("vera").gallery.rate(team.run, 1)
    with pytest.raises(NotFound):
        team.of("otto").gallery.rate(team.run, 2)
    assert team.of("anna").runs.get(team.run).rating == 4


def test_a_status_has_a_history(team: Team) -> None:
    review_id, version = review(team)
    team.of("rita").review_statuses.set(review_id, version, "retake", "the hand")
    with pytest.raises(NotAllowed):
        team.of("ben").review_statuses.set(review_id, version, "approved")
    team.of("pia").review_statuses.set(review_id, version, "approved")
    team.of("pia").review_statuses.set(review_id, version, "approved")
    changes = team.of("vera").review_statuses.history(review_id, version)
    assert [(c.from_status, c.to_status, c.done, c.note) for c in changes] == [
        ("none", "retake", False, "the hand"),
        ("retake", "approved", True, ""),
    ]
    assert [s.done for s in team.of("vera").reviews.all() if s.review.id == review_id] == [1]


def test_items_move_and_go_with_their_versions(team: Team) -> None:
    review_id, _ = review(team)
    anna = team.of("anna")
    anna.reviews.add(review_id, run_ids=[team.run])
    first, second = anna.reviews.get(review_id).content.items
    anna.reviews.add_version(review_id, first.id, "run", team.run, label="again")
    anna.reviews.change_item(review_id, second.id, title="The boat", place=0)
    content = anna.reviews.get(review_id).content
    assert [i.title for i in content.items] == ["The boat", "A red boat"]
    assert [(v.item, v.number) for v in content.versions] == [(second.id, 1), (first.id, 1), (first.id, 2)]
    anna.reviews.remove_version(review_id, content.versions[0].id)
    assert [i.id for i in anna.reviews.get(review_id).content.items] == [first.id]


def test_what_is_put_away_comes_back_for_its_owner_alone(team: Team) -> None:
    review_id, _ = review(team)
    with pytest.raises(NotAllowed):
        team.of("pia").reviews.trash(review_id)
    team.of("anna").reviews.trash(review_id)
    with pytest.raises(NotFound):
        team.of("anna").reviews.get(review_id)
    with pytest.raises((NotAllowed, NotFound)):
        team.of("ben").reviews.restore(review_id)
    with pytest.raises(NotFound):
        team.of("ben").reviews.get(review_id)
    team.of("anna").reviews.restore(review_id)
    assert team.of("ben").reviews.get(review_id)


def test_takes_of_a_board_join_the_stack_of_their_shot(tmp_path: Path) -> None:
    with Studio.open(Settings(data=tmp_path)) as studio:
        local = studio.local
        board = local.storyboards.create(script="A boat (2s)\n\nA sea (2s)")
        runs = local.storyboards.draft(board.board.id)
        local.runs.wait([r.id for r in runs], timeout_s=60)
        made = local.reviews.create("Takes")
        items = local.reviews.add(made.id, board_id=board.board.id)
        assert [i.shot for i in items] == [s.id for s in board.board.shots]
        again = local.storyboards.retake(board.board.id, board.board.shots[0].id)
        local.runs.wait([again.id], timeout_s=60)
        versions = local.reviews.get(made.id).content.versions
        assert [v.number for v in versions if v.item == items[0].id] == [1, 2]
        assert len(local.reviews.get(made.id).content.versions) == 3

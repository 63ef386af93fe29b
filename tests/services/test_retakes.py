"""From a comment to the take that answers it: what is prefilled, who may, and that nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import av
import numpy as np
import pytest
from PIL import Image

from studio.domain import JSON, Run
from studio.errors import CapabilityError, Conflict, NotAllowed, NotConfigured, NotFound
from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.acting import UserServices
from studio.services.comparisons import TermsChanged
from studio.services.retake_ways import RetakeChoices
from studio.services.retakes import RetakePlan
from studio.settings import Settings
from studio.studio import Studio

BOX = {"shapes": [{"type": "box", "from": [0.1, 0.1], "to": [0.5, 0.5], "color": "#ff3b30", "size": 0.01}]}
DRAFT = {"task": "text-to-video", "model": "draft/animatic", "prompt": "A red boat", "duration_s": 3, "seed": 7}


@dataclass
class Team:
    """A studio with a project, whose people are by name; run: a draft of anna's."""

    studio: Studio
    project: str
    run: str
    people: dict[str, str]

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    settings = Settings(data=tmp_path_factory.mktemp("retakes"), access="password")
    with Studio.open(settings) as studio:
        roles = {"anna": Role.CREATOR, "ben": Role.CREATOR, "rita": Role.REVIEWER, "pia": Role.PRODUCER}
        people = {name: studio.people.create(name, role=role).id for name, role in roles.items()}
        project = studio.acting_for(people["pia"]).projects.create("Film").id
        for name, role in roles.items():
            if name != "pia":
                studio.acting_for(people["pia"]).projects.set_member(project, people[name], role)
        anna = studio.acting_for(people["anna"])
        run = anna.requests.submit(DRAFT)[0]
        assert anna.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
        yield Team(studio, project, run.id, people)


def commented(
    team: Team, text: str = "make the boat blue", *, shapes: JSON | None = None, **more: object
) -> tuple[str, str]:
    """A shared review of anna's run with a comment at frames 36 to 60: ids of both."""
    anna = team.of("anna")
    review = anna.reviews.create("Cut one", team.project)
    anna.reviews.add(review.id, run_ids=[team.run])
    version = anna.reviews.get(review.id).content.versions[0].id
    new = replace(NewComment(text, 36, 60), **more)
    return review.id, team.of("rita").review_comments.add(review.id, version, new, shapes=shapes).id


def press(who: UserServices, review: str, comment: str, choices: RetakeChoices, *, key: str = "") -> Run:
    plan = who.retakes.plan(review, comment, choices)
    assert plan.chosen and plan.way
    sent = replace(choices, way=plan.way, model=plan.chosen.model.id)
    terms = who.retakes.plan(review, comment, sent).chosen
    assert terms
    return who.retakes.start(review, comment, sent, terms=terms.terms, key=key)[0]


def refusals(plan: RetakePlan) -> dict[str, str]:
    return {one.way: getattr(one.refusal, "id", one.refusal) for one in plan.ways if one.refusal}


def test_the_run_is_prefilled_from_the_version_and_the_comment(team: Team) -> None:
    """The request as it was sent, its seed, and the wish as one more sentence; priced as the run will be."""
    review, comment = commented(team)
    plan = team.of("ben").retakes.plan(review, comment)
    assert (plan.way, plan.chosen and plan.chosen.model.id) == ("again", "draft/animatic")
    shown = plan.public()
    assert shown["text"] == "A red boat. Make the boat blue." and shown["prompt"]["wish"] == "Make the boat blue."
    assert (shown["seed"], shown["first"], shown["last"]) == ("7", 36, 60)
    body = plan.chosen.body if plan.chosen else {}
    assert (body["seed"], body["duration_s"], body["n"]) == (7, 3, 1)
    assert refusals(plan) == {"region": "retake.no_region"}
    assert shown["model"]["usd"] == 0.0 and shown["model"]["expected_s"] and shown["refusal"] == ""


def test_the_take_lands_in_the_stack_and_answers_the_comment(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    run = press(ben, review, comment, RetakeChoices(seed="new"))
    content = team.of("rita").reviews.get(review).content
    first, second = content.versions
    assert (second.run, second.answers, second.number, second.item) == (run.id, comment, 2, first.item)
    assert content.comments[0].retake_run == run.id
    assert run.seed != 7 and run.project == team.project and run.owner == team.people["ben"]
    assert run.request.prompt == "A red boat. Make the boat blue."
    done = ben.runs.wait([run.id], timeout_s=60)[0]
    assert done.status == "succeeded" and done.estimate_usd == 0.0
    opened = team.of("rita").reviews.get(review)
    assert opened.files[second.id].state == "ready"
    assert team.of("rita").assets.get(done.assets[0].id).kind == "video", "whoever commented sees the answer"


def test_from_a_frame_the_clip_starts_with_exactly_that_frame_and_ends_with_the_ranges_last(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    run = press(ben, review, comment, RetakeChoices(way="from_frame"))
    assert run.request.task == "image-to-video" and run.request.seed == 7
    clip = ben.runs.get(team.run).assets[0]
    with av.open(str(ben.assets.path(clip))) as box:
        frames = [frame.to_ndarray(format="rgb24") for frame in box.decode(video=0)]
    for asset_id, number in ((run.request.first_frame, 36), (run.request.last_frame, 60)):
        assert asset_id
        with Image.open(ben.assets.path(ben.assets.get(asset_id))) as picture:
            taken = np.asarray(picture.convert("RGB")).astype(int)
        apart = [float(np.abs(frame.astype(int) - taken).mean()) for frame in frames[number - 2 : number + 3]]
        assert apart.index(min(apart)) == 2, f"frame {number}: {apart}"
    ben.runs.wait([run.id], timeout_s=60)
    without = ben.retakes.plan(review, comment, RetakeChoices("from_frame", to_last=False))
    assert without.chosen and "last_frame" not in without.chosen.body


def test_a_clip_is_edited_by_the_wish_alone(team: Team) -> None:
    review, comment = commented(team, shapes=BOX)
    plan = team.of("ben").retakes.plan(review, comment, RetakeChoices(way="edit"))
    assert plan.chosen and plan.chosen.body["task"] == "video-to-video"
    assert plan.chosen.body["prompt"] == "At the top left of the picture: make the boat blue."
    assert plan.chosen.body["video"] == team.of("anna").runs.get(team.run).assets[0].id
    assert {"alibaba/wan2.7-videoedit", "draft/animatic"} <= {one.model.id for one in plan.others}
    assert not any(one.model.id == "alibaba/wan2.7-i2v" for one in plan.others), "it continues clips"


def test_what_cannot_be_done_says_why_before_anything_is_sent(team: Team) -> None:
    review, whole = commented(team, frame_in=None, frame_out=None)
    ben = team.of("ben")
    assert refusals(ben.retakes.plan(review, whole)) == {"from_frame": "retake.no_frame", "region": "retake.no_region"}
    with pytest.raises(CapabilityError, match="on the whole clip"):
        ben.retakes.start(review, whole, RetakeChoices(way="from_frame"), terms="x")
    review, masked = commented(team, shapes=BOX)
    plan = ben.retakes.plan(review, masked, RetakeChoices(way="region"))
    assert plan.way == "region" and plan.chosen and not plan.chosen.readiness.ready
    before = ben.gallery.search().total
    with pytest.raises(NotConfigured):
        ben.retakes.start(review, masked, RetakeChoices("region", plan.chosen.model.id), terms=plan.chosen.terms)
    assert ben.gallery.search().total == before and len(ben.reviews.get(review).content.versions) == 1


def test_only_what_was_shown_is_sent(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    shown = ben.retakes.plan(review, comment).chosen
    assert shown
    edited = RetakeChoices("again", "draft/animatic", prompt="Something else")
    with pytest.raises(TermsChanged):
        ben.retakes.start(review, comment, edited, terms=shown.terms)
    team.of("rita").review_comments.edit(review, comment, text="make it green")
    with pytest.raises(TermsChanged):
        ben.retakes.start(review, comment, RetakeChoices("again", "draft/animatic"), terms=shown.terms)
    assert len(ben.reviews.get(review).content.versions) == 1


def test_a_press_makes_one_retake_however_often_it_arrives(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    choices = RetakeChoices("again", "draft/animatic")
    shown = ben.retakes.plan(review, comment, choices).chosen
    assert shown
    terms, made, failed = shown.terms, list[str](), list[Exception]()

    def once() -> None:
        try:
            made.append(ben.retakes.start(review, comment, choices, terms=terms, key="press-1")[0].id)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed and len(made) == 4 and len(set(made)) == 1
    assert len(ben.reviews.get(review).content.versions) == 2
    with pytest.raises(Conflict):
        ben.retakes.start(review, comment, replace(choices, seed="new"), terms=terms, key="press-1")


def test_while_one_is_made_there_is_no_second_and_a_failed_one_makes_room(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    team.studio.local.queue.pause()
    try:
        run = press(ben, review, comment, RetakeChoices())
        assert ben.retakes.plan(review, comment).public()["under_way"]
        with pytest.raises(Conflict, match="being made"):
            press(ben, review, comment, RetakeChoices(seed="new"))
        ben.runs.cancel(run.id)
        assert ben.reviews.get(review).files[ben.reviews.get(review).content.versions[1].id].state == "failed"
        again = press(ben, review, comment, RetakeChoices())
        versions = ben.reviews.get(review).content.versions
        assert [v.run for v in versions] == [team.run, again.id]
    finally:
        team.studio.local.queue.resume()


def test_a_reviewer_comments_and_only_who_may_create_retakes(team: Team) -> None:
    review, comment = commented(team)
    with pytest.raises(NotAllowed):
        team.of("rita").retakes.plan(review, comment)
    with pytest.raises(NotAllowed):
        team.of("rita").retakes.start(review, comment, RetakeChoices(), terms="x")
    team.of("anna").reviews.unshare(review)
    with pytest.raises(NotFound):
        team.of("ben").retakes.plan(review, comment)


def test_the_comments_frame_is_shown(team: Team) -> None:
    review, comment = commented(team)
    with Image.open(team.of("rita").retakes.frame(review, comment)) as picture:
        assert max(picture.size) <= 960 and picture.format == "WEBP"


def test_a_take_of_a_board_goes_to_its_shot_as_well(team: Team) -> None:
    ben = team.of("ben")
    board = ben.storyboards.create("Boats", script="A red boat on a lake").board
    shot = board.shots[0].id
    [draft] = ben.storyboards.draft(board.id, shots=[shot])
    ben.runs.wait([draft.id], timeout_s=60)
    review = ben.reviews.create("Board", "")
    ben.reviews.add(review.id, board_id=board.id)
    version = ben.reviews.get(review.id).content.versions[0].id
    comment = ben.review_comments.add(review.id, version, NewComment("make it blue", 36, 60))
    assert ben.retakes.plan(review.id, comment.id).board is True
    run = press(ben, review.id, comment.id, RetakeChoices())
    takes = ben.storyboards.get(board.id).board.shot(shot).takes
    assert [take.run for take in takes] == [draft.id, run.id] and takes[1].kind == "draft"
    versions = ben.reviews.get(review.id).content.versions
    assert [v.run for v in versions] == [draft.id, run.id] and versions[1].answers == comment.id
    ben.runs.wait([run.id], timeout_s=60)
    assert len(ben.reviews.get(review.id).content.versions) == 2


def test_a_picture_is_edited_and_has_no_frames(team: Team) -> None:
    anna = team.of("anna")
    body: JSON = {"task": "text-to-image", "model": "draft/animatic", "prompt": "A red boat"}
    [run] = anna.requests.submit(body)
    anna.runs.wait([run.id], timeout_s=60)
    review = anna.reviews.create("Stills", team.project)
    anna.reviews.add(review.id, run_ids=[run.id])
    version = anna.reviews.get(review.id).content.versions[0].id
    comment = anna.review_comments.add(review.id, version, NewComment("make it blue"))
    plan = anna.retakes.plan(review.id, comment.id, RetakeChoices(way="edit"))
    assert refusals(plan) == {"from_frame": "retake.picture_has_no_frames", "region": "retake.no_region"}
    made = press(anna, review.id, comment.id, RetakeChoices(way="edit"))
    assert (made.request.task, made.request.prompt) == ("image-edit", "Make it blue.")
    assert made.request.image == anna.runs.get(run.id).assets[0].id
    assert anna.runs.wait([made.id], timeout_s=60)[0].status == "succeeded"


def test_a_run_is_never_seen_without_its_version_and_the_comments_note(team: Team) -> None:
    """One transaction writes all three, so that no crash can come between them: whoever reads meanwhile sees all or
    nothing."""
    review, comment = commented(team)
    before = team.studio.local.gallery.search().total
    torn: list[tuple[int, int, int]] = []
    done = threading.Event()

    def read() -> None:
        sql = (
            "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM review_versions WHERE answers = ?), "
            "(SELECT count(*) FROM comments WHERE id = ? AND retake_run IS NOT NULL)"
        )
        while not done.is_set():
            with team.studio.context.store.read() as db:
                runs, versions, notes = db.conn.execute(sql, [comment, comment]).fetchone()
            if not runs - before == versions == notes:
                torn.append((runs, versions, notes))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        run = press(team.of("ben"), review, comment, RetakeChoices(way="from_frame"))
    finally:
        done.set()
        reader.join(20)
    assert torn == [] and team.studio.local.gallery.search().total == before + 1
    team.of("ben").runs.wait([run.id], timeout_s=60)


def test_a_prompt_that_was_rewritten_for_the_comment_goes_with_what_it_was(team: Team) -> None:
    review, comment = commented(team)
    ben = team.of("ben")
    assert ben.retakes.plan(review, comment).public()["asked"] == "A red boat"
    taken = RetakeChoices(prompt="A blue boat", original="A red boat")
    run = press(ben, review, comment, taken)
    assert (run.request.prompt, run.request.original_prompt) == ("A blue boat", "A red boat")

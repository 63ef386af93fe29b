"""People are told on their devices of what concerns them in reviews: mentions, answers, retakes, statuses. Never of
their own doings or of what they may not see, and once for what is written in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studio.messages import tables
from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.acting import UserServices
from studio.services.personal_messages import PersonalChoices
from studio.services.retake_ways import RetakeChoices
from studio.settings import Settings
from studio.store import review_news
from studio.store import settings as settings_store
from studio.studio import Studio
from tests.support.kit import QUICK
from tests.support.push_service import Browser, PushService
from tests.support.receiver import until

TIMING = replace(QUICK, notify_collect_s=0.05, notify_burst_s=1.0, notify_retry_s=(0.05,))
DRAFT = {"task": "text-to-video", "model": "draft/animatic", "prompt": "A red boat", "duration_s": 2}


@dataclass
class Team:
    """anna's take under review in a project with ben (creator), rita (reviewer) and pia (producer), each with a
    device."""

    studio: Studio
    service: PushService
    people: dict[str, str]
    review: str = ""
    version: str = ""
    devices: dict[str, Browser] = field(default_factory=dict)

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])

    def say(self, who: str, text: str, *mentioned: str, parent: str | None = None, frame: int | None = None) -> str:
        mentions = tuple(self.people[name] for name in mentioned)
        new = NewComment(text, frame, frame, parent=parent, mentions=mentions)
        return self.of(who).review_comments.add(self.review, self.version, new).id

    def told(self, who: str, count: int = 1) -> list[Any]:
        return self.service.wait(self.devices[who], count)

    def silent(self, *names: str) -> bool:
        return all(not self.devices[name].got for name in names)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with PushService() as service:
        settings = Settings(
            data=tmp_path / "data", access="password", environ={"STUDIO_PUSH_SERVICE": SecretStr(service.url)}
        )
        with Studio.open(settings, timing=TIMING) as studio:
            roles = {"anna": Role.CREATOR, "ben": Role.CREATOR, "rita": Role.REVIEWER, "pia": Role.PRODUCER}
            people = {name: studio.people.create(name, role=role).id for name, role in roles.items()}
            pia = studio.acting_for(people["pia"])
            project = pia.projects.create("Film").id
            for name in ("anna", "ben", "rita"):
                pia.projects.set_member(project, people[name], roles[name])
            made = Team(studio, service, people)
            anna = made.of("anna")
            [run] = anna.requests.submit(DRAFT)
            assert anna.runs.wait([run.id], timeout_s=60)[0].status == "succeeded"
            made.review = anna.reviews.create("Cut one", project).id
            anna.reviews.add(made.review, run_ids=[run.id])
            made.version = anna.reviews.get(made.review).content.versions[0].id
            for name in people:
                made.devices[name] = service.browser()
                own = studio.notifications.own(people[name])
                own.subscribe(**made.devices[name].subscription, device="Chrome")
            yield made


def test_a_mention_and_an_answer_are_told_with_the_way_to_the_frame(team: Team) -> None:
    comment = team.say("rita", "a secret wish @anna", "anna", frame=12)
    [told] = team.told("anna")
    assert told["title"] == "rita mentioned you" and "secret" not in str(told)
    assert told["body"] == "Cut one: A red boat, version 1."
    assert f"review={team.review}" in told["url"] and told["url"].endswith("frame=12") and team.version in told["url"]
    team.say("anna", "which one?", parent=comment)
    assert team.told("rita")[0]["title"] == "anna replied to you"
    assert team.silent("ben", "pia") and len(team.devices["anna"].got) == 1


def test_what_is_written_in_one_go_is_one_message(team: Team) -> None:
    for n in range(4):
        team.say("rita", f"wish {n} @anna", "anna")
    assert [one["title"] for one in team.told("anna")] == ["rita wrote 4 comments for you"]
    team.say("pia", "and mine @anna", "anna")
    assert team.told("anna", 2)[1]["title"] == "pia mentioned you"


def test_a_retake_that_is_ready_is_told_to_who_asked_for_it(team: Team) -> None:
    comment = team.say("rita", "make it blue @pia @ben", "pia", "ben", frame=12)
    assert team.told("pia") and team.told("ben")
    ben = team.of("ben")
    chosen = ben.retakes.plan(team.review, comment, RetakeChoices("again", "draft/animatic")).chosen
    assert chosen
    choices = RetakeChoices("again", "draft/animatic")
    run, version = ben.retakes.start(team.review, comment, choices, terms=chosen.terms)
    [told] = team.told("rita")
    assert told["title"] == "A retake for your comment is ready" and version in told["url"]
    assert told["body"] == "Cut one: A red boat, version 2."
    assert team.told("pia", 2)[1]["title"] == "A retake of a comment with your name is ready"
    assert team.studio.local.runs.get(run.id).status == "succeeded"
    assert len(team.devices["ben"].got) == 1, "who made it is not told of it"


def test_a_status_is_told_to_who_made_the_take_in_their_language(team: Team) -> None:
    team.studio.notifications.own(team.people["anna"]).set_choices(PersonalChoices(language="zh-CN"))
    team.of("pia").review_statuses.set(team.review, team.version, "approved")
    [told] = team.told("anna")
    assert told["title"] == "pia 设置了你 1 条的状态" and tables()["zh-CN"]["reviewstatus.approved"] in told["body"]
    team.of("anna").review_statuses.set(team.review, team.version, "wip")
    team.say("rita", "@anna", "anna")
    assert team.told("anna", 2)[1]["title"] == "rita 提到了你", "and not of what anna did herself"


def test_choices_rights_and_quotes_hold(team: Team) -> None:
    own = team.studio.notifications.own
    own(team.people["ben"]).set_choices(PersonalChoices(mentions=False))
    own(team.people["pia"]).set_choices(PersonalChoices(prompts=True))
    team.say("rita", "the left hand @ben @pia @anna", "ben", "pia", "anna")
    assert "“the left hand @ben @pia @anna”" in team.told("pia")[0]["body"]
    assert "left hand" not in team.told("anna")[0]["body"] and team.silent("ben")


def test_what_somebody_no_longer_sees_is_not_told(team: Team) -> None:
    comment = team.say("pia", "the left hand")
    team.of("anna").reviews.unshare(team.review)
    team.say("anna", "which one?", parent=comment)
    context = team.studio.context

    def looked() -> bool:
        with context.store.read() as db:
            newest = db.conn.execute("SELECT max(seq) FROM comments").fetchone()[0]
            return settings_store.get(db, review_news.CURSOR)["comments"] == newest

    until(looked)
    with context.store.read() as db:
        assert db.conn.execute("SELECT count(*) FROM notifications").fetchone()[0] == 0


def test_comments_that_were_deleted_leave_no_gap(team: Team) -> None:
    """Their numbers are given again, to comments that are news as well."""
    last = team.say("rita", "a slip")
    team.of("rita").review_comments.remove(team.review, last)
    team.say("rita", "the left hand @anna", "anna")
    assert team.told("anna")[0]["title"] == "rita mentioned you"

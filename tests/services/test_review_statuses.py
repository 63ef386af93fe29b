"""Statuses of takes: who sets which, how administrators change them, and that the history stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from studio.errors import CapabilityError, Conflict, NotAllowed
from studio.permissions import GUEST_PREFIX, Actor, Role
from studio.services.acting import UserServices
from studio.services.review_rights import may_set
from studio.settings import Settings
from studio.store import review_statuses
from studio.store.review_statuses import StatusFields
from studio.studio import Studio

MAY_SET = {
    "none": {Role.REVIEWER, Role.CREATOR, Role.PRODUCER, Role.ADMIN},
    "wip": {Role.CREATOR, Role.PRODUCER, Role.ADMIN},
    "feedback": {Role.CREATOR, Role.PRODUCER, Role.ADMIN},
    "retake": {Role.REVIEWER, Role.CREATOR, Role.PRODUCER, Role.ADMIN},
    "approved": {Role.PRODUCER, Role.ADMIN},
}
"""Status -> roles that set it, as a studio begins."""


@dataclass
class Team:
    """Everybody, by role, is in the project with that role too; `lent` is a producer who is a creator there."""

    studio: Studio
    project: str
    people: dict[str, str]
    run: str

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])

    def review(self) -> tuple[str, str]:
        """A review of the admin's in the project, and its version."""
        admin = self.of("admin")
        made = admin.reviews.create("Round", self.project)
        admin.reviews.add(made.id, run_ids=[self.run])
        return made.id, admin.reviews.get(made.id).content.versions[0].id


@pytest.fixture
def team(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Team]:
    people = {role.value: studio.people.create(role.value, role=role).id for role in Role}
    people["lent"] = studio.people.create("lent", role=Role.PRODUCER).id
    admin = studio.acting_for(people["admin"])
    project = admin.projects.create("Film").id
    for role in Role:
        admin.projects.set_member(project, people[role.value], role)
    admin.projects.set_member(project, people["lent"], Role.CREATOR)
    [run] = admin.requests.submit({"task": "text-to-image", "model": "fake/image", "prompt": "a red coat"})
    assert admin.runs.wait([run.id], timeout_s=20)[0].status == "succeeded"
    yield Team(studio, project, people, run.id)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"access": "password"})


def fields(name: str, **more: object) -> StatusFields:
    given = {"short": "X", "color": "#112233", "least_role": Role.CREATOR} | more
    return StatusFields(name=name, **given)  # pyright: ignore[reportArgumentType]


def test_every_role_sets_just_what_its_rank_allows(team: Team) -> None:
    for status, roles in MAY_SET.items():
        for role in Role:
            review, version = team.review()
            other = "wip" if status == "none" else "none"
            team.of("admin").review_statuses.set(review, version, other)
            person = team.of(role.value)
            assert (status in person.reviews.get(review).rights.statuses) == (role in roles)
            if role in roles:
                person.review_statuses.set(review, version, status)
            else:
                with pytest.raises(NotAllowed):
                    person.review_statuses.set(review, version, status)
            expected = status if role in roles else other
            assert person.reviews.get(review).content.versions[0].status == expected


def test_the_lower_one_of_two_roles_counts(team: Team) -> None:
    review, version = team.review()
    with pytest.raises(NotAllowed):
        team.of("lent").review_statuses.set(review, version, "approved")
    team.of("lent").review_statuses.set(review, version, "wip")


def test_guests_set_what_is_open_to_them(team: Team) -> None:
    guest = Actor(f"{GUEST_PREFIX}1", Role.REVIEWER, "Client")
    with team.studio.context.store.read() as db:
        statuses = review_statuses.all_of(db)
    assert {s.id for s in statuses if may_set(guest, s, guest.role)} == {"none", "retake"}
    admin = team.of("admin").review_statuses
    admin.change("approved", fields("", is_done=True, least_role=Role.PRODUCER, guests_may_set=True))
    with team.studio.context.store.read() as db:
        assert may_set(guest, review_statuses.get(db, "approved"), guest.role)


def test_only_administrators_change_statuses(team: Team) -> None:
    for role in Role:
        service = team.of(role.value).review_statuses
        if role is Role.ADMIN:
            assert service.create(fields(f"Check {role}")).position == 5
        else:
            with pytest.raises(NotAllowed):
                service.create(fields(f"Check {role}"))
            with pytest.raises(NotAllowed):
                service.remove("wip")


def test_there_is_always_one_default_and_one_that_approves(team: Team) -> None:
    admin = team.of("admin").review_statuses
    with pytest.raises(Conflict, match="default"):
        admin.remove("none")
    with pytest.raises(Conflict, match="default"):
        admin.change("none", fields("None"))
    with pytest.raises(Conflict, match="approves"):
        admin.remove("approved")
    with pytest.raises(CapabilityError, match="beginning"):
        admin.change("approved", fields("", is_done=True, is_default=True))
    with pytest.raises(CapabilityError, match="name"):
        admin.create(fields(""))
    new = admin.create(fields("Ready", is_default=True))
    assert [s.id for s in admin.all() if s.is_default] == [new.id]
    with pytest.raises(Conflict, match="called"):
        admin.create(fields("ready"))
    assert admin.remove("none") is True
    review, _ = team.review()
    assert team.of("admin").reviews.get(review).content.versions[0].status == new.id


def test_the_history_keeps_its_words_when_a_status_is_renamed_or_retired(team: Team) -> None:
    review, version = team.review()
    admin = team.of("admin").review_statuses
    cut = admin.create(fields("Fine cut", least_role=Role.REVIEWER))
    team.of("reviewer").review_statuses.set(review, version, cut.id, "nearly there")
    team.of("producer").review_statuses.set(review, version, "approved")
    admin.change(cut.id, fields("Picture lock", least_role=Role.REVIEWER))
    assert admin.remove(cut.id) is False
    assert next(s for s in admin.all() if s.id == cut.id).retired
    with pytest.raises(NotAllowed):
        team.of("admin").review_statuses.set(review, version, cut.id)
    found = [(c.to_name, c.person_name, c.note, c.done) for c in admin.history(review, version)]
    assert found == [
        ("Fine cut", "reviewer", "nearly there", False),
        ("Approved", "producer", "", True),
    ]
    admin.change(cut.id, fields("Picture lock", least_role=Role.REVIEWER))
    assert not next(s for s in admin.all() if s.id == cut.id).retired


def test_statuses_stand_in_the_order_they_are_given(team: Team) -> None:
    admin = team.of("admin").review_statuses
    ids = [s.id for s in admin.all()]
    admin.reorder(ids[::-1])
    assert [s.id for s in admin.all()] == ids[::-1]
    with pytest.raises(Conflict):
        admin.reorder(ids[:-1])

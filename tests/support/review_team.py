"""A team with a review that two of them have open: for tests and measurements in browsers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from studio.permissions import Role
from studio.studio import Studio
from studio.web.middleware.security import authenticator_of


@dataclass(frozen=True)
class Team:
    """people: login -> id. review: Anna's, shared with the project of all."""

    studio: Studio
    people: dict[str, str]
    project: str
    review: str

    def context(self, browser: Browser, url: str, login: str, **options: Any) -> BrowserContext:
        """A browser in which this person has signed in."""
        authenticator = authenticator_of(self.studio.settings, self.studio.people)
        assert authenticator
        made = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, "locale": "en-US"} | options)
        token = self.studio.people.sign_in(self.people[login], method="password")
        made.add_cookies([{"name": authenticator.cookie, "value": token, "url": url}])
        return made


def review_team(studio: Studio, *clips: Path, logins: tuple[str, ...] = ("anna", "ben")) -> Team:
    """Accounts, a project with all of them, and a review of these clips. The studio has to have accounts."""
    people = {name: studio.people.create(name, role=Role.CREATOR, name=name.title()).id for name in logins}
    pia = studio.people.create("pia", role=Role.ADMIN).id
    project = studio.acting_for(pia).projects.create("Film").id
    for person in people.values():
        studio.acting_for(pia).projects.set_member(project, person, Role.CREATOR)
    anna = studio.acting_for(people["anna"])
    review = anna.reviews.create("First cut", project).id
    anna.reviews.add(review, asset_ids=[anna.assets.add(clip).id for clip in clips])
    return Team(studio, people | {"pia": pia}, project, review)

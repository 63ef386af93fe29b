"""People: the accounts of a studio. Drawn by assets/js/people.js from /ui/people."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class PeoplePage(Page):
    """Who there is, invitations, roles, disabling: for administrators. Solo studios read how to turn accounts on."""

    id = "people"
    group = "library"

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return "people.title"

    def build(self) -> None:
        """One widget, which reads its routes when it is opened."""
        self.widget = mount_script("people.js", elem_id="people")

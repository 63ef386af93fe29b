"""Activity: the audit log. Drawn by assets/js/activity.js from /ui/activity."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class ActivityPage(Page):
    """Who did what, when, from where: all of it for administrators, one's own rows for everyone else."""

    id = "activity"
    group = "library"

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return "activity.title"

    def build(self) -> None:
        """One widget, which reads its routes when it is opened."""
        self.widget = mount_script("activity.js", elem_id="activity")

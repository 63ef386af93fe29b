"""The Review: takes and cuts that a team judges together. Drawn by assets/js/review from /ui/reviews."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class ReviewPage(Page):
    """The list of reviews and one of them with its player, comments and items. ?review=ID opens one."""

    id = "review"
    group = "library"

    def build(self) -> None:
        """One widget; everything it shows comes from /ui/reviews."""
        self.widget = mount_script("review/main.js", elem_id="review")

"""The Storyboard: plan a film as shots, see it at once, approve, render, cut, export. Drawn by assets/js/board."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class StoryboardPage(Page):
    """The list of boards and the editor of one. ?board=ID opens a board."""

    id = "storyboard"
    group = "library"

    def build(self) -> None:
        """One widget; everything it shows comes from /ui/boards."""
        self.widget = mount_script("board/main.js", elem_id="storyboard")

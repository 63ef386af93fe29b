"""The Gallery: every kept run, newest first. Drawn by assets/js/gallery.js from /ui/runs."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class GalleryPage(Page):
    """Search, filters, the grid, the trash, and the panel of one run. ?run=ID opens a run."""

    id = "gallery"
    group = "library"

    def build(self) -> None:
        """One widget, which asks for what its filters offer each time it is opened."""
        self.grid = mount_script("gallery.js", elem_id="gallery")

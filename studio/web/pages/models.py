"""Models: open models for the user's own card. Drawn by assets/js/models.js from /ui/models."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class ModelsPage(Page):
    """Each model with size, licence and what the card can do with it; download with progress, resume, remove."""

    id = "models"
    group = "library"

    def build(self) -> None:
        """One widget, which reads the list when it is opened and while something is on its way."""
        self.models = mount_script("models.js", elem_id="models")

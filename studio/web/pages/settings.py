"""Settings: what the studio stands on and what it costs. Drawn by assets/js/settings.js from /ui/house."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class SettingsPage(Page):
    """Storage, engines and what they need, limits and spending, backups, versions. Never the value of a key."""

    id = "settings"
    group = "library"

    def build(self) -> None:
        """One widget, which reads the settings when it is opened."""
        self.widget = mount_script("settings.js", elem_id="settings")

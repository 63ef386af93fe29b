"""Account: one's own. Drawn by assets/js/account.js from /ui/account."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class AccountPage(Page):
    """Name, password, signed-in browsers, access tokens, notifications, own keys. Opened by the account menu."""

    id = "account"
    group = "library"

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return "people.account"

    def build(self) -> None:
        """One widget, which reads its routes when it is opened."""
        self.widget = mount_script("account.js", elem_id="account")

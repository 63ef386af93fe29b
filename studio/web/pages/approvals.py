"""Approvals and Spending: paid runs that wait for a decision, and what people and projects may spend."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class ApprovalsPage(Page):
    """Questions about money with their answers. Drawn by assets/js/approvals.js from /ui/approvals."""

    id = "approvals"
    group = "library"

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return "approvals.tab"

    def build(self) -> None:
        """One widget, which reads the questions when it is opened and whenever a run is held."""
        self.list = mount_script("approvals.js", elem_id="approvals")


class SpendingPage(Page):
    """Budgets and spending by person and project. Drawn by assets/js/spending.js from /ui/spending."""

    id = "spending"
    group = "library"

    @property
    def label(self) -> str:
        """The key of the tab's name."""
        return "spending.tab"

    def build(self) -> None:
        """One widget, which reads its routes when it is opened."""
        self.panel = mount_script("spending.js", elem_id="spending")

"""Refunds: what was paid, or may have been, without a result. Drawn by assets/js/refunds.js."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class RefundsPage(Page):
    """Claims by provider with their receipts, a text to send, and what came of each."""

    id = "refunds"
    group = "library"

    def build(self) -> None:
        """One widget, which reads its routes when it is opened."""
        self.list = mount_script("refunds.js", elem_id="refunds")

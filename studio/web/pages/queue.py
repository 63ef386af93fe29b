"""The Queue: what runs, waits, is held, and lately ended. Drawn by assets/js/queue.js from the live stream."""

from __future__ import annotations

from studio.web.pages import mount_script
from studio.web.pages.page import Page


class QueuePage(Page):
    """A live list with cancel, retry, hold choices, order, priority, pause and resume."""

    id = "queue"
    group = "library"

    def build(self) -> None:
        """One widget, which follows /events/runs."""
        self.list = mount_script("queue.js", elem_id="queue")

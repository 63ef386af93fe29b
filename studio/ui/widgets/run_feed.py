"""The runs of one create page, live."""

from __future__ import annotations

from collections.abc import Iterable

import gradio as gr

from studio.domain import Task
from studio.ui.widgets.mount import mounted


def run_feed(tasks: Iterable[Task], *, elem_id: str) -> gr.HTML:
    """Cards of the newest runs of these tasks with live progress, hold choices, cancel, and what came of them.

    It needs no value and no timer: it reads /ui/runs once and follows /events/runs, so a submit handler only submits.
    Cancel, retry, new seed, trash with undo, rating and download work by themselves. What fills a form is told to
    Python as one event; connect it in the page's wire():

        self.feed = run_feed([Task.TEXT_TO_IMAGE], elem_id="t2i-feed")        # in build()
        wire_actions(self.ctx, self.feed)                                     # in wire(); studio.ui.widgets.actions

    which answers {do: "use", run} by ctx.pages[task page].fill(request) and {do: "send", run, asset, to} by the page
    that takes `to` (edit, first_frame, last_frame, references, video, audio_file).
    """
    return mounted("feed.js", elem_id=elem_id, options={"tasks": [Task(t).value for t in tasks]})

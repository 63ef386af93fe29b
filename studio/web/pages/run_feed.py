"""The runs of one create page, live."""

from __future__ import annotations

from collections.abc import Iterable

import gradio as gr

from studio.domain import Task
from studio.web.pages.mount import mount_script


def run_feed(tasks: Iterable[Task], *, elem_id: str) -> gr.HTML:
    """Cards of the newest runs of these tasks with live progress, hold choices, cancel, and what came of them.

    It needs no value, timer or event: it reads /ui/runs once and follows /events/runs, so a submit only submits.
    Cancel, retry, new seed, trash with undo, rating and download go through our routes; "Use again" and "Send to" go
    through studio.web.pages.send_to, which is connected once for the whole page. Use: run_feed([Task.TEXT_TO_IMAGE],
    elem_id="t2i-feed") in build(), nothing in wire().
    """
    return mount_script("feed.js", elem_id=elem_id, events=(), options={"tasks": [Task(t).value for t in tasks]})

"""One order made: which task is drawn by which module. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.animatic.clips import from_picture, from_sound, from_words, references
from studio.animatic.clips.film import ReportProgress
from studio.animatic.effects import edit, restyle
from studio.animatic.order import Order, kind_of, output_path
from studio.domain import Task
from studio.messages import joined

Made = list[str]
"""Sentences for the user about what could not be done as asked; usually none."""

TASKS: dict[Task, Callable[[Order, ReportProgress], Made]] = {
    Task.TEXT_TO_IMAGE: from_words.picture,
    Task.IMAGE_EDIT: edit.picture,
    Task.TEXT_TO_VIDEO: from_words.clip,
    Task.IMAGE_TO_VIDEO: from_picture.clip,
    Task.REFERENCE_TO_VIDEO: references.clip,
    Task.AUDIO_TO_VIDEO: from_sound.clip,
    Task.VIDEO_TO_VIDEO: restyle.clip,
}
OWN_SIZE = (Task.IMAGE_EDIT, Task.VIDEO_TO_VIDEO)
"""Tasks whose instructions may crop, turn or join, so that the order's size is not the result's."""
MIME = {"image": "image/png", "video": "video/mp4"}


def make(order: Order, report: ReportProgress) -> dict[str, Any]:
    """Make the file and say where it is. Raises MediaError for input files that cannot be used."""
    report(0.0, "composing")
    messages = TASKS[Task(order.task)](order, report)
    kind = kind_of(order).value
    size = None if order.task in OWN_SIZE else [order.width, order.height]
    return {
        "path": str(output_path(order)),
        "kind": kind,
        "mime": MIME[kind],
        "size": size,
        "note": joined(*messages) if messages else "",
    }

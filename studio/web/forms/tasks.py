"""The create pages: tab id -> task, in the order of the navigation."""

from __future__ import annotations

from studio.domain import Task

CREATE_TASKS = {
    "t2i": Task.TEXT_TO_IMAGE,
    "edit": Task.IMAGE_EDIT,
    "t2v": Task.TEXT_TO_VIDEO,
    "i2v": Task.IMAGE_TO_VIDEO,
    "r2v": Task.REFERENCE_TO_VIDEO,
    "s2v": Task.AUDIO_TO_VIDEO,
    "v2v": Task.VIDEO_TO_VIDEO,
}

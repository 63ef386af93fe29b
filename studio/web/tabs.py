"""The tabs of the page, in the order of the navigation: each is one script of assets/js with its options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.catalogue import validation
from studio.domain import JSON
from studio.engines.comfyui.workflow import FIELDS, MEDIA
from studio.engines.comfyui.workflow_model import NEEDS
from studio.web.forms.tasks import CREATE_TASKS

if TYPE_CHECKING:
    from studio.studio import Studio


@dataclass(frozen=True)
class Tab:
    """id: names it in links, tests and CSS. script: below assets/js, draws it when it is first opened. label: the key
    of its name. options: constants for the script."""

    id: str
    script: str
    label: str
    options: JSON = field(default_factory=JSON)


def tabs_of(studio: Studio) -> Iterator[Tab]:
    """The tabs of a studio: a create page for each task that some model does, then the library."""
    tasks = {page: task for page, task in CREATE_TASKS.items() if studio.catalogue.for_task(task)}
    for page, task in tasks.items():
        yield Tab(page, "form/form.js", f"shell.tab_{page}", {"page": page, "task": task.value})
    yield Tab("storyboard", "board/main.js", "shell.tab_storyboard")
    yield Tab("gallery", "gallery.js", "shell.tab_gallery")
    yield Tab("review", "review/main.js", "shell.tab_review")
    yield Tab("queue", "queue.js", "shell.tab_queue")
    yield Tab("approvals", "approvals.js", "approvals.tab")
    yield Tab("spending", "spending.js", "spending.tab")
    yield Tab("models", "models.js", "shell.tab_models")
    yield Tab("workflows", "workflows/main.js", "shell.tab_workflows", _workflow_options(tasks))
    yield Tab("refunds", "refunds.js", "shell.tab_refunds")
    yield Tab("people", "people.js", "people.title")
    yield Tab("activity", "activity.js", "activity.title")
    yield Tab("account", "account.js", "people.account")
    yield Tab("settings", "settings.js", "shell.tab_settings")


def _workflow_options(tasks: JSON) -> JSON:
    """What a workflow may become: the tasks with their pages, and the names of inputs that mean something."""
    named = [
        {"id": task.value, "page": page, "makes": task.makes.value, "needs": list(NEEDS[task])}
        for page, task in tasks.items()
    ]
    reserved = sorted({*validation.FIELDS, *FIELDS, *MEDIA, "params"})
    return {"tasks": named, "media": {name: kind.value for name, kind in MEDIA.items()}, "reserved": reserved}

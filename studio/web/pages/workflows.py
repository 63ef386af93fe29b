"""Workflows: a ComfyUI graph of one's own becomes a model. Drawn by assets/js/workflows from /ui/workflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from studio.catalogue import form_values, validation
from studio.engines.comfyui.workflow import FIELDS, MEDIA
from studio.engines.comfyui.workflow_model import NEEDS
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error, term
from studio.web.pages import mount_script
from studio.web.pages.create import CreatePage
from studio.web.pages.page import EVENT_OPTIONS, Page, actor_of, event_data

KEPT_FIELDS = ("prompt", "negative_prompt", "media")
"""What a form keeps when a workflow is brought to it."""


class WorkflowsPage(Page):
    """Drop a workflow, say what its inputs are, name it; the list of those that are kept."""

    id = "workflows"
    group = "library"

    def build(self) -> None:
        """One widget, which reads the list when it is opened."""
        self.create_pages = [p for p in self.ctx.pages.values() if isinstance(p, CreatePage)]
        tasks = [
            {"id": p.task.value, "page": p.id, "makes": p.task.makes.value, "needs": list(NEEDS[p.task])}
            for p in self.create_pages
        ]
        media = {name: kind.value for name, kind in MEDIA.items()}
        options = {"tasks": tasks, "media": media, "reserved": sorted({*validation.FIELDS, *FIELDS, *MEDIA, "params"})}
        uses = tuple(f"use_{p.id}" for p in self.create_pages)
        self.list = mount_script("workflows/main.js", elem_id="workflows", events=uses, options=options)

    def connect_events(self) -> None:
        """To the form of a task, with the workflow as its model and at its own values; words and files there stay."""
        for page in self.create_pages:
            inputs = [page.picker, page.media, *page.controls.values()]
            outputs = [self.ctx.tabs, *page.fill_outputs]
            getattr(self.list, f"use_{page.id}")(self._use(page), inputs, outputs, **EVENT_OPTIONS)

    def _use(self, page: CreatePage) -> Callable[..., Any]:
        def use(event: gr.EventData, request: gr.Request, *sent: Any) -> Any:
            form, _ = page.read_form(sent)
            try:
                model = self.studio.catalogue.get(str(event_data(event).get("id")))
            except StudioError as error:
                raise CapabilityError(of_error(error)) from None
            if page.task not in model.tasks:
                raise gr.Error(
                    Message("model.does_not", model=term(model.label), task=term(page.task)), print_exception=False
                )
            start = form_values.from_request({}, model, page.task) | {k: form[k] for k in KEPT_FIELDS if k in form}
            return page.updates(start, model, actor=actor_of(request)) | {self.ctx.tabs: gr.Tabs(selected=page.id)}

        return use

"""Workflows: a ComfyUI graph of one's own becomes a model. Drawn by assets/js/workflows from /ui/workflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from studio.catalogue import validation
from studio.engines.comfyui.workflow import FIELDS, MEDIA
from studio.engines.comfyui.workflow_model import NEEDS
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error, term
from studio.web.pages import form_values, mounted
from studio.web.pages.create import CreatePage
from studio.web.pages.page import EVENT, Page, owner_of, values_of

KEPT = ("prompt", "negative_prompt", "media")
"""What a form keeps when a workflow is brought to it."""


class WorkflowsPage(Page):
    """Drop a workflow, say what its inputs are, name it; the list of those that are kept."""

    id = "workflows"
    group = "library"

    def build(self) -> None:
        """One widget, which reads the list when it is opened."""
        self.makers = [p for p in self.ctx.pages.values() if isinstance(p, CreatePage)]
        tasks = [
            {"id": p.task.value, "page": p.id, "makes": p.task.makes.value, "needs": list(NEEDS[p.task])}
            for p in self.makers
        ]
        media = {name: kind.value for name, kind in MEDIA.items()}
        options = {"tasks": tasks, "media": media, "reserved": sorted({*validation.FIELDS, *FIELDS, *MEDIA, "params"})}
        uses = tuple(f"use_{p.id}" for p in self.makers)
        self.list = mounted("workflows/main.js", elem_id="workflows", events=uses, options=options)

    def wire(self) -> None:
        """To the form of a task, with the workflow as its model and at its own values; words and files there stay."""
        for page in self.makers:
            asked = [page.picker, page.media, *page.c.values()]
            told = [self.ctx.tabs, *page.fill_outputs]
            getattr(self.list, f"use_{page.id}")(self._use(page), asked, told, **EVENT)

    def _use(self, page: CreatePage) -> Callable[..., Any]:
        def use(event: gr.EventData, request: gr.Request, *sent: Any) -> Any:
            form, _ = page.form(sent)
            try:
                model = self.studio.catalogue.get(str(values_of(event).get("id")))
            except StudioError as error:
                raise CapabilityError(of_error(error)) from None
            if page.task not in model.tasks:
                raise gr.Error(
                    Message("model.does_not", model=term(model.label), task=term(page.task)), print_exception=False
                )
            start = form_values.values_of({}, model, page.task) | {k: form[k] for k in KEPT if k in form}
            return page.updates(start, model, owner=owner_of(request)) | {self.ctx.tabs: gr.Tabs(selected=page.id)}

        return use

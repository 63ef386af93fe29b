"""From any widget to any form: "Use again" and "Send to", and the link that opens one run.

One hidden component outside the tabs receives the wishes; its events carry only ids, which the Studio looks up for the
user who asks. A file is added to what the form already holds; nothing that was typed is lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gradio as gr

from studio.catalogue import Model
from studio.domain import JSON, Kind, Run, Task
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error, term
from studio.web import navigation
from studio.web.pages import mount_script
from studio.web.pages.create import CreatePage
from studio.web.pages.page import EVENT_OPTIONS, PageContext, actor_of, event_data

TITLE_CHARS = 80
"""Characters of a prompt that name a run being edited."""
TARGETS: dict[str, tuple[Task, tuple[str, ...]]] = {
    "image": (Task.IMAGE_EDIT, ("image", "images")),
    "first_frame": (Task.IMAGE_TO_VIDEO, ("first_frame",)),
    "last_frame": (Task.IMAGE_TO_VIDEO, ("last_frame",)),
    "references": (Task.REFERENCE_TO_VIDEO, ("references",)),
    "video": (Task.VIDEO_TO_VIDEO, ("video",)),
    "audio_file": (Task.AUDIO_TO_VIDEO, ("audio_file",)),
    "sound_frame": (Task.AUDIO_TO_VIDEO, ("first_frame", "image")),
    "clip_sound": (Task.TEXT_TO_VIDEO, ("audio_file",)),
    "frame_sound": (Task.IMAGE_TO_VIDEO, ("audio_file",)),
}
"""Where "Send to" puts a file: the task's page, and the inputs of its model that will do, the first one first."""


def connect(demo: gr.Blocks, ctx: PageContext) -> None:
    """Make the component and its events. Call it inside the Blocks, once every page is built."""
    pages = {p.task: p for p in ctx.pages.values() if isinstance(p, CreatePage)}
    targets = {f"send_{name}": target for name, target in TARGETS.items() if target[0] in pages}
    widget = mount_script("send_to.js", elem_id="studio-send-to", events=("use", "edit", *targets))
    all_outputs = [c for p in pages.values() for c in p.fill_outputs]
    widget.use(_use(ctx, pages), None, [ctx.tabs, *all_outputs], **EVENT_OPTIONS)
    widget.edit(_edit(ctx, pages), None, [ctx.tabs, *all_outputs], **EVENT_OPTIONS)
    for event, (task, names) in targets.items():
        page = pages[task]
        inputs = [page.picker, page.media, *page.controls.values()]
        getattr(widget, event)(_send(ctx, page, names), inputs, [ctx.tabs, *page.fill_outputs], **EVENT_OPTIONS)
    demo.load(_open_from_url(ctx), None, ctx.tabs, **EVENT_OPTIONS)


TAB_OF_PARAM = {"run": "gallery", "board": "storyboard", "review": "review"}
"""Tabs that a link leads to by naming only what is to be seen there; as in assets/js/address.js."""


def _open_from_url(ctx: PageContext) -> Callable[..., Any]:
    """?tab=ID opens that tab, where the person has it; without one, TAB_OF_PARAM says which."""

    def open_tab(request: gr.Request) -> Any:
        query = request.query_params
        if (wanted := query.get("tab")) in ctx.pages:
            hidden = navigation.hidden_tabs(ctx.studio.acting_for(actor_of(request)))
            return gr.skip() if wanted in hidden else gr.Tabs(selected=wanted)
        tabs = [tab for key, tab in TAB_OF_PARAM.items() if query.get(key)]
        return gr.Tabs(selected=tabs[0]) if tabs else gr.skip()

    return open_tab


def _use(ctx: PageContext, pages: dict[Task, CreatePage]) -> Callable[..., Any]:
    def use(event: gr.EventData, request: gr.Request) -> Any:
        actor = actor_of(request)
        run, page = _run_of(ctx, pages, event, actor)
        return page.fill_updates(_body_of(run), actor=actor) | {ctx.tabs: gr.Tabs(selected=page.id)}

    return use


def _edit(ctx: PageContext, pages: dict[Task, CreatePage]) -> Callable[..., Any]:
    """The run's request in its form, whose bar then saves into the run instead of starting another."""

    def edit(event: gr.EventData, request: gr.Request) -> Any:
        actor = actor_of(request)
        run, page = _run_of(ctx, pages, event, actor)
        if why := ctx.studio.queue.edit_refusal(run):
            raise CapabilityError(why)
        updates = page.fill_updates(_body_of(run), actor=actor)
        state = {"run": run.id, "title": run.request.prompt[:TITLE_CHARS], "usd": run.estimate_usd}
        return updates | {page.bar: updates[page.bar] | {"editing": state}, ctx.tabs: gr.Tabs(selected=page.id)}

    return edit


def _run_of(ctx: PageContext, pages: dict[Task, CreatePage], event: gr.EventData, actor: str) -> tuple[Run, CreatePage]:
    """The run that an event names, and the page of its task. Raises CapabilityError."""
    try:
        run = ctx.studio.acting_for(actor).runs.get(str(event_data(event).get("run")))
    except StudioError as error:
        raise CapabilityError(of_error(error)) from None
    page = pages.get(run.request.task)
    if page is None:
        raise CapabilityError(Message("task.no_page", task=term(run.request.task)))
    return run, page


def _body_of(run: Run) -> JSON:
    return run.request.flat() | ({"seed": run.seed} if run.seed is not None else {})


def _send(ctx: PageContext, page: CreatePage, names: tuple[str, ...]) -> Callable[..., Any]:
    def send(event: gr.EventData, request: gr.Request, *sent: Any) -> Any:
        actor = actor_of(request)
        form, model = page.read_form(sent)
        event_values = event_data(event)
        model, name = _model_with_input(ctx, page, model, names)
        spec = model.inputs_for(page.task)[name]
        try:
            asset = ctx.studio.acting_for(actor).assets.get(str(event_values.get("asset")))
            if asset.kind is Kind.VIDEO and "frame_s" in event_values:
                asset = ctx.studio.acting_for(actor).assets.frame(asset.id, at_s=_seconds(event_values["frame_s"]))
            if event_values.get("prompt_of") and not str(form.get("prompt") or "").strip():
                form["prompt"] = ctx.studio.acting_for(actor).runs.get(str(event_values["prompt_of"])).request.prompt
        except StudioError as error:
            raise CapabilityError(of_error(error)) from None
        form["media"] = add_file(form["media"], name, asset.id, spec.max)
        return page.updates(form, model, actor=actor) | {ctx.tabs: gr.Tabs(selected=page.id)}

    return send


def _seconds(value: object) -> float | None:
    """A position in a clip as the player tells it, 0 or more; None, its end, for what is no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(0.0, float(value)) if is_number and isinstance(value, int | float) else None


def _model_with_input(ctx: PageContext, page: CreatePage, model: Model, names: tuple[str, ...]) -> tuple[Model, str]:
    """The form's model if it has such an input, else the first of the task that has."""
    for candidate in (model, *ctx.studio.catalogue.for_task(page.task)):
        for name in names:
            if name in candidate.inputs_for(page.task):
                return candidate, name
    raise CapabilityError(Message("model.none_takes", input=term(names[0].replace("_", " "))))


def add_file(media: JSON, name: str, asset_id: str, max_files: int) -> JSON:
    """The form's files with one more; where the input is full, the new one takes the last place."""
    others = [one for one in media.get(name, []) if isinstance(one, dict) and one.get("id") != asset_id]
    return media | {name: [*others[: max(0, max_files - 1)], {"id": asset_id}]}

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
from studio.domain import JSON, Kind, Task
from studio.errors import CapabilityError, StudioError
from studio.messages import Message, of_error, term
from studio.web.pages import mounted
from studio.web.pages.create import CreatePage
from studio.web.pages.page import EVENT, Ctx, owner_of, values_of

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


def connect(demo: gr.Blocks, ctx: Ctx) -> None:
    """Make the component and its events. Call it inside the Blocks, once every page is built."""
    pages = {p.task: p for p in ctx.pages.values() if isinstance(p, CreatePage)}
    sends = {f"send_{name}": target for name, target in TARGETS.items() if target[0] in pages}
    courier = mounted("courier.js", elem_id="studio-courier", events=("use", *sends))
    everywhere = [c for p in pages.values() for c in p.fill_outputs]
    courier.use(_use(ctx, pages), None, [ctx.tabs, *everywhere], **EVENT)
    for event, (task, names) in sends.items():
        page = pages[task]
        asked = [page.picker, page.media, *page.c.values()]
        getattr(courier, event)(_send(ctx, page, names), asked, [ctx.tabs, *page.fill_outputs], **EVENT)
    demo.load(_linked(ctx), None, ctx.tabs, **EVENT)


def _linked(ctx: Ctx) -> Callable[..., Any]:
    """?tab=ID opens that tab. A link that names only a run (?run=ID) opens the gallery, ?board=ID the storyboard."""

    def linked(request: gr.Request) -> Any:
        asked = request.query_params
        if asked.get("tab") in ctx.pages:
            return gr.Tabs(selected=asked["tab"])
        wanted = [tab for key, tab in (("run", "gallery"), ("board", "storyboard")) if asked.get(key)]
        return gr.Tabs(selected=wanted[0]) if wanted else gr.skip()

    return linked


def _use(ctx: Ctx, pages: dict[Task, CreatePage]) -> Callable[..., Any]:
    def use(event: gr.EventData, request: gr.Request) -> Any:
        owner = owner_of(request)
        try:
            run = ctx.studio.acting_for(owner).runs.get(str(values_of(event).get("run")))
        except StudioError as error:
            raise CapabilityError(of_error(error)) from None
        page = pages.get(run.request.task)
        if page is None:
            raise CapabilityError(Message("task.no_page", task=term(run.request.task)))
        body = run.request.flat() | ({"seed": run.seed} if run.seed is not None else {})
        return page.filled(body, owner=owner) | {ctx.tabs: gr.Tabs(selected=page.id)}

    return use


def _send(ctx: Ctx, page: CreatePage, names: tuple[str, ...]) -> Callable[..., Any]:
    def send(event: gr.EventData, request: gr.Request, *sent: Any) -> Any:
        owner = owner_of(request)
        form, model = page.form(sent)
        told = values_of(event)
        model, name = _taker(ctx, page, model, names)
        spec = model.inputs_for(page.task)[name]
        try:
            asset = ctx.studio.acting_for(owner).assets.get(str(told.get("asset")))
            if asset.kind is Kind.VIDEO and "frame_s" in told:
                asset = ctx.studio.acting_for(owner).assets.frame(asset.id, at_s=_seconds(told["frame_s"]))
            if told.get("prompt_of") and not str(form.get("prompt") or "").strip():
                form["prompt"] = ctx.studio.acting_for(owner).runs.get(str(told["prompt_of"])).request.prompt
        except StudioError as error:
            raise CapabilityError(of_error(error)) from None
        form["media"] = added(form["media"], name, asset.id, spec.max)
        return page.updates(form, model, owner=owner) | {ctx.tabs: gr.Tabs(selected=page.id)}

    return send


def _seconds(value: object) -> float | None:
    """A position in a clip as the player tells it, 0 or more; None, its end, for what is no number."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(0.0, float(value)) if usable and isinstance(value, int | float) else None


def _taker(ctx: Ctx, page: CreatePage, model: Model, names: tuple[str, ...]) -> tuple[Model, str]:
    """The form's model if it has such an input, else the first of the task that has."""
    for one in (model, *ctx.studio.catalogue.for_task(page.task)):
        for name in names:
            if name in one.inputs_for(page.task):
                return one, name
    raise CapabilityError(Message("model.none_takes", input=term(names[0].replace("_", " "))))


def added(media: JSON, name: str, asset_id: str, most: int) -> JSON:
    """The form's files with one more; where the input is full, the new one takes the last place."""
    held = [one for one in media.get(name, []) if isinstance(one, dict) and one.get("id") != asset_id]
    return media | {name: [*held[: max(0, most - 1)], {"id": asset_id}]}

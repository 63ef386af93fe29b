"""What was typed survives a reload: each form is kept in this browser, and put back when the page loads.
A form that this browser holds nothing of starts with the user's defaults.

Kept under a fixed key and secret, so that it also survives a restart of the studio. No key or other secret is ever in a
form. Saving is done by the page alone and costs the server nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from studio.web.pages import form_estimate, model_picker
from studio.web.pages.create import CreatePage, Updates
from studio.web.pages.page import EVENT_OPTIONS, PageContext, actor_of

STORAGE_KEY, SECRET = "wan-studio-forms", "not a secret: forms hold none"


def connect(demo: gr.Blocks, ctx: PageContext) -> None:
    """Save every form as it changes, and put the forms back on load."""
    browser_state = gr.BrowserState({}, storage_key=STORAGE_KEY, secret=SECRET)
    pages = [p for p in ctx.pages.values() if isinstance(p, CreatePage)]
    for page in pages:
        page.bar.save(
            None,
            [browser_state, page.picker, page.media, *page.controls.values()],
            browser_state,
            js=_save(page),
            **EVENT_OPTIONS,
        )
        page.bar.discard(_put_back(ctx, page), browser_state, [ctx.tabs, *page.fill_outputs], **EVENT_OPTIONS)

    def restore(saved: object, request: gr.Request) -> Updates:
        changed: Updates = {}
        for page in pages:
            changed |= _restored(page, saved, actor_of(request))
        return changed

    demo.load(restore, browser_state, [c for p in pages for c in p.fill_outputs], **EVENT_OPTIONS)


def _restored(page: CreatePage, saved: object, actor: str) -> Updates:
    """Updates that put back what this browser holds of a form; the user's defaults where it holds nothing."""
    form = saved.get(page.id) if isinstance(saved, dict) else None
    updates = page.restored_updates(form, actor=actor) if isinstance(form, dict) else page.default_updates(actor=actor)
    return {page.bar: form_estimate.recheck()} | updates  # each bar waits to hear that its form is complete


def _put_back(ctx: PageContext, page: CreatePage) -> Callable[..., Any]:
    """A run was edited in this form, or the edit was discarded: what the form held before, and back to the queue."""

    def put_back(saved: object, request: gr.Request) -> Updates:
        actor = actor_of(request)
        model = model_picker.default_model(ctx.studio, page.task, ctx.studio.acting_for(actor))
        empty = page.fill_updates({"model": model.id}, actor=actor)
        return empty | _restored(page, saved, actor) | {ctx.tabs: gr.Tabs(selected="queue")}

    return put_back


def _save(page: CreatePage) -> str:
    keys = json.dumps(list(page.controls))
    return f"""(kept, picker, media, ...values) => {{
      const keys = {keys};
      const form = {{model: picker?.id, origin: picker?.origin, media: media?.files || {{}}, values: {{}}}};
      keys.forEach((key, i) => (form.values[key] = values[i]));
      return {{...(kept || {{}}), {json.dumps(page.id)}: form}};
    }}"""

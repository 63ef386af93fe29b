"""What was typed survives a reload: each form is kept in this browser, and put back when the page loads.
A form that this browser holds nothing of starts with the user's defaults.

Kept under a fixed key and secret, so that it also survives a restart of the studio. No key or other secret is ever in a
form. Saving is done by the page alone and costs the server nothing.
"""

from __future__ import annotations

import json

import gradio as gr
from gradio.components import Component

from studio.domain import JSON
from studio.web.pages import form_estimate
from studio.web.pages.create import CreatePage
from studio.web.pages.page import EVENT_OPTIONS, PageContext, owner_of

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

    def restore(saved: object, request: gr.Request) -> dict[Component, JSON]:
        owner, changed = owner_of(request), {}
        for page in pages:
            saved_form = saved.get(page.id) if isinstance(saved, dict) else None
            updates = (
                page.restored_updates(saved_form, owner=owner)
                if isinstance(saved_form, dict)
                else page.default_updates(owner=owner)
            )
            changed |= {page.bar: form_estimate.recheck()} | updates  # each bar waits to hear that its form is complete
        return changed

    demo.load(restore, browser_state, [c for p in pages for c in p.fill_outputs], **EVENT_OPTIONS)


def _save(page: CreatePage) -> str:
    keys = json.dumps(list(page.controls))
    return f"""(kept, picker, media, ...values) => {{
      const keys = {keys};
      const form = {{model: picker?.id, origin: picker?.origin, media: media?.files || {{}}, values: {{}}}};
      keys.forEach((key, i) => (form.values[key] = values[i]));
      return {{...(kept || {{}}), {json.dumps(page.id)}: form}};
    }}"""

"""How a script of ours gets onto a page: a gr.HTML with a fixed, empty template that loads one module and mounts it.

User text never passes through the template, which Gradio would run as code; the module draws with textContent from
JSON it fetches or from `props.value`.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from studio.web.static import asset_url

TEMPLATE = '<div class="st-mount"></div>'


def mount_script(
    script: str,
    *,
    elem_id: str,
    events: tuple[str, ...] = (),
    options: dict[str, Any] | None = None,
    value: Any = None,
) -> gr.HTML:
    """A component drawn by `mount(element, {props, trigger, watch, upload, options})` of assets/js/SCRIPT.

    events: names that the script triggers; each can be listened to in Python as component.NAME(fn). Their data comes
    from the browser: check it. options: constants for the script. value: JSON to begin with, read as props.value.
    """
    load = f"""
      const EVENTS = {json.dumps(events)};
      const options = {json.dumps(options or {})};
      const url = new URL({json.dumps(asset_url("js/" + script))}, document.baseURI);
      import(url).then((m) => m.mount(element, {{props, trigger, watch, upload, options}})).catch((error) => {{
        element.textContent = "This part of the page did not load. Reload the page.";
        throw error;
      }});"""
    return gr.HTML(
        value,
        html_template=TEMPLATE,
        js_on_load=load,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["st-host"],
    )

"""How a script of ours gets onto a page: a gr.HTML with a fixed, empty template that loads one module and mounts it.

User text never passes through the template, which Gradio would run as code; the module draws with textContent from
JSON it fetches.
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
    options: dict[str, Any] | None = None,
) -> gr.HTML:
    """A component drawn by `mount(element, {upload, options})` of assets/js/SCRIPT.

    upload(file): to Gradio's folder, from where a route of ours takes it. options: constants for the script.
    """
    load = f"""
      const options = {json.dumps(options or {})};
      const url = new URL({json.dumps(asset_url("js/" + script))}, document.baseURI);
      import(url).then((m) => m.mount(element, {{upload, options}})).catch((error) => {{
        element.textContent = "This part of the page did not load. Reload the page.";
        throw error;
      }});"""
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=load,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["st-host"],
    )

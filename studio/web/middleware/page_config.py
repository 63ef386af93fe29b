"""Gradio's page without what only programs need: the page holds the configuration of every function of the API and the
description of each, 170 KB of JSON, and Gradio's scripts would make a component for each parameter.

`/config` and `/gradio_api/info`, which programs read, stay whole.
"""

from __future__ import annotations

import json
from typing import Any

CONFIG, API_INFO = b"window.gradio_config = ", b"window.gradio_api_info = "
"""What stands before the JSON in the page."""

API_COMPONENT = "api"
"""Gradio's type of a parameter or result of a function that has no place on the page."""


def lean_page(page: bytes) -> bytes:
    """The page with its configuration cut down. A page of another shape stays as it is."""
    page = _replaced(page, CONFIG, lean_config)
    return _replaced(page, API_INFO, lambda _: {"named_endpoints": {}, "unnamed_endpoints": {}})


def lean_config(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the components that are on the page, and the events that have to do with one of them."""
    drawn = [one for one in config["components"] if one["type"] != API_COMPONENT]
    ids = {one["id"] for one in drawn}
    events = [
        event
        for event in config["dependencies"]
        if any(target[0] in ids for target in event["targets"]) or ids & {*event["inputs"], *event["outputs"]}
    ]
    event_ids = {event["id"] for event in events}
    layout = config["layout"] | {"children": [c for c in config["layout"]["children"] if c["id"] in ids]}
    pages = {
        name: part
        | {
            "components": [n for n in part["components"] if n in ids],
            "dependencies": [n for n in part["dependencies"] if n in event_ids],
            "layout": layout,
        }
        for name, part in config["page"].items()
    }
    return config | {"components": drawn, "dependencies": events, "layout": layout, "page": pages}


def _replaced(page: bytes, marker: bytes, change: Any) -> bytes:
    start = page.find(marker)
    if start < 0:
        return page
    start += len(marker)
    text = page[start:].decode()
    value, length = json.JSONDecoder().raw_decode(text)
    new = json.dumps(change(value), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return page[:start] + new.encode() + text[length:].encode()

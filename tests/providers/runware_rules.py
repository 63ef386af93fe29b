"""What Runware's models of other families take: the server's own knowledge, not the studio's rows.

Typed from the models' pages (runware.ai/docs/models, copies of 2026) and its provider pages, apart from
studio/catalogue. Nested fields are named by their path.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.providers import field_rules

JSON = dict[str, Any]
FAMILIES = field_rules.read(Path(__file__).with_name("runware_families.json"))
EITHER = ("klingai:", "google:3@", "google:veo@")
"""Models that take a frame or a size, not both."""


def broken(task: JSON) -> list[tuple[str, str]]:
    """(field, what is wrong) for every rule of its model that this task breaks. Its id and webhook fit every model."""
    model = str(task["model"])
    fields = _flat({name: one for name, one in task.items() if name not in ("taskUUID", "webhookURL")})
    found = field_rules.broken(FAMILIES[model], fields)
    framed, sized = "inputs.frameImages" in fields, "width" in fields
    if model.startswith(EITHER) and "inputs.video" not in fields and framed == sized:
        found.append(("width", "Give either frameImages or width and height"))
    if sized and "resolution" in fields:
        found.append(("resolution", "Not with width and height"))
    if framed and {"inputs.referenceImages", "inputs.referenceVideos"} & set(fields):
        found.append(("inputs.frameImages", "Not with references"))
    if model == "minimax:4@1" and fields.get("width") == 1920 and fields.get("duration") != 6:
        found.append(("duration", "6 seconds at 1920x1080"))
    if "inputs.video" in fields and (fields.get("duration") != 7 or {"width", "seed", "resolution"} & set(fields)):
        found.append(("inputs.video", "7 seconds, without a size or seed"))
    if model.startswith("alibaba:qwen") and {"inputs.referenceImages", "negativePrompt"} <= set(fields):
        found.append(("negativePrompt", "Not with reference images"))
    return found


def _flat(value: JSON, path: str = "") -> JSON:
    fields: JSON = {}
    for name, one in value.items():
        fields |= _flat(one, f"{path}{name}.") if isinstance(one, dict) else {path + name: one}
    return fields

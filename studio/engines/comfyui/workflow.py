"""The user's own workflow: an API-format graph, a map from our fields to its inputs, and a catalogue row of its own.

A graph comes from a stranger: it is parsed as data with limits on size and shape, and only sent to the user's server.
"""

from __future__ import annotations

import copy
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from studio.catalogue import InputSpec, Model, ParamSpec
from studio.catalogue.rows import Durations, FreeSize, Seeds, Text
from studio.domain import JSON, Kind, Request, Task
from studio.errors import CapabilityError

log = logging.getLogger(__name__)

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 2000
FIELDS = ("prompt", "negative_prompt", "seed", "width", "height", "duration_s", "length", "fps")
"""Fields of ours that a slot may carry; length is frames. Media inputs and own parameters come on top."""

MEDIA = {"image": Kind.IMAGE, "images": Kind.IMAGE, "first_frame": Kind.IMAGE, "last_frame": Kind.IMAGE}
MEDIA |= {"references": Kind.IMAGE, "video": Kind.VIDEO, "audio_file": Kind.AUDIO}

_GUESSES = {
    ("CLIPTextEncode", "text"): "prompt",
    ("TextEncodeQwenImageEditPlus", "prompt"): "prompt",
    ("LoadImage", "image"): "image",
    ("LoadVideo", "file"): "video",
    ("LoadAudio", "audio"): "audio_file",
}
_BY_NAME = {
    "seed": "seed", "noise_seed": "seed", "width": "width", "height": "height", "length": "length", "fps": "fps",
}  # fmt: skip


@dataclass(frozen=True)
class Slot:
    """One input of one node that may be set from the form. value: as in the file. guess: our field for it, or ""."""

    node: str
    field: str
    title: str
    value: Any
    guess: str = ""


def parse(content: bytes | str) -> JSON:
    """An API-format graph. Raises CapabilityError that says how to export one, when it is something else."""
    if len(content) > MAX_BYTES:
        raise CapabilityError(f"The workflow is larger than {MAX_BYTES // 2**20} MB.", field="workflow")
    try:
        graph = json.loads(content)
    except ValueError:
        raise CapabilityError("This is not a JSON file.", field="workflow") from None
    if isinstance(graph, dict) and "nodes" in graph and "links" in graph:
        how = "In ComfyUI choose Workflow, Export (API), and drop that file here."
        raise CapabilityError(f"This is the editor's format, which cannot be run as it is. {how}", field="workflow")
    if isinstance(graph, dict) and isinstance(graph.get("prompt"), dict):
        graph = graph["prompt"]
    if not isinstance(graph, dict) or not graph or len(graph) > MAX_NODES or not all(map(_is_node, graph.values())):
        raise CapabilityError("This is not a ComfyUI workflow in API format.", field="workflow")
    return graph


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def slots(graph: JSON) -> list[Slot]:
    """Every plain value of the graph, with our best guess of what it is. The first text is the prompt, the second the
    negative one, unless a title or the links to a sampler say otherwise."""
    negative = _negatives(graph)
    found = []
    for node_id, node in graph.items():
        title = str((node.get("_meta") or {}).get("title") or node["class_type"])
        for name, value in node["inputs"].items():
            if isinstance(value, str | int | float | bool):
                guess = _GUESSES.get((node["class_type"], name)) or _BY_NAME.get(name, "")
                if guess == "prompt" and (node_id in negative or "negative" in title.lower()):
                    guess = "negative_prompt"
                found.append(Slot(node_id, name, title, value, guess))
    return found


def _negatives(graph: JSON) -> set[str]:
    """Ids of nodes that end in a sampler's `negative` input, followed through conditioning nodes."""
    wanted: set[str] = set()
    open_ids = [n["inputs"]["negative"] for n in graph.values() if isinstance(n["inputs"].get("negative"), list)]
    while open_ids:
        link = open_ids.pop()
        node_id = str(link[0])
        if node_id in wanted or node_id not in graph:
            continue
        wanted.add(node_id)
        inputs = graph[node_id]["inputs"]
        key = "negative" if "negative" in inputs else "conditioning"
        if isinstance(inputs.get(key), list):
            open_ids.append(inputs[key])
    return wanted


def row(name: str, label: str, graph: JSON, mapping: Mapping[str, str], tasks: tuple[Task, ...], today: date) -> Model:
    """A catalogue row for the workflow. mapping: "node.field" -> our field, or a new parameter's name.

    Raises CapabilityError for a slot that is not there, or a task without an output node.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        raise CapabilityError(
            "A workflow's name is made of small letters, digits and dashes.", field="name", value=name
        )
    by_field: dict[str, list[str]] = {}
    values: JSON = {}
    for slot, field in mapping.items():
        node, _, key = slot.partition(".")
        if node not in graph or key not in graph[node]["inputs"]:
            raise CapabilityError(f"The workflow has no input {slot}.", field="mapping", value=slot)
        by_field.setdefault(field, []).append(slot)
        values[field] = graph[node]["inputs"][key]
    own = [f for f in by_field if f not in FIELDS and f not in MEDIA]
    return Model(
        id=f"comfyui/{name}",
        provider="comfyui",
        label=label,
        family="workflow",
        tasks=tasks,
        note="Your own workflow.",
        inputs={f: InputSpec(kinds=(MEDIA[f],), min=1, max=len(by_field[f])) for f in by_field if f in MEDIA},
        params={f: _param(f, values[f]) for f in own},
        free_size=FreeSize(min_side=16, max_side=8192) if {"width", "height"} <= set(by_field) else None,
        default_size=(int(values["width"]), int(values["height"])) if {"width", "height"} <= set(by_field) else None,
        durations=Durations(min=0.1, max=120, step=0, default=4) if {"duration_s", "length"} & set(by_field) else None,
        fps=(int(values["fps"]),) if "fps" in by_field else (),
        prompt=Text(required=False),
        negative_prompt=Text() if "negative_prompt" in by_field else None,
        seeds=Seeds(max=2**53) if "seed" in by_field else None,
        engine={"workflow": graph, "slots": by_field},
        source="the user's own workflow",
        checked=today,
    )


def _param(name: str, value: Any) -> ParamSpec:
    label = name.replace("_", " ").capitalize()
    if isinstance(value, bool):
        return ParamSpec(type="bool", label=label, default=value)
    if isinstance(value, int):
        return ParamSpec(type="int", label=label, default=value, min=-(2**31), max=2**53, step=1)
    if isinstance(value, float):
        return ParamSpec(type="float", label=label, default=value, min=-1e9, max=1e9)
    return ParamSpec(type="text", label=label, default=value, max_chars=20_000)


def fill(
    graph: JSON,
    by_field: Mapping[str, list[str]],
    request: Request,
    seed: int,
    inputs: Mapping[str, list[str]],
    *,
    prefix: str,
) -> JSON:
    """The graph with the request's values in its slots, and our name for its outputs: no cached file comes back."""
    made = copy.deepcopy(graph)
    fps = request.fps or 16
    values: JSON = {f: getattr(request, f) for f in FIELDS if f not in ("length", "seed")} | dict(request.params)
    values |= {"seed": seed, "length": round((request.duration_s or 0) * fps) + 1}
    for field, where in by_field.items():
        for index, slot in enumerate(where):
            node, _, key = slot.partition(".")
            value = inputs[field][index] if field in inputs and index < len(inputs[field]) else values.get(field)
            if value is not None:
                made[node]["inputs"][key] = value
    for node in made.values():
        if "filename_prefix" in node["inputs"] and not isinstance(node["inputs"]["filename_prefix"], list):
            node["inputs"]["filename_prefix"] = prefix
    return made


def save(folder: Path, model: Model) -> Path:
    """Keep the row in the data folder (workflows/NAME.json); it is a model again at the next start."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.id.partition('/')[2]}.json"
    path.write_text(model.model_dump_json(exclude_defaults=True), "utf-8")
    return path


def load(folder: Path) -> list[Model]:
    """All kept workflows; a file that is no row any more is skipped."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        try:
            rows.append(Model.model_validate_json(path.read_text("utf-8")))
        except ValueError as error:
            log.warning("The workflow %s cannot be read and is left out: %s", path.name, error)
    return rows

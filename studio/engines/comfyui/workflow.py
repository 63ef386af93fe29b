"""The user's own workflow: an API-format graph and a map from our fields to its inputs. Its catalogue row: own_row.py.

A graph comes from a stranger: strangers.py parses it as data with limits, and it is only sent to the user's server.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.catalogue import Model
from studio.domain import JSON, Kind, Request
from studio.engines.comfyui.workflow_parser import is_link

log = logging.getLogger(__name__)

FIELDS = ("prompt", "negative_prompt", "seed", "width", "height", "duration_s", "length", "fps")
"""Fields of ours that a slot may carry; length is frames. Media inputs and own parameters come on top."""

DEFAULT_FPS = 16
"""Frames a second where a graph names no rate: that of Wan 2.1 and 2.2."""

MEDIA = {"image": Kind.IMAGE, "images": Kind.IMAGE, "first_frame": Kind.IMAGE, "last_frame": Kind.IMAGE}
MEDIA |= {"references": Kind.IMAGE, "video": Kind.VIDEO, "audio_file": Kind.AUDIO}
LISTS = ("images", "references")
"""Inputs of several files: each slot takes the next one. Any other input gives its one file to all its slots."""

_GUESSES = {
    ("CLIPTextEncode", "text"): "prompt",
    ("TextEncodeQwenImageEditPlus", "prompt"): "prompt",
    ("LoadImage", "image"): "image",
    ("LoadVideo", "file"): "video",
    ("LoadAudio", "audio"): "audio_file",
    ("LoadImageMask", "image"): "image",
    ("VHS_LoadVideo", "video"): "video",
    ("WanVideoTextEncode", "positive_prompt"): "prompt",
    ("WanVideoTextEncode", "negative_prompt"): "negative_prompt",
    ("WanVideoTextEncodeCached", "positive_prompt"): "prompt",
    ("WanVideoTextEncodeCached", "negative_prompt"): "negative_prompt",
}
_WRITTEN = {"value", "text", "string", "positive", "negative"}
"""Fields of nodes that hold a text for another node: PrimitiveStringMultiline, easy positive and their like."""
_BY_NAME = {
    **dict.fromkeys(("seed", "noise_seed"), "seed"),
    **dict.fromkeys(("length", "num_frames", "frames_number", "video_frames"), "length"),
    **dict.fromkeys(("fps", "frame_rate"), "fps"),
    "width": "width",
    "height": "height",
}
_NUMBERS = frozenset(_BY_NAME.values())
_NEGATIVE_WORDS = ("negative", "负", "反向")
_FOLLOWED_INPUTS = 4
"""Nodes between a loaded picture and the input that tells what it is for."""


@dataclass(frozen=True)
class Slot:
    """One input of one node that may be set from the form. value: as in the file. guess: our field for it, or ""."""

    node: str
    field: str
    title: str
    value: Any
    guess: str = ""


def slots(graph: JSON, *, makes: Kind | None = None) -> list[Slot]:
    """Every plain value of the graph, with our best guess of what it is. A text is the prompt unless a title or the
    links to a sampler say that it is the negative one. makes: what the graph saves; a clip's picture is its frame."""
    negative, used = _negatives(graph), _users(graph)
    pictures = sum(n["class_type"] in ("LoadImage", "LoadImageMask") for n in graph.values())
    found = []
    for node_id, node in graph.items():
        title = node_title(node)
        for name, value in node["inputs"].items():
            if not isinstance(value, str | int | float | bool):
                continue
            guess = _guess(node, name, value, title)
            if not guess and name in _WRITTEN and isinstance(value, str):
                guess = _text_for(graph, used, node_id, negative)
            if guess == "prompt" and (node_id in negative or any(w in title.lower() for w in _NEGATIVE_WORDS)):
                guess = "negative_prompt"
            if guess == "image":
                mask = node["class_type"] == "LoadImageMask" and makes == Kind.VIDEO  # a mask is no frame of the clip
                guess = "" if mask else _picture(used, node_id, makes, pictures)
            found.append(Slot(node_id, name, title, value, guess))
    return found


def node_title(node: JSON) -> str:
    """The name its author gave a node, else its class."""
    meta = node.get("_meta")
    return str((meta.get("title") if isinstance(meta, dict) else "") or node["class_type"])


def _guess(node: JSON, name: str, value: Any, title: str) -> str:
    cls = node["class_type"]
    if cls.startswith("Primitive") and name == "value":  # a value drawn out of other nodes: its title tells
        guess = _BY_NAME.get(title.strip().lower().replace(" ", "_"), "")
    else:
        guess = _GUESSES.get((cls, name)) or _BY_NAME.get(name, "")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if guess in _NUMBERS and not number else guess


def _users(graph: JSON) -> dict[str, list[tuple[str, str]]]:
    """For each node, who takes from it: (node, input)."""
    used: dict[str, list[tuple[str, str]]] = {}
    for node_id, node in graph.items():
        for name, value in node["inputs"].items():
            if is_link(value):
                used.setdefault(str(value[0]), []).append((node_id, name))
    return used


def _text_for(graph: JSON, used: Mapping[str, list[tuple[str, str]]], node_id: str, negative: set[str]) -> str:
    """What a written text is, by the encoder that it runs into; "" where it runs into none."""
    open_ids = [node_id]
    for _ in range(_FOLLOWED_INPUTS):
        steps = [step for one in open_ids for step in used.get(one, ())][:64]
        for user, name in steps:
            field = _GUESSES.get((graph[user]["class_type"], name), "")
            if field in ("prompt", "negative_prompt"):
                return "negative_prompt" if user in negative else field
        open_ids = [user for user, _ in steps]
    return ""


def _picture(used: Mapping[str, list[tuple[str, str]]], node_id: str, makes: Kind | None, count: int) -> str:
    """What a loaded picture is for, by the names of the inputs it runs into."""
    open_ids, names = [node_id], []
    for _ in range(_FOLLOWED_INPUTS):
        steps = [step for one in open_ids for step in used.get(one, ())][:64]
        names += [name for _, name in steps]
        open_ids = [one for one, _ in steps]
    if makes == Kind.VIDEO:
        told = {"last_frame": ("end_", "last"), "references": ("ref",)}
        return next((f for f, words in told.items() if any(n.startswith(words) for n in names)), "first_frame")
    return "image" if count == 1 else "images"


def _negatives(graph: JSON) -> set[str]:
    """Ids of nodes that end in a sampler's `negative` input, followed through conditioning nodes."""
    wanted: set[str] = set()
    open_ids = [n["inputs"]["negative"] for n in graph.values() if is_link(n["inputs"].get("negative"))]
    while open_ids:
        link = open_ids.pop()
        node_id = str(link[0])
        if node_id in wanted or node_id not in graph:
            continue
        wanted.add(node_id)
        inputs = graph[node_id]["inputs"]
        key = "negative" if "negative" in inputs else "conditioning"
        if is_link(inputs.get(key)):
            open_ids.append(inputs[key])
    return wanted


def fill(own: Mapping[str, Any], request: Request, seed: int, inputs: Mapping[str, list[str]], *, prefix: str) -> JSON:
    """The graph with the request's values in its slots, and our name for its outputs: no cached file comes back.

    own: of the row: the graph (`workflow`), slots by field (`slots`), and the clip's rate where it cannot be chosen
    (`fps`, frames/s).
    """
    made = copy.deepcopy(own["workflow"])
    fps = request.fps or own.get("fps") or DEFAULT_FPS
    values: JSON = {f: getattr(request, f) for f in FIELDS if f not in ("length", "seed")} | dict(request.params)
    values["negative_prompt"] = request.negative_prompt or None  # left empty, the workflow's own stays
    values |= {"seed": seed, "length": round(request.duration_s * fps) + 1 if request.duration_s else None}
    for field, where in own["slots"].items():
        for index, slot in enumerate(where):
            node, _, key = slot.partition(".")
            value = _file(field, inputs.get(field, []), index) if field in MEDIA else values.get(field)
            if value is not None:
                made[node]["inputs"][key] = value
    for node in made.values():
        if isinstance(node["inputs"].get("filename_prefix"), str):
            node["inputs"]["filename_prefix"] = prefix
    return made


def _file(field: str, files: list[str], index: int) -> str | None:
    """The file for the n-th slot of a media input."""
    at = index if field in LISTS else 0
    return files[at] if at < len(files) else None


def save(folder: Path, model: Model) -> Path:
    """Keep the row in the data folder (workflows/NAME.json), whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.id.partition('/')[2]}.json"
    draft = path.with_suffix(".part")
    draft.write_text(model.model_dump_json(exclude_defaults=True), "utf-8")
    draft.replace(path)
    return path


def load(folder: Path) -> list[Model]:
    """All kept workflows; a file that is no row of one is left out, and the log says so."""
    return list(_rows(folder))


def _rows(folder: Path) -> Iterator[Model]:
    for path in sorted(folder.glob("*.json")):
        try:
            model = Model.model_validate_json(path.read_text("utf-8"))
            if model.id != f"comfyui/{path.stem}" or not {"workflow", "slots"} <= set(model.engine):
                raise ValueError("it is not a workflow of this name")
        except (OSError, ValueError) as error:
            log.warning("The workflow %s cannot be read and is left out: %s", path.name, error)
        else:
            yield model

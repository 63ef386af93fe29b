"""The catalogue row of a user's own workflow: its form, limits and defaults follow from the graph and the mapping.

Where the server's node definitions are at hand, own parameters get their ranges and choices from them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from studio.catalogue import InputSpec, Model, ParamSpec, validation
from studio.catalogue.schema import OF_USER, Durations, FreeSize, PromptSpec, Seeds, Size
from studio.domain import JSON, Kind, Task
from studio.engines.comfyui.model_files import options
from studio.engines.comfyui.workflow import DEFAULT_FPS, FIELDS, LISTS, MEDIA
from studio.errors import CapabilityError
from studio.messages import Message, term

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
USER_PARAM_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
LABEL_CHARS = 80
TEXT_CHARS = 20_000
READ_MARKS = ("weight",)
"""What the text encoders of ComfyUI read in a prompt: `(word:1.2)`. Its wildcards are spread out by its own page."""
MAX_CHOICES = 300
"""A node that lists more (files of a large server) gets a text field."""
MAX_USER_PARAMS = 40
TEXTS = ("prompt", "negative_prompt")
LABELS = {
    "image": "Picture",
    "images": "Pictures",
    "first_frame": "First frame",
    "last_frame": "Last frame",
    "references": "References",
    "video": "Video",
    "audio_file": "Sound",
}
"""Media inputs as the form calls them."""

SHAPES = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
RATES = (8, 12, 16, 24, 25, 30, 48, 50, 60)

NEEDS: dict[Task, tuple[str, ...]] = {
    Task.TEXT_TO_IMAGE: (),
    Task.IMAGE_EDIT: ("image", "images"),
    Task.TEXT_TO_VIDEO: (),
    Task.IMAGE_TO_VIDEO: ("first_frame", "last_frame"),
    Task.REFERENCE_TO_VIDEO: ("references",),
    Task.AUDIO_TO_VIDEO: ("audio_file",),
    Task.VIDEO_TO_VIDEO: ("video",),
}
"""Task -> media inputs of which one at least must be mapped; without any, a workflow must take no file at all."""


def row(
    name: str,
    label: str,
    graph: JSON,
    mapping: Mapping[str, str],
    tasks: tuple[Task, ...],
    today: date,
    *,
    nodes: JSON | None = None,
    labels: Mapping[str, str] | None = None,
) -> Model:
    """A catalogue row for the workflow. mapping: "node.field" -> our field, or an own parameter's name.

    nodes: the server's node definitions. labels: own parameter -> what the form calls it. Raises CapabilityError, with
    the field, for a slot that is not there, a value of the wrong type, or a task that does not go with the inputs.
    """
    _check_name(name, label)
    by_field = _by_field(graph, mapping)
    values = {field: _value(graph, where[0]) for field, where in by_field.items()}
    _typed(graph, by_field)
    _tasks_fit(tasks, by_field)
    own = [f for f in by_field if f not in FIELDS and f not in MEDIA]
    if len(own) > MAX_USER_PARAMS:
        raise CapabilityError(
            Message("workflow.too_many_settings", count=len(own), most=MAX_USER_PARAMS), field="mapping"
        )
    called = labels or {}
    return Model(
        id=f"comfyui/{name}",
        provider="comfyui",
        label=label.strip(),
        family=OF_USER,
        tasks=tasks,
        note="Your own workflow.",
        inputs={f: _input(f, len(by_field[f])) for f in by_field if f in MEDIA},
        params={f: _param(f, called.get(f, ""), values[f], _definition(nodes, graph, by_field[f][0])) for f in own},
        **_shape(graph, by_field, values, nodes),
        **_times(graph, by_field, values),
        prompt=PromptSpec(required=True, max_chars=TEXT_CHARS, marks=READ_MARKS)
        if "prompt" in by_field
        else PromptSpec(max_chars=0),
        negative_prompt=PromptSpec(max_chars=TEXT_CHARS, marks=READ_MARKS) if "negative_prompt" in by_field else None,
        seeds=Seeds(max=2**64 - 1, repeatable=True) if "seed" in by_field else None,
        max_n=16 if "seed" in by_field else 1,
        engine={"workflow": graph, "slots": by_field, "fps": _rate(graph)},
        source="the user's own workflow",
        checked=today,
    )


def fitting(mapped: set[str], makes: Kind | None) -> list[Task]:
    """The tasks that a workflow with these mapped fields can do."""
    return [t for t in Task if (makes is None or t.makes == makes) and not _misfit(t, mapped)]


def _check_name(name: str, label: str) -> None:
    if not NAME.fullmatch(name):
        said = Message("workflow.bad_name")
        raise CapabilityError(said, field="name", value=name)
    if not label.strip() or len(label) > LABEL_CHARS or not label.isprintable():
        said = Message("workflow.bad_title", most=LABEL_CHARS)
        raise CapabilityError(said, field="label", value=label[:LABEL_CHARS])


def _by_field(graph: JSON, mapping: Mapping[str, str]) -> dict[str, list[str]]:
    by_field: dict[str, list[str]] = {}
    for slot, field in mapping.items():
        node, _, key = slot.partition(".")
        value = graph[node]["inputs"].get(key) if node in graph else None
        if not isinstance(value, str | int | float | bool):
            raise CapabilityError(Message("workflow.no_input", slot=slot[:100]), field="mapping", value=slot[:100])
        known = field in FIELDS or field in MEDIA
        if not known and (not USER_PARAM_NAME.fullmatch(field) or field in validation.FIELDS or field == "params"):
            said = Message("workflow.bad_setting_name", field=f"{field[:60]!r}")
            raise CapabilityError(said, field="mapping", value=field[:60])
        by_field.setdefault(field, []).append(slot)
    return by_field


def _value(graph: JSON, slot: str) -> Any:
    node, _, key = slot.partition(".")
    return graph[node]["inputs"][key]


def _typed(graph: JSON, by_field: Mapping[str, list[str]]) -> None:
    """Numbers go where numbers stand, text where text stands: else the graph would be refused at each run."""
    for field, where in by_field.items():
        kinds = {_kind(_value(graph, slot)) for slot in where}
        wanted = "text" if field in MEDIA or field in TEXTS else "number" if field in FIELDS else next(iter(kinds))
        if kinds != {wanted}:
            stands = [term(kind) for kind in sorted(kinds - {wanted})]
            raise CapabilityError(
                Message("workflow.wrong_type", field=field, wanted=term(wanted), stands=stands), field="mapping"
            )
    if ("width" in by_field) != ("height" in by_field):
        raise CapabilityError(Message("workflow.both_sides"), field="mapping")
    if {"duration_s", "length"} <= set(by_field):
        raise CapabilityError(Message("workflow.seconds_or_frames"), field="mapping")


def _kind(value: Any) -> str:
    return "yes or no" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"


def _tasks_fit(tasks: tuple[Task, ...], by_field: Mapping[str, list[str]]) -> None:
    if not tasks:
        raise CapabilityError(Message("workflow.no_task"), field="tasks")
    if len({t.makes for t in tasks}) > 1:
        raise CapabilityError(Message("workflow.mixed"), field="tasks")
    for task in tasks:
        if said := _misfit(task, set(by_field)):
            raise CapabilityError(said, field="tasks", value=task.value)


def _misfit(task: Task, mapped: set[str]) -> str:
    files = mapped & set(MEDIA)
    words = task.value.replace("-", " ").capitalize()
    if NEEDS[task] and not files & set(NEEDS[task]):
        wanted = " or ".join(n.replace("_", " ") for n in NEEDS[task])
        return Message("workflow.needs_input", task=words, wanted=wanted)
    if not NEEDS[task] and files:
        return Message("workflow.words_alone", task=words, names=", ".join(sorted(files)).replace("_", " "))
    timed = sorted(mapped & {"duration_s", "length", "fps"})
    if task.makes == Kind.IMAGE and timed:
        return Message("workflow.makes_picture", task=words, field=timed[0].replace("_s", ""))
    return ""


def _input(field: str, slots: int) -> InputSpec:
    """Every slot must be filled: the file named in the graph lies on its author's machine."""
    count = slots if field in LISTS else 1
    return InputSpec(kinds=(MEDIA[field],), min=count, max=count, label=LABELS[field])


def _definition(nodes: JSON | None, graph: JSON, slot: str) -> list[Any]:
    """The server's [type, facts] for an input; [] where it is not known."""
    node, _, key = slot.partition(".")
    about = (nodes or {}).get(graph[node]["class_type"])
    sides = about.get("input", {}) if isinstance(about, dict) else {}
    found = next((side[key] for side in (sides.get("required"), sides.get("optional")) if side and key in side), [])
    return found if isinstance(found, list) else []


def _facts(definition: list[Any]) -> JSON:
    return definition[1] if len(definition) > 1 and isinstance(definition[1], dict) else {}


def _bound(facts: JSON, key: str) -> float | None:
    value = facts.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53 else None


def _param(name: str, label: str, value: Any, definition: list[Any]) -> ParamSpec:
    label = label.strip()[:LABEL_CHARS] or name.replace("_", " ").capitalize()
    facts = _facts(definition)
    if isinstance(value, bool):
        return ParamSpec(type="bool", label=label, default=value)
    if isinstance(value, int | float):
        whole = isinstance(value, int) and definition[:1] != ["FLOAT"]
        low, high = _bound(facts, "min"), _bound(facts, "max")
        inside = (low is None or low <= value) and (high is None or value <= high)
        bounds: JSON = {"min": low, "max": high, "step": _bound(facts, "step")} if inside else {}
        return ParamSpec(type="int" if whole else "float", label=label, default=value, **bounds)
    listed = options({"x": {"input": {"required": {"y": definition}}}}, "x", "y")
    if value in listed and len(listed) <= MAX_CHOICES:
        return ParamSpec(type="choice", label=label, default=value, choices=tuple(listed))
    return ParamSpec(type="text", label=label, default=value, max_chars=max(TEXT_CHARS, len(value)))


def _shape(graph: JSON, by_field: Mapping[str, list[str]], values: JSON, nodes: JSON | None) -> JSON:
    """Sizes: the graph's own, the usual shapes with as many pixels, and any other by typing."""
    if "width" not in by_field:
        return {}
    width, height = max(1, int(values["width"])), max(1, int(values["height"]))
    multiple = _multiple(width, height, _facts(_definition(nodes, graph, by_field["width"][0])))
    side = max(width, height)
    listed = [_size_near(shape, width * height, multiple) for shape in SHAPES]
    ratio = width / height
    closest = min(listed, key=lambda s: abs(math.log(s.width / s.height / ratio)))
    mine = Size(tier="", aspect=closest.aspect, width=width, height=height)
    if abs(closest.width / closest.height / ratio - 1) > 0.04:
        common = math.gcd(width, height)
        mine = mine.model_copy(update={"aspect": f"{width // common}:{height // common}"})
        listed.insert(0, mine)
    else:
        listed[listed.index(closest)] = mine
    free = FreeSize(min_side=min(16, width, height), max_side=max(8192, side), multiple=multiple)
    return {"sizes": tuple(listed), "default_size": (width, height), "free_size": free}


def _size_near(shape: str, pixels: int, multiple: int) -> Size:
    w, h = map(int, shape.split(":"))
    scale = math.sqrt(pixels / (w * h))
    width, height = (max(1, round(side * scale / multiple)) * multiple for side in (w, h))
    return Size(tier="", aspect=shape, width=width, height=height)


def _multiple(width: int, height: int, facts: JSON) -> int:
    """What sides must be divisible by: the node's own step, else the largest usual one that the graph's size keeps."""
    step = _bound(facts, "step")
    usual = [int(step)] if step and step > 1 else [16, 8, 2]
    return next((m for m in usual if width % m == 0 and height % m == 0), 1)


def _times(graph: JSON, by_field: Mapping[str, list[str]], values: JSON) -> JSON:
    made: JSON = {}
    rate = round(values["fps"]) if "fps" in by_field else None
    if rate:
        made |= {"fps": tuple(sorted({rate, *RATES})), "default_fps": rate}
    if "duration_s" in by_field:
        seconds = float(values["duration_s"])
    elif "length" in by_field:
        seconds = (values["length"] - 1) / (rate or _rate(graph))
    else:
        return made
    usual = max(0.5, round(seconds * 2) / 2)
    return made | {"durations": Durations(min=0.5, max=max(60.0, usual), step=0, default=usual)}


def _rate(graph: JSON) -> int:
    """Frames a second of the graph's clip: of its last node that names a rate."""
    found = [
        value
        for node in graph.values()
        for key in ("fps", "frame_rate")
        if isinstance(value := node["inputs"].get(key), int | float)
        and not isinstance(value, bool)
        and 1 <= value <= 240
    ]
    return round(found[-1]) if found else DEFAULT_FPS

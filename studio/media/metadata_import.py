"""Settings that other programs write into pictures and videos, as our flat request fields.

Everything here was made by strangers: it is parsed as text or JSON of limited size and depth, looked through for
known node and key names, and never run. Only values of the right type and a plausible range come out.
Sources: the programs' own writers (AUTOMATIC1111 and Forge `parameters`; ComfyUI `prompt`; VideoHelperSuite's comment;
InvokeAI `invokeai_metadata`, older `sd-metadata`; SwarmUI `sui_image_params`; Fooocus' scheme "fooocus"; NovelAI's
`Comment`; Easy Diffusion's own keys; Wan2GP's JSON in the comment).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from studio.domain import JSON
from studio.media import comfy_graph
from studio.messages import Message, of_error

JSON_LIMIT = 8_000_000
"""Longest JSON text looked at, in characters."""
TEXT_LIMIT = 20_000
MAX_SEED = 2**64 - 1
"""ComfyUI's largest seed. Seeds never go through a float, which is exact only to 2**53."""

_A1111_START = re.compile(r"^Steps: *\d+,.*$", re.MULTILINE)
_A1111_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])*"|[^,\n]*)(?:,|\n|$)')


class Unread(Exception):
    """Settings are there but are not understood: the program's name, and why, without a full stop."""

    def __init__(self, program: str, why: str) -> None:
        super().__init__(why)
        self.program = program


def parse(text: str) -> JSON | None:
    """The JSON object in `text`, quoted once more or not; None when it is none, too long or too deep."""
    if not text or len(text) > JSON_LIMIT or "{" not in text[:64]:
        return None
    try:
        found = json.loads(text)
        found = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read(texts: Mapping[str, str]) -> tuple[str, JSON] | None:
    """The program and the flat request found in a file's texts (keys as stored, lower-case for videos).

    There is always a prompt in it. Raises Unread where settings are there but their prompt cannot be told.
    """
    texts = {key.lower(): text for key, text in texts.items()}
    for program, reader in _READERS:
        found = {key: value for key, value in (reader(texts) or {}).items() if value is not None}
        if not found:
            continue
        if not found.get("prompt"):
            raise Unread(program, Message("unread.empty"))
        if "duration_s" not in found and (length := _number(texts.get("file_duration_s"), 0.1, 3600)):
            found["duration_s"] = length
        return program, found
    if "nodes" in (parse(texts.get("workflow", "")) or {}):
        raise Unread("ComfyUI", Message("unread.editor"))
    return None


def as_a1111(settings: Mapping[str, object]) -> str:
    """The settings as the text A1111-type tools show and import."""
    words = str(settings.get("prompt") or "")
    if negative := settings.get("negative_prompt"):
        words += f"\nNegative prompt: {negative}"
    pairs = [("Steps", settings.get("steps") or 0), ("CFG scale", settings.get("guidance"))]
    pairs.append(("Seed", settings.get("seed")))
    if settings.get("width") and settings.get("height"):
        pairs.append(("Size", f"{settings['width']}x{settings['height']}"))
    pairs.append(("Model", settings.get("model")))
    return words + "\n" + ", ".join(f"{name}: {value}" for name, value in pairs if value is not None)


def _number(value: Any, low: float, high: float) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if low <= number <= high else None


def _integer(value: Any, low: int = 0, high: int = MAX_SEED) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"\s*\d{1,20}\s*", value) else value
    if isinstance(value, int):
        return value if low <= value <= high else None
    number = _number(value, low, min(high, 2**53))
    return int(number) if number is not None and number == int(number) else None


def _text(value: Any) -> str | None:
    return value[:TEXT_LIMIT] if isinstance(value, str) and value.strip() else None


def _fields(source: Mapping[str, Any], names: Mapping[str, str]) -> JSON:
    """Our fields from a flat mapping; names: ours -> theirs."""
    found: JSON = {}
    for ours, theirs in names.items():
        value = source.get(theirs)
        if ours in ("prompt", "negative_prompt"):
            found[ours] = _text(value)
        elif ours == "guidance":
            found[ours] = _number(value, 0, 100)
        elif ours == "seed":
            found[ours] = _integer(value)
        else:
            found[ours] = _integer(value, 1, 16384)
    return found


def _a1111(texts: Mapping[str, str]) -> JSON | None:
    """The settings are found from the line that begins with Steps on; other lines may follow it (Template: ...)."""
    text = texts.get("parameters", "").strip().replace("\r\n", "\n")
    if "Steps:" not in text and "Seed:" not in text:
        return None
    starts = [m.start() for m in _A1111_START.finditer(text) if "Seed:" in m.group() or "Sampler:" in m.group()]
    start = starts[-1] if starts else text.rfind("\n") + 1
    pairs: dict[str, str] = {}
    for name, value in _A1111_PAIR.findall(text[start:]):
        pairs.setdefault(name.strip(), value.strip().strip('"'))
    if "Seed" not in pairs and "Steps" not in pairs:
        return None
    prompt, _, negative = text[:start].strip().partition("\nNegative prompt:")
    if prompt.startswith("Negative prompt:"):
        prompt, negative = "", prompt.removeprefix("Negative prompt:")
    found = _fields(pairs, {"seed": "Seed", "steps": "Steps", "guidance": "CFG scale"})
    return (
        found | {"prompt": _text(prompt.strip()), "negative_prompt": _text(negative.strip())} | _size(pairs.get("Size"))
    )


def _size(text: Any) -> JSON:
    """Width and height out of "832x480" or "(1024, 1024)"."""
    found = re.fullmatch(r"\D{0,2}(\d{1,5})\D{1,3}(\d{1,5})\D{0,2}.*", text.strip()) if isinstance(text, str) else None
    width, height = found.groups() if found else (None, None)
    return {"width": _integer(width, 1, 16384), "height": _integer(height, 1, 16384)}


def _invokeai(texts: Mapping[str, str]) -> JSON | None:
    new, old = parse(texts.get("invokeai_metadata", "")), parse(texts.get("sd-metadata", ""))
    names = {"width": "width", "height": "height", "seed": "seed", "steps": "steps", "guidance": "cfg_scale"}
    if new:
        return _fields(new, names | {"prompt": "positive_prompt", "negative_prompt": "negative_prompt"})
    image = (old or {}).get("image")
    if not isinstance(image, dict):
        return None
    found = _fields(image, names)
    prompt = image.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
        prompt = prompt[0].get("prompt")
    return found | {"prompt": _text(prompt)}


def _json_in(texts: Mapping[str, str], has: Callable[[JSON], bool]) -> JSON | None:
    """The first JSON object of the usual places that has what is looked for."""
    for key in ("comment", "parameters", "usercomment", "description"):
        if (found := parse(texts.get(key, ""))) is not None and has(found):
            return found
    return None


def _wan2gp(texts: Mapping[str, str]) -> JSON | None:
    settings = _json_in(
        texts, lambda s: "prompt" in s and bool({"resolution", "video_length", "model_type"} & s.keys())
    )
    if not settings:
        return None
    names = {"prompt": "prompt", "negative_prompt": "negative_prompt", "seed": "seed", "steps": "num_inference_steps"}
    return _fields(settings, names | {"guidance": "guidance_scale"}) | _size(settings.get("resolution"))


def _fooocus(texts: Mapping[str, str]) -> JSON | None:
    settings = _json_in(texts, lambda s: "prompt" in s and bool({"base_model", "performance", "resolution"} & s.keys()))
    if not settings or not (texts.get("fooocus_scheme") or {"base_model", "performance"} & settings.keys()):
        return None
    names = {"prompt": "prompt", "negative_prompt": "negative_prompt", "seed": "seed", "steps": "steps"}
    return _fields(settings, names | {"guidance": "guidance_scale"}) | _size(settings.get("resolution"))


def _swarm(texts: Mapping[str, str]) -> JSON | None:
    settings = _json_in(texts, lambda s: isinstance(s.get("sui_image_params"), dict))
    names = {"prompt": "prompt", "negative_prompt": "negativeprompt", "seed": "seed", "steps": "steps"}
    names |= {"guidance": "cfgscale", "width": "width", "height": "height"}
    return _fields(settings["sui_image_params"], names) if settings else None


def _novelai(texts: Mapping[str, str]) -> JSON | None:
    settings = _json_in(texts, lambda s: "prompt" in s and bool({"uc", "v4_prompt", "n_samples"} & s.keys()))
    names = {"prompt": "prompt", "negative_prompt": "uc", "seed": "seed", "steps": "steps", "guidance": "scale"}
    return _fields(settings, names | {"width": "width", "height": "height"}) if settings else None


def _easy_diffusion(texts: Mapping[str, str]) -> JSON | None:
    """Each setting is a text of its own; in JPEG all are one JSON."""
    marks = {"num_inference_steps", "use_stable_diffusion_model", "guidance_scale"}
    source: Mapping[str, Any] | None = _json_in(texts, lambda s: "prompt" in s and bool(marks & s.keys()))
    if source is None and "seed" in texts and "prompt" in texts and parse(texts["prompt"]) is None:
        source = texts
    names = {"prompt": "prompt", "negative_prompt": "negative_prompt", "seed": "seed", "steps": "num_inference_steps"}
    names |= {"guidance": "guidance_scale", "width": "width", "height": "height"}
    return _fields(source, names) if source else None


def _comfyui(texts: Mapping[str, str]) -> JSON | None:
    graph = parse(texts.get("prompt", ""))
    if graph is None and (outer := _json_in(texts, lambda s: "prompt" in s and _has_graph(s))):
        graph = outer["prompt"] if isinstance(outer["prompt"], dict) else parse(outer["prompt"])
    if not graph or not any(isinstance(node, dict) and "class_type" in node for node in graph.values()):
        return None
    try:
        found = comfy_graph.settings(graph)
    except comfy_graph.NotUnderstood as error:
        raise Unread("ComfyUI", of_error(error)) from None
    return {
        "prompt": _text(found["prompt"]),
        "negative_prompt": _text(found["negative_prompt"]),
        "seed": _integer(found["seed"]),
        "steps": _integer(found["steps"], 1, 1000),
        "guidance": _number(found["guidance"], 0, 100),
        "width": _integer(found["width"], 1, 16384),
        "height": _integer(found["height"], 1, 16384),
    }


def _has_graph(outer: JSON) -> bool:
    """Whether "prompt" is a graph: an object, or one written as text."""
    inner = outer["prompt"]
    return isinstance(inner, dict) or (isinstance(inner, str) and parse(inner) is not None)


_READERS: tuple[tuple[str, Callable[[Mapping[str, str]], JSON | None]], ...] = (
    ("ComfyUI", _comfyui),
    ("InvokeAI", _invokeai),
    ("SwarmUI", _swarm),
    ("NovelAI", _novelai),
    ("Fooocus", _fooocus),
    ("Wan2GP", _wan2gp),
    ("Easy Diffusion", _easy_diffusion),
    ("A1111", _a1111),
)
"""The most telling marks first."""

"""Settings that other programs write into pictures and videos, as our flat request fields.

Everything here was made by strangers: it is parsed as text or JSON of limited size and depth, looked through for
known node and key names, and never run. Only values of the right type and a plausible range come out.
Sources: the programs' own writers (AUTOMATIC1111 and Forge `parameters`; ComfyUI `prompt`; InvokeAI
`invokeai_metadata`, older `sd-metadata`; Wan2GP's JSON in the comment).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from studio.domain import JSON

JSON_LIMIT = 8_000_000
"""Longest JSON text looked at, in characters."""
TEXT_LIMIT = 20_000
HOPS = 24
"""How many links of a graph are followed from a sampler to its prompt."""

_A1111_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')


def parse(text: str) -> JSON | None:
    """The JSON object in `text`, or None when it is none, too long or too deep."""
    if not text or len(text) > JSON_LIMIT or "{" not in text[:64]:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read(texts: Mapping[str, str]) -> tuple[str, JSON] | None:
    """The program and the flat request found in a file's texts (keys as stored, lower-case for videos)."""
    readers = (
        ("ComfyUI", lambda: _comfyui(parse(texts.get("prompt", "")))),
        ("InvokeAI", lambda: _invokeai(parse(texts.get("invokeai_metadata", "")), parse(texts.get("sd-metadata", "")))),
        ("Wan2GP", lambda: _wan2gp(parse(texts.get("comment", "")))),
        ("A1111", lambda: _a1111(texts.get("parameters", ""))),
    )
    for program, reader in readers:
        found = {key: value for key, value in (reader() or {}).items() if value is not None}
        if found.get("prompt") or "seed" in found:
            if "duration_s" not in found and (length := _number(texts.get("file_duration_s"), 0.1, 3600)):
                found["duration_s"] = length
            return program, found
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


def _whole(value: Any, low: int = 0, high: int = 2**63 - 1) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if low <= value <= high else None
    number = _number(value, low, high)
    return int(number) if number is not None and number == int(number) else None


def _words(value: Any) -> str | None:
    return value[:TEXT_LIMIT] if isinstance(value, str) and value.strip() else None


def _fields(source: Mapping[str, Any], names: Mapping[str, str]) -> JSON:
    """Our fields from a flat mapping; names: ours -> theirs."""
    found: JSON = {}
    for ours, theirs in names.items():
        value = source.get(theirs)
        if ours in ("prompt", "negative_prompt"):
            found[ours] = _words(value)
        elif ours == "guidance":
            found[ours] = _number(value, 0, 100)
        elif ours == "seed":
            found[ours] = _whole(value)
        else:
            found[ours] = _whole(value, 1, 16384)
    return found


def _a1111(text: str) -> JSON | None:
    if "Steps:" not in text and "Seed:" not in text:
        return None
    *lines, last = text.strip().split("\n")
    pairs = {name.strip(): value.strip().strip('"') for name, value in _A1111_PAIR.findall(last)}
    if "Seed" not in pairs and "Steps" not in pairs:
        return None
    prompt, _, negative = "\n".join(lines).partition("\nNegative prompt:")
    if prompt.startswith("Negative prompt:"):
        prompt, negative = "", prompt.removeprefix("Negative prompt:")
    width, _, height = pairs.get("Size", "").partition("x")
    found = _fields(pairs, {"seed": "Seed", "steps": "Steps", "guidance": "CFG scale"})
    found |= {"prompt": _words(prompt.strip()), "negative_prompt": _words(negative.strip())}
    return found | {"width": _whole(width, 1, 16384), "height": _whole(height, 1, 16384)}


def _invokeai(new: JSON | None, old: JSON | None) -> JSON | None:
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
    return found | {"prompt": _words(prompt)}


def _wan2gp(settings: JSON | None) -> JSON | None:
    if not settings or "prompt" not in settings or not ({"resolution", "video_length", "model_type"} & settings.keys()):
        return None
    names = {"prompt": "prompt", "negative_prompt": "negative_prompt", "seed": "seed", "steps": "num_inference_steps"}
    found = _fields(settings, names | {"guidance": "guidance_scale"})
    width, _, height = str(settings.get("resolution", "")).partition("x")
    return found | {"width": _whole(width, 1, 16384), "height": _whole(height, 1, 16384)}


def _comfyui(graph: JSON | None) -> JSON | None:
    """The prompt, seed and size of the first sampler; its links are followed to the text and latent nodes."""
    nodes = {str(k): v for k, v in (graph or {}).items() if isinstance(v, dict) and isinstance(v.get("inputs"), dict)}
    sampler = next((n for n in nodes.values() if _is_sampler(n)), None)
    if sampler is None:
        return None
    inputs = sampler["inputs"]
    guider = _target(nodes, inputs.get("guider")) or {"inputs": {}}
    ends = guider["inputs"] | {k: v for k, v in inputs.items() if v is not None}
    found: JSON = {
        "prompt": _text_behind(nodes, ends.get("positive") or ends.get("conditioning")),
        "negative_prompt": _text_behind(nodes, ends.get("negative")),
        "seed": _whole(_value_behind(nodes, inputs, ("seed", "noise_seed", "noise"))),
        "steps": _whole(_value_behind(nodes, inputs, ("steps", "sigmas")), 1, 1000),
        "guidance": _number(_value_behind(nodes, ends, ("cfg", "guidance")), 0, 100),
    }
    size = _node_with(nodes, ("width", "height")) or {}
    for side in ("width", "height"):
        found[side] = _whole(_value_behind(nodes, size, (side,)), 1, 16384)
    return found


def _is_sampler(node: Mapping[str, Any]) -> bool:
    return "sampler" in str(node.get("class_type", "")).lower() and bool(
        {"positive", "guider", "conditioning"} & node["inputs"].keys()
    )


def _target(nodes: Mapping[str, JSON], link: Any) -> JSON | None:
    return nodes.get(str(link[0])) if isinstance(link, list) and len(link) == 2 else None


def _text_behind(nodes: Mapping[str, JSON], link: Any) -> str | None:
    """The text at the other end of a conditioning link: the nearest text field, breadth first."""
    waiting, seen = [link], 0
    while waiting and seen < HOPS:
        seen += 1
        node = _target(nodes, waiting.pop(0))
        if node is None:
            continue
        for key in ("text", "prompt", "positive_prompt", "text_g", "clip_l", "t5xxl", "value", "string"):
            if words := _words(node["inputs"].get(key)):
                return words
        waiting += [value for value in node["inputs"].values() if isinstance(value, list)]
    return None


def _value_behind(nodes: Mapping[str, JSON], inputs: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """A number given directly, or by the node it is linked to (a primitive, a noise or a schedule node)."""
    for key in keys:
        value = inputs.get(key)
        for _ in range(HOPS):
            node = _target(nodes, value)
            if node is None:
                break
            names = (key, "value", "noise_seed", "seed", "steps")
            value = next((node["inputs"][name] for name in names if name in node["inputs"]), None)
        if isinstance(value, int | float):
            return value
    return None


def _node_with(nodes: Mapping[str, JSON], keys: tuple[str, ...]) -> JSON | None:
    """Inputs of the node that sets the size: a latent node first, else any with these inputs."""
    having = [node for node in nodes.values() if all(key in node["inputs"] for key in keys)]
    having.sort(key=lambda node: "latent" not in str(node.get("class_type", "")).lower())
    return having[0]["inputs"] if having else None

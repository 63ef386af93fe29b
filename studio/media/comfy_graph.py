"""A ComfyUI graph read backwards: from the sampler that starts the picture to its prompts, seed and size.

The graph was made by strangers: it is looked through for known input names, with bounded steps, and never run. What a
node computes at run time (a captioner, a language model) is not in the file, and so is not understood.
Sources: ComfyUI's nodes.py and comfy_extras; kijai's WanVideoWrapper; node packs by their public input names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from studio.domain import JSON
from studio.messages import Message

MAX_HOPS = 40
"""How many links are followed at most, one behind the other."""
TEXT_LIMIT = 20_000
Nodes = Mapping[str, JSON]

_SAMPLED = ("latent_image", "samples", "latent", "image_embeds")
"""Inputs of a sampler, or of a node behind it, that lead to the node that sets the size."""
_CONDITIONS = ("positive", "conditioning", "text_embeds", "guider")
_POSITIVE = ("positive_prompt", "text_positive", "prompt", "text", "text_g", "text_l", "t5xxl", "clip_l", "positive")
_NEGATIVE = ("negative_prompt", "text_negative", "prompt", "text", "text_g", "text_l", "t5xxl", "clip_l", "negative")
_STRINGS = ("populated_text", "value", "string", "text", "prompt", "String", "Text", "STRING", "text1", "wildcard_text")
_NUMBERED = re.compile(r"(?:string|text|prompt|str|value)_?(?:[a-h]|\d{1,2})", re.IGNORECASE)
_DELIMITERS = ("delimiter", "separator", "sep", "linebreak_addition")
_WRITTEN_BY_A_MODEL = re.compile(
    r"ollama|llm|gpt|openai|gemini|claude|florence|caption|vlm|qwen.*vl|interrogat|tagger|random|wildcard.*encode", re.I
)


class NotUnderstood(Exception):
    """The end of the sentence "The workflow could not be read: ..."."""


def settings(graph: JSON) -> JSON:
    """prompt, negative_prompt, seed, steps, guidance, width, height as found, unchecked; None for what is not there.

    Raises NotUnderstood without a sampler, or where its prompt cannot be told.
    """
    nodes = {str(k): v for k, v in graph.items() if isinstance(v, dict) and isinstance(v.get("inputs"), dict)}
    sampler = _sampler(nodes)
    inputs = sampler["inputs"]
    guider = _target(nodes, inputs.get("guider")) or {"inputs": {}}
    ends = guider["inputs"] | {k: v for k, v in inputs.items() if v is not None}
    start = next((ends[key] for key in ("positive", "conditioning", "text_embeds") if ends.get(key)), None)
    prompt = _condition(nodes, start, "positive", MAX_HOPS)
    if prompt is None:
        raise NotUnderstood(Message("unread.no_prompt"))
    if not prompt.strip():
        raise NotUnderstood(Message("unread.empty"))
    size = _size(nodes, sampler)
    return {
        "prompt": prompt[:TEXT_LIMIT],
        "negative_prompt": (
            _condition(nodes, ends.get("negative") or ends.get("text_embeds"), "negative", MAX_HOPS) or ""
        )[:TEXT_LIMIT],
        "seed": _number(nodes, inputs, ("noise_seed", "seed", "noise")),
        "steps": _number(nodes, inputs, ("steps", "sigmas", "scheduler")),
        "guidance": _number(nodes, ends, ("cfg", "guidance")),
        "width": _number(nodes, size, ("width",)),
        "height": _number(nodes, size, ("height",)),
    }


def _sampler(nodes: Nodes) -> JSON:
    """The sampler that begins: it adds the noise, and no other stands behind its latent."""
    found = [node for node in nodes.values() if _is_sampler(node)]
    if not found:
        raise NotUnderstood(Message("unread.no_sampler"))
    return min(found, key=lambda node: (_adds_no_noise(nodes, node), _follows_another(nodes, node)))


def _is_sampler(node: JSON) -> bool:
    name, inputs = str(node.get("class_type", "")).lower(), node["inputs"]
    return "sampler" in name and any(isinstance(inputs.get(key), list) for key in _CONDITIONS)


def _adds_no_noise(nodes: Nodes, node: JSON) -> bool:
    noise = _target(nodes, node["inputs"].get("noise"))
    silent = noise is not None and "disable" in str(noise.get("class_type", "")).lower()
    return silent or node["inputs"].get("add_noise") in ("disable", False)


def _follows_another(nodes: Nodes, node: JSON) -> bool:
    return any(_is_sampler(behind) for behind in _latent_chain(nodes, node))


def _latent_chain(nodes: Nodes, node: JSON) -> Iterator[JSON]:
    """The nodes that a latent came through, nearest first."""
    waiting, seen = [node], 0
    while waiting and seen < MAX_HOPS:
        seen += 1
        inputs = waiting.pop(0)["inputs"]
        links = [inputs[key] for key in (*_SAMPLED, "pixels", "image") if isinstance(inputs.get(key), list)]
        for link in links or [v for v in inputs.values() if isinstance(v, list)][:1] if seen > 1 else links:
            if (target := _target(nodes, link)) is not None:
                yield target
                waiting.append(target)


def _size(nodes: Nodes, sampler: JSON) -> Mapping[str, Any]:
    """Inputs of the node behind the sampler's latent that has width and height; empty where none has."""
    for node in _latent_chain(nodes, sampler):
        if "width" in node["inputs"] and "height" in node["inputs"]:
            return node["inputs"]
    return {}


def _target(nodes: Nodes, link: Any) -> JSON | None:
    return nodes.get(str(link[0])) if isinstance(link, list) and len(link) == 2 else None


def _condition(nodes: Nodes, link: Any, role: str, hops: int) -> str | None:
    """The text at the other end of a conditioning link; None where it cannot be told.

    role: positive or negative. A node with two conditionings gives out positive first, negative second, so the slot
    of the link says which of its inputs to follow.
    """
    node = _target(nodes, link)
    if node is None or hops <= 0:
        return None
    inputs, name = node["inputs"], str(node.get("class_type", "")).lower()
    if "zeroout" in name:
        return ""
    if isinstance(inputs.get("positive"), list) and isinstance(inputs.get("negative"), list):
        role = {0: "positive", 1: "negative"}.get(link[1], role)
        return _condition(nodes, inputs[role], role, hops - 1)
    if _WRITTEN_BY_A_MODEL.search(name):
        return None
    if (text := _encoder_text(nodes, inputs, role, hops)) is not None:
        return text
    links = [v for k, v in inputs.items() if isinstance(v, list) and k.lower().startswith(("conditioning", role))]
    links = links or [v for k, v in inputs.items() if isinstance(v, list) and "embeds" in k.lower()]
    links = links or [v for v in inputs.values() if isinstance(v, list)][: 1 if len(inputs) <= 2 else 0]
    texts = [text for one in links if (text := _condition(nodes, one, role, hops - 1))]
    return ", ".join(dict.fromkeys(texts)) if texts else None


def _encoder_text(nodes: Nodes, inputs: JSON, role: str, hops: int) -> str | None:
    """What an encoder was given to encode."""
    empty = None
    for key in _NEGATIVE if role == "negative" else _POSITIVE:
        if key not in inputs or (isinstance(inputs[key], list) and key in ("positive", "negative")):
            continue
        text = _string(nodes, inputs[key], hops)
        if text:
            return text
        if text is None and isinstance(inputs[key], list):
            return None
        empty = text if text is not None else empty
    return empty


def _string(nodes: Nodes, value: Any, hops: int) -> str | None:
    """A text given directly, or by text nodes: joined, with replacements, chosen by a switch that is set."""
    if isinstance(value, str):
        return value
    node = _target(nodes, value)
    if node is None or hops <= 0:
        return None
    inputs, name = node["inputs"], str(node.get("class_type", "")).lower()
    if _WRITTEN_BY_A_MODEL.search(name) or isinstance(inputs.get("image"), list):
        return None
    if "switch" in name:
        return _string(nodes, _chosen(inputs), hops - 1)
    parts = sorted((key for key in inputs if _NUMBERED.fullmatch(key)), key=_input_order)
    if len(parts) > 1:
        texts = [_string(nodes, inputs[key], hops - 1) for key in parts if inputs[key] is not None]
        return None if None in texts else _delimiter(inputs).join(text for text in texts if text)
    for key in (*_STRINGS, *parts):
        if key in inputs and (text := _string(nodes, inputs[key], hops - 1)) is not None:
            if isinstance(find := inputs.get("find"), str) and isinstance(new := inputs.get("replace"), str) and find:
                return text.replace(find, new)
            return text
    links = [v for v in inputs.values() if isinstance(v, list)]
    return _string(nodes, links[0], hops - 1) if len(links) == 1 else None


def _chosen(inputs: JSON) -> Any:
    """What a switch passes on, where its position is written in the file."""
    at = next((inputs[key] for key in ("switch", "boolean", "select", "index", "input") if key in inputs), None)
    if isinstance(at, bool):
        names = ("on_true", "true", "if_true") if at else ("on_false", "false", "if_false")
        return next((inputs[name] for name in names if name in inputs), None)
    if isinstance(at, int):
        return next(
            (inputs[name] for name in (f"input{at}", f"input_{at}", f"text{at}", f"text_{at}") if name in inputs), None
        )
    return None


def _input_order(key: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", key)
    return (int(digits) if digits else 0, key)


def _delimiter(inputs: JSON) -> str:
    text = next((inputs[key] for key in _DELIMITERS if isinstance(inputs.get(key), str)), " ")
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _number(nodes: Nodes, inputs: Mapping[str, Any], keys: tuple[str, ...]) -> int | float | None:
    """A number given directly, or by the node it is linked to (a primitive, a noise or a schedule node)."""
    for key in keys:
        value = inputs.get(key)
        for _ in range(MAX_HOPS):
            node = _target(nodes, value)
            if node is None:
                break
            names = (key, "value", "noise_seed", "seed", "steps", "int", "number", "Number", "float")
            value = next((node["inputs"][name] for name in names if name in node["inputs"]), None)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None

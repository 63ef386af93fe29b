"""A workflow file from a stranger, parsed as data: limits on size, depth, numbers and shape, refused in sentences.

What passes is a graph that can be copied, searched and shown without surprise: known kinds of values, nested a little,
links that lead somewhere and never in a circle.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.messages import Message

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 2000
MAX_INPUTS = 6000
MAX_DEPTH = 24
"""Levels of lists and objects inside one input; real ones have two or three."""
MAX_CLASS_CHARS = 200

_ID = re.compile(r"[\w:-]{1,80}")
"""Node ids: numbers, and 57:12 for a node of a sub-graph. A slot is written ID.INPUT, so there is no dot in it."""


def parse(content: bytes | str) -> JSON:
    """An API-format graph. Raises CapabilityError that says how to export one, when it is something else."""
    return api_graph(read(content))


def api_graph(graph: Any) -> JSON:
    """As parse, of JSON that was read."""
    if isinstance(graph, dict) and isinstance(graph.get("prompt"), dict):
        graph = graph["prompt"]
    if isinstance(graph, dict) and isinstance(graph.get("nodes"), list):
        raise _refused(Message("workflow.editor_format", how=Message("workflow.how")))
    if not isinstance(graph, dict) or not graph or not all(map(_is_node, graph.values())):
        raise _refused(Message("workflow.not_api_format", how=Message("workflow.how")))
    if len(graph) > MAX_NODES:
        raise _refused(Message("workflow.too_many_nodes", count=f"{len(graph):,}", most=f"{MAX_NODES:,}"))
    if (count := sum(len(node["inputs"]) for node in graph.values())) > MAX_INPUTS:
        raise _refused(Message("workflow.too_many_inputs", count=f"{count:,}", most=f"{MAX_INPUTS:,}"))
    for node_id, node in graph.items():
        _check_node(node_id, node)
    _check_links(graph)
    kept = {node_id: _plain_node(node) for node_id, node in graph.items()}
    try:
        json.dumps(kept, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _refused(Message("workflow.bad_text")) from None
    return kept


def read(content: bytes | str) -> Any:
    """The JSON in a file of bounded size. Raises CapabilityError."""
    if len(content) > MAX_BYTES:
        raise _refused(Message("workflow.too_large", most=MAX_BYTES // 2**20))
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _refused(Message("workflow.not_json")) from None


def is_link(value: Any) -> bool:
    """Whether an input comes from another node: [node id, output index]."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )


def _refused(said: str) -> CapabilityError:
    return CapabilityError(said, field="workflow")


def _is_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _plain_node(node: JSON) -> JSON:
    """What ComfyUI runs of a node, and the title that its author gave it."""
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    named = {"_meta": {"title": title[:MAX_CLASS_CHARS]}} if isinstance(title, str) and title.strip() else {}
    return {"class_type": node["class_type"], "inputs": node["inputs"]} | named


def _check_node(node_id: str, node: JSON) -> None:
    if not _ID.fullmatch(node_id):
        raise _refused(Message("workflow.bad_node_id", node=f"{node_id[:40]!r}"))
    if not 0 < len(node["class_type"]) <= MAX_CLASS_CHARS:
        raise _refused(Message("workflow.no_class", node=node_id))
    for name, value in node["inputs"].items():
        for fault in _faults(value):
            raise _refused(Message("workflow.bad_input", name=f"{name[:60]!r}", node=node_id, fault=fault))


def _faults(value: Any) -> Iterator[str]:
    """What cannot be kept or sent, found without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if any(isinstance(v, float) and not math.isfinite(v) for v in level):
            yield Message("workflow.endless_number")
        if any(isinstance(v, int) and abs(v) > 2**64 for v in level):
            yield Message("workflow.large_number")
        nested = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [inner for group in nested for inner in group]
        if not level:
            return
    yield Message("workflow.too_deep", most=MAX_DEPTH)


def _check_links(graph: JSON) -> None:
    """Every link leads to a node, and following links ends: Kahn's way of sorting, so that depth costs no stack."""
    takes: dict[str, set[str]] = {}
    for node_id, node in graph.items():
        takes[node_id] = {value[0] for value in node["inputs"].values() if is_link(value)}
        for source in takes[node_id] - set(graph):
            raise _refused(Message("workflow.missing_node", node=node_id, source=f"{source[:40]!r}"))
    gives: dict[str, list[str]] = {}
    for node_id, sources in takes.items():
        for source in sources:
            gives.setdefault(source, []).append(node_id)
    left = {node_id: len(sources) for node_id, sources in takes.items()}
    ready = [node_id for node_id, count in left.items() if not count]
    while ready:
        for node_id in gives.get(ready.pop(), ()):
            left[node_id] -= 1
            if not left[node_id]:
                ready.append(node_id)
    if circle := [node_id for node_id, count in left.items() if count]:
        raise _refused(Message("workflow.circle", nodes=", ".join(circle[:4])))

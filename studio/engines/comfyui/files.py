"""Model files of a row against what the server has: roles are matched to files, and what is missing is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from studio.domain import JSON
from studio.errors import Refused


def options(nodes: JSON, cls: str, field: str) -> list[str]:
    """The choices a node offers for one input, in both spellings of older and newer nodes."""
    inputs = nodes.get(cls, {}).get("input", {})
    spec = inputs.get("required", {}).get(field) or inputs.get("optional", {}).get(field) or []
    if spec and isinstance(spec[0], list):
        return [str(o) for o in spec[0]]
    if len(spec) > 1 and isinstance(spec[1], dict):
        return [str(o) for o in spec[1].get("options", [])]
    return []


def match(roles: Mapping[str, Mapping[str, Any]], nodes: JSON) -> dict[str, str]:
    """A file for every role, or Refused with a sentence that names each missing file and its folder.

    roles: role -> {node, field, file, folder, words}. The official file in any folder wins; else the one file
    whose name holds all `words` of the role.
    """
    _need({spec["node"] for spec in roles.values()}, nodes)
    found: dict[str, str] = {}
    missing: list[str] = []
    for role, spec in roles.items():
        offered = options(nodes, spec["node"], spec["field"])
        if pick := _pick(spec, offered):
            found[role] = pick
        else:
            missing.append(f"{spec['file']} in models/{spec['folder']}")
    if missing:
        raise Refused(f"ComfyUI lacks {', '.join(missing)}. Put the file there and try again.")
    return found


def _pick(spec: Mapping[str, Any], offered: list[str]) -> str | None:
    if same := [o for o in offered if _name(o) == spec["file"]]:
        return same[0]
    like = [o for o in offered if all(word in _name(o).lower() for word in spec["words"])]
    return like[0] if len(like) == 1 else None


def _name(path: str) -> str:
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def complete(graph: JSON, nodes: JSON) -> JSON:
    """The graph with the server's own default for every required input we did not set: newer versions add some.

    Raises Refused where the server lacks a node class, naming them all.
    """
    _need({n["class_type"] for n in graph.values()}, nodes)
    whole: JSON = {}
    for key, node in graph.items():
        required = nodes[node["class_type"]].get("input", {}).get("required", {})
        defaults = {name: value for name, spec in required.items() if (value := _default(spec)) is not None}
        whole[key] = node | {"inputs": defaults | node["inputs"]}
    return whole


def _need(classes: set[str], nodes: JSON) -> None:
    if lacking := sorted(classes - set(nodes)):
        raise Refused(f"This ComfyUI has no node {', '.join(lacking)}. Update ComfyUI or install the nodes.")


def _default(spec: Any) -> Any:
    facts = spec[1] if isinstance(spec, list) and len(spec) > 1 and isinstance(spec[1], dict) else {}
    return facts.get("default")

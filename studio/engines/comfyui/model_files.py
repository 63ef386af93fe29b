"""Model files of a row against what the server has: roles are matched to files, and what is missing is named.

A role takes the file that the user chose for it, else the official one, else the only one whose name holds its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from studio.domain import JSON
from studio.engines.lora import Lora
from studio.errors import CapabilityError, Refused
from studio.messages import Message, term

ROLES = {
    "text": "text encoder",
    "vae": "VAE",
    "high": "high-noise expert",
    "low": "low-noise expert",
    "model": "diffusion model",
    "checkpoint": "checkpoint",
    "lora_high": "four-step LoRA of the high-noise expert",
    "lora_low": "four-step LoRA of the low-noise expert",
}
"""Roles of model files, as sentences call them."""

LORAS = ("LoraLoaderModelOnly", "lora_name")
"""The node and input that list the server's LoRA files."""


@dataclass(frozen=True)
class FileRole:
    """One role of a row on this server. spec: of the row. offered: files the server lists for it. chosen: by the user,
    or "". file: what a run takes, or "" where it is missing."""

    role: str
    spec: Mapping[str, Any]
    offered: Sequence[str]
    chosen: str
    file: str


def options(nodes: JSON, cls: str, field: str) -> list[str]:
    """The choices a node offers for one input, in the spellings of older and newer nodes.

    A choice that brings inputs of its own (COMFY_DYNAMICCOMBO_V3, seen on 0.33.0) is {"key": ..., "inputs": ...}.
    """
    inputs = nodes.get(cls, {}).get("input", {})
    spec = inputs.get("required", {}).get(field) or inputs.get("optional", {}).get(field) or []
    if spec and isinstance(spec[0], list):
        return [str(o) for o in spec[0]]
    if len(spec) > 1 and isinstance(spec[1], dict):
        offered = spec[1].get("options")
        return [str(o.get("key") if isinstance(o, dict) else o) for o in offered] if isinstance(offered, list) else []
    return []


def file_roles(roles: Mapping[str, Mapping[str, Any]], nodes: JSON, chosen: Mapping[str, str]) -> list[FileRole]:
    """What stands where for each role. roles: role -> {node, field, file, folder, words}."""
    return [_file_role(role, spec, nodes, chosen.get(role, "")) for role, spec in roles.items()]


def _file_role(role: str, spec: Mapping[str, Any], nodes: JSON, chosen: str) -> FileRole:
    offered = options(nodes, spec["node"], spec["field"])
    found = (chosen if chosen in offered else "") if chosen else _pick(spec, offered)
    return FileRole(role, spec, offered, chosen, found)


def match(
    roles: Mapping[str, Mapping[str, Any]], nodes: JSON, chosen: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A file for every role, or Refused with a sentence that names each missing file and its folder.

    chosen: role -> the file that the user wants for it.
    """
    need({spec["node"] for spec in roles.values()}, nodes)
    found = file_roles(roles, nodes, chosen or {})
    for one in found:
        if one.chosen and not one.file:
            raise Refused(Message("comfyui.file_gone", file=one.chosen, role=term(ROLES.get(one.role, one.role))))
    missing = [f"{one.spec['file']} in models/{one.spec['folder']}" for one in found if not one.file]
    if missing:
        raise Refused(Message("comfyui.files_missing", missing=", ".join(missing)))
    return {one.role: one.file for one in found}


def _pick(spec: Mapping[str, Any], offered: Sequence[str]) -> str:
    if same := [o for o in offered if base_name(o) == spec["file"]]:
        return same[0]
    like = [o for o in offered if all(word in base_name(o).lower() for word in spec["words"])]
    return like[0] if len(like) == 1 else ""


def loras(wanted: Sequence[Lora], roles: Mapping[str, Any], nodes: JSON) -> tuple[Lora, ...]:
    """The user's LoRA files under the server's names for them; folder and ending may be left out.

    A model with one expert takes them all. Raises CapabilityError for a file that the server does not have, or has
    several of.
    """
    offered = options(nodes, *LORAS) if wanted else []
    experts = "high" in roles
    return tuple(Lora(_lora(one.name, offered), one.weight, one.expert if experts else "") for one in wanted)


def _lora(name: str, offered: Sequence[str]) -> str:
    plain = name.replace("\\", "/")
    whole = [o for o in offered if o.replace("\\", "/") == plain]
    found = whole or [o for o in offered if plain in (base_name(o), base_name(o).rpartition(".")[0])]
    if len(found) == 1:
        return found[0]
    if found:
        said = Message("comfyui.several_loras", name=name, found=", ".join(found[:5]))
    else:
        said = Message("comfyui.no_lora", name=name)
        if offered:
            said = Message("comfyui.no_such_lora", name=name, offered=", ".join(offered[:8]))
    raise CapabilityError(said, field="loras", value=name)


def base_name(path: str) -> str:
    """The file's name without its folders, of a server on any system."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name


def complete(graph: JSON, nodes: JSON) -> JSON:
    """The graph with the server's own default for every required input we did not set: newer versions add some.

    Raises Refused where the server lacks a node class, naming them all.
    """
    need({n["class_type"] for n in graph.values()}, nodes)
    whole: JSON = {}
    for key, node in graph.items():
        required = nodes[node["class_type"]].get("input", {}).get("required", {})
        defaults = {name: value for name, spec in required.items() if (value := _default(spec)) is not None}
        whole[key] = node | {"inputs": defaults | node["inputs"]}
    return whole


def need(classes: set[str], nodes: JSON) -> None:
    """Raise Refused with the node classes that the server lacks, if any."""
    if lacking := sorted(classes - set(nodes)):
        raise Refused(Message("comfyui.no_nodes", nodes=", ".join(lacking)))


def _default(spec: Any) -> Any:
    facts = spec[1] if isinstance(spec, list) and len(spec) > 1 and isinstance(spec[1], dict) else {}
    return facts.get("default")

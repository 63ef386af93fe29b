"""What a workflow holds and what the user's server makes of it: outputs, missing nodes, files it does not have.

The server is asked once, for a bounded time; without it a workflow can still be mapped and saved.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from studio.domain import JSON, Kind
from studio.engines.comfyui.files import options
from studio.engines.comfyui.workflow import MEDIA, Slot, title_of
from studio.settings import Settings

ASK_S = 3.0
"""Longest time for the node definitions. A real server with many custom nodes sends several MB."""
ANSWER_MAX_BYTES = 64 * 1024 * 1024
KIND = "studio_kind"
"""Our word in a graph's extra data: what its time is remembered under."""

_SAVERS = {
    **dict.fromkeys(("SaveVideo", "SaveWEBM", "VHS_VideoCombine"), Kind.VIDEO),
    **dict.fromkeys(("SaveAudio", "SaveAudioMP3", "SaveAudioOpus"), Kind.AUDIO),
    **dict.fromkeys(("SaveImage", "SaveAnimatedPNG", "SaveAnimatedWEBP"), Kind.IMAGE),
}


@dataclass(frozen=True)
class OutputNode:
    """A node that saves a file."""

    node: str
    title: str
    kind: Kind


@dataclass(frozen=True)
class Lacking:
    """A value of the graph that this server does not offer, mostly a model file."""

    title: str
    field: str
    value: str


@dataclass(frozen=True)
class Work:
    """What a history entry says of the work. messages: event -> its data. seconds: from the start of the execution to
    its end, by the server's clock; None where it does not say. kind: as it was posted. spared: nothing was sampled, for
    the same result was in the server's cache."""

    failed: bool
    messages: JSON = field(default_factory=dict)
    seconds: float | None = None
    kind: tuple[str, str] | None = None
    spared: bool = False


def work_of(entry: JSON) -> Work:
    """The work of a finished run, of a server of any version."""
    status = entry.get("status") or {}
    listed = status.get("messages") or []
    messages = {m[0]: m[1] for m in listed if isinstance(m, list) and len(m) == 2 and isinstance(m[1], dict)}
    start, end = (messages.get(name, {}).get("timestamp") for name in ("execution_start", "execution_success"))
    timed = isinstance(start, int | float) and isinstance(end, int | float) and end >= start
    prompt = entry.get("prompt") or []
    graph, extra = (prompt[2], prompt[3]) if len(prompt) > 3 else ({}, {})
    kind = extra.get(KIND) if isinstance(extra, dict) else None
    cached = messages.get("execution_cached", {}).get("nodes") or []
    return Work(
        failed=status.get("status_str") == "error",
        messages=messages,
        seconds=round((end - start) / 1000, 3) if timed else None,  # type: ignore[operator]
        kind=(str(kind[0]), str(kind[1])) if isinstance(kind, list) and len(kind) == 2 else None,
        spared=any("Sampler" in str((graph.get(str(n)) or {}).get("class_type")) for n in cached),
    )


def outputs(graph: JSON, nodes: JSON | None = None) -> list[OutputNode]:
    """The nodes that save files; previews do not count. nodes tell of custom ones whose names tell nothing."""
    found = []
    for node_id, node in graph.items():
        cls = node["class_type"]
        ends = bool(((nodes or {}).get(cls) or {}).get("output_node"))
        if kind := _SAVERS.get(cls) or _by_name(cls, ends):
            found.append(OutputNode(node_id, title_of(node), kind))
    return found


def _by_name(cls: str, ends: bool) -> Kind | None:
    low = cls.lower()
    if "preview" in low or not (ends or low.startswith("save") or "videocombine" in low or "_save" in low):
        return None
    words = (
        (Kind.VIDEO, ("video", "webm", "mp4", "gif")),
        (Kind.AUDIO, ("audio", "sound")),
        (Kind.IMAGE, ("image", "png")),
    )
    return next((kind for kind, named in words if any(w in low for w in named)), None)


def missing(graph: JSON, nodes: JSON) -> list[str]:
    """Node classes that the server lacks."""
    return sorted({n["class_type"] for n in graph.values()} - set(nodes))


def lacking(slots: list[Slot], graph: JSON, nodes: JSON) -> list[Lacking]:
    """Values that are not among what the server offers for them; inputs that take an uploaded file do not count."""
    found = []
    for slot in slots:
        offered = options(nodes, graph[slot.node]["class_type"], slot.field) if slot.guess not in MEDIA else []
        if offered and isinstance(slot.value, str) and slot.value not in offered:
            found.append(Lacking(slot.title, slot.field, slot.value))
    return found


def definitions(settings: Settings, *, within_s: float = ASK_S) -> JSON | None:
    """The server's node definitions; None when there is no server, or it gives none in time."""
    base = settings.option("COMFYUI_URL").rstrip("/")
    if not base.startswith(("http://", "https://")):
        return None
    auth = settings.secret("COMFYUI_AUTH")
    until = time.monotonic() + within_s
    try:
        with httpx.stream(
            "GET", f"{base}/object_info", headers={"Authorization": auth} if auth else {}, timeout=within_s / 2
        ) as reply:
            body = _body(reply, until) if reply.status_code == httpx.codes.OK else None
        found: Any = json.loads(body) if body else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and all(isinstance(v, dict) for v in found.values()) else None


def _body(reply: httpx.Response, until: float) -> bytes | None:
    """The answer's body; None when it is too large or comes too slowly."""
    content = bytearray()
    for piece in reply.iter_bytes():
        content += piece
        if len(content) > ANSWER_MAX_BYTES or time.monotonic() > until:
            return None
    return bytes(content)

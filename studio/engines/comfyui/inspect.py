"""What a workflow holds and what the user's server makes of it: outputs, missing nodes, files it does not have.

The server is asked once, for a bounded time; without it a workflow can still be mapped and saved.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import httpx

from studio.domain import JSON, Kind
from studio.engines.comfyui.model_files import options
from studio.engines.comfyui.workflow import MEDIA, Slot, node_title
from studio.engines.strict_json import number, read, table
from studio.settings import Settings

DEFINITIONS_TIMEOUT_S = 3.0
"""Longest time for the node definitions. A real server with many custom nodes sends several MB."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
KIND = "studio_kind"
"""Our word in a graph's extra data: what its time is remembered under."""
MAX_KIND_CHARS = 300
MAX_RUN_S = 7 * 86400.0
"""A longer time is a fault of the server's clock, and nothing to reckon a price with."""

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
class MissingChoice:
    """A value of the graph that this server does not offer, mostly a model file."""

    title: str
    field: str
    value: str


@dataclass(frozen=True)
class HistoryEntry:
    """What a history entry says of the work. messages: event -> its data. seconds: from the start of the execution to
    its end, by the server's clock; None where it does not say. kind: as it was posted. spared: nothing was sampled, for
    the same result was in the server's cache."""

    failed: bool
    messages: JSON = field(default_factory=dict)
    seconds: float | None = None
    kind: tuple[str, str] | None = None
    spared: bool = False


def history_entry(entry: JSON) -> HistoryEntry:
    """The work of a finished run, of a server of any version."""
    status = table(entry.get("status"))
    messages = _messages(status.get("messages"))
    prompt = entry.get("prompt")
    graph, extra = (table(prompt[2]), table(prompt[3])) if isinstance(prompt, list) and len(prompt) > 3 else ({}, {})
    cached = messages.get("execution_cached", {}).get("nodes")
    return HistoryEntry(
        failed=status.get("status_str") == "error",
        messages=messages,
        seconds=_seconds(
            *(messages.get(name, {}).get("timestamp") for name in ("execution_start", "execution_success"))
        ),
        kind=_kind(extra.get(KIND)),
        spared=isinstance(cached, list)
        and any("Sampler" in str(table(graph.get(str(n))).get("class_type")) for n in cached),
    )


def _messages(listed: object) -> JSON:
    """Event -> its data, of [[event, data], ...]."""
    pairs = [m for m in listed if isinstance(m, list) and len(m) == 2] if isinstance(listed, list) else []
    return {event: data for event, data in pairs if isinstance(event, str) and isinstance(data, dict)}


def _seconds(start: object, end: object) -> float | None:
    """From the first to the second, both in ms; None where that is no time that a run may take."""
    first, last = number(start), number(end)
    seconds = round((last - first) / 1000, 3) if first is not None and last is not None else -1.0
    return seconds if 0 <= seconds <= MAX_RUN_S else None


def _kind(posted: object) -> tuple[str, str] | None:
    match posted:
        case [str() as about, str() as settings] if len(about) + len(settings) <= MAX_KIND_CHARS:
            return about, settings
    return None


def known_nodes(body: JSON) -> JSON:
    """Node definitions as we read them: class -> {"input": {"required" and "optional": {input: [type, ...]}},
    "output_node"}. Whatever has another shape is left out."""
    return {
        name: {
            "input": {side: _specs(table(one.get("input")).get(side)) for side in ("required", "optional")},
            "output_node": bool(one.get("output_node")),
        }
        for name, one in body.items()
        if isinstance(one, dict)
    }


def _specs(side: object) -> JSON:
    return {name: spec for name, spec in table(side).items() if isinstance(spec, list)}


def outputs(graph: JSON, nodes: JSON | None = None) -> list[OutputNode]:
    """The nodes that save files; previews do not count. nodes tell of custom ones whose names tell nothing."""
    found = []
    for node_id, node in graph.items():
        cls = node["class_type"]
        ends = bool(((nodes or {}).get(cls) or {}).get("output_node"))
        if kind := _SAVERS.get(cls) or _by_name(cls, ends):
            found.append(OutputNode(node_id, node_title(node), kind))
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


def missing_nodes(graph: JSON, nodes: JSON) -> list[str]:
    """Node classes that the server lacks."""
    return sorted({n["class_type"] for n in graph.values()} - set(nodes))


def missing_choices(slots: list[Slot], graph: JSON, nodes: JSON) -> list[MissingChoice]:
    """Values that are not among what the server offers for them; inputs that take an uploaded file do not count."""
    found = []
    for slot in slots:
        offered = options(nodes, graph[slot.node]["class_type"], slot.field) if slot.guess not in MEDIA else []
        if offered and isinstance(slot.value, str) and slot.value not in offered:
            found.append(MissingChoice(slot.title, slot.field, slot.value))
    return found


def definitions(settings: Settings, *, within_s: float = DEFINITIONS_TIMEOUT_S) -> JSON | None:
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
        found = read(body) if body else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return known_nodes(found) if isinstance(found, dict) else None


def _body(reply: httpx.Response, until: float) -> bytes | None:
    """The answer's body; None when it is too large or comes too slowly."""
    content = bytearray()
    for piece in reply.iter_bytes():
        content += piece
        if len(content) > MAX_ANSWER_BYTES or time.monotonic() > until:
            return None
    return bytes(content)

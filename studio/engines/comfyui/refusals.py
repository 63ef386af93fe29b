"""What a ComfyUI server's refusals mean: a status to an error, its list of faults to a sentence.

The body of a refusal is as foreign as any answer: whatever is not of the recorded shape is left out.
"""

from __future__ import annotations

from typing import Any

from studio.domain import JSON
from studio.engines.strict_json import rows, table
from studio.errors import Refused, Unauthorised, Unavailable
from studio.messages import Message

MAX_NAME_CHARS = 120
"""Of a name or a message that the server gives."""
MAX_FAULTS = 3


def check_status(status: int, base: str, *, looks: bool = False) -> None:
    """Raise what this HTTP status means. looks: of a call that only reads, which may be repeated."""
    code = str(status)
    if 300 <= status < 400:
        said = Message("comfyui.redirects", base=base)
        raise Unauthorised(said, code=code)
    if status in (401, 403):
        said = Message("comfyui.asks_login", base=base)
        raise Unauthorised(said, code=code)
    if status == 413:
        raise Refused(Message("comfyui.file_too_large"))
    if status >= 500:
        raise Unavailable(Message("comfyui.internal_fault", code=code), code=code)
    if status >= 400 and looks:
        raise Unavailable(Message("comfyui.other_service", base=base, code=code), code=code)
    if status >= 400:
        raise Refused(Message("comfyui.call_refused", code=code), code=code)


def sentence(body: JSON) -> str:
    """Why a graph was refused."""
    if body.get("node_errors"):
        return node_faults(body["node_errors"])
    error = table(body.get("error"))
    if error.get("type") == "missing_node_type":
        missing = _truncate(table(error.get("extra_info")).get("class_type") or error.get("details", ""))
        return Message("comfyui.no_custom_node", node=missing)
    return Message(
        "comfyui.graph_refused", why=_truncate(error.get("message") or "").rstrip(".") or Message("engine.no_reason")
    )


def node_faults(faults: Any) -> str:
    """The first faults in a sentence; file lists and server paths are left out."""
    said = [_fault(fault, error) for fault in rows(list(table(faults).values())) for error in rows(fault.get("errors"))]
    return Message("comfyui.graph_refused", why="; ".join(said[:MAX_FAULTS]) or Message("engine.no_reason"))


def _fault(fault: JSON, error: JSON) -> str:
    about = table(error.get("extra_info"))
    field, got = _truncate(about.get("input_name", "")), about.get("received_value")
    what = (
        f"{field} is {_truncate(repr(got))}"
        if got is not None
        else f"{field} {_truncate(error.get('message', ''))}".strip()
    )
    return f"{_truncate(fault.get('class_type'))}: {what} ({_truncate(error.get('type'))})"


def _truncate(value: Any) -> str:
    text = str(value)
    return f"{text[:MAX_NAME_CHARS]}…" if len(text) > MAX_NAME_CHARS else text

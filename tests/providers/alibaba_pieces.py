"""Small parts of the local Alibaba server: media addresses in a body, multipart forms, lengths, time stamps."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.providers.http_server import Call

JSON = dict[str, Any]
BEIJING = timedelta(hours=8)


def urls(given: Any) -> list[str]:
    """All media addresses in a body, at any depth, in order."""
    if isinstance(given, str):
        return [given] if given.startswith(("http://", "https://", "oss://", "data:")) else []
    if isinstance(given, dict):
        given = [v for k, v in given.items() if k not in ("prompt", "negative_prompt", "text")]
    return [url for value in given for url in urls(value)] if isinstance(given, list) else []


def cut(body: JSON) -> JSON:
    """Prompts beyond the limit are cut without a word, as the provider does."""
    given = body.get("input", {})
    if isinstance(given.get("prompt"), str):
        given["prompt"] = given["prompt"][:1500]
    return body


def length(data: bytes) -> float:
    """Seconds of an uploaded clip or sound; 0 for a picture."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(data), "r") as box:
            return round((box.duration or 0) / 1e6, 2) if box.format.name not in ("png_pipe", "jpeg_pipe") else 0.0
    except FFmpegError:
        return 0.0


def form(call: Call) -> tuple[dict[str, bytes], list[str]]:
    """The fields of a multipart body, and their order."""
    head = f"Content-Type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    fields: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + call.body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = part.get_payload(decode=True) or b""  # type: ignore[assignment]
    return fields, list(fields)


def stamp(at: float) -> str:
    return (datetime.fromtimestamp(at, UTC) + BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

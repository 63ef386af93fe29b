"""The JSON object in a model's answer: bare, in a Markdown fence, or between words."""

from __future__ import annotations

from studio.domain import JSON
from studio.engines import strict_json

MAX_STARTS = 20
"""Openings of an object that are tried, so that a text of brackets takes no longer than a few readings."""


def object_of(text: str) -> JSON:
    """The first JSON object that the answer has. Raises ValueError where it has none."""
    text = _fenced(text)
    end = text.rfind("}")
    start = text.find("{")
    for _ in range(MAX_STARTS):
        if not 0 <= start < end:
            break
        try:
            value = strict_json.read(text[start : end + 1])
        except ValueError:
            start = text.find("{", start + 1)
            continue
        if isinstance(value, dict):
            return value
        break
    raise ValueError("no JSON object")


def _fenced(text: str) -> str:
    """What stands in the first Markdown fence; the whole text where there is none."""
    _, mark, rest = text.partition("```")
    if not mark:
        return text
    first, newline, body = rest.partition("\n")
    inner = body if newline and first.strip().isalnum() else rest
    return inner.partition("```")[0]

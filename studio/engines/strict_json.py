"""JSON from a provider, which may be broken or hostile: bounded in depth, only values that can be kept.

A number that is not finite (1e400, NaN, Infinity) or has more than 64 bits becomes null, so that it can reach no bill,
no database and no event stream. Text loses NUL and lone surrogates, which neither SQLite nor a page can hold.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from studio.domain import JSON

MAX_DEPTH = 60
"""Levels of lists and objects. Real answers have fewer than ten."""
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def read(text: str | bytes) -> Any:
    """The value that the text says. Raises ValueError for text that is not JSON, or is nested too deep."""
    try:
        value = json.loads(text, parse_constant=_nothing, parse_float=_finite, parse_int=_integer)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _clean(value, MAX_DEPTH)


def table(value: Any) -> JSON:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[JSON]:
    """The objects in a list; nothing of what is no list, or no object in one."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def links(value: Any) -> list[str]:
    """The addresses in a result: a text, an object with `url`, or lists of them, in their order."""
    if isinstance(value, list):
        return [link for one in value for link in links(one)]
    if isinstance(value, dict):
        return links(value.get("url"))
    return [value] if isinstance(value, str) and value else []


def number(value: Any) -> float | None:
    """A finite number that is not below zero, also one written as text; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _nothing(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | None:
    value = int(text) if len(text) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**64 else None


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _NOT_TEXT.sub("\ufffd", value) if _NOT_TEXT.search(value) else value
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_clean(one, depth - 1) for one in value]
    return {_clean(name, 0): _clean(one, depth - 1) for name, one in value.items()}

"""What pydantic found wrong with values from outside, as one sentence for the person or program that sent them.

Names the field, shows the value in short and says what is possible. Nothing here knows of HTTP or of any model.
Source of the error types: pydantic-core, `ErrorType`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from studio.errors import CapabilityError
from studio.messages import Message, clipped, of_error

SHOWN_CHARS = 60
"""Longest part of a value that a sentence repeats."""
DEPTH = 60
"""Deepest nesting of lists and objects that is taken; no request of the studio needs more than eight."""
SURROGATE = re.compile("[\ud800-\udfff]")
INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\x00-\x1f\x7f-\x9f]*"
)
"""Spaces, control and format characters, letters that show nothing. Source: Unicode, Default_Ignorable_Code_Point."""

KINDS = {
    "int": "whole_number", "float": "number", "finite_number": "finite_number", "bool": "true_or_false",
    "string": "text", "list": "list", "tuple": "list", "set": "list", "iterable": "list",
    "dict": "json_object", "model": "json_object", "mapping": "json_object", "dataclass": "json_object",
    "date": "date", "datetime": "datetime", "timezone": "time_zone",
}  # fmt: skip
"""First word of an error type, `int_parsing` for example -> what is expected, as value.kind_NAME."""
BOUNDS = {
    "greater_than": ("gt", "value.more_than"),
    "greater_than_equal": ("ge", "value.at_least"),
    "less_than": ("lt", "value.less_than"),
    "less_than_equal": ("le", "value.at_most"),
    "multiple_of": ("multiple_of", "value.multiple_of"),
}
LENGTHS = {
    "string_too_long": ("max_length", "value.longer_text"),
    "string_too_short": ("min_length", "value.shorter_text"),
    "too_long": ("max_length", "value.more_entries"),
    "too_short": ("min_length", "value.fewer_entries"),
}


def sentence(error: Mapping[str, Any], name: str = "") -> str:
    """One error of `ValidationError.errors()` in words. name: of the field, where it is not the error's own path."""
    kind, context = str(error["type"]), error.get("ctx", {})
    name, value = name or place(error["loc"]), error.get("input")
    if kind == "missing":
        return Message("value.missing", name=name)
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return Message("value.unknown", name=name)
    if kind.startswith("union_tag"):
        name = str(context.get("discriminator", name)).strip("'")
        value = value.get(name) if isinstance(value, dict) else None
        if kind == "union_tag_not_found":
            return Message("value.missing", name=name)
    if kind in ("enum", "literal_error", "union_tag_invalid"):
        listed = _listed(str(context.get("expected") or context.get("expected_tags")))
        return Message("value.choice", name=name, value=short(value), listed=listed)
    if kind in BOUNDS:
        key, id_ = BOUNDS[kind]
        return Message(id_, name=name, value=short(value), limit=context.get(key))
    if kind in LENGTHS:
        key, id_ = LENGTHS[kind]
        count = len(value) if isinstance(value, str | list | tuple | dict) else context.get("actual_length")
        return Message(id_, name=name, count=f"{count:,}", limit=f"{context.get(key):,}")
    if kind == "json_invalid":
        return Message("value.not_json")
    if kind in ("value_error", "assertion_error"):
        return _own(of_error(context.get("error", "")), name)
    wanted = KINDS.get(kind) or KINDS.get(kind.partition("_")[0])
    if not wanted:
        return Message("value.impossible", name=name, value=short(value))
    return Message("value.kind", name=name, value=short(value), wanted=Message(f"value.kind_{wanted}"))


def _own(message: str, name: str) -> str:
    """A sentence that one of our own validators wrote; a bare remark gets the field in front."""
    if not message:
        return Message("value.unusable", name=name)
    return message if message.endswith(".") else Message("value.remark", name=name, remark=message)


def place(loc: tuple[int | str, ...]) -> str:
    """The path of a value as people write it: shots.3.prompt."""
    return ".".join(str(part)[:SHOWN_CHARS] for part in loc) or Message("value.the_request")


def _listed(expected: str) -> str:
    """Pydantic's "'a', 'b' or <Task.C: 'c'>" as: a, b, c."""
    words = re.findall(r"'([^']*)'", expected)
    return ", ".join(words) or expected


def short(value: object) -> str:
    """A value as a sentence repeats it: cut where it is long, whole characters only, never the inside of a list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return Message("value.an_object")
    if isinstance(value, list | tuple | set | frozenset):
        return Message("value.a_list")
    if isinstance(value, int) and abs(value) >= 10**SHOWN_CHARS:
        return Message("value.too_many_digits")
    text = legible(value if isinstance(value, str) else repr(value))
    text = clipped(text, SHOWN_CHARS)
    return f'"{text}"' if isinstance(value, str) else text


def legible(text: str) -> str:
    """The text with halves of characters and control characters replaced, so that it can be sent, stored and logged."""
    return re.sub("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "\ufffd", text)


def require_whole(value: object) -> None:
    """Raise CapabilityError where a text holds half of a character (a lone surrogate, which no database or file takes)
    or lists and objects are nested too deep."""
    for text in _texts(value):
        if SURROGATE.search(text):
            raise CapabilityError(Message("value.broken_text"))


def _texts(value: object) -> Iterator[str]:
    waiting = [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        if isinstance(found, str):
            yield found
            continue
        inner = [*found.keys(), *found.values()] if isinstance(found, dict) else found
        if isinstance(inner, list | tuple):
            if depth >= DEPTH:
                raise CapabilityError(Message("value.too_deep"))
            waiting += [(one, depth + 1) for one in inner]


def blank(text: str) -> bool:
    """Whether a reader sees nothing of the text: empty, or only spaces and invisible characters."""
    return INVISIBLE.fullmatch(text) is not None

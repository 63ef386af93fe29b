"""An edit names the values that its author saw; where somebody else has changed one of them meanwhile, it is refused.

Nothing is merged and nothing is overwritten: the author sees both and decides. Edits of other fields and other shots
pass, since each edit is applied to the board as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import BaseModel

from studio.domain import JSON
from studio.errors import Conflict
from studio.messages import Message, term

MAX_SEEN_FIELDS = 24
"""More than any edit sets at once."""


def check_seen(target: BaseModel, seen: Mapping[str, object], wanted: JSON) -> None:
    """Raise Conflict where a field of `target` is neither as its author saw it nor as the edit wants it.

    seen: field -> value as JSON. Spaces around and inside of text do not count, for an edit may have tidied them.
    """
    current = target.model_dump(mode="json", include=set(seen))
    for name, value in seen.items():
        if name in current and not _same(current[name], value) and not _same(current[name], _json(wanted.get(name))):
            raise Conflict(Message("board.field_changed", field=term(name.removesuffix("_s").replace("_", " "))))


def _json(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    if isinstance(one, dict) and isinstance(other, dict):
        ours, theirs = cast("JSON", one), cast("JSON", other)
        return all(_same(ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        first, second = cast("Sequence[object]", one), cast("Sequence[object]", other)
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, abs_tol=1e-6)
    return one == other

"""What the fields of a provider's request may hold, for its local server: a table of rules, and what breaks them.

A rule is a tuple of allowed values, of the same type; or a word: text, int, bool, url, number, size, any; with "!" at
its end the field must be there; "lo..hi" whole numbers, "urls lo..hi" so many addresses, "items lo..hi" so many of
anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
Rule = tuple[Any, ...] | str
Fields = dict[str, Rule]
BOUNDS = re.compile(r"(urls |items )?(-?\d+)\.\.(-?\d+)")
KINDS: dict[str, tuple[type, ...]] = {
    "size": (str, dict),
    "text": (str,),
    "int": (int,),
    "bool": (bool,),
    "number": (int, float),
}


def read(path: Path) -> dict[str, Fields]:
    """Model -> its rules, from a file in which a list stands for a tuple."""
    models: dict[str, JSON] = json.loads(path.read_text("utf-8"))
    return {
        model: {name: tuple(rule) if isinstance(rule, list) else rule for name, rule in fields.items()}
        for model, fields in models.items()
    }


def broken(fields: Mapping[str, Rule], body: JSON) -> list[tuple[str, str]]:
    """(field, what is wrong) for every rule that the body breaks. A field without a rule is one too many."""
    found = [(name, "Field required") for name, rule in fields.items() if _required(rule) and not body.get(name)]
    for name, value in body.items():
        if name not in fields:
            found.append((name, "There is no such field"))
        elif value is not None and (said := _misfit(fields[name], value)):
            found.append((name, said))
    return found


def _required(rule: Rule) -> bool:
    return isinstance(rule, str) and rule.endswith("!")


def _misfit(rule: Rule, value: Any) -> str | None:
    if isinstance(rule, tuple):
        good = any(value == one and type(value) is type(one) for one in rule)
        return None if good else f"Input should be one of {', '.join(map(str, rule[:20]))}"
    word = rule.removesuffix("!")
    if bounds := BOUNDS.fullmatch(word):
        low, high = int(bounds[2]), int(bounds[3])
        if bounds[1]:
            good = isinstance(value, list) and low <= len(value) <= high
            good = good and (bounds[1] == "items " or all(map(_is_url, value)))
        else:
            good = type(value) is int and low <= value <= high
        return None if good else f"Input should be {word}"
    good = _is_url(value) if word == "url" else word == "any" or type(value) in KINDS[word]
    return None if good else f"Input should be a valid {word}"


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://", "data:"))

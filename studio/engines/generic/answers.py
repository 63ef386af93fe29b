"""Values of a provider's answer by paths that a file names: `data.task_id`, `data[0].id`, `output[].content[].url`.

A path is names separated by dots; `[2]` is one item of a list, `[]` all of them. What is not there is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from studio.domain import JSON
from studio.engines import errors_http
from studio.engines.receipt import task_name
from studio.engines.strict_json import links, number

PATH = re.compile(r"[\w-]+(\[\d{0,2}\])*(\.[\w-]+(\[\d{0,2}\])*)*")
ERRORS = ("error", "errors")
"""Fields that only errors have."""
STEP = re.compile(r"([\w-]+)|\[(\d*)\]")


def at(body: Any, path: str) -> Any:
    """The value at this path, a list where the path names all items; None where there is none."""
    found = [body]
    many = False
    for name, index in STEP.findall(path):
        if name:
            found = [value.get(name) for value in found if isinstance(value, dict)]
        elif index:
            lists = [value for value in found if isinstance(value, list)]
            found = [value[int(index)] for value in lists if int(index) < len(value)]
        else:
            many = True
            found = [item for value in found if isinstance(value, list) for item in value]
    found = [value for value in found if value is not None]
    return (found or None) if many else next(iter(found), None)


def first(body: JSON, paths: Iterable[str]) -> Any:
    """The value at the first of the paths that has one."""
    return next((value for path in paths if (value := at(body, path)) is not None), None)


def task(body: JSON, paths: Iterable[str]) -> str:
    """The provider's name of a task, at the first path that has a usable one; "" for none."""
    return next((name for path in paths if (name := _name(at(body, path)))), "")


def word(body: JSON, paths: Iterable[str]) -> str:
    """A status in lower case, also one that is a number or true; "" where there is none."""
    value = first(body, paths)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip().lower()[:40] if isinstance(value, str | int) else ""


def addresses(body: JSON, paths: Iterable[str]) -> list[str]:
    """The addresses at the first path that has any."""
    return next((found for path in paths if (found := links(at(body, path)))), [])


def text(body: JSON, paths: Iterable[str]) -> str:
    """The first text, or number, at one of the paths."""
    values = (at(body, path) for path in paths)
    return next((str(v) for v in values if isinstance(v, str | int) and not isinstance(v, bool) and str(v).strip()), "")


def fraction(body: JSON, paths: Iterable[str]) -> float | None:
    """How much is done, from 0 to 1, where an answer says 0.45, 45 or "45%"."""
    value = first(body, paths)
    percent = isinstance(value, str) and value.strip().endswith("%")
    amount = number(value.strip().rstrip("%") if isinstance(value, str) else value)
    if amount is None:
        return None
    share = amount / 100 if percent or amount > 1 else amount
    return share if share <= 1 else None


def speaks_of_error(body: JSON) -> bool:
    """Whether the answer reports an error under a status of success."""
    return body.get("success") is False or any(
        errors_http.reason({name: body.get(name)}) != ("", "") for name in ERRORS
    )


def _name(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return "" if value in (".", "..") else task_name(value)

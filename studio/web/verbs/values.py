"""Values that programs send, held to the annotations of the function they are for; what is wrong becomes a sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError

from studio.errors import CapabilityError
from studio.field_errors import sentence, short
from studio.messages import Message
from studio.services.requests import MAX_BATCH_RUNS

E = TypeVar("E")
MAX_INTEGER = 2**63 - 1
"""Largest whole number of SQLite."""


def checked(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the method's annotations have them; null is left to the default where there is one.

    Raises CapabilityError with the name of the parameter.
    """
    known = inspect.signature(function).parameters
    result: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known or name == "self":
            raise CapabilityError(Message("value.unknown", name=short(name)), field=name)
        if value is None and known[name].default is not inspect.Parameter.empty:
            continue
        result[name] = _read(_reader(function, name), name, value)
    for name, parameter in known.items():
        if name not in result and name != "self" and parameter.default is inspect.Parameter.empty:
            raise CapabilityError(Message("value.missing", name=name), field=name)
    return result


@cache
def _reader(function: Callable[..., Any], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(function, include_extras=True)[name], config=ConfigDict(allow_inf_nan=False))


def _read(reader: TypeAdapter[Any], name: str, value: Any) -> Any:
    try:
        return reader.validate_python(value)
    except ValidationError as error:
        first_error: dict[str, Any] = dict(error.errors(include_url=False)[0])
        inner = [str(part) for part in first_error["loc"] if isinstance(part, int)]
        raise CapabilityError(sentence(first_error, ".".join([name, *inner])), field=name) from None


def requests_of(value: Any) -> list[dict[str, Any]]:
    """One request or several, as a list."""
    requests = value if isinstance(value, list) else [value]
    if not all(isinstance(request, dict) for request in requests):
        raise CapabilityError(Message("request.shape"), field="request")
    return requests


def _ids(value: Any) -> str | list[str]:
    ids = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in ids):
        wrong = next(one for one in ids if not isinstance(one, str))
        raise CapabilityError(Message("request.not_an_id", given=short(wrong)))
    if len(ids) > MAX_BATCH_RUNS:
        raise CapabilityError(Message("request.too_many_ids", count=f"{len(ids):,}", most=f"{MAX_BATCH_RUNS:,}"))
    return value


Requests = Annotated[dict[str, Any] | list[dict[str, Any]], PlainValidator(requests_of)]
OneRequest = Annotated[dict[str, Any], PlainValidator(lambda value: requests_of([value])[0])]
Ids = Annotated[str | list[str], PlainValidator(_ids)]


def one_of(enumeration: Callable[[str], E], name: str, value: str) -> E | None:
    """The word as one of the enumeration; None for an empty one."""
    if not value:
        return None
    try:
        return enumeration(value)
    except ValueError:
        listed = ", ".join(word.value for word in enumeration)  # pyright: ignore
        raise CapabilityError(
            Message("value.choice", name=name, value=short(value), listed=listed), field=name
        ) from None

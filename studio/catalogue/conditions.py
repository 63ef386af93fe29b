"""Conditions of a row against a request: whether a price, an exclusion or a count applies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.domain import Request

FIELDS = frozenset(Request.model_fields) - {"params"}
"""Fields of every request; all other names are own parameters of a model."""


def value(request: Request, field: str) -> Any:
    """A field of the request or one of the model's own parameters, by name; None where it is not set."""
    return request.params.get(field) if field not in FIELDS else getattr(request, field)


def holds(request: Request, field: str, wanted: object, context: Mapping[str, object] | None = None) -> bool:
    """Whether a condition of a row is met: equal, one of a list, or (wanted true) set at all.

    context: facts from outside the request that rows may ask for, such as region.
    """
    got = (context or {}).get(field, value(request, field))
    if isinstance(wanted, list | tuple):
        return got in wanted
    if wanted is True and not isinstance(got, bool):
        return got not in (None, "", ())
    return got == wanted


def all_hold(request: Request, wanted: Mapping[str, object], context: Mapping[str, object] | None = None) -> bool:
    """Whether every condition is met."""
    return all(holds(request, field, value, context) for field, value in wanted.items())

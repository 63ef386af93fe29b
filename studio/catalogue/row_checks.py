"""Whether forms, prices and limits can work with a row whose shape is right: for rows that nobody has tried before."""

from __future__ import annotations

import re

from studio.catalogue import pricing, validation
from studio.catalogue.schema import Model
from studio.domain import MEDIA_INPUTS, REQUEST, Request
from studio.messages import Message, of_error

PARAM_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
REFERENCE_NAME = re.compile(r"[^{}]{0,30}\{n\}[^{}]{0,30}")
MAX_SIDE = 16384
Place = tuple[str | int, ...]
"""Where in a row: ("params", "steps")."""


def fault(model: Model) -> tuple[Place, str] | None:
    """Where and why forms, prices or limits could not work with this row, though its shape is right."""
    if name := next((n for n in model.inputs if n not in MEDIA_INPUTS), ""):
        return ("inputs", name), Message("userfile.input_name", name=name, listed=", ".join(MEDIA_INPUTS))
    taken = set(Request.model_fields)
    if name := next((n for n in model.params if n in taken or not PARAM_NAME.fullmatch(n)), ""):
        return ("params", name), Message("userfile.param_name", name=name)
    durations, free = model.durations, model.free_size
    ranges: list[tuple[Place, float | None, float | None]] = [
        *((("params", name), spec.min, spec.max) for name, spec in model.params.items()),
        *((("inputs", name), spec.min, spec.max) for name, spec in model.inputs.items()),
        *([(("durations",), durations.min, durations.max)] if durations else []),
        *([(("free_size",), free.min_side, free.max_side)] if free else []),
    ]
    for place, low, high in ranges:
        if low is not None and high is not None and low > high:
            return place, Message("userfile.range")
    if durations and (durations.step <= 0 or any(c <= 0 for c in durations.choices) or not _seconds(model)):
        return ("durations",), Message("userfile.durations")
    sides = [side for size in model.sizes for side in (size.width, size.height)] + ([free.min_side] if free else [])
    if (
        any(not 1 <= side <= MAX_SIDE for side in sides)
        or (free and free.multiple < 1)
        or any(r < 1 for r in model.fps)
    ):
        return ("sizes" if model.sizes else "free_size" if free else "fps",), Message("userfile.sizes")
    for number, line in enumerate(model.prices):
        if line.usd < 0 or (line.credits or 0) < 0 or (line.quantity or 0) < 0:
            return ("prices", number), Message("userfile.price")
    if any(not REFERENCE_NAME.fullmatch(pattern) for pattern in model.reference_names.values()):
        return ("reference_names",), Message("userfile.reference_name", example="Image {n}")
    if not model.tasks or not model.label.strip() or not 1 <= model.max_n <= 100:
        return (), Message("userfile.no_tasks")
    return ((), wrong) if (wrong := _trial(model)) else None


def _seconds(model: Model) -> bool:
    allowed = model.durations
    return allowed is None or allowed.from_input or bool(allowed.choices) or allowed.min is not None


def _trial(model: Model) -> str | None:
    """What goes wrong when the least possible request of each task is completed and priced."""
    for task in model.tasks:
        try:
            asked = REQUEST.validate_python({"task": task, "model": model.id, "prompt": "x"})
            whole = validation.complete(asked, model)
            validation.problems(whole, model, {})
            pricing.price(whole, model, {})
        except Exception as error:
            return Message("userfile.trial", task=Message(f"term.{task.replace('-', '_')}"), why=of_error(error))
    return None

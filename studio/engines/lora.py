"""The LoRA files a user names in a form's one line, read the same way for every engine that takes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studio.errors import CapabilityError
from studio.messages import Message

MAX_WEIGHT = 100.0
"""Strengths beyond this are slips of the finger; usual ones lie between -2 and 2."""


@dataclass(frozen=True)
class Lora:
    """A LoRA file and its strength. expert: high or low for one of two experts, empty for all."""

    name: str
    weight: float = 1.0
    expert: str = ""


def read(line: str) -> tuple[Lora, ...]:
    """`film.safetensors:0.8, walk.high.safetensors` -> files and strengths; .high. and .low. name one of two experts.

    Raises CapabilityError for what cannot be read.
    """
    return tuple(_parse_one(part, line) for part in filter(None, (p.strip() for p in line.split(","))))


def _parse_one(part: str, line: str) -> Lora:
    name, _, weight = part.partition(":")
    name = name.strip()
    try:
        value = float(weight or 1.0)
    except ValueError:
        value = math.nan
    if not name or not abs(value) <= MAX_WEIGHT:
        message = Message("lora.unreadable", part=f"{part[:100]!r}")
        raise CapabilityError(message, field="loras", value=line)
    return Lora(name, value, next((e for e in ("high", "low") if f".{e}." in name), ""))

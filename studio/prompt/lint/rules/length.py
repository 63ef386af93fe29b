"""More characters than the model takes, or another length than its authors write for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, Finding, Remedy
from studio.prompt.lint.source import Source

_END = re.compile(r"[.!?。！？;；\n]")
TOLERANCE = 1.5
"""So much beyond the authors' window is still quiet."""


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """One finding, if any."""
    text, most = source.text, facts.max_chars
    if most and len(text) > most:
        yield _too_long(text, most, facts)
    elif facts.words and (count := source.length):
        low, high = facts.words
        if count < low / TOLERANCE or count > high * TOLERANCE:
            yield Finding(
                rule="length.window",
                message=Message("lint.window", model=facts.model, low=low, high=high, count=count),
            )


def _too_long(text: str, most: int, facts: Facts) -> Finding:
    ends = [found.end() for found in _END.finditer(text, most // 2, most)]
    keep = ends[-1] if ends else most
    cut = Remedy(label=Message("lint.do_cut", count=len(text) - keep), edits=(Edit(start=keep, end=len(text)),))
    id_ = "lint.cut_silently" if facts.beyond == "cut" else "lint.too_long"
    message = Message(id_, model=facts.model, most=f"{most:,}", count=f"{len(text) - most:,}")
    return Finding(rule="length.limit", message=message, start=most, end=len(text), severity="warning", remedies=(cut,))

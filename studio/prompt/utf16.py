"""Positions in a text as browsers count them: in UTF-16 units, of which a character beyond U+FFFF has two."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable


def to_utf16(text: str) -> Callable[[int], int]:
    """From a position in characters of this text to the same in UTF-16 units."""
    wide = [at for at, character in enumerate(text) if character > "\uffff"] if text and max(text) > "\uffff" else []
    return lambda at: at + bisect_left(wide, at)

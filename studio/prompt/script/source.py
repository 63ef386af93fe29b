"""Parts of the text that is read, which know where they stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """A part of the text. start: where it begins there. cell: (start, end) of all its parts, for a text that stands
    otherwise in the source: a quoted cell, a JSON string."""

    text: str
    start: int = 0
    cell: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """Where it ends in the source."""
        return self.start + len(self.text)

    @property
    def span(self) -> tuple[int, int]:
        """Its characters in the source."""
        return self.cell or (self.start, self.end)

    def __bool__(self) -> bool:
        return bool(self.text)

    def part(self, start: int, end: int | None = None) -> Slice:
        """Characters start to end of this part, counted within it."""
        start, end, _ = slice(start, end).indices(len(self.text))
        return Slice(self.text[start:end], self.start + start, self.cell)

    def strip(self, chars: str | None = None) -> Slice:
        """Without these characters (white space) at both ends."""
        left = len(self.text) - len(self.text.lstrip(chars))
        return self.part(left, max(left, len(self.text.rstrip(chars))))

    def group(self, match: re.Match[str], group: int | str = 0) -> Slice:
        """What a match on this part's text found; empty where that group took no part."""
        start, end = match.span(group)
        return self.part(max(0, start), max(0, end))

    def lines(self) -> Iterator[Slice]:
        """Its lines, without their ends."""
        at = 0
        for line in self.text.splitlines(keepends=True):
            yield self.part(at, at + len(line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")))
            at += len(line)


EMPTY = Slice("")
"""No part at all."""

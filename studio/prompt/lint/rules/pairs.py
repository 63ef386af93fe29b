"""A quotation mark or bracket without its partner."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Facts, Finding
from studio.prompt.lint.source import Source

_OPEN = dict(zip("([{（【「『《“", ")]}）】」』》”", strict=True))
_CLOSED = {close: opening for opening, close in _OPEN.items()}
_SAME = {"(": "（", "（": "(", "[": "【", "【": "["}
"""Brackets that people mix: (…） is read as a pair."""
_NUMBERED = re.compile(r"(?:^|[\s,;:，；：])[\[(（]?[\w一-十]{1,3}$")
_INCHES = re.compile(r"\d$")
_FACE = re.compile(r"[:;=]['-]?$")


def find(source: Source, _: Facts) -> Iterator[Finding]:
    """The first that has no partner, of brackets and of straight quotation marks."""
    text = source.text
    stack: list[tuple[str, int]] = []
    for at, sign in enumerate(text):
        if sign in _OPEN and not (sign == "(" and _FACE.search(text[max(0, at - 2) : at])):
            stack.append((sign, at))
        elif sign in _CLOSED:
            partner = _CLOSED[sign]
            if stack and stack[-1][0] in (partner, _SAME.get(partner)):
                stack.pop()
            elif not _is_no_bracket(text, at, sign):
                yield _finding(at, sign, partner)
                return
    for sign, at in stack[:1]:
        yield _finding(at, sign, _OPEN[sign])
        return
    straight = [at for at, sign in enumerate(text) if sign == '"' and not _INCHES.search(text[max(0, at - 1) : at])]
    if len(straight) % 2 and text.count('"') % 2:
        yield _finding(straight[-1], '"', '"')


def _is_no_bracket(text: str, at: int, sign: str) -> bool:
    """A closing sign that is none: `1)`, `a)`, a face."""
    before = text[max(0, at - 6) : at]
    return sign in ")）" and bool(_NUMBERED.search(before) or _FACE.search(before[-2:]))


def _finding(at: int, sign: str, partner: str) -> Finding:
    has_direction = sign != partner
    message = Message("lint.unpaired", sign=sign, partner=partner) if has_direction else Message("lint.unclosed")
    return Finding(rule="pairs", start=at, end=at + 1, message=message)

"""Taking an item out of a list of words, with the comma that belongs to it."""

from __future__ import annotations

import re

from studio.messages import Message
from studio.prompt.lint.model import Edit, Remedy

_COMMAS = ",，、;；"
_ENDS = _COMMAS + ".。:：\n"
_FILLER = re.compile(
    r"\b(?:the|a|an|camera|shot|slow|slowly|smooth|smoothly|gentle|gently|fast|quick|quickly|steady|steadily|subtle|then|with|and)\b"
    r"|镜头|缓慢|快速|缓缓|慢慢|地|的|向前|向后",
    re.IGNORECASE,
)
"""Words that say nothing of their own beside a camera word."""
MAX_ITEM_CHARS = 60


def without(text: str, start: int, end: int) -> tuple[Remedy, ...]:
    """A remedy that takes these words out, with the whole item that they are in; none where the item says more."""
    low = max((text.rfind(sign, max(0, start - MAX_ITEM_CHARS), start) for sign in _ENDS), default=-1) + 1
    if not low and start > MAX_ITEM_CHARS:
        return ()
    high = min((at for sign in _ENDS if (at := text.find(sign, end, end + MAX_ITEM_CHARS)) >= 0), default=len(text))
    if high - end > MAX_ITEM_CHARS or _FILLER.sub("", text[low:start] + " " + text[end:high]).strip():
        return ()
    words = text[low:high].strip()
    first = text.index(words, low)
    return (Remedy(label=Message("lint.do_remove", words=words), edits=(_cut(text, first, first + len(words)),)),)


def _cut(text: str, start: int, end: int) -> Edit:
    """The item with the comma behind it, or before it where it is the last."""
    after = text[end:].lstrip(" ")
    if after and after[0] in _COMMAS:
        rest = after[1:].lstrip(" ")
        return Edit(start=start, end=len(text) - len(rest))
    before = text[:start].rstrip(" ")
    if before and before[-1] in _COMMAS:
        return Edit(start=len(before) - 1, end=end)
    return Edit(start=start, end=len(text) - len(after[1:].lstrip(" ")) if after[:1] in ".。" and after else end)

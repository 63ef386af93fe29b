"""Ages in a text: "a 70-year-old", "of seventy", "aged nine", "in her sixties", "九岁". Pure text."""

from __future__ import annotations

import re

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
_ONES += "eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: n for n, word in enumerate(_ONES.split(), 1)} | {w: 20 + 10 * n for n, w in enumerate(_TENS.split())}
_HAN = {c: n for n, c in enumerate("零一二三四五六七八九")}
_DECADES = "teens twenties thirties forties fifties sixties seventies eighties nineties"
_MIDDLE = {word: 15 + 10 * n for n, word in enumerate(_DECADES.split())}
_WORD = rf"(?:\d{{1,3}}|(?:{'|'.join(_TENS.split())})(?:-(?:{'|'.join(_ONES.split()[:9])}))?|{'|'.join(_ONES.split())})"
_AGE = re.compile(
    rf"\b(?P<a>{_WORD})[\s-]?years?[\s-]olds?\b|\baged?\s+(?:about\s+)?(?P<b>{_WORD})\b"
    rf"|\bof\s+(?:about\s+)?(?P<c>{_WORD})(?=\s*(?:[,.;:)]|$|in\b|with\b|who\b|and\b|wearing\b|,))"
    rf"|\bin\s+(?:his|her|their)\s+(?:early\s+|mid[\s-]?|late\s+)?(?P<d>{'|'.join(_DECADES.split())})\b"
    rf"|(?<=[a-z]),\s*(?P<e>\d{{1,2}}|{'|'.join(list(_VALUES)[3:])})(?=\s*[,;.)]|$)"
    r"|(?P<f>\d{1,3}|[零一二三四五六七八九十]{1,3})\s*(?:多|来)?岁(?:的|左右)?",
    re.IGNORECASE,
)


def extract(text: str) -> tuple[list[tuple[int, int]], str]:
    """(place, years) of every age, and the text with the ages left blank, letter for letter."""
    out: list[tuple[int, int]] = []
    for match in _AGE.finditer(text):
        word = next(v for v in match.groups() if v)
        out.append((match.start(), _years(word.lower())))
    return out, _AGE.sub(lambda m: " " * len(m.group()), text)


def _years(word: str) -> int:
    if word.isdigit():
        return int(word)
    if word in _MIDDLE:
        return _MIDDLE[word]
    if word[0] in _HAN or word[0] == "十":
        tens, ten, ones = word.partition("十")
        return (_HAN.get(tens[-1:], 1) * 10 if ten else 0) + _HAN.get((ones or ("" if ten else word))[-1:], 0)
    tens, _, ones = word.partition("-")
    return _VALUES[tens] + _VALUES.get(ones, 0)

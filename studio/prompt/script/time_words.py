"""Times in running text: where one stands, and what it says. `0-3s`, `(00:02 – 00:04)`, `【3秒】`, `4 to 8 seconds`.

Bounded everywhere: a look at one place costs the same in any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from studio.prompt.script.durations import RANGE, UNIT, parse_range, parse_seconds

_N = r"\d{1,4}(?:[.,]\d{1,3})?"
_CLOCK = r"\d{1,3}(?::\d{2}){1,2}(?:[.,]\d{1,3})?"
_LABEL = r"(?:(?:duration|length|time(?:code)?|timing|时长|时间|约|共|~|≈)\s{0,2}[:：]?\s{0,2})?"
_RANGE = rf"(?:from\s{{1,2}}|第|从)?(?P<range>{RANGE})(?:\s?内)?"
_LENGTH = rf"(?P<length>{_N}{UNIT})(?:\s?(?:long|左右))?"
_POINT = rf"(?:at\s{{1,2}}|@\s?|t\s?=\s?)?(?P<point>{_CLOCK})"
_OPEN, _CLOSE = r"[\[【(（〔{]", r"[\]】)）〕}]"
_SIGN = re.compile(rf":\d{{2}}|{UNIT}\s*\Z", re.IGNORECASE)
_NEXT = r"(?=\s{0,3}(?:[:：,，.。|–—;；)\]）】*_/·→-]|$))"

_BRACKETED = re.compile(rf"{_OPEN}\s{{0,2}}{_LABEL}(?:{_RANGE}|{_LENGTH}|{_POINT})\s{{0,2}}{_CLOSE}", re.IGNORECASE)
_OPENED = re.compile(
    rf"{_LABEL}(?:{_RANGE}|{_LENGTH}(?:{_NEXT}|(?<=\d[sS秒])(?=\s))|(?P<at>at\s{{1,2}}){_POINT})",
    re.IGNORECASE | re.MULTILINE,
)
_LISTED = re.compile(r"(?P<length>\d{1,3}(?:\.\d{1,2})?)\s{0,2}(?:s|秒)?\s{0,2}[,，](?!\d)\s{0,2}", re.IGNORECASE)
_BEFORE = re.compile(rf"{_OPEN}?\s{{0,2}}{_RANGE}\s{{0,2}}{_CLOSE}?\s{{0,2}}[|:：,，–—-]?\s{{0,2}}\Z", re.IGNORECASE)
_WHOLE = re.compile(rf"\s*{_OPEN}?\s*{_LABEL}(?:{_RANGE}|{_LENGTH})\s*{_CLOSE}?\s*", re.IGNORECASE)
_ANYWHERE = re.compile(rf"(?<![\d.:,/-])(?<![A-Za-z])(?:第|从)?{RANGE}", re.IGNORECASE)


@dataclass(frozen=True)
class Times:
    """A time in the text. at: its own characters. end: behind its bracket. start_s and end_s, or length_s; end_s is
    None for a beginning alone. listed: a bare number between commas. marked: with a unit or as a clock shows it."""

    at: tuple[int, int]
    end: int
    start_s: float | None = None
    end_s: float | None = None
    length_s: float | None = None
    listed: bool = False
    marked: bool = True


def bracketed_time(text: str, at: int) -> Times | None:
    """The bracket that opens here and holds nothing but a time."""
    return (
        _times(_BRACKETED.match(text, at, at + 60), bracketed=True) if text[at : at + 1] in tuple("[【(（〔{") else None
    )


def find_time(text: str, at: int, *, listed: bool = False) -> Times | None:
    """The time that stands here without a bracket. listed: a bare number with a comma after it counts as a length."""
    if not text[at : at + 1] or not (text[at].isalnum() or text[at] in "~≈@"):
        return None
    found = _times(_OPENED.match(text, at, at + 60))
    if found and (found.marked or found.end_s is None or text[found.end : found.end + 1] in tuple(":：,，]】)）|")):
        return found
    if listed and (match := _LISTED.match(text, at, at + 16)):
        return Times(match.span("length"), match.end(), length_s=float(match["length"]), listed=True)
    return None


def time_before(window: str, offset: int) -> Times | None:
    """A range that ends the window. offset: where the window begins in the text."""
    found = _times(_BEFORE.search(window), offset=offset)
    return found if found and found.marked else None


def in_brackets(text: str) -> Iterator[Times]:
    """All brackets that hold nothing but a time."""
    return filter(None, (_times(m, bracketed=True) for m in _BRACKETED.finditer(text)))


def ranges(text: str) -> Iterator[Times]:
    """All ranges, with or without brackets, units or not."""
    for match in _ANYWHERE.finditer(text):
        seconds = parse_range(match[0].lstrip("第从"))
        if seconds:
            yield Times(match.span(), match.end(), *seconds, marked=bool(_SIGN.search(match[0])))


def whole_time(text: str) -> Times | None:
    """The time that this text is as a whole."""
    return _times(_WHOLE.fullmatch(text)) if len(text) < 80 else None


def _times(match: re.Match[str] | None, *, offset: int = 0, bracketed: bool = False) -> Times | None:
    if match is None:
        return None
    groups = match.groupdict()
    group = next(g for g in ("range", "length", "point") if groups.get(g))
    span = match.start(group) + offset, match.end(group) + offset
    end = match.end() + offset if bracketed else span[1]
    marked = bool(_SIGN.search(match[group]))
    if group == "range":
        seconds = parse_range(match[group])
        return Times(span, end, *seconds, marked=marked) if seconds else None
    value = parse_seconds(match[group])
    if value is None:
        return None
    return Times(span, end, length_s=value) if group == "length" else Times(span, end, start_s=value)

"""One headed shot: its heading and its words, with a time or a title that the words begin or end with taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from studio.prompt.script.durations import RANGE, UNIT
from studio.prompt.script.heads import CLOSE, OPEN, ShotHead
from studio.prompt.script.source import Slice
from studio.prompt.script.time_words import Times, in_brackets, whole_time

SEPARATORS = " \t\r\n\u3000:：;；,，|/–—→-"
COLUMN = re.compile(r"[ \t]*[–—|][ \t]*|[ \t]+-[ \t]+")
_TERM = re.compile(r"[ \t]*[,，、;；|–—/][ \t]*")
_COMMA = re.compile(r"[ \t]*[,，;；|][ \t]*")
_LABELLED = re.compile(
    rf"[^\n.!?。！？\"“:：]{{1,60}}?(?<![\d.,])(?P<time>{RANGE}|\d{{1,4}}(?:[.,]\d{{1,3}})?{UNIT})\s{{0,2}}[:：]",
    re.IGNORECASE,
)
"""`wide, 4s:`: terms and a time before a colon."""
_HEADING_MARK = re.compile(r"[ \t\n]{0,8}(?:\#{1,6}|\*\*|__)")
TITLE_CHARS = 60
_TAIL = re.compile(rf"[ \t,，;；|·]{{1,3}}(?P<time>{RANGE}|\d{{1,4}}(?:[.,]\d{{1,3}})?{UNIT})\s*\Z", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?。！？\n]")
HEADING_CHARS = 200
"""Longest first line of a shot that is looked through for a time between dashes or bars."""


@dataclass(frozen=True)
class ShotPart:
    """One shot: its heading, and the words that are its own. place: the heading of the scene that it stands under.
    times: of the heading, or what is found in the words, and is cut out of them. title: the words of a heading in bold
    or behind #, or before a time."""

    head: ShotHead
    words: tuple[Slice, ...]
    place: Slice | None = None
    times: Times | None = None
    title: Slice | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Its words in the text, without separators at both ends."""
        kept = [part for part in self.words if part.text]
        return (kept[0].start, kept[-1].end) if kept else (self.head.end, self.head.end)


def with_times(part: ShotPart) -> ShotPart:
    """The shot with the time that its words give where the heading has none: between commas of a heading in brackets,
    between dashes or bars of the first line, or the one bracket that holds nothing else."""
    if part.head.times:
        return replace(part, times=part.head.times)
    first = part.words[0]
    if boxed := _boxed(part):
        return boxed
    line = first.text[:HEADING_CHARS].partition("\n")[0]
    if (label := _LABELLED.match(line)) and (found := whole_time(label["time"])):
        return _cut(part, 0, _moved(found, first.start + label.start("time")), label.start("time"), label.end())
    if part.head.bracket is not None and (tail := _TAIL.search(first.text)) and (found := whole_time(tail["time"])):
        return _cut(part, 0, _moved(found, first.start + tail.start("time")), tail.start(), len(first.text))
    columns = _columns(first, _COMMA) if part.head.bracket is not None else _columns(first.part(0, len(line)), COLUMN)
    for column in columns if len(columns) > 1 else []:
        if found := whole_time(column.text):
            return _cut(part, 0, _moved(found, column.start), column.start - first.start, column.end - first.start)
    for index, words in enumerate(part.words):
        found = list(in_brackets(words.text))
        own = next((t for t in found if t.length_s is not None), None)
        if own is None and len(found) == 1 and found[0].end_s is not None and _heads_words(words.text, found[0]):
            own = found[0]
        if own:
            opening = max(words.text.rfind(sign, 0, own.at[0]) for sign in "[【(（〔{")
            return _cut(part, index, _moved(own, words.start), opening, own.end)
    return part


def with_title(source: Slice, part: ShotPart) -> ShotPart:
    """The shot with the rest of its heading line as a title, where the line is marked as a heading and words follow."""
    if part.title or not part.words or part.head.bracket is not None:
        return part
    first = part.words[0]
    marked = _HEADING_MARK.match(source.text, part.head.start)
    line = first.text.partition("\n")[0]
    if not marked or len(line) > TITLE_CHARS or source.text[part.head.end : first.start].strip(SEPARATORS + "*_"):
        return part
    if len(line) == len(first.text):
        return replace(part, title=first.strip(SEPARATORS + "*_#."), words=part.words[1:]) if part.words[1:] else part
    rest = first.part(len(line)).strip(SEPARATORS)
    return replace(part, title=first.part(0, len(line)).strip(SEPARATORS + "*_#."), words=(rest, *part.words[1:]))


def _heads_words(words: str, times: Times) -> bool:
    """Whether the range stands at the head of the words or at their end, not within: there it times a part of them."""
    before = words[: times.at[0]]
    return not words[times.end :].strip(" \t*_.。:：") or (len(before) < 60 and not _SENTENCE_END.search(before))


def _boxed(part: ShotPart) -> ShotPart | None:
    """`(WIDE, 3s): words`: a bracket that opens the words and has a time among other terms."""
    words = part.words[0]
    opening = words.text[:1]
    if not opening or opening not in OPEN:
        return None
    close = words.text.find(CLOSE[OPEN.index(opening)], 1, HEADING_CHARS)
    columns = _columns(words.part(1, close), _TERM) if close > 0 else []
    for index, column in enumerate(columns):
        if found := whole_time(column.text):
            terms = (*columns[:index], *columns[index + 1 :], words.part(close + 1))
            kept = tuple(filter(None, (term.strip(SEPARATORS) for term in terms)))
            return replace(part, words=(*kept, *part.words[1:]), times=_moved(found, column.start))
    return None


def _columns(line: Slice, between: re.Pattern[str]) -> list[Slice]:
    pieces: list[Slice] = []
    at = 0
    for gap in between.finditer(line.text):
        pieces.append(line.part(at, gap.start()))
        at = gap.end()
    return [*pieces, line.part(at)]


def _cut(part: ShotPart, index: int, times: Times, start: int, end: int) -> ShotPart:
    """The shot without characters start to end of these words."""
    words = part.words[index]
    kept = (words.part(0, start).strip(SEPARATORS), words.part(end).strip(SEPARATORS))
    around = (*part.words[:index], *filter(None, kept), *part.words[index + 1 :])
    return replace(part, words=around, times=times)


def _moved(times: Times, offset: int) -> Times:
    return replace(times, at=(times.at[0] + offset, times.at[1] + offset), end=times.end + offset)

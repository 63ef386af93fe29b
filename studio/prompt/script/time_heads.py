"""Times that head shots by themselves: `[00:00-00:02] ...`, `0-3s: ...`, `[3s: ...]`, `[00:04] ...`."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from studio.prompt.script.durations import UNIT, parse_seconds
from studio.prompt.script.heads import BRACKET_CHARS, CLOSE, OPEN, SEPARATORS, ShotHead
from studio.prompt.script.time_words import Times, in_brackets, ranges

LOOK_BACK = 40
_MARKS = re.compile("[*_#>•·●▶►■◆\\-–—~| \t\u3000\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]*\\Z")
_BOUNDARY = frozenset(' \t\u3000;；。.!！?？…|，,、:：)）]】》>”"\n\r')
_SECTION = re.compile(
    rf"\[\s{{0,3}}(?P<s>\d{{1,5}}(?:[.,]\d{{1,3}})?){UNIT}\s{{0,3}}[:：](?P<words>[^\[\]]*)\]", re.IGNORECASE
)
_BEGINNING = re.compile(
    r"^[ \t*_>•-]{0,6}(?:at[ \t]|t=)?"
    rf"(?P<s>(?:\d{{1,2}}:)?\d{{1,2}}:\d{{2}}(?:[.,]\d{{1,3}})?|\d{{1,4}}(?:[.,]\d{{1,3}})?(?={UNIT})){UNIT}?"
    r"[*_ \t]{0,4}[:：|–—-][ \t*_]{0,4}(?=\S)",
    re.MULTILINE | re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:\A|\n)(?P<line>[ \t*_#>•-]{0,8}(?P<title>[^\W\d_][\w'’&/-]{0,20}(?: [\w'’&/-]{1,20}){0,3})[ \t*_]{0,4})\Z"
)
_SPELL = re.compile(
    r"(?:(?:(?<=\n)|(?<=[.!?;] )|(?<=[*•-] )|\A)[*_ \t•-]{0,4}(?:(?:in|for|during) )?(?:the )?"
    r"(?:first|opening|next|following|then|last|final)(?: the)? (?P<s>\d{1,3}(?:[.,]\d{1,2})? ?(?:seconds?|secs?|s)\b)"
    r"|(?:前|开头|开始|头|接下来|接着|随后|中间|然后|最后|后|末)的?(?P<han>\d{1,3}(?:\.\d)?\s?秒)内?)"
    r"[*_ ]{0,3}[:：,，][*_ \t]{0,4}",
    re.IGNORECASE,
)
_FIRST = re.compile(r"first|opening|前|开头|开始|头", re.IGNORECASE)
SLACK_S = 1.0
"""Parts that count `0-3`, `4-7` leave a second between them."""


def time_ranges(text: str) -> list[ShotHead]:
    """Ranges that stand at the start of a line, in brackets, or before a colon; also bare ones where they add up."""
    sure: list[ShotHead] = []
    unsure: list[ShotHead] = []
    for times in ranges(text):
        head, certain = _range_head(text, times)
        if head:
            unsure.append(head)
            if certain:
                sure.append(head)
    if len(unsure) > max(1, len(sure)) and _adds_up(unsure):
        return unsure
    if len(sure) == 1 and not (sure[0].at_line or (sure[0].times and sure[0].times.start_s == 0)):
        return []  # a time in a sentence
    return sure


def sections(text: str) -> list[ShotHead]:
    """`[3s: words]`: the bracket holds the words, and only the beginning is told."""
    closed = text.rfind("]") + 1  # behind it no section ends, and each start would look for one
    found: list[ShotHead] = []
    for match in _SECTION.finditer(text, 0, closed):
        times = Times(match.span("s"), match.end(), start_s=float(match["s"].replace(",", ".")))
        start, stop = match.span("words")
        found.append(ShotHead(match.start(), start, times=times, stop=stop))
    return found


def beginnings(text: str) -> list[ShotHead]:
    """`[00:04] words` and `00:04 - words`: two beginnings at least, each later than the one before."""
    bracketed = [t for t in in_brackets(text) if t.start_s is not None and t.end_s is None]
    heads = [
        _head(text, t, at_line)[0] for t in bracketed if (at_line := _line_start(text, _open(text, t)) is not None)
    ]
    if not heads:
        for match in _BEGINNING.finditer(text):
            value = parse_seconds(match["s"])
            heads.append(ShotHead(match.start(), match.end(), times=Times(match.span("s"), match.end(), start_s=value)))
    starts = [head.times.start_s or 0.0 for head in heads if head.times]
    return heads if len(heads) > 1 and all(a < b for a, b in pairwise(starts)) else []


def lengths(text: str) -> list[ShotHead]:
    """`(3s) words`, a line each."""
    found = [t for t in in_brackets(text) if t.length_s is not None]
    heads = [_head(text, t, True)[0] for t in found if _line_start(text, _open(text, t)) is not None]
    return heads if len(heads) > 1 else []


def spelled_lengths(text: str) -> list[ShotHead]:
    """`First 3 seconds: ...`, `Next 4 seconds: ...`, `前3秒：...最后3秒：...`: two at least, the first one so named."""
    found = [
        ShotHead(spell.start(), spell.end(), times=Times(spell.span(group), spell.end(), length_s=seconds))
        for spell in _SPELL.finditer(text)
        for group in ("s" if spell["s"] else "han",)
        if (seconds := parse_seconds(spell[group]))
    ]
    return found if len(found) > 1 and _FIRST.search(text, found[0].start, found[0].end) else []


def _range_head(text: str, times: Times) -> tuple[ShotHead | None, bool]:
    start = _open(text, times)
    bracketed = text[start] in OPEN and text[_close(text, times) - 1] in CLOSE
    line = _line_start(text, start)
    head, colon = _head(text, times, line is not None)
    last = text[start - 1 : start] if start else "\n"
    if line is None and last not in _BOUNDARY and not bracketed:
        return None, False
    if not bracketed and line is None and not times.marked:
        return None, False
    dashed = line is not None and text[times.end : head.end].strip(" \t*_内") != ""
    certain = times.marked and (bracketed or colon or dashed)
    title = _title(text, start) if certain and bracketed and colon and line is None else None
    if text[start] in OPEN and not bracketed and (close := _inner_close(text, head.end, text[start])):
        return replace(head, bracket=close), times.marked
    if title:
        head = replace(head, start=title[0], title_at=title[1:], at_line=True)
    return head, certain


def _inner_close(text: str, at: int, opened: str) -> int | None:
    """Where a bracket closes that holds words behind the time, `[0-3s: she waits]`, on the same line."""
    line = text.find("\n", at, at + BRACKET_CHARS)
    close = text.find(CLOSE[OPEN.index(opened)], at, at + BRACKET_CHARS if line < 0 else line)
    return close if close > at else None


def _title(text: str, at: int) -> tuple[int, int, int] | None:
    """Where the line of a title before a time begins, `Hook (0-3s):`, and the title's characters: one to four words."""
    low = max(0, at - LOOK_BACK)
    match = _TITLE.search(text[low:at])
    if not match or (low and text[low - 1] != "\n" and match.start() == 0 and text[low:at][:1] != "\n"):
        return None
    return low + match.start("line"), low + match.start("title"), low + match.end("title")


def _head(text: str, times: Times, at_line: bool) -> tuple[ShotHead, bool]:
    """The heading of this time, with the brackets, marks and separators around it; and whether a colon follows."""
    start, end = _open(text, times), _close(text, times)
    colon = False
    for _ in range(6):
        sign = text[end : end + 1]
        if not sign or not (sign in SEPARATORS or sign in "*_ \t"):
            break
        colon = colon or sign in ":：|"
        end += 1
    line = _line_start(text, start) if at_line else None
    return ShotHead(start if line is None else line, end, times=times, at_line=at_line), colon


def _open(text: str, times: Times) -> int:
    at = times.at[0]
    if text[at - 1 : at] in tuple("第从"):
        at -= 1
    elif text[max(0, at - 5) : at].casefold() == "from ":
        at -= 5
    low = max(0, at - 3)
    before = text[low:at].rstrip(" \t")
    return low + len(before) - 1 if before[-1:] and before[-1:] in OPEN else at


def _close(text: str, times: Times) -> int:
    at = times.at[1]
    after = text[at : at + 6]
    plain = after.lstrip(" \t内")
    return at + len(after) - len(plain) + 1 if plain[:1] and plain[:1] in CLOSE else at + len(after) - len(plain)


def _line_start(text: str, at: int) -> int | None:
    """Where the line begins, if nothing but marks stands between; None within a line."""
    low = max(0, at - LOOK_BACK)
    window = text[low:at]
    marks = _MARKS.search(window)
    rest = window[: marks.start()] if marks else window
    return low + len(rest) if rest.endswith("\n") or (not rest and not low) else None


def _adds_up(heads: list[ShotHead]) -> bool:
    """Whether the ranges begin at 0 and follow one another."""
    at = 0.0
    for head in heads:
        times = head.times
        if times is None or times.start_s is None or times.end_s is None or not at <= times.start_s <= at + SLACK_S:
            return False
        at = times.end_s
    return bool(heads)

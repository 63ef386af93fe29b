"""Free words of a shot taken apart: labelled lines, bracketed terms, speech and terms of the camera; the rest stays."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator
from dataclasses import dataclass

from studio.prompt.script import labels, vocabulary
from studio.prompt.script.dialogue import QUOTED, find_speech
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.model import DialogueLine, PutField
from studio.prompt.script.source import Slice
from studio.prompt.script.transitions import is_transition

_BULLET = re.compile(r"[ \t\u3000]{0,40}(?:[-*•·‣▪●○–>+]{1,3}[ \t]{1,9}|\d{1,3}[.)、][ \t]{1,9})?")
_BARE_LABEL = re.compile(
    r"[ \t]{0,40}(?:[-*•·‣▪●>+][ \t]{1,9})?"
    r"(?:【([^【】\n]{1,20})】|\*\*([^*\n]{1,40}?)\*\*|__([^_\n]{1,40}?)__)[ \t]{0,9}(?:[–—-][ \t]{1,9})?"
)
_MARKS = "*_`#【】[] \t\u3000"
_BEFORE_LABEL = ' \t\u3000*_#【[(（>-•·|,，.。;；!！?？)）】]"”」\n–—'
_LATIN_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9 /&.'()_-]{0,38}$")
_HAN_LABEL = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff/（）()A-Za-z ]{0,16}$")
_COLON = re.compile(r"[:：]")
_TAG = re.compile(r"【([^【】\n]{1,60})】|\[([^\[\]\n]{1,60})\]|[(（]([^()（）\n]{1,60})[)）]")
_CUT = re.compile(r"[.。;；,，|｜\n!！?？:：]|\s[–—-]\s|—|–(?=\s)")
_AROUND = " \t\r\n*_()（）[]【】"
_COLONS, _HEAD_MARKS = (":", "："), (":", "：", "|", "｜", "–", "—", "-")
_OPENED, _CLOSED = ("(", "（"), (")", "）")
_SLASHED = re.compile(r"[^/／]+")
_LENGTH_LAST = re.compile(
    r"(?<=[.!?)\"”」,，。！？|–—-])[ \t]{1,3}(?P<length>\d{1,3}(?:[.,]\d{1,2})?[ \t]?(?:s|secs?|seconds?|"
    r"秒))[.。]?\s{0,9}$"
)
"""`A huge eye opens. 2s`: a length behind the last sentence."""
_ARTICLE = re.compile(r"^(?:an?|the) ")
_DECIMAL = re.compile(r"\d[.,:]\d")
_OF = re.compile(r"(?P<terms>[\w' -]{2,50}?)(?<=\w) (?:of|on|as|showing)(?= )", re.IGNORECASE)
_STOPS, _COMMAS = set(".。!！?？\n;；"), set(",，")
_TRIMMED_BEHIND = " \t\r\n;；:：|｜–—-•·"
"""A comma stays, as long as more words follow."""
_TRIMMED = " \t\r\n,，;；:：|｜–—-•·"
_SENTENCE_ENDS = '.!?。！？…:："”」』)）'
_WEAK = {
    "wide", "medium", "close", "truck", "jib", "pedestal", "lateral", "vertigo", "shaky", "dolly",
    "mid", "low", "high", "follow", "following", "rising", "descending", "track", "tracking",
    "arc", "orbit", "roll", "spiral", "insert", "still", "static", "zoom", "tilt", "pan", "crane", "boom",
    "slider", "drone", "pov", "profile", "推", "拉", "摇", "移", "跟", "升", "降", "甩", "旋转", "环绕", "主观",
    "正面", "背面", "侧面", "微距", "俯冲", "上升", "下降", "抖动", "晃动", "fs", "ms", "ls", "ws", "es", "cu",
    "pushing", "pulling", "fixed", "macro",
}  # fmt: skip
"""Terms that are common words as well: alone, they count only where a field is meant."""


@dataclass(frozen=True)
class Found:
    """A part of a shot's words that has a field. line: of a spoken line."""

    field: PutField
    part: Slice
    line: DialogueLine | None = None
    label: str = ""


def labelled(part: Slice) -> Iterator[Found | Slice]:
    """The words in order, as values of their labels where they stand behind some, else as free words."""
    heads = list(_labels(part))
    if not heads:
        yield part
        return
    if (before := part.part(0, heads[0][0])).strip(_TRIMMED):
        yield before
    ends = [*(start for start, _, _, _ in heads[1:]), len(part.text)]
    for (_, stop, field, label), end in zip(heads, ends, strict=True):
        value = part.part(stop, end)
        line_end = value.text.find("\n")
        first = value if line_end < 0 else value.part(0, line_end)
        if field in ("prompt", "dialogue") or line_end < 0 or not first.strip(_MARKS):
            yield Found(field, value, label=label)  # the lines below belong to it
            continue
        yield Found(field, first, label=label)
        if (rest := value.part(line_end)).strip(_TRIMMED):
            yield rest


def free(part: Slice, known: Container[str] = ()) -> Iterator[Found]:
    """Free words: bracketed terms, speech, and terms of the camera that stand alone; the rest as prompt.

    known: names of the cast in lower case.
    """
    taken, end = list[tuple[int, int]](), 0
    marked = (*_tags(part), *_speech(part, known), *_last_length(part), *_first_terms(part))
    for found in sorted(marked, key=lambda f: (f.part.start, -len(f.part.text))):
        start = found.part.start - part.start
        if start >= end:
            end = start + len(found.part.text)
            taken.append((start, end))
            yield found
    for found, start, stop in _camera(part, list(taken)):
        taken.append((start, stop))
        yield found
    at = 0
    for start, stop in [*sorted(taken), (len(part.text), len(part.text))]:
        piece = part.part(at, max(at, start))
        if piece.strip(_TRIMMED + ".。*_/／"):
            yield Found("prompt", piece)
        at = max(at, stop)


def joined(pieces: list[str]) -> str:
    """Pieces of a prompt as one text: sentences stay sentences, list items become some, white space is single."""
    said: list[str] = []
    for piece in pieces:
        for number, line in enumerate(piece.replace("**", "").splitlines()):
            bullet = _BULLET.match(line)
            item = bullet is not None and bool(bullet[0].strip())
            _append(said, line[bullet.end() :] if bullet else line, flowing=number > 0 and not item)
    return "".join(said).strip(_TRIMMED)


def _append(said: list[str], more: str, *, flowing: bool) -> None:
    """Put more behind what is there; flowing: it goes on with the same sentence."""
    words = " ".join(more.split())
    words = words.rstrip(_TRIMMED_BEHIND).lstrip(" ;；:：|｜–—-•·" if said else _TRIMMED)
    if not words.strip(".。,， "):
        return
    if not said:
        said.append(words if words.startswith(("..", "。。")) else words.lstrip(".。 "))
        return
    if words[0] in ",，.。;；!！?？":
        said[-1] = said[-1].rstrip(",，;；:： ")
        said.append(words)
        return
    last = said[-1][-1:]
    if not (flowing or last in _SENTENCE_ENDS or last in ",，、；"):
        said.append("。" if _is_han(last) else ". ")
    elif not (_is_han(last) or last in "，。！？；：、”」』）"):
        said.append(" ")
    said.append(words)


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def _labels(part: Slice) -> Iterator[tuple[int, int, PutField, str]]:
    """(start, end with its colon, field, label) of every label, in order."""
    text = part.text
    quoted = [m.span() for m in re.finditer(QUOTED, text)]
    at = 0
    for bare in _bare_labels(part):
        yield from _colon_labels(text, at, bare[0], quoted)
        yield bare
        at = bare[1]
    yield from _colon_labels(text, at, len(text), quoted)


def _bare_labels(part: Slice) -> Iterator[tuple[int, int, PutField, str]]:
    """`【景别】近景` and `**Camera** – static`: labels at the beginning of a line without a colon."""
    for line in part.lines():
        match = _BARE_LABEL.match(line.text)
        if match is None or line.text[match.end() : match.end() + 1] in (":", "："):
            continue
        word = match[1] or match[2] or match[3]
        if word.rstrip().endswith((":", "：")):
            continue
        field = labels.shot_field(word)
        if field and line.text[match.end() :].strip():
            start = line.start - part.start
            yield start, start + match.end(), field, word


def _colon_labels(
    text: str, at: int, end: int, quoted: list[tuple[int, int]]
) -> Iterator[tuple[int, int, PutField, str]]:
    for colon in _COLON.finditer(text, at, end):
        if _covered(quoted, colon.start()):
            continue
        low = max(at, text.rfind("\n", at, colon.start()) + 1, colon.start() - 44)
        if label := _label_before(text, low, colon.start()):
            start, field, word = label
            stop = colon.end()
            while stop < end and text[stop] in "* \t_":
                stop += 1
            yield start, stop, field, word
            at = stop


def _label_before(text: str, low: int, colon: int) -> tuple[int, PutField, str] | None:
    """The longest label that ends at the colon and begins a line, a sentence or a word in capitals."""
    window = text[low:colon].rstrip("*_ 】]")
    line_start = low == 0 or text[low - 1] == "\n"
    for pattern in (_LATIN_LABEL, _HAN_LABEL):
        if not (match := pattern.search(window)):
            continue
        starts = [match.start(), *(match.start() + m.end() for m in re.finditer(r"[ /(]", match[0]))]
        for start in starts:
            word = window[start:].strip()
            field = labels.shot_field(word) if word else None
            if field is None:
                continue
            before = window[:start].rstrip(" \t")
            if before[-1:] in _OPENED and window[-1:] in _CLOSED:
                continue  # YUI (V.O.): says who speaks, and how
            first = (line_start and not before.strip(" \t\u3000*_#【[(>-•·0123456789.)、")) or (
                start == 0 and low > 0 and text[low - 1] in _BEFORE_LABEL
            )
            parted = bool(before) and before[-1] in '.。;；|,，!！?？)）】]"”」–—、*'
            spaced = window[:start][-1:] in (" ", "\t", "\u3000") and (word[0].isupper() or _is_han(word[0]))
            if first or parted or spaced:
                begin = low + start
                while begin > low and text[begin - 1] in "*_#【[ \t-•·>":
                    begin -= 1
                return begin, field, word
    return None


def _tags(part: Slice) -> Iterator[Found]:
    """`【远景】`, `【3秒】`, `[CU, 35mm]`, `(4s)`: brackets that hold nothing but terms, a length or a time."""
    for tag in _TAG.finditer(part.text):
        words = tag[1] or tag[2] or tag[3]
        whole = part.group(tag)
        if parse_range(words) or (parse_seconds(words) is not None and not words.strip().isdigit()):
            yield Found("duration", whole)
        elif vocabulary.camera_terms(words) and (tag[1] or tag[2] or words.casefold() not in _WEAK):
            yield Found("camera", whole)
        elif is_transition(words):
            yield Found("transition", whole)
        elif (
            tag[1]
            and (label := re.match(r"([^:：]{1,16})[:：](?=.)", words))
            and (field := labels.shot_field(label[1]))
        ):
            yield Found(field, whole, label=label[1])


def _first_terms(part: Slice) -> Iterator[Found]:
    """`远景/缓推/4s`: a first line of nothing but terms of the camera and a length, between slashes."""
    line = next(part.lines(), part)
    if ("/" not in line.text and "／" not in line.text) or len(line.text) > 80:
        return
    pieces = [line.group(match).strip() for match in _SLASHED.finditer(line.text)]
    lengths = [parse_seconds(piece.text) is not None or parse_range(piece.text) is not None for piece in pieces]
    if len(pieces) > 1 and all(a or vocabulary.camera_terms(p.text) for a, p in zip(lengths, pieces, strict=True)):
        for is_length, piece in zip(lengths, pieces, strict=True):
            yield Found("duration" if is_length else "camera", piece)


def _last_length(part: Slice) -> Iterator[Found]:
    if match := _LENGTH_LAST.search(part.text, max(0, len(part.text) - 40)):
        yield Found("duration", part.group(match, "length"))


def _speech(part: Slice, known: Container[str]) -> Iterator[Found]:
    for line, said in find_speech(part, known):
        yield Found("dialogue", said, line)


def _camera(part: Slice, taken: list[tuple[int, int]]) -> Iterator[tuple[Found, int, int]]:
    """Stretches between commas and stops that are terms of the camera, or a transition, each with the mark behind it;
    the last one with the mark before it."""
    text = part.text
    blocked = sorted(
        [*taken, *(m.span() for m in re.finditer(QUOTED, text)), *(m.span() for m in _DECIMAL.finditer(text))]
    )
    cuts = [m.span() for m in _CUT.finditer(text) if not _covered(blocked, m.start())]
    borders = sorted(
        [*((a, b, True) for a, b in cuts), *((a, b, False) for a, b in taken), (len(text), len(text), False)]
    )
    at, at_head, alone = 0, True, True
    for start, end, is_mark in borders:
        if start < at:
            continue
        stretch = part.part(at, start).strip(_AROUND)
        mark = text[start:end] if is_mark else ""
        label_like = mark in _COLONS
        low, high = at, end if is_mark else start
        if start == len(text) or (mark in (".", "。") and text[_before(text, at) : at].strip()):
            low, high = _before(text, at), start  # the stop behind it ends the words before it
        if vocabulary.camera_terms(stretch.text) and (at_head or not label_like):
            ends = not mark.strip() or mark in _STOPS
            heading = at_head and (mark.strip() in _HEAD_MARKS or (len(stretch.text) > 2 and stretch.text.isupper()))
            if heading or _is_strong(stretch.text) or (alone and ends):
                yield Found("camera", stretch), low, high
        elif is_transition(stretch.text) and not label_like:
            yield Found("transition", stretch), low, high
        elif at_head and (of := _OF.match(stretch.text)) and _is_strong(of["terms"]):
            yield Found("camera", stretch.group(of, "terms")), at, stretch.start - part.start + of.end()
        is_term = is_transition(stretch.text) or bool(vocabulary.camera_terms(stretch.text))
        at_head = at_head and (not stretch.text or is_term)
        if stretch.text:  # alone: a sentence of nothing but terms; "Static." is one, "static trees" is not
            alone = mark in _STOPS or (is_term and alone and (not is_mark or mark in _COMMAS))
        at = end


def _before(text: str, at: int) -> int:
    """Where the comma before this place begins."""
    while at > 0 and text[at - 1] in " ,，\t":
        at -= 1
    return at


def _is_strong(words: str) -> bool:
    bare = _ARTICLE.sub("", words.casefold().strip())
    return bool(vocabulary.camera_terms(words)) and bare not in _WEAK


def _covered(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether one of these spans, sorted and apart, holds this place."""
    index = bisect_right(spans, (at, len(spans) + 10**9)) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]

"""The marks of other prompt programs in a text: wildcards, variants, weights, alternation, schedules, tags.

No model of a provider reads them: it would take `(coat:1.2)` for words. `find` says where they are, what they are
called, and how the same is said in plain words. A text that is JSON has braces and brackets of its own, and no marks.
Sources: the syntax pages of sd-dynamic-prompts, of the AUTOMATIC1111 web UI and of ComfyUI.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

MarkKind = Literal["choice", "variant", "wildcard", "weight", "alternation", "schedule", "lora", "keyword", "parameter"]
MAX_MARK_CHARS = 200
"""Longest mark that is recognised as one."""
MAX_MARKS = 50
MAX_INDENT = 40
"""White space before a heading, at most."""

_BRACES = re.compile(r"[{}]")
_VARIANT = re.compile(r"^(?:(\d{1,3})?(?:-\d{0,3})?\$\$)(?:([^$]{1,10})\$\$)?")
_OPTION_WEIGHT = re.compile(r"^\s*(\d{0,9}\.?\d{1,9})\s*::")
_WILDCARD = re.compile(rf"(?<![^\W_])__([^\W_][\w/*.-]{{0,{MAX_MARK_CHARS}}}?)__(?![\w:：]|\.\w)")
_WEIGHT = re.compile(rf"\(([^(){{}}|\n]{{1,{MAX_MARK_CHARS}}}):\s?(\d?\.\d{{1,3}})\)")
_EMPHASIS = re.compile(rf"\(\(([^()\n]{{1,{MAX_MARK_CHARS}}})\)\)")
_NOVEL = re.compile(rf"\{{\{{([^{{}}|\n]{{1,{MAX_MARK_CHARS}}})\}}\}}|\[\[([^\[\]|\n:]{{1,40}})\]\]")
_ONE_PARAMETER = (
    r"--(?:ar|v|version|stylize|s|chaos|c|niji|style|q|quality|iw|sref|cref|cw|sw|weird|tile|raw|seed|no|stop|profile)\b"
    r"(?:[ \t]{1,3}(?!--)[\w:.,%/-]{1,80})?"
)
_PARAMETER = re.compile(rf"(?<!\S){_ONE_PARAMETER}(?:[ \t]{{1,3}}{_ONE_PARAMETER}){{0,12}}")
_BRACKET = re.compile(rf"\[([^\[\]\n]{{1,{MAX_MARK_CHARS}}})\]")
_SCHEDULE = re.compile(r"^([^:]*):(?:([^:]*):)?\s?(0?\.\d{1,3}|1\.0|\d{1,3})$")
_LORA = re.compile(rf"<(?:lora|lyco|hypernet|wildcard|embedding):[^<>\n]{{1,{MAX_MARK_CHARS}}}>", re.IGNORECASE)
_KEYWORD = re.compile(r"(?<![^\s,.;])(?:BREAK|AND)(?![^\s,.;])")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_LABELS = re.compile(
    r"(?:shot|scene|take|act|part|step|chapter|episode|duration|length|time|ratio|scale|size|version|fps|speed|seed|"
    r"镜头|场景|时长|比例|时间|第.{1,3})\s*$",
    re.IGNORECASE,
)
"""Words before a colon and a number that make it no weight."""
_DATA_BEGINS = ("{", "[", "`")
_KEY = re.compile(r"\"[\w -]{1,40}\"\s{0,9}:")
MAX_DATA_HEAD = 4000
"""Characters in which data shows what it is."""
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Mark:
    """text[start:end] is a mark of this kind. plain: the same in plain words, "" where nothing is left of it."""

    kind: MarkKind
    start: int
    end: int
    plain: str


def find(text: str, understood: Collection[MarkKind] = ()) -> list[Mark]:
    """The marks of a text in their order, at most MAX_MARKS, one inside another left out. understood: kinds that the
    model reads."""
    if is_data(text):
        return []
    found = [mark for kind in _finders(text) for mark in kind if mark.kind not in understood]
    found.sort(key=lambda mark: (mark.start, -mark.end))
    outer: list[Mark] = []
    for mark in found:
        if not outer or mark.start >= outer[-1].end:
            outer.append(mark)
    return outer[:MAX_MARKS]


def is_data(text: str) -> bool:
    """Whether the text is JSON rather than prose, as some people write prompts: whole, cut off, or in a fence."""
    if text.lstrip()[:1] not in _DATA_BEGINS:
        return False
    keys = len(_KEY.findall(text, 0, MAX_DATA_HEAD))
    return keys > 1 or (keys == 1 and text.rstrip()[-1] in "}]`")


def plain(text: str, understood: Collection[MarkKind] = ()) -> str:
    """The text with every mark in plain words."""
    for _ in range(MAX_MARKS):
        marks = find(text, understood)
        if not marks:
            break
        for mark in reversed(marks):
            text = text[: mark.start] + mark.plain + text[mark.end :]
    return re.sub(r"[ \t]{2,}", " ", text)


def _finders(text: str) -> Iterator[Iterator[Mark]]:
    yield _braces(text)
    yield _wildcards(text)
    yield _weights(text)
    yield _brackets(text)
    yield (Mark("lora", m.start(), m.end(), "") for m in _LORA.finditer(text))
    yield _keywords(text)
    yield (Mark("parameter", m.start(), m.end(), "") for m in _PARAMETER.finditer(text))


def _braces(text: str) -> Iterator[Mark]:
    """Outermost pairs of braces that hold a choice."""
    depth, start = 0, 0
    for token in _BRACES.finditer(text):
        if token.start() and text[token.start() - 1] == "\\":
            continue
        if token[0] == "{":
            start, depth = (token.start() if depth == 0 else start), depth + 1
        elif depth:
            depth -= 1
            inner = text[start + 1 : token.start()]
            if depth == 0 and ("|" in inner or "$$" in inner):
                yield _choice(text, start, token.end(), inner)


def _choice(text: str, start: int, end: int, inner: str) -> Mark:
    if start and text[start - 1] == "$":
        return Mark("variant", start - 1, end, "")
    head = _VARIANT.match(inner)
    options = [part.strip() for part in _options(inner[head.end() :] if head else inner)]
    weights = [(_OPTION_WEIGHT.match(option), option) for option in options]
    if not head and not any(weight for weight, _ in weights):
        return Mark("choice", start, end, options[0])
    bare = [option[weight.end() :].strip() if weight else option for weight, option in weights]
    if head:
        return Mark("variant", start, end, (head[2] or ", ").join(bare[: int(head[1] or 1)]))
    likely = max(range(len(bare)), key=lambda i: float(w[1]) if (w := weights[i][0]) else 1.0)
    return Mark("variant", start, end, bare[likely])


def _options(inner: str) -> Iterator[str]:
    depth, begun = 0, 0
    for token in re.finditer(r"[{}|]", inner):
        if token[0] != "|":
            depth += 1 if token[0] == "{" else -1
        elif depth == 0:
            yield inner[begun : token.start()]
            begun = token.end()
    yield inner[begun:]


def _wildcards(text: str) -> Iterator[Mark]:
    for found in _WILDCARD.finditer(text):
        if (
            found[1][0].isupper()
            and _heads_line(text, found.start())
            and text[found.end() : found.end() + 1] in ("", "\n")
        ):
            continue  # a title in bold
        name = re.split(r"[/*]", found[1].rstrip("/*"))[-1]
        yield Mark("wildcard", found.start(), found.end(), name.replace("_", " ").replace("-", " ").strip())


def _weights(text: str) -> Iterator[Mark]:
    for found in _WEIGHT.finditer(text):
        words = found[1]
        if len(words) > 1 and _LETTER.match(words[-1]) and not _LABELS.search(words[-20:]):
            yield Mark("weight", found.start(), found.end(), words)
    for found in _EMPHASIS.finditer(text):
        if not found[1].isupper():  # ((O.S.)) in a screenplay
            yield Mark("weight", found.start(), found.end(), found[1].strip())
    for found in _NOVEL.finditer(text):
        yield Mark("weight", found.start(), found.end(), (found[1] or found[2]).strip())


def _brackets(text: str) -> Iterator[Mark]:
    """`[a|b]`, `[from:to:0.5]`, `[to:0.5]`. A heading such as `[Wide shot | slow push-in]` at the head of a line is
    none, nor is a time."""
    for found in _BRACKET.finditer(text):
        inner = found[1]
        if "|" in inner:
            options = [option.strip() for option in inner.split("|")]
            heads_line = _heads_line(text, found.start())
            spaced = " |" in inner or "| " in inner
            one_word = all(" " not in option for option in options)
            if not (heads_line and spaced and not one_word):
                yield Mark("alternation", found.start(), found.end(), next((o for o in options if o), ""))
        elif schedule := _SCHEDULE.match(inner):
            before, after, when = schedule[1].strip(), schedule[2], schedule[3]
            words = before + (after or "")
            if not _LETTER.search(words) or _LABELS.search(words[-20:]):
                continue
            if after is not None:
                yield Mark("schedule", found.start(), found.end(), after.strip() or before)
            elif "." in when:
                yield Mark("schedule", found.start(), found.end(), before)


def _heads_line(text: str, at: int) -> bool:
    before = text[max(0, at - MAX_INDENT) : at]
    return not before.rpartition("\n")[2].strip() and ("\n" in before or at < MAX_INDENT)


def _keywords(text: str) -> Iterator[Mark]:
    """BREAK and AND in capitals, alone among words that are not: in a title or a shout they are words."""
    if len(_CAPITALS.findall(text.replace("BREAK", ""))) >= 2:
        return
    for found in _KEYWORD.finditer(text):
        before = text[max(0, found.start() - MAX_INDENT) : found.start()].split()[-1:]
        after = text[found.end() : found.end() + MAX_INDENT].split()[:1]
        if any(len(word.strip(",.;")) > 1 and word.isupper() for word in (*before, *after)):
            continue
        if found[0] == "AND" and not (before and after):
            continue
        yield Mark("keyword", found.start(), found.end(), "and" if found[0] == "AND" else "")

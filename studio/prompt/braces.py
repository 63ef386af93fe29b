"""Choices in braces: `{red|{dark|light} blue} coat`, nested as deep as wanted, read in one pass and in linear time.

The marks of other prompt programs are not ours: `{2$$a|b}`, `{0.5::a|b}`, `${name}`, `\\{a|b\\}`, `(word:1.2)`,
`[a|b]`, `__wildcard__`. They stay as they were typed, and `Choices.kept` lists them so that a person can be told.
Sources: the syntax pages of sd-dynamic-prompts, of the AUTOMATIC1111 web UI (attention, alternation) and of
ComfyUI-Impact-Pack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from studio.errors import CapabilityError
from studio.messages import Message, term

MAX_COUNT = 1_000_000
"""Combinations are counted exactly up to this number; more are given as MAX_COUNT + 1."""
MAX_MARKUP_CHARS = 200
"""Longest weight or wildcard that is recognised as one."""

_TOKEN = re.compile(r"\\[{}|\\]|\$\$|[{}()\[\]|]")
_WEIGHT = re.compile(r"(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s{0,9}::")
_SAMPLER = "@~!"
_MARKUP = re.compile(
    rf"__[^\W_][\w/*.\- ]{{0,{MAX_MARKUP_CHARS}}}?__"
    rf"|\([^(){{}}|]{{1,{MAX_MARKUP_CHARS}}}:\s{{0,9}}\d{{0,9}}\.?\d{{1,9}}\)"
)
_PAIRS = {")": "(", "]": "["}


@dataclass(frozen=True)
class _Group:
    """text[start:end] is a pair of braces. options: what it offers, () where it stays as it was typed."""

    start: int
    end: int
    options: tuple[_Option, ...] = ()
    count: int = 1


@dataclass(frozen=True)
class _Option:
    """text[start:end] with the groups in it, in order."""

    start: int
    end: int
    groups: Sequence[_Group]
    count: int


@dataclass
class _Open:
    """A bracket that is not closed yet. below: groups that were found before it; pipes: directly inside it."""

    mark: str
    start: int
    below: int
    pipes: list[int] = field(default_factory=list)
    foreign: bool = False
    holds_choice: bool = False


@dataclass(frozen=True)
class Alternatives:
    """A text with choices. count: combinations, at most MAX_COUNT + 1. kept: spans that stay as typed."""

    text: str
    count: int
    literal_spans: tuple[tuple[int, int], ...]
    _root: _Option

    def combination(self, index: int) -> str:
        """The text of one combination, 0 to count - 1; the last braces turn fastest."""
        pieces: list[str] = []
        waiting: list[tuple[_Option, int] | tuple[int, int]] = [(self._root, index)]
        while waiting:
            part, value = waiting.pop()
            if isinstance(part, _Option):
                waiting += reversed(_parts(part, value))
            else:
                pieces.append(self.text[part:value])
        return "".join(pieces).strip()

    def combinations(self) -> Iterator[str]:
        return map(self.combination, range(self.count))


def read(text: str, name: str = "prompt") -> Alternatives:
    """The choices of a text. name: of the field, for the refusal.

    Raises CapabilityError for a brace without its partner.
    """
    groups, kept = _groups(text, name)
    whole = _option(0, len(text), groups)
    kept += [m.span() for m in _MARKUP.finditer(text)]
    return Alternatives(text, whole.count, tuple(sorted(kept)), whole)


def _parts(option: _Option, index: int) -> list[tuple[_Option, int] | tuple[int, int]]:
    """Plain text as (start, end), picked options as (option, index of its own combination)."""
    picked: list[tuple[_Option, int] | tuple[int, int]] = []
    end = option.end
    for group in reversed(option.groups):
        index, own = divmod(index, group.count)
        picked.append((group.end, end))
        if group.options:
            picked.append(_pick(group, own))
        else:
            picked.append((group.start, group.end))
        end = group.start
    picked.append((option.start, end))
    return picked[::-1]


def _pick(group: _Group, index: int) -> tuple[_Option, int]:
    for option in group.options:
        if index < option.count:
            return option, index
        index -= option.count
    raise IndexError(index)


def _groups(text: str, name: str) -> tuple[list[_Group], list[tuple[int, int]]]:
    """The outermost groups, and the spans that stay as typed."""
    groups: list[_Group] = []
    kept: list[tuple[int, int]] = []
    stack: list[_Open] = []
    braces: list[_Open] = []
    for token in _TOKEN.finditer(text):
        mark, at = token[0], token.start()
        if mark[0] == "\\":
            if mark != "\\\\":
                kept.append(token.span())
        elif mark == "$$":
            if braces:
                braces[-1].foreign = True
        elif mark in "{([":
            stack.append(_Open(mark, at, len(groups)))
            if mark == "{":
                braces.append(stack[-1])
        elif mark == "|":
            if stack:
                stack[-1].pipes.append(at)
        elif mark != "}":
            if stack and stack[-1].mark == _PAIRS[mark]:
                closed = stack.pop()
                if closed.pipes and braces:
                    kept.append((closed.start, token.end()))
        elif not braces:
            raise _unpaired("}", name)
        else:
            brace = _pop_brace(stack, braces)
            if _close(text, token.end(), brace, groups, kept) and braces:
                braces[-1].holds_choice = True
    if braces:
        raise _unpaired("{", name)
    return groups, kept


def _pop_brace(stack: list[_Open], braces: list[_Open]) -> _Open:
    """The innermost brace, taken off. Brackets above it have no partner: they are text, and their pipes are its own."""
    brace, above = braces.pop(), list[_Open]()
    while stack[-1] is not brace:
        above.append(stack.pop())
    stack.pop()
    for bracket in reversed(above):
        brace.pipes += bracket.pipes
    return brace


def _close(text: str, end: int, brace: _Open, groups: list[_Group], kept: list[tuple[int, int]]) -> bool:
    """Put a closed pair of braces in the place of what was found inside it; whether a choice is in it."""
    start = brace.start
    if start and text[start - 1] == "$":
        start, foreign = start - 1, True
    else:
        foreign = brace.foreign
    if not foreign and not brace.pipes and brace.holds_choice:
        kept.append((start, start + 1))  # the choices inside are made, the braces around them stay
        return True
    edges = [brace.start, *brace.pipes, end - 1]
    spans = [_stripped(text, low + 1, high) for low, high in pairwise(edges)]
    if foreign or not brace.pipes or _weighted(text, spans):
        while kept and kept[-1][0] > start:
            kept.pop()
        kept.append((start, end))
        groups[brace.below :] = [_Group(start, end)]
        return False
    inner, options, at = groups[brace.below :], list[_Option](), 0
    for low, high in spans:
        first = at
        while at < len(inner) and inner[at].start < high:
            at += 1
        options.append(_option(low, high, inner[first:at]))
    count = min(sum(o.count for o in options), MAX_COUNT + 1)
    groups[brace.below :] = [_Group(start, end, tuple(options), count)]
    return True


def _weighted(text: str, options: list[tuple[int, int]]) -> bool:
    """Whether options carry weights, or the first alone carries the sign of a sampler."""
    signs = [low < high and text[low] in _SAMPLER for low, high in options]
    return any(_WEIGHT.match(text, *span) for span in options) or (signs[0] and not any(signs[1:]))


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _option(start: int, end: int, groups: Sequence[_Group]) -> _Option:
    count = 1
    for group in groups:
        count = min(count * group.count, MAX_COUNT + 1)
    return _Option(start, end, groups, count)


def _unpaired(brace: str, name: str) -> CapabilityError:
    partner = "}" if brace == "{" else "{"
    words = term(name.replace("_", " "))
    message = Message("variation.brace", words=words, brace=brace, partner=partner)
    return CapabilityError(message, field=name, value=brace)

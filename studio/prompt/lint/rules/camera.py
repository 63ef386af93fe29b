"""Camera words of one shot that cannot all be followed: opposite moves, static and moving, angles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from studio.messages import Message
from studio.prompt.lint.camera_terms import ANGLES, AT_ODDS, MOVES, OPPOSITES, SAME_WAY, STATIC
from studio.prompt.lint.items import without
from studio.prompt.lint.model import Facts, Finding, Remedy
from studio.prompt.lint.source import Source
from studio.prompt.lint.words import Words

SHORT_S = 3.0
"""A shot of fewer seconds has no time for two moves."""

_HELD = re.compile(r"^\s{0,9}(?:static|fixed|locked|still|none|固定|静止)\b|^\s{0,9}(?:固定|静止)", re.IGNORECASE)
"""A move field that says there is none."""
_SEQUENCE = re.compile(
    r"\b(?:then|before|after|afterwards|until|finally|eventually|later|initially|at first|followed by|next"
    r"|begins?|starts?|"
    r"ends?|ending|from|transitions?|cuts?|cutting|alternat\w+|various|multiple|different|occasional\w*|subtle"
    r"|slight|slightly|or|"
    r"once|when|as|while)\b|->|→|/|\n|然后|随后|接着|之后|最后|直到|再|先|后|从|切|转|或|时",
    re.IGNORECASE,
)
"""Between two camera words: they follow each other, or neither is meant strictly."""
_ORDERED = re.compile(
    r"\b(?:then|before|after|afterwards|until|finally|eventually|later|initially|at first|followed by|next"
    r"|transition\w*|begins?|"
    r"starts?|ends?|ending|alternat\w+|various|multiple|different|several|range of)\b|然后|随后|接着|之后|最后"
    r"|直到|再|先|逐渐|过渡|切换|多角度",
    re.IGNORECASE,
)
"""Anywhere in their sentences: the same."""
_LED = re.compile(r"\b(?:from|subtle|slight|gentle|occasional)\b|从|由", re.IGNORECASE)
LEAD = 24
"""Characters before a camera word that may take its strictness away."""


@dataclass(frozen=True)
class _Term:
    name: str
    start: int
    end: int


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """At most one finding of a kind for each shot."""
    if facts.makes != "video":
        return
    for start, end, seconds in source.shots:
        moves = _terms(MOVES, source.plain, start, end)
        angles = _terms(ANGLES, source.plain, start, end)
        yield from _static_and_moving(source, moves, start, end)
        yield from _against_field(source, facts, moves, start, end)
        yield from _opposite(source, moves, OPPOSITES, "camera.opposite", "lint.opposite_moves")
        yield from _opposite(source, angles, AT_ODDS, "camera.angles", "lint.two_angles")
        if seconds and seconds < SHORT_S and len({_way(move) for move in moves}) > 1:
            first, second = _first_two(moves)
            yield Finding(
                rule="camera.hurried",
                start=first.start,
                end=second.end,
                severity="warning",
                message=Message(
                    "lint.two_moves", first=_word(source, first), second=_word(source, second), seconds=f"{seconds:g}"
                ),
                remedies=_without(source, second),
            )
        if facts.one_camera_term and moves and angles:
            yield Finding(
                rule="camera.move_and_angle",
                start=angles[0].start,
                end=angles[0].end,
                message=Message(
                    "lint.move_and_angle",
                    move=_word(source, moves[0]),
                    angle=_word(source, angles[0]),
                    model=facts.model,
                ),
                remedies=_without(source, angles[0]),
            )


def _terms(table: dict[str, Words], text: str, start: int, end: int) -> list[_Term]:
    found = [
        _Term(name, match.start(), match.end())
        for name, pattern in table.items()
        for match in [pattern.search(text, start, end)]
        if match
    ]
    return sorted(found, key=lambda one: one.start)


def _static_and_moving(source: Source, moves: list[_Term], start: int, end: int) -> Iterator[Finding]:
    static = STATIC.search(source.plain, start, end)
    if static is None:
        return
    held = _Term("static", *static.span())
    for move in moves:
        if _is_strict(source, held, move):
            yield Finding(
                rule="camera.static",
                severity="warning",
                start=min(held.start, move.start),
                end=max(held.end, move.end),
                message=Message("lint.static_and_move", static=static[0], move=_word(source, move)),
                remedies=(*_without(source, held), *_without(source, move)),
            )
            return


def _against_field(source: Source, facts: Facts, moves: list[_Term], start: int, end: int) -> Iterator[Finding]:
    """The shot's own move against one in its words."""
    if not facts.move.strip():
        return
    is_held = bool(STATIC.search(facts.move) or _HELD.match(facts.move))
    wanted = {name for name, words in MOVES.items() if words.search(facts.move)}
    static = STATIC.search(source.plain, start, end)
    clash = [_Term("static", *static.span())] if static and wanted else []
    opposed = {name for pair in OPPOSITES for name in pair if wanted & (set(pair) - {name})}
    clash += [move for move in moves if is_held or move.name in opposed]
    for found in clash[:1]:
        yield Finding(
            rule="camera.field",
            severity="warning",
            start=found.start,
            end=found.end,
            message=Message("lint.against_field", words=_word(source, found), move=facts.move.strip()),
            remedies=_without(source, found),
        )


def _opposite(
    source: Source, terms: list[_Term], pairs: tuple[tuple[str, str], ...], rule: str, message: str
) -> Iterator[Finding]:
    by_name = {one.name: one for one in terms}
    for names in pairs:
        if all(name in by_name for name in names):
            first, second = sorted((by_name[name] for name in names), key=lambda one: one.start)
            if _is_strict(source, first, second):
                yield Finding(
                    rule=rule,
                    severity="warning",
                    start=first.start,
                    end=second.end,
                    message=Message(message, first=_word(source, first), second=_word(source, second)),
                    remedies=(*_without(source, first), *_without(source, second)),
                )
                return


def _is_strict(source: Source, one: _Term, other: _Term) -> bool:
    """Whether both hold at once: nothing between or around them says that one comes after the other."""
    low, high = min(one.start, other.start), max(one.end, other.end)
    sentence = [span for span in source.sentences() if span[0] < high and span[1] > low]
    around = source.plain[sentence[0][0] if sentence else low : sentence[-1][1] if sentence else high]
    inner = source.plain[min(one.end, other.end) : max(one.start, other.start)]
    lead = source.plain[max(0, low - LEAD) : low]
    return not _SEQUENCE.search(inner) and not _LED.search(lead) and not _ORDERED.search(around)


def _first_two(moves: list[_Term]) -> tuple[_Term, _Term]:
    second = next(move for move in moves if _way(move) != _way(moves[0]))
    return moves[0], second


def _way(move: _Term) -> str:
    """Where a move leads: a zoom in and a push in are one to the eye."""
    return SAME_WAY.get(move.name, move.name)


def _word(source: Source, one: _Term) -> str:
    return source.text[one.start : one.end]


def _without(source: Source, one: _Term) -> tuple[Remedy, ...]:
    return without(source.text, one.start, one.end)

"""Tables of Markdown, and of text drawings (`+---+`, `│`), in a text: which lines they are, and their cells.

Kept parsers (markdown-it-py) tell the lines of a table but not where its cells stand, so the cells are found here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from studio.prompt.script.delimited import Row, unguarded
from studio.prompt.script.source import Slice

_BAR = "|│┃｜¦"
_DELIMITER = re.compile(r"[\s|│┃｜:+=_─━┼├┤┌┐└┘┬┴╔╗╚╝═-]*[-─━═=][\s|│┃｜:+=_─━┼├┤┌┐└┘┬┴╔╗╚╝═-]*")
_CELL = re.compile(rf"(?:[^{_BAR}\\]|\\.)*+")
_BREAK = re.compile(r"\s?<br\s{0,3}/?>\s?", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|em|strong|u|code|span|p|sub|sup)>", re.IGNORECASE)
_MARKS = re.compile(r"\*\*|__|`|~~|(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")


@dataclass(frozen=True)
class Block:
    """Lines of a text that belong together. rows: of a table; none: other lines."""

    lines: tuple[Slice, ...]
    rows: tuple[Row, ...] = ()


def blocks(source: Slice) -> Iterator[Block]:
    """The text's tables, and its paragraphs between them."""
    gathered: list[Slice] = []
    in_table = False
    for line in source.lines():
        bars = _is_row(line.text)
        blank = not line.text.strip() or bool(_FENCE.match(line.text))
        if gathered and (blank or bars != in_table):
            yield _block(gathered, in_table)
            gathered = []
        if not blank:
            gathered.append(line)
            in_table = bars
    if gathered:
        yield _block(gathered, in_table)


def _is_row(line: str) -> bool:
    text = line.strip()
    return (text[:1] in (*_BAR, "+") and len(text) > 1) or sum(text.count(bar) for bar in _BAR) > 1


def _block(lines: list[Slice], in_table: bool) -> Block:
    if not in_table:
        return Block(tuple(lines))
    rows = [Row(_cells(line), line.strip()) for line in lines if not _DELIMITER.fullmatch(line.text)]
    return Block(tuple(lines), tuple(row for row in rows if row.filled))


def _cells(line: Slice) -> tuple[Slice, ...]:
    line = line.strip()
    if line.text[:1] in (*_BAR,):
        line = line.part(1)
    cells: list[Slice] = []
    at = 0
    while at <= len(line.text):
        found = _CELL.match(line.text, at)
        end = found.end() if found else at
        cells.append(_cell(line.part(at, end)))
        if end < len(line.text) and line.text[end] == "\\":  # the last sign of the line
            break
        at = end + 1
    if len(cells) > 1 and not cells[-1]:
        cells.pop()  # after the bar that ends the row
    return tuple(cells)


def _cell(part: Slice) -> Slice:
    """A cell's text, without marks of Markdown and with its line breaks."""
    part = part.strip()
    text = _BREAK.sub("\n", part.text)
    text = _MARKS.sub("", _TAG.sub("", re.sub(r"\\([|\\*_`~#<>-])", r"\1", text)))
    text = html.unescape(text).replace("\xa0", " ").strip()
    if text == part.text:
        return unguarded(part)
    inner = part.text.find(text) if text else -1
    if inner >= 0:
        return unguarded(part.part(inner, inner + len(text)))
    return unguarded(Slice(text, part.start, cell=part.span))

"""Rows of a text with separators (CSV, TSV), each cell with its place.

The standard library's csv module does not tell where a cell stands, and takes a spoken `"Run!" he says` apart; so the
rows are found here, in one pass, after RFC 4180: a cell in quotes may hold separators, line breaks and doubled quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from studio.prompt.script.source import Slice

BYTE_ORDER_MARK = "\ufeff"
FORMULA_SIGNS = "=+-@\t\r"
"""Before these our own exports, and others that fear formulas, put an apostrophe."""


@dataclass(frozen=True)
class Row:
    """One row. cells: without their quotes and without blanks around them. line: the row as it stands in the text."""

    cells: tuple[Slice, ...]
    line: Slice

    @property
    def filled(self) -> list[Slice]:
        """The cells that hold anything."""
        return [cell for cell in self.cells if cell]


def rows(source: Slice, separator: str) -> Iterator[Row]:
    """The rows, empty ones left out."""
    text = source.text
    quoted, spoken, plain = _patterns(separator)
    at = start = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    cells: list[Slice] = []
    while at <= len(text):
        if cell := quoted.match(text, at):
            cells.append(_unquoted(source, cell))
        elif cell := spoken.match(text, at) or plain.match(text, at):
            cells.append(unguarded(source.group(cell).strip()))
        else:  # plain matches anything
            break
        at = cell.end()
        if text.startswith(separator, at):
            at += len(separator)
            continue
        if any(cells):
            yield Row(tuple(cells), source.part(start, at))
        cells = []
        start = at = at + (2 if text.startswith("\r\n", at) else 1)


def unguarded(cell: Slice) -> Slice:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell.part(1) if len(cell.text) > 1 and cell.text[0] == "'" and cell.text[1] in FORMULA_SIGNS else cell


def _unquoted(source: Slice, cell: re.Match[str]) -> Slice:
    inner = source.group(cell, 1)
    if '""' in inner.text:
        inner = Slice(inner.text.replace('""', '"'), inner.start, cell=inner.span)
    return unguarded(inner.strip())


@cache
def _patterns(separator: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A cell in quotes; one that begins with speech; any other. Possessive, so that no text is looked at twice."""
    blank, sign = "[ ]*+" if separator == "\t" else r"[ \t]*+", re.escape(separator)
    return (
        re.compile(rf'{blank}"((?:[^"]++|"")*+)"{blank}(?={sign}|[\r\n]|\Z)'),
        re.compile(rf'{blank}"[^"\r\n]*+"[^{sign}\r\n]*+'),
        re.compile(rf"[^{sign}\r\n]*+"),
    )

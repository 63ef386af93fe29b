"""Shot lists of rows and separators: what CSV and TSV share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from studio.messages import Message
from studio.prompt.script import around, delimited, table
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.delimited import Row
from studio.prompt.script.labels import film_field
from studio.prompt.script.source import Slice
from studio.prompt.script.table import Table

_NO_ROW = re.compile(r"\s{0,3}(?:```|~~~)\w*\s*$|sep=.\s*$", re.IGNORECASE)
"""A fence of a chat program, or the line by which a spreadsheet program knows the separator."""


def score(text: str, separators: Sequence[str]) -> float:
    """How sure the reader is of the best of these separators, judged by the first rows."""
    return max((found.certainty for sign in separators if (found := _top(text, sign))), default=0.0)


def read(build: ScriptBuilder, separators: Sequence[str]) -> None:
    """The shots of the table, and the film's own fields above it."""
    text = build.source.text
    sure = {sign: found.certainty for sign in separators if (found := _top(text, sign))}
    found = table.find(_rows(build.source, max(sure, key=lambda sign: sure[sign]))) if sure else None
    if not found:
        build.unread(build.source, Message("tables.no_table"))
        return
    for row in found.above:
        _put_above(build, row)
    table.put(build, found)


def _top(text: str, separator: str) -> Table | None:
    """The table of the first rows."""
    if separator not in text:
        return None
    return table.find(_rows(Slice(text), separator, table.HEAD_ROWS + table.GUESS_ROWS))


def _rows(source: Slice, separator: str, most: int | None = None) -> list[Row]:
    """Rows of the table and around it."""
    return [row for row in islice(delimited.rows(source, separator), most) if not _NO_ROW.match(row.line.text)]


def _put_above(build: ScriptBuilder, row: Row) -> None:
    """A row over the table: `Title,Rainy Night,,`, or a line of words whose commas are its own."""
    filled = row.filled
    field = film_field(filled[0].text)
    if field and len(filled) > 1:
        for cell in filled[1:]:
            build.film(field, cell)
    elif len(filled) == 1 and not around.label_of(filled[0]):
        around.put_heading(build, filled[0])
    else:
        around.put_words(build, row.line.strip(' \t,;"'))

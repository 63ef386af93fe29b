"""The lines of a script as rows: without marks of emphasis, boneyard and notes, and with what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.source import Slice

_MARKS = re.compile(r"\\([*_\\])|(?<!\\)\*{1,3}|(?<![\w\\])_|_(?!\w)")
_COMMENT = re.compile(r"/\*|\[\[")
_CLOSING = {"/*": "*/", "[[": "]]"}


@dataclass
class Row:
    """A line that is not blank. part: its words without marks. raw: as it stands. indent: characters before it.

    opens, closes: a blank line stands before, or after it.
    """

    part: Slice
    raw: Slice
    indent: int
    opens: bool
    closes: bool = True

    @property
    def text(self) -> str:
        """Its words."""
        return self.part.text


@dataclass
class Page:
    """All rows, and the notes that stood between them. tight: blank lines do not part paragraphs in this text."""

    rows: list[Row] = field(default_factory=list)
    notes: list[Slice] = field(default_factory=list)
    tight: bool = False

    def attached(self, index: int) -> bool:
        """Whether a row belongs to the one before it."""
        return 0 < index < len(self.rows) and (self.tight or not self.rows[index].opens)

    def paragraph(self, first: int, last: int) -> Slice:
        """Rows first to last (included) as one part."""
        rows = self.rows[first : last + 1]
        if len(rows) == 1:
            return rows[0].part
        start, end = rows[0].part.span[0], rows[-1].part.span[1]
        return Slice(" ".join(row.text for row in rows), start, (start, end))


def page_of(build: ScriptBuilder, *, comments: bool = True) -> Page:
    """The rows of the text. comments: take out notes, and boneyard, which is told to the builder."""
    page = Page()
    cuts = list(_comments(build, page.notes)) if comments else []
    blank = True
    for line in _uncut_lines(build.source, cuts):
        if not line.strip():
            blank = True
            continue
        part = unmarked(line).strip()
        if not part:
            continue
        if page.rows:
            page.rows[-1].closes = blank
        indent = len(line.text.expandtabs(4)) - len(line.text.expandtabs(4).lstrip())
        page.rows.append(Row(part, line.strip(), indent, blank))
        blank = False
    gaps = sum(row.closes for row in page.rows)
    page.tight = len(page.rows) > 3 and (gaps <= len(page.rows) // 8 + 1 or gaps >= len(page.rows) - 1)
    return page


def unmarked(part: Slice) -> Slice:
    """The part without marks of emphasis: `**INT. BAR**` is INT. BAR."""
    bare = part.strip().strip("*_") if part.text.strip()[:1] in ("*", "_") else part.strip()
    words = _MARKS.sub(r"\1", bare.text)
    return bare if words == bare.text else Slice(words, bare.start, bare.span)


def _comments(build: ScriptBuilder, notes: list[Slice]) -> Iterator[tuple[int, int]]:
    """Start and end of every `/* boneyard */` and `[[note]]`."""
    source, at = build.source, 0
    unclosed: set[str] = set()
    for opening in _COMMENT.finditer(source.text):
        start, closing = opening.start(), _CLOSING[opening[0]]
        if start < at or closing in unclosed:
            continue
        stop = source.text.find(closing, start + 2)
        if stop < 0:
            unclosed.add(closing)
            continue
        at = stop + 2
        if closing == "]]":
            notes.append(source.part(start + 2, stop).strip())
        else:
            build.unread(source.part(start, at), Message("screenplay.boneyard"))
        yield start, at


def _uncut_lines(source: Slice, cuts: list[tuple[int, int]]) -> Iterator[Slice]:
    """The lines of the source without what is cut out; a line of which nothing remains is left out."""
    index = 0
    for line in source.lines():
        while index < len(cuts) and cuts[index][1] <= line.start:
            index += 1
        words, here, i = "", line.start, index
        while i < len(cuts) and cuts[i][0] < line.end:
            words += source.text[here : max(here, cuts[i][0])]
            here, i = max(here, min(cuts[i][1], line.end)), i + 1
        if i == index:
            yield line
        elif (words + source.text[here : line.end]).strip():
            yield Slice(words + source.text[here : line.end], line.start, line.span)

"""A table of shots: which row is its head, what its columns mean, and its rows as records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from studio.messages import Message
from studio.prompt.script import around
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.delimited import Row
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.records import Fact, Meaning, Record, is_number, meaning, put_records
from studio.prompt.script.shot_builder import MAX_SHOTS
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms

HEAD_ROWS = 40
"""A head is looked for in so many rows from the top."""
MAX_HEAD_CHARS = 60
MAX_COLUMNS = 60
GUESS_ROWS = 200
"""Columns without a head are judged by so many rows."""
CONTENT: frozenset[Meaning] = frozenset(
    (
        "prompt",
        "dialogue",
        "voice_over",
        "shot_size",
        "angle",
        "lens",
        "move",
        "camera",
        "duration",
        "sound",
        "look",
        "end",
    )
)
"""Meanings of which a table of shots has at least one."""
TEXTS: tuple[Meaning, ...] = (
    "prompt",
    "dialogue",
    "voice_over",
    "notes",
    "look",
    "sound",
    "music",
    "place",
    "camera",
    "",
)
"""Columns of free text, in the order in which a comma that lacks its quotes is expected in them."""
_TYPED: frozenset[str] = frozenset(("number", "duration", "shot_size", "move", "angle", "lens"))
_TOTAL = re.compile(
    r"\W*(?:(?:grand |sub[ -]?)?total\b|sum\b|overall (?:length|duration)|合计|总计|总时长|共计|总长|小计).{0,80}",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
"""Signs that say as much as two letters."""
_DOTS = re.compile(r"[.…·\s-]*")
_SECTION = re.compile(
    r"\W*(?:(?:scene|sc|act|sequence|part|location)\b\W*[\divx]{0,4}[a-z]?\b|第?[\d一二三四五六七八九十百]{1,4}[场幕节]|场景?[\d一二三四五六七八九十]{1,4})\W*",
    re.IGNORECASE,
)
_SLUG = re.compile(r"\W*(?:int|ext|i/e|内景|外景|内|外)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Rows below a head. meanings, labels: of the columns. head: the row of the head; None where columns were guessed.

    above: rows over the table. certainty: how sure it is that this is a table of shots, 0 to 1.
    """

    meanings: tuple[Meaning, ...]
    labels: tuple[Slice, ...]
    head: Row | None
    above: tuple[Row, ...]
    rows: tuple[Row, ...]
    certainty: float


def find(rows: Sequence[Row]) -> Table | None:
    """The table of shots in these rows; None where there is none."""
    for index, row in enumerate(rows[:HEAD_ROWS]):
        if table := _below(rows, index, row):
            return table
    return _turned(rows) or _guessed(rows)


def put(build: ScriptBuilder, table: Table, place: Slice | None = None, more: Sequence[Fact] = ()) -> None:
    """The shots of a table, and what of it is not read. place: where its scene is, from a heading above it.

    more: facts of that heading, which are those of the shot where the table has only one.
    """
    for label, what in zip(table.labels, table.meanings, strict=True):
        if (
            label
            and what == "unused"
            and any(row.cells[_at(table, label) : _at(table, label) + 1] for row in table.rows)
        ):
            build.unread(label, Message("tables.unused"))
    records: list[Record] = []
    numbered = _is_numbered(table)
    for row in table.rows:
        filled = row.filled
        if _is_head_again(table, row):
            continue
        if _TOTAL.fullmatch(filled[0].text) or all(_DOTS.fullmatch(cell.text) for cell in filled):
            build.unread(row.line.strip(), Message("tables.total_row"))
        elif len(filled) == 1 and filled[0] is row.cells[0] and len(table.labels) > 2 and not is_number(filled[0].text):
            place = _section(build, filled[0]) or place
        else:
            facts = _facts(build.source, table, row)
            if records and numbered and _continues(facts):
                records[-1] = replace(records[-1], facts=(*records[-1].facts, *facts))
            elif facts:
                records.append(Record(tuple(facts), place))
    if len(records) == 1:
        records = [replace(records[0], facts=(*more, *records[0].facts))]
    put_records(build, _filled_down(records))


def _below(rows: Sequence[Row], index: int, row: Row) -> Table | None:
    """The table whose head this row is."""
    filled = row.filled
    if len(filled) < 2 or len(row.cells) > MAX_COLUMNS or any(len(cell.text) > MAX_HEAD_CHARS for cell in filled):
        return None
    meanings: list[Meaning] = [meaning(cell.text) for cell in row.cells]
    known = {what for what in meanings if what}
    if len(known) < 2 or 2 * sum(bool(what) for what in meanings) < len(filled) or not known & CONTENT:
        return None
    below = rows[index + 1 :]
    like = sum(len(one.cells) > 1 and 2 * len(one.cells) >= len(filled) for one in below[:GUESS_ROWS])
    if not below or 2 * like < len(below[:GUESS_ROWS]):
        return None
    for column in (i for i, cell in enumerate(row.cells) if not cell):
        values = [one.cells[column] for one in below if len(one.cells) > column and one.cells[column]]
        if all(is_number(value.text) for value in values):  # the index of a data frame
            meanings[column] = "unused" if "number" in known else "number"
    resolved = _with_prompt(meanings, below)
    certainty = min(1.0, 0.9 + 0.02 * len(known)) if len(known) > 2 else 0.75
    return Table(tuple(resolved), row.cells, row, tuple(rows[:index]), tuple(below), certainty)


def _turned(rows: Sequence[Row]) -> Table | None:
    """The table of rows that are fields, with a column a shot."""
    body = list(rows[:MAX_COLUMNS])
    if len(rows) > MAX_COLUMNS or len(body) < 3 or not all(row.cells for row in body):
        return None
    heads = [row.cells[0] for row in body]
    meanings: list[Meaning] = [meaning(head.text) if len(head.text) <= MAX_HEAD_CHARS else "" for head in heads]
    width = max(len(row.cells) for row in body)
    if not 2 <= width <= MAX_SHOTS + 1 or 5 * sum(map(bool, meanings)) < 3 * len(body) or not set(meanings) & CONTENT:
        return None
    if not meanings[0]:
        shots = [cell for cell in body[0].cells[1:] if cell]
        if shots and all(is_number(cell.text) for cell in shots):
            meanings[0] = "number"
        else:
            body, heads, meanings = body[1:], heads[1:], meanings[1:]
    columns: list[Row] = []
    for column in range(1, width):
        cells = tuple(row.cells[column] if len(row.cells) > column else row.line.part(0, 0) for row in body)
        if any(cells):
            columns.append(Row(cells, next(cell for cell in cells if cell)))
    return Table(tuple(meanings), tuple(heads), None, (), tuple(columns), 0.8) if columns else None


def _with_prompt(meanings: Sequence[Meaning], rows: Sequence[Row]) -> list[Meaning]:
    """The meanings; where no column is the prompt, the column of the longest texts that nobody knows is."""
    found = list(meanings)
    if "prompt" in found:
        return found
    lengths = {i: _mean_length(rows, i) for i, what in enumerate(found) if what in ("", "scene", "number")}
    longest = max(lengths, key=lambda i: lengths[i], default=None)
    if longest is not None and lengths[longest] >= (6 if found[longest] == "" else 12):
        found[longest] = "prompt"
    return found


def _mean_length(rows: Sequence[Row], column: int) -> float:
    texts = [row.cells[column].text for row in rows[:GUESS_ROWS] if len(row.cells) > column and row.cells[column]]
    return sum(len(text) + len(_HAN.findall(text)) for text in texts) / len(texts) if texts else 0.0


def _guessed(rows: Sequence[Row]) -> Table | None:
    """A table without a head, where the values of its columns leave little doubt."""
    judged = rows[:GUESS_ROWS]
    if len(judged) < 2:
        return None
    width, alike = Counter(len(row.cells) for row in judged).most_common(1)[0]
    if not 3 <= width <= MAX_COLUMNS or alike < 2 or alike < 0.8 * len(judged):
        return None
    body = [row for row in judged if len(row.cells) == width]
    found = _columns(body, width)
    headless = _columns(body[1:], width) if len(body) > 2 else None
    head = body[0] if headless and (not found or _is_other(body[0], headless)) else None
    meanings = headless if head else found
    if not meanings:
        return None
    labels = head.cells if head else tuple(Slice("", rows[0].line.start) for _ in range(width))
    at = rows.index(head) if head else -1
    sure = len({what for what in meanings if what and what != "prompt"})
    return Table(
        tuple(meanings), labels, head, tuple(rows[: max(0, at)]), tuple(rows[at + 1 :]), 0.45 + 0.1 * min(4, sure)
    )


def _is_other(row: Row, meanings: Sequence[Meaning]) -> bool:
    """Whether a row has nothing of what the columns hold, as a head in words that nobody knows."""
    typed = [at for at, what in enumerate(meanings) if what in _TYPED and row.cells[at]]
    return bool(typed) and not any(_fits(meanings[at], row.cells[at]) for at in typed)


def _columns(rows: Sequence[Row], width: int) -> list[Meaning] | None:
    """What columns without a head hold; None where that is not clear enough."""
    meanings: list[Meaning] = [
        _of_values([row.cells[i].text for row in rows if row.cells[i]], first=i == 0) for i in range(width)
    ]
    for repeated in ("number", "duration"):
        for again in [i for i, what in enumerate(meanings) if what == repeated][1:]:
            meanings[again] = ""
    texts = {i: _mean_length(rows, i) for i, what in enumerate(meanings) if what in ("", "prompt")}
    longest = max(texts, key=lambda i: texts[i], default=None)
    sure = {what for what in meanings if what and what != "prompt"}
    if longest is None or len(sure) < 2 or not sure & {"duration", "shot_size", "move", "number"}:
        return None
    if texts[longest] < (8 if len(sure) < 3 else 3):
        return None
    meanings[longest] = "prompt"
    return meanings


def _of_values(texts: Sequence[str], *, first: bool) -> Meaning:
    """What a column holds, if most of its values are of one kind."""
    if not texts:
        return ""

    def most(fits: Iterable[bool]) -> bool:
        return sum(fits) >= 0.7 * len(texts)

    if first and most(is_number(text) for text in texts) and len(set(texts)) == len(texts):
        return "number"
    if most(parse_range(text) is not None for text in texts):
        return "duration"
    if most(0 < (parse_seconds(text) or 0) <= 120 and not text.isalpha() for text in texts):
        return "duration"
    fields = Counter[Meaning](terms[0].field for text in texts if len(terms := camera_terms(text)) == 1)
    mixed = sum(bool(camera_terms(text)) for text in texts)
    if fields and fields.most_common(1)[0][1] >= 0.7 * len(texts):
        return fields.most_common(1)[0][0]
    if mixed >= 0.7 * len(texts):
        return "camera"
    if most(_is_speech(text) for text in texts):
        return "dialogue"
    return ""


def _is_speech(text: str) -> bool:
    return text[:1] in '"“「『' and text[-1:] in '"”」』'


def _at(table: Table, label: Slice) -> int:
    return next(i for i, known in enumerate(table.labels) if known is label)


def _is_numbered(table: Table) -> bool:
    """Whether every shot of this table has a number of its own, so that a row without one continues the row above."""
    if "number" not in table.meanings:
        return False
    column = table.meanings.index("number")
    numbers = sum(len(row.cells) > column and is_number(row.cells[column].text) for row in table.rows)
    return 2 * numbers > len(table.rows)


def _continues(facts: Sequence[Fact]) -> bool:
    """Whether a row only carries on texts of the row above."""
    return all(fact.meaning in TEXTS for fact in facts)


def _is_head_again(table: Table, row: Row) -> bool:
    return table.head is not None and [c.text for c in row.cells] == [c.text for c in table.head.cells]


def _section(build: ScriptBuilder, cell: Slice) -> Slice | None:
    """Where the rows below a row of one cell play; other rows of one cell are lines beside the table."""
    head = _SECTION.match(cell.text)
    if not head and not _SLUG.match(cell.text):
        around.put_words(build, cell, below=True)
        return None
    place = cell.part(head.end() if head else 0).strip(" \t:：-–—|*")
    if not place:
        build.unread(cell, Message("tables.beside"))
    return place or None


def _facts(source: Slice, table: Table, row: Row) -> list[Fact]:
    cells = _fitted(source, table, row.cells)
    pairs = zip(table.meanings, table.labels, cells, strict=False)
    return [Fact(what, label, cell) for what, label, cell in pairs if cell]


def _fitted(source: Slice, table: Table, cells: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """As many cells as there are columns: a text whose commas lack their quotes is put together again."""
    width = len(table.labels)
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    extra = len(cells) - width
    if extra <= 0:
        return cells
    best, best_fit = cells, -1
    for what in TEXTS:
        for column in (i for i, known in enumerate(table.meanings) if known == what):
            joined = source.part(cells[column].span[0], cells[column + extra].span[1])
            tried = (*cells[:column], joined, *cells[column + extra + 1 :])
            fit = sum(map(_fits, table.meanings, tried))
            if fit > best_fit:
                best, best_fit = tried, fit
    return best


def _fits(what: Meaning, cell: Slice) -> bool:
    if what == "duration":
        return parse_seconds(cell.text) is not None or parse_range(cell.text) is not None
    if what == "number":
        return is_number(cell.text)
    return what in ("shot_size", "move", "angle", "lens") and bool(camera_terms(cell.text))


def _filled_down(records: Sequence[Record]) -> list[Record]:
    """Scenes of merged cells, which only the first row of each has."""
    filled: list[Record] = []
    scene: Fact | None = None
    for record in records:
        own = next((fact for fact in record.facts if fact.meaning == "scene"), None)
        if own is None and scene is not None:
            record = replace(record, facts=(scene, *record.facts))
        scene = own or scene
        filled.append(record)
    return filled

"""Markdown tables of shots, with headings, style lines and other tables (cast, places, the film itself) around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from studio.messages import Message
from studio.prompt.script import around, film_words, table
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.delimited import Row
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.labels import film_field, member_kind, plain
from studio.prompt.script.markdown import Block, blocks
from studio.prompt.script.model import FilmField, MemberKind
from studio.prompt.script.records import Fact, meaning
from studio.prompt.script.source import Slice

_NAMES = {"name", "名字", "姓名", "名称", "角色名", "人物名", "character name"}
_SCENES = {"scene", "scenes", "set", "setting", "场景", "地点"}
"""Heads of a column of places, which may be the places of shots."""
_SCENE = re.compile(
    r"\W*(?:(?:scene|sc|act|sequence|part)\b\W*[\divx]{0,4}[a-z]?\b|第?[\d一二三四五六七八九十百]{1,4}[场幕]|"
    r"场景?[\d一二三四五六七八九十]{1,4})\W*"
    r"|\W*(?=(?:int|ext|i/e)\b|内景|外景)",
    re.IGNORECASE,
)
_SHOT = re.compile(
    r"\W*(?:shot|clip|panel|frame|镜头?|分镜)\s{0,3}#?\s{0,3}(?P<number>\d{1,4}[a-z]?)\s{0,3}(?P<more>\W.*)?",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"[(（\[]([^()（）\[\]]{1,30})[)）\]]")
BARS = re.compile(r"[|│┃｜¦]")


@dataclass(frozen=True)
class _Context:
    """What the last headings say: where the shots below play, and to which field of the film words below belong."""

    place: Slice | None = None
    field: FilmField | None = None
    label: str = ""


def score(text: str) -> float:
    """How sure the reader is that a table here is one of shots."""
    if not BARS.search(text):
        return 0.0
    return max((found.certainty for block in blocks(Slice(text)) if (found := _shots(block))), default=0.0)


def read(build: ScriptBuilder) -> None:
    """The shots of all tables of shots; cast and film from the other tables and the lines between."""
    found = [(block, _shots(block)) for block in blocks(build.source)]
    first = next((i for i, (_, shots) in enumerate(found) if shots), len(found))
    context = _Context()
    head: Slice | None = None
    for index, (block, shots) in enumerate(found):
        if shots:
            for row in shots.above:
                around.put_words(build, row.line)
            table.put(build, shots, context.place, _facts_of(head) if head else ())
            head = None
        elif not block.rows and block.lines and _SHOT.fullmatch(around.heading_words(block.lines[-1]).text):
            head = around.heading_words(block.lines[-1])
        elif block.rows:
            _put_other(build, block, member_kind(context.label))
        else:
            context = _put_lines(build, block, context, below=index > first)
    if first == len(found):
        build.unread(build.source, Message("tables.no_table"))


def _facts_of(head: Slice) -> tuple[Fact, ...]:
    """What a heading such as `Shot 2 — The door (4s)` says of the one shot in the table below it."""
    found = _SHOT.fullmatch(head.text)
    if not found:
        return ()
    facts = [Fact("number", head.part(0, 0), head.group(found, "number"))]
    more = head.group(found, "more")
    length = next((m for m in _LENGTH.finditer(more.text) if parse_seconds(m[1]) or parse_range(m[1])), None)
    if length:
        facts.append(Fact("duration", head.part(0, 0), more.group(length, 1)))
        more = more.part(0, length.start())
    if name := more.strip(" \t:：—–-|()（）"):
        facts.append(Fact("notes", head.part(0, 0), name))
    return tuple(facts)


def _shots(block: Block) -> table.Table | None:
    if len(block.rows) < 2 or _cast_kind(block.rows, None):
        return None
    return table.find(block.rows)


def _put_lines(build: ScriptBuilder, block: Block, context: _Context, *, below: bool) -> _Context:
    """A paragraph, or headings; what they say of what stands below them."""
    words: list[Slice] = []
    for line in block.lines:
        if not around.is_heading(line):
            words.append(line)
            continue
        head = around.heading_words(line)
        field = film_field(head.text) or ("cast" if member_kind(head.text) else None)
        scene = _SCENE.match(head.text)
        if scene and not field:
            context = _Context(place=head.part(scene.end()).strip(" \t:：-–—|") or None)
            continue
        context = replace(context, field=field, label=head.text)
        if not field and not below:
            around.put_heading(build, line)
        elif not field and not around.is_list_name(head.text):
            build.unread(head, Message("tables.beside"))
    for part in _paragraphs(build.source, words):
        if context.field and not (film_field(around.label_of(part)) or film_words.is_chat(part.text)):
            build.film(context.field, part, label=context.label)
        else:
            around.put_words(build, part, below=below)
    return context


def _paragraphs(source: Slice, lines: list[Slice]) -> list[Slice]:
    """Each line with a label or a list mark with what follows it; lines without one together."""
    if not lines:
        return []
    starts = [i for i, line in enumerate(lines) if i == 0 or around.label_of(line) or line.text.lstrip()[:1] in "-*•"]
    ends = [*starts[1:], len(lines)]
    return [source.part(lines[a].start, lines[b - 1].end) for a, b in zip(starts, ends, strict=True)]


def _put_other(build: ScriptBuilder, block: Block, kind: MemberKind | None) -> None:
    """A table of the cast, or of the film's own fields; others are not read."""
    rows = block.rows
    found = _cast_kind(rows, kind)
    if found:
        for row in rows[1:]:
            _put_member(build, rows[0], row, found)
        return
    fields = [row for row in rows if len(row.filled) > 1]
    if any(film_field(row.cells[0].text) for row in fields):
        for row in fields:
            if field := film_field(row.cells[0].text):
                for cell in row.filled[1:]:
                    build.film(field, cell)
            elif row is not rows[0]:
                build.unread(row.line, Message("tables.beside"))
        return
    for row in rows:
        build.unread(row.line, Message("tables.no_shots_in_table"))


def _cast_kind(rows: tuple[Row, ...], above: MemberKind | None) -> MemberKind | None:
    """Whether this is a table of members of the cast, and of which kind. above: what the heading over it says."""
    if len(rows) < 2:
        return None
    heads = [cell.text for cell in rows[0].cells]
    first = heads[0] if heads else ""
    meanings = {meaning(head) for head in heads}
    if meanings & {"number", "duration", "shot_size", "move", "dialogue", "camera", "start"} or len(heads) < 2:
        return None
    if member_kind(first) and (above or plain(first) not in _SCENES):
        return member_kind(first)
    return (above or "character") if plain(first) in _NAMES and (above or len(heads) > 1) else None


def _put_member(build: ScriptBuilder, head: Row, row: Row, kind: MemberKind) -> None:
    name, *others = row.cells
    others = [cell for cell in others if cell]
    if not name:
        build.unread(row.line)
        return
    description = others[0] if len(others) == 1 else None
    if len(others) > 1:
        words = ", ".join(cell.text for cell in others)
        description = Slice(words, others[0].start, cell=(others[0].span[0], others[-1].span[1]))
    build.member(name, kind, description)

"""Shot lists as JSON of any sensible shape, English and Chinese keys, alone, in a fence among words, or a line a shot.

A shot is an object with labels of shots. Where the list of shots stands is found by what is in it, not by its name:
`[...]`, `shots`, `scenes[].shots`, `storyboard`, `镜头列表`, or an object of objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.script import around, json_tree
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.json_records import Film, gather
from studio.prompt.script.json_tree import JsonText, Mistake
from studio.prompt.script.labels import plain
from studio.prompt.script.records import put_records
from studio.prompt.script.source import Slice

_BEGINS = re.compile(r"[{\[](?=\s{0,99}(?:[\"'“{\[]|[A-Za-z_\u4e00-\u9fff]{1,40}\s{0,9}:|//))")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)[\w-]{0,20}\s*$", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,;]*")


def score(text: str) -> float:
    """How sure the reader is that this is JSON with shots."""
    source = Slice(text)
    best, read = 0.0, 0
    for found in _values(source):
        read += found.end - found.value.start
        shots = len(gather(found.value, source).records)
        if shots:
            best = max(best, 0.97 if found.whole and not found.mistakes else 0.93 if found.whole else 0.85)
    return best if 3 * read > len(text) else min(best, 0.7)


def read(build: ScriptBuilder) -> None:
    """The shots of all values, and the film's own fields; what is wrong with the JSON is told by line and column."""
    at, before = 0, True
    film = Film()
    for found in _values(build.source):
        part = gather(found.value, build.source)
        if not part.is_anything:
            continue
        _put_around(build, build.source.part(at, found.value.start), below=not before)
        before = before and not part.records
        film.extend(part)
        for mistake in found.mistakes:
            build.unread(_place(build.source, mistake), _sentence(build.source, mistake))
        at = found.end
    film.put(build)
    put_records(build, film.records)
    unused = {plain(f.label.text): f.label for r in reversed(film.records) for f in r.facts if f.meaning == "unused"}
    for label in sorted(unused.values(), key=lambda label: label.start):
        build.unread(label, Message("tables.unused"))
    if film.records:
        _put_around(build, build.source.part(at), below=True)
    else:
        build.unread(build.source, Message("tables.no_json"))


def _values(source: Slice) -> Iterator[JsonText]:
    """Values one after the other, each where something like JSON begins."""
    at = 0
    while begin := _BEGINS.search(source.text, at):
        found = json_tree.read(source, begin.start())
        if found is None:
            return
        yield found
        at = max(found.end, begin.end())


def _put_around(build: ScriptBuilder, part: Slice, *, below: bool) -> None:
    for line in part.lines():
        if _BETWEEN.fullmatch(line.text) or _FENCE.match(line.text):
            continue
        if around.is_heading(line) and not below:
            around.put_heading(build, line)
        else:
            around.put_words(build, line.strip(" \t`"), below=True)


def _place(source: Slice, mistake: Mistake) -> Slice:
    at = min(mistake.at, max(0, len(source.text) - 1))
    return source.part(at, at + 1)


def _sentence(source: Slice, mistake: Mistake) -> Message:
    line = source.text.count("\n", 0, mistake.at) + 1
    column = mistake.at - source.text.rfind("\n", 0, mistake.at)
    return Message(f"tables.json_{mistake.kind}", line=line, column=column)

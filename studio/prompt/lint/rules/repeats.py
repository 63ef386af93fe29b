"""The same word twice in a row, and the same item twice in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, Finding, Remedy
from studio.prompt.lint.source import HAN, Source

_TWICE = re.compile(r"\b([A-Za-z]{2,20})[ \t]{1,3}(\1)\b(?![-'’])", re.IGNORECASE)
_MEANT = {
    *(
        "very",
        "that",
        "had",
        "no",
        "yes",
        "knock",
        "ha",
        "tick",
        "tock",
        "boom",
        "bye",
        "so",
        "many",
        "really",
        "far",
        "round",
        "there",
    ),
    *(
        "go",
        "ding",
        "beep",
        "la",
        "na",
        "hey",
        "ho",
        "run",
        "now",
        "again",
        "never",
        "please",
        "drip",
        "tap",
        "bang",
        "choo",
        "pom",
    ),
    *(
        "long",
        "big",
        "old",
        "deep",
        "slowly",
        "higher",
        "louder",
        "faster",
        "closer",
        "more",
        "hong",
        "pad",
        "chop",
        "night",
        "woof",
    ),
}
_ITEM = re.compile(r"[^,，、;；.。\n]+")
MIN_ITEM = 4
MIN_TAGS, TAG_WORDS = 4, 3
"""A text of so many items, each of so few words, is a list of tags rather than prose."""
_PROSE = re.compile(r"[.!?。！？]\s*\S")
_SMALL = re.compile(r"^(?:an?|the|and|or|then|with|in|on)\s")


def find(source: Source, _: Facts) -> Iterator[Finding]:
    """Doubled words, then doubled items."""
    for found in _TWICE.finditer(source.plain):
        if found[1].lower() not in _MEANT and found[1][0].isupper() == found[2][0].isupper():
            edit = Edit(start=found.end(1), end=found.end(2))
            yield Finding(
                rule="repeats.word",
                start=found.start(),
                end=found.end(),
                message=Message("lint.twice", words=found[1]),
                remedies=(Remedy(label=Message("lint.do_once"), edits=(edit,)),),
            )
    for start, end, _seconds in source.shots:
        yield from _items(source, start, end)


def _items(source: Source, start: int, end: int) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    items = list(_ITEM.finditer(source.plain, start, end))
    tags = len(items) >= MIN_TAGS and source.length <= TAG_WORDS * len(items) and not _PROSE.search(source.plain)
    line = start
    for found in items:
        if "\n" in source.plain[line : found.start()]:
            seen.clear()
        line = found.end()
        words = " ".join(found[0].lower().split())
        if len(words) < MIN_ITEM or not re.search(r"[^\W\d_]", words):
            continue
        is_item = tags or (_is_phrase(words) and not found[0].strip().istitle())
        if words in seen and is_item and _lists(source.text, found.start()):
            yield Finding(
                rule="repeats.item",
                start=found.start() + len(found[0]) - len(found[0].lstrip()),
                end=found.end(),
                message=Message("lint.item_twice", words=found[0].strip()),
                remedies=(
                    Remedy(label=Message("lint.do_once"), edits=(Edit(start=found.start() - 1, end=found.end()),)),
                ),
            )
        seen.setdefault(words, found.start())


def _is_phrase(words: str) -> bool:
    """Whether it is more than a name or an adjective, which prose may well have twice between commas."""
    return len(_SMALL.sub("", words).split()) > 1 or len(HAN.findall(words)) >= MIN_ITEM


def _lists(text: str, at: int) -> bool:
    """Whether an item of a list begins here: a comma stands before it."""
    return at > 0 and text[at - 1] in ",，、"

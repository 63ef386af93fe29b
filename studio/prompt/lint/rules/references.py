"""Files and people that the words name and the form does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, Finding, Remedy
from studio.prompt.lint.source import Source

_FILE = re.compile(
    r"(?:@|\[|<<<|\b)(?P<kind>image|picture|photo|video|audio|character)[\s_]?#?(?P<n>\d{1,2})\b"
    r"(?!\s?(?:[.:：]\d|s\b|sec|seconds?|fps|min|minutes?|x\b|%|k\b|mm|px))(?P<after>\s?[:：]|\s(?:is"
    r"|shows|depicts)\s(?:a|an)\s)?"
    r"|(?P<zh>图片|图|视频|音频|参考图)(?P<m>\d{1,2})(?!\d|\s?(?:秒|个|张|[:：]))",
    re.IGNORECASE,
)
_KINDS = {
    "image": "image", "picture": "image", "photo": "image", "图": "image", "图片": "image", "参考图": "image",
    "video": "video",
    "视频": "video", "audio": "audio", "音频": "audio", "character": "any",
}  # fmt: skip
_MENTION = re.compile(r"(?<![\w@.])@([^\W\d_][\w-]{0,39})")
_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
}  # fmt: skip
_PEOPLE = re.compile(
    r"\b(?P<n>two|three|four|five|six)\s(?:[a-z-]{2,15}\s){0,2}?(?:people|persons|men|women|girls|boys|children"
    r"|kids|friends|characters|"
    r"dancers|soldiers|students|sisters|brothers)\b|(?P<zh>[两二三四五六])(?:个|名|位)?[^，。；,.;\s]{0,4}?(?:人"
    r"|男子|女子|男孩|女孩|男生|女生|孩子|朋友|角色)(?!称)",
    re.IGNORECASE,
)

_COUPLE = re.compile(
    r"\ban?\s(?:[a-z-]{2,15}\s){0,2}(?:man|boy)\sand\san?\s(?:[a-z-]{2,15}\s){0,2}(?:woman|girl)\b"
    r"|\ban?\s(?:[a-z-]{2,15}\s){0,2}(?:woman|girl)\sand\san?\s(?:[a-z-]{2,15}\s){0,2}(?:man|boy)\b|一男一女",
    re.IGNORECASE,
)


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """Files by number, names behind an @, and a number of people."""
    yield from _files(source, facts)
    yield from _mentions(source, facts)
    yield from _people(source, facts)


def _files(source: Source, facts: Facts) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    known = {name.casefold() for name in facts.reference_names}
    for found in _FILE.finditer(source.plain):
        word, number = (found["kind"] or found["zh"]).lower(), int(found["n"] or found["m"])
        kind = _KINDS[word]
        if found["after"] or not number or (kind, number) in seen or found[0].strip("@[<").casefold() in known:
            continue
        if kind == "any" and not any("character" in name for name in known):
            continue
        given = len(known) if kind == "any" else facts.files(kind)
        if number <= given or _defines_one(source.text, found[0]):
            continue
        seen.add((kind, number))
        id_ = "lint.no_such_file" if given else "lint.no_file"
        yield Finding(
            rule="references.file", severity="warning", start=found.start(), end=found.end(),
            message=Message(id_, name=found[0].strip("@[<"), count=given),
        )  # fmt: skip


def _defines_one(text: str, name: str) -> bool:
    """Whether the text itself says who or what that is: `Image 1: a kitchen`."""
    return bool(re.search(rf"{re.escape(name)}\s?(?:[:：=]|\((?!s\)))", text, re.IGNORECASE))


def _mentions(source: Source, facts: Facts) -> Iterator[Finding]:
    known = {name.casefold().lstrip("@") for name in facts.reference_names}
    seen: set[str] = set()
    for found in _MENTION.finditer(source.plain):
        name = found[1]
        folded = name.casefold()
        if facts.reads_names or folded in known or folded in seen or _FILE.search(found[0]):
            continue
        seen.add(folded)
        bare = Remedy(
            label=Message("lint.do_write", words=name),
            edits=(Edit(start=found.start(), end=found.end(), replacement=name),),
        )
        if facts.cast is None:
            message = Message("lint.no_cast", name=name)
            yield Finding(
                rule="references.mention", start=found.start(), end=found.end(), message=message, severity="warning",
                remedies=(bare,),
            )  # fmt: skip
        elif folded not in {member.casefold() for member in facts.cast}:
            yield Finding(
                rule="references.mention", start=found.start(), end=found.end(), severity="warning",
                message=Message("lint.not_in_cast", name=name), remedies=(bare,),
            )  # fmt: skip


def _people(source: Source, facts: Facts) -> Iterator[Finding]:
    if not facts.needs_references:
        return
    given = facts.files("image") + facts.files("video")
    counted = [(_NUMBERS[(found["n"] or found["zh"]).lower()], found) for found in _PEOPLE.finditer(source.plain)]
    counted += [(2, found) for found in _COUPLE.finditer(source.plain)]
    if not counted or not given:
        return
    most, found = max(counted, key=lambda one: one[0])
    if most > given:
        yield Finding(
            rule="references.people", start=found.start(), end=found.end(),
            message=Message("lint.more_people", people=most, files=given),
        )  # fmt: skip

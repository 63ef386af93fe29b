"""Words that say how good the picture should be, and not what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, Finding, Remedy
from studio.prompt.lint.source import Source
from studio.prompt.lint.words import any_of

BOOSTERS = any_of(
    (
        "best quality", "highest quality", "top quality", "ultra hd", "uhd", "8k", "8k uhd", "8k resolution", "16k",
        "4k uhd", "ultra detailed",
        "insanely detailed", "extremely detailed", "award winning photo", "award winning photography",
        "trending on artstation",
        "artstation", "octane render", "unreal engine 5", "杰作", "最佳质量", "最高质量", "超高清", "超清",
        "8K超清", "8K画质",
        "8k分辨率", "极致细节", "超精细", "高质量", "大师作品", "大师级",
    )
)  # fmt: skip
_PRAISE = re.compile(r"(?:(?<=[,.;])\s{0,3}|^)(?P<word>masterpiece)(?=\s{0,3}(?:[,.;]|$))", re.IGNORECASE)
"""Praise only as an item of its own: a painter may finish a masterpiece."""
MOODS = any_of(
    (
        "beautiful", "beautifully", "stunning", "epic", "amazing", "awesome", "breathtaking", "gorgeous",
        "incredible", "magnificent",
        "mesmerizing", "captivating", "spectacular", "wonderful", "fantastic", "jaw-dropping", "mind-blowing",
        "唯美", "绝美", "震撼", "史诗感", "史诗级", "高级感", "惊艳", "氛围感", "炫酷", "美轮美奂", "令人惊叹",
    )
)  # fmt: skip
MANY_MOODS = 3
"""So many mood words in a text are told; in a short text fewer, by their share."""
SHARE = 0.2


def find(source: Source, _: Facts) -> Iterator[Finding]:
    """One finding for all words of each kind."""
    boosters = [found.span() for found in BOOSTERS.finditer(source.plain)]
    if boosters := sorted((*boosters, *(found.span("word") for found in _PRAISE.finditer(source.plain)))):
        yield _finding(source, boosters, "vague.quality", "lint.quality_words")
    moods = [found.span() for found in MOODS.finditer(source.plain)]
    if (len(moods) >= MANY_MOODS and _dense(source, moods)) or (moods and len(moods) >= SHARE * source.length):
        yield _finding(source, moods, "vague.mood", "lint.mood_words")


def _dense(source: Source, moods: list[tuple[int, int]]) -> bool:
    return len(moods) >= source.length / 20


def _finding(source: Source, found: list[tuple[int, int]], rule: str, message: str) -> Finding:
    words = list(dict.fromkeys(source.text[slice(*one)].lower() for one in found))
    edits = tuple(edit for one in found for edit in [_cut(source.text, *one)] if edit)
    label = Message("lint.do_remove_all") if len(edits) > 1 else Message("lint.do_remove", words=words[0])
    remedies = (Remedy(label=label, edits=_apart(edits)),) if edits else ()
    said = Message(message, words=words[:5])
    return Finding(rule=rule, start=found[0][0], end=found[0][1], message=said, remedies=remedies)


def _cut(text: str, start: int, end: int) -> Edit | None:
    """The word with the comma or space that belonged to it; None where the sentence would not stand without it."""
    left, right = text[:start], text[end:]
    before, after = left.rstrip(" "), right.lstrip(" ")
    lists = ",，、;；"
    if (not before or before[-1] in lists + ".。\n") and (not after or after[0] in lists + ".。\n"):
        if after and after[0] in lists:
            return Edit(
                start=start, end=end + len(right) - len(after) + 1 + len(after[1:]) - len(after[1:].lstrip(" "))
            )
        return Edit(start=len(before) - 1 if before and before[-1] in lists else start, end=end)
    noun_follows = re.match(r"[a-z]", after, re.IGNORECASE) and right.startswith(" ")
    article = re.search(
        r"\b(an?|the|some|many|very|most|more|so|and|or|is|are|of|looks?"
        r"|with)\s$",
        left,
        re.IGNORECASE,
    )
    if noun_follows and not article:
        return Edit(start=start, end=end + 1)
    if noun_follows and article and article[1].lower() == "the":
        return Edit(start=start, end=end + 1)
    return None


def _apart(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits that do not touch one another's characters."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda one: one.start):
        start = max(edit.start, kept[-1].end) if kept else edit.start
        if start < edit.end:
            kept.append(edit.model_copy(update={"start": start}))
    return tuple(kept)

"""Who a prompt with references is about: which reference shows which figure, place or thing of the shots.

A storyboard says it on a line of its own (`References: Mia = character1; Cafe = character2`). Other prompts call their
references by number (character1, image 2) or by name (@Mia); people without either are given them in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.animatic.clips import reference_colours
from studio.animatic.order import InputFile
from studio.animatic.text import characters, disambiguation, nouns, script
from studio.animatic.text.lexicon import tokens
from studio.animatic.text.reader import read_shot
from studio.animatic.text.reading import Figure, PromptReading
from studio.animatic.text.shots import shots

NAMED = re.compile(
    r"(?:(?P<person>character|person|actor|角色|人物|主体)|reference|ref|image|video|参考|图|视频)\s*#?(?P<n>\d{1,2})",
    re.IGNORECASE,
)
"""How prompts call a reference: character1 (Wan 2.6), and the words other models and people use."""
ROW = re.compile(r"^\s*References[ \t]*:[ \t]*(?P<entries>.*)$", re.MULTILINE)
_ENTRY = re.compile(r"(?P<name>[^;=]+?)\s*=\s*character(?P<n>\d{1,2})")
_MENTION = re.compile(r"@([\w][\w-]*)")


@dataclass(frozen=True)
class Roles:
    """prompt: the text to read, references called @character1. by_name: figure key -> reference, counted from 1.

    people: references in order for figures without a name. scenery: reference -> the kinds of things it shows; none for
    a place.
    """

    prompt: str
    by_name: Mapping[str, int] = field(default_factory=dict)
    people: tuple[int, ...] = ()
    scenery: Mapping[int, frozenset[str]] = field(default_factory=dict)


def roles(prompt: str, sources: Sequence[InputFile], duration_s: float) -> Roles | None:
    """Who wears which reference, or None where nobody is in the prompt and the references are all there is to show.

    The references of a storyboard are its cast's, who may be in none of these shots, and never stand there as pictures.
    """
    row = ROW.search(prompt)
    if row:
        listed = {characters.key(m["name"]): int(m["n"]) for m in _ENTRY.finditer(row["entries"])}
        text = ROW.sub("", prompt)
    else:
        text = _with_mentions(prompt, len(sources))
        listed = _mentioned(text, sources)
    read = [read_shot(span) for span in shots(text, duration_s)]
    figures = [f for reading in read for f in reading.figures]
    if not figures and not row:
        return None
    keys = {characters.key(f.name) for f in figures if f.name}
    by_name = {key: n for key, n in listed.items() if key in keys and 1 <= n <= len(sources)}
    used = set(by_name.values())
    rest = tuple(n for n in range(1, len(sources) + 1) if n not in used)
    if row:
        things = script.parts(text).things
        seen = {characters.key(name): _kinds(about or name) for name, about in things.items()}
        return Roles(text, by_name, (), {n: seen.get(k, frozenset()) for k, n in listed.items() if k in seen})
    return Roles(text, by_name, () if by_name else rest)


def recast_reading(reading: PromptReading, cast: Roles, sources: Sequence[InputFile]) -> PromptReading:
    """The reading with the colours of the references on those whom they show."""
    waiting = list(cast.people)
    figures: list[Figure] = []
    for figure in reading.figures:
        n = cast.by_name.get(characters.key(figure.name), 0) if figure.name else 0
        if not n and waiting and not figure.name:
            n = waiting.pop(0)
        figures.append(_recast(figure, sources[n - 1]) if n else figure)
    if cast.scenery:
        reading = _coloured(reading, cast, sources)
    return replace(reading, figures=tuple(figures))


def _recast(figure: Figure, source: InputFile) -> Figure:
    """The figure in the colours of its picture."""
    worn = reference_colours.clothes(source)
    figure = replace(figure, reference=source.path)
    if figure.animal:
        return figure if figure.colour else replace(figure, colour=reference_colours.named(worn[0]))
    return replace(figure, worn=worn)


def _coloured(reading: PromptReading, cast: Roles, sources: Sequence[InputFile]) -> PromptReading:
    """Things take the main colour of their picture, unless the words give them one; places tint the scenery."""
    objects, tint = list(reading.objects), []
    for n, kinds in cast.scenery.items():
        if not kinds:
            tint.append(reference_colours.main_colour(sources[n - 1]))
            continue
        colour = reference_colours.named(reference_colours.clothes(sources[n - 1])[0])
        objects = [replace(t, colour=colour) if t.kind in kinds and not t.colour else t for t in objects]
    return replace(reading, objects=tuple(objects), tint=tuple(tint))


def _kinds(about: str) -> frozenset[str]:
    """The kinds of things in a description, as the shots' words name them."""
    return frozenset(t.kind for t in nouns.scan(disambiguation.disambiguated(tokens(about)), {}).objects)


def _with_mentions(prompt: str, count: int) -> str:
    """The prompt with people's references as @mentions, and other numbers left out.

    A reference that is no "character" by its word is one where it acts: "image 1 runs".
    """
    people = {int(m["n"]) for m in NAMED.finditer(prompt) if m["person"]}
    trial = NAMED.sub(lambda m: f" @character{int(m['n'])} ", prompt)
    for span in shots(trial, 1.0):
        people |= {int(f.name[9:]) for f in read_shot(span).figures if f.posture and f.name[9:].isdigit()}

    def call(m: re.Match[str]) -> str:
        n = int(m["n"])
        before = "" if m.start() and prompt[m.start() - 1] == "@" else " @"
        return f"{before}character{n} " if n in people and 1 <= n <= count else " "

    return re.sub(r"[ \t]+(?=[,.;:!?' \t]|$)", "", NAMED.sub(call, prompt), flags=re.MULTILINE)


def _mentioned(text: str, sources: Sequence[InputFile]) -> dict[str, int]:
    """Reference by mention: by its number, else by the file's name, else in the order of naming."""
    keys = list(dict.fromkeys(characters.key(name) for name in _MENTION.findall(text)))
    found = {key: int(m[1]) for key in keys if (m := re.fullmatch(r"character(\d{1,2})", key))}
    stems = {characters.key(Path(source.name).stem): n for n, source in enumerate(sources, 1)}
    found |= {key: stems[key] for key in keys if key not in found and key in stems}
    free = [n for n in range(1, len(sources) + 1) if n not in found.values()]
    return found | dict(zip((k for k in keys if k not in found), free, strict=False))

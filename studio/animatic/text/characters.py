"""The cast of a film: who each name is, from the cast's lines or from what the shots say when they first name them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.animatic import artwork, tables
from studio.animatic.text import disambiguation, nouns
from studio.animatic.text.lexicon import GLUE, phrases, tokens
from studio.animatic.text.reading import Figure

_FEMALE_HAN = "娟婷芳丽梅兰红玉秀英霞燕娜雪莲凤珍琴蓉菊花妹娘姐婆妈嫂姨"
_NAME = re.compile(r"(?<![\w@-])([A-Z][a-z]+(?:-[A-Z][a-z]+)?)(?=(?:'s|’s)?\b)")
_MENTION = re.compile(r"@([\w][\w-]*)")
_ACTS = re.compile(
    r"^(?:'s|’s)?\s+(?:[a-z]+s|[a-z]+ing|and|[a-z]+ed)\b|^\s*[,(]\s*(?:an?|the|his|her|\d+)\s|^(?:'s|’s)\s"
)


def known(cast: Mapping[str, str], texts: Iterable[str]) -> dict[str, Figure]:
    """Figures by lower-case name: the listed cast, and the names that the texts use without a list."""
    by_key = {key(name): _from(name, about) for name, about in cast.items()}
    unspaced = tuple(k for k in by_key if not k.isascii())
    for text in texts:
        for name in _named(text):
            if not (unspaced and key(name).startswith(unspaced)):  # "@小明跑步" is 小明, who runs
                by_key.setdefault(key(name), _from(name, ""))
    _related(by_key)
    return by_key


def spellings(cast: Mapping[str, Figure]) -> list[str]:
    """How the names are written in a text: with spaces or, in mentions, with hyphens."""
    names = [f.name for f in cast.values()]
    return list(dict.fromkeys((*names, *(n.replace(" ", "-") for n in names), *(n.replace("-", " ") for n in names))))


def key(name: str) -> str:
    """The name as the cast is looked up by."""
    return name.strip().lstrip("@").lower().replace(" ", "-")


def is_someone(about: str) -> bool:
    """True for the description of a person or an animal, False for a place or a thing."""
    if not about:
        return True
    scanned = nouns.scan(disambiguation.disambiguated(tokens(about)), {})
    return bool(scanned.figures or scanned.waiting)


def _from(name: str, about: str) -> Figure:
    """Somebody from a description; what it leaves open follows from the name."""
    plain = about if re.match(r"\s*(?:an?|the|his|her|their)\b|[\u4e00-\u9fff]", about) else f"a {about}"
    scanned = nouns.scan(disambiguation.disambiguated(tokens(plain)), {})
    figure = scanned.figures[0] if scanned.figures else Figure("person")
    for attribute, value in scanned.waiting:
        if attribute == "wears":
            figure = replace(figure, wears=(*figure.wears, str(value)))
        elif attribute == "dye":
            figure = replace(figure, garment_colours=(*figure.garment_colours, value))  # type: ignore[arg-type]
        elif attribute in ("colour", "hair"):
            figure = replace(figure, **{attribute: str(value)})  # type: ignore[arg-type]
        elif attribute == "age":
            figure = nouns.aged(figure, int(str(value)))
    bare = re.match(r"\s*(\d{1,2})\b(?!\s*[a-z])", about)
    sex = nouns.sex_of(figure) or _sex(name, about)
    arms = figure.holds if figure.holds in ("sword", "bow") else ""
    figure = replace(figure, name=name, about=about or name, sex=sex, count=1, posture="", looks="", holds=arms)
    if figure.kind == "child" and sex == "woman":
        figure = replace(figure, kind="girl")
    age = figure.age or (int(bare[1]) if bare else 0)
    if figure.kind == "person" and sex:
        figure = replace(figure, kind=sex)
    return nouns.aged(figure, age) if age else figure


def _sex(name: str, about: str) -> str:
    words = set(re.findall(r"[a-z]+", about.lower()))
    first = name.lower().split("-")[0].split()[0]
    if words & tables.words("names", "womanly") or "女" in about:
        return "woman"
    if words & tables.words("names", "manly") or "男" in about:
        return "man"
    if re.search(r"先生|叔|伯|爷|哥|公子|老头|少爷", name):
        return "man"
    if re.search(r"小姐|太太|夫人|姑娘|女士", name) or re.match(r"(?:ms|mrs|miss|lady|queen|aunt)\b", name.lower()):
        return "woman"
    if re.match(r"(?:mr|sir|lord|king|uncle|captain|father)\b", name.lower()):
        return "man"
    if first in tables.words("names", "women") or any(c in _FEMALE_HAN for c in name):
        return "woman"
    if first in tables.words("names", "men"):
        return "man"
    if re.search(r"[a-z]$", first):
        return "woman" if re.search(r"(?:a|ie|ette|elle|lyn|ina|yn)$", first) else "man"
    return ""


def _related(by_key: dict[str, Figure]) -> None:
    """ "Ida, her granddaughter" tells that the one listed before Ida is a woman."""
    names = list(by_key)
    for before, name in itertools.pairwise(names):
        about = by_key[name].about.lower()
        sex = "woman" if re.match(r"\s*her\b|她的", about) else "man" if re.match(r"\s*his\b|他的", about) else ""
        other = by_key[before]
        if sex and not other.animal and nouns.sex_of(other) != sex:
            kind = {"man": sex, "woman": sex, "person": sex, "child": "girl" if sex == "woman" else "child"}
            by_key[before] = replace(other, sex=sex, kind=kind.get(other.kind, other.kind))


NEAR = 200
"""Characters around a name that may say whether it is one."""


def _named(text: str) -> list[str]:
    """Names of people in a text: @mentions, and capitalised words that act or are said who they are."""
    names = _MENTION.findall(text)
    words = phrases()
    for match in _NAME.finditer(text):
        word, low = match[1], match[1].lower()
        before = text[max(0, match.start() - NEAR) : match.start()].rstrip()
        after = text[match.end() : match.end() + NEAR]
        lead = re.findall(r"[A-Za-z]+$|\S$", before)
        listed = low in tables.words("names", "women") or low in tables.words("names", "men")
        opens = not before or before[-1] in '.!?:;\n"”'
        if low in GLUE or (low in words and not listed) or (low.rstrip("s") in words and not listed):
            continue
        placed = bool(lead and lead[0].lower() in tables.words("grammar", "placed"))
        acts = bool(_ACTS.match(after))
        if (
            (listed and not placed)
            or (listed and lead and lead[0].lower() in ("of", "on", "to"))
            or (acts and not placed and not opens and not after.lstrip().startswith("and "))
        ):
            names.append(word)
    return list(dict.fromkeys(n for n in names if not artwork.is_animal(n.lower())))

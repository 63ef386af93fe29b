"""Whether what must survive a rewriting did: names, numbers, quoted speech, @names and references such as Image 1.

Plain comparison of words, which asks no model. It cannot tell whether the meaning stayed; it tells what is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

MENTION = re.compile(r"@\w[\w-]{0,60}")
REFERENCE = re.compile(r"(?<![A-Za-z])(image|video|audio|picture|character|element)[ ]?([0-9]{1,3})(?![0-9])", re.I)
REFERENCE_ZH = re.compile(r"(图片|图像|图|视频|音频)[ ]?([0-9]{1,3})(?![0-9])")
QUOTED = re.compile(r"\"([^\"\n]{1,400})\"|“([^“”\n]{1,400})”|「([^「」\n]{1,400})」|『([^『』\n]{1,400})』")
NUMBER = re.compile(r"(?<![\w.])[0-9]{1,9}(?:[.,:/][0-9]{1,9}){0,3}")
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{1,30}(?: [A-Z][a-z]{1,30}){0,3}")
"""Words with a capital in the middle of a sentence."""
WORDS = {
    "0": ("zero", "no", "零"), "1": ("one", "a", "an", "single", "一"), "2": ("two", "both", "二", "两", "双"),
    "3": ("three", "三"), "4": ("four", "四"), "5": ("five", "五"), "6": ("six", "六"), "7": ("seven", "七"),
    "8": ("eight", "八"), "9": ("nine", "九"), "10": ("ten", "十"), "11": ("eleven", "十一"), "12": ("twelve", "十二"),
}  # fmt: skip
MAX_SAID = 8


def lost(original: str, answer: str, *, names: bool = True, numbers: bool = True) -> list[str]:
    """What the original has and the answer has not, as it was written, each once.

    names: capitalised words count; a translation may write them otherwise. numbers: they count.
    """
    folded = _folded(answer)
    gone: list[str] = []
    gone += _missing(MENTION.findall(original), folded)
    gone += _without(_references(original), set(_references(answer)))
    gone += [excerpt(said) for said in missing_lines(answer, _quoted(original))]
    if numbers:
        wanted = set(_numbers(original)) - {found.group() for found in NUMBER.finditer(answer)}
        gone += [number for number in sorted(wanted)[: 4 * MAX_SAID] if not _in_words(number, folded)]
    if names:
        gone += _missing(_names(original), folded)
    return list(dict.fromkeys(gone))[:MAX_SAID]


def added(original: str, answer: str) -> list[str]:
    """@names and references that the answer has and the original has not: nobody could tell what they are."""
    folded = _folded(original)
    new = [*_missing(MENTION.findall(answer), folded), *_without(_references(answer), set(_references(original)))]
    return list(dict.fromkeys(new))[:MAX_SAID]


def _references(text: str) -> list[str]:
    found = [f"{m[1].capitalize()} {m[2]}" for m in REFERENCE.finditer(text)]
    same = {"图片": "Image", "图像": "Image", "图": "Image", "视频": "Video", "音频": "Audio"}
    return found + [f"{same[m[1]]} {m[2]}" for m in REFERENCE_ZH.finditer(text)]


def _quoted(text: str) -> list[str]:
    return [next(filter(None, m.groups())) for m in QUOTED.finditer(text)]


def _numbers(text: str) -> Iterator[str]:
    """Numbers that are no part of a reference."""
    rest = REFERENCE_ZH.sub(" ", REFERENCE.sub(" ", text))
    for found in NUMBER.finditer(rest):
        yield found.group()


def _names(text: str) -> list[str]:
    """Names in running text; none in a text where most words begin with a capital."""
    found = [m.group() for m in NAME.finditer(REFERENCE.sub(" ", text))]
    return found if len(found) * 4 <= len(text.split()) else []


def _in_words(number: str, folded: str) -> bool:
    return any(re.search(rf"\b{w}\b" if w.isascii() else w, folded) for w in WORDS.get(number, ()))


def _missing(wanted: Iterable[str], folded: str) -> list[str]:
    gone = (one for one in dict.fromkeys(wanted) if _folded(one) not in folded)
    return list(islice(gone, MAX_SAID))


def _without(wanted: Iterable[str], there: set[str]) -> list[str]:
    return list(islice((one for one in wanted if one not in there), MAX_SAID))


def _folded(text: str) -> str:
    """For comparison: capitals, kinds of quotation marks and spaces do not count."""
    return " ".join(text.translate({0x2019: "'", 0x2018: "'"}).casefold().split())


def missing_lines(text: str, spoken: Iterable[str]) -> list[str]:
    """Those of these spoken lines that the text does not have word for word; punctuation does not count."""
    spaced = f" {' '.join(_words(text))} "
    close = spaced.replace(" ", "")

    def stands(line: str) -> bool:
        return f" {' '.join(_words(line))} " in spaced if line.isascii() else "".join(_words(line)) in close

    return list(islice((line for line in dict.fromkeys(spoken) if not stands(line)), MAX_SAID))


def excerpt(text: str) -> str:
    """The beginning of a text, for a sentence."""
    line = " ".join(text[:100].split())
    return f'"{line[:40]}…"' if len(line) > 41 else f'"{line}"'


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())

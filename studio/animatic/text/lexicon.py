"""A prompt cut into tokens: known phrases of vocabulary.toml, numbers, glue words, stops and the words nobody knows.

English is matched by whole words (the longest phrase first, plurals understood), Chinese by the longest substring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from studio.animatic import artwork, tables
from studio.animatic.text import ages

CJK = "\u3400-\u9fff"
PIECES = re.compile(rf"[A-Za-z\u00c0-\u024f]+|\d+(?:\.\d+)?|[{CJK}]|[^\s]")
LENGTHS = re.compile(r"(\d{1,3})\s?mm\b|(\d{1,3})\s?毫米", re.IGNORECASE)
QUANTITIES = re.compile(
    r"\d+(?:\.\d+)?\s?(?:mm\b|毫米|s\b|sec\w*|ms\b|fps\b|k\b|p\b|px\b|%|度|秒|帧|分钟|°)|f/?\d(?:\.\d+)?|\d+\s?[:x]\s?\d+|"
    r"\d{4}s?\b",
    re.IGNORECASE,
)
LONGEST_ENGLISH = 6
LONGEST_CHINESE = 7


IRREGULAR = tables.pairs("singulars")
SINGULAR = frozenset({"glasses", "news", "gloves", "jeans", "pyjamas", "overalls"})
"""Words that end like plurals and are none, or mean something else than their singular."""

ENGLISH_NUMBERS = {word: int(number) for word, number in tables.pairs("numbers").items()}
CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "双": 2, "几": 3}
CLASSIFIERS = "个名位只条匹辆艘头群对双座栋棵朵架列杯瓶碗本台部张把盏颗排队座间片位口"
"""Characters that make a Chinese numeral before them a count (三只狗); 群 is a group, 对 and 双 are pairs."""
GLUE = tables.words("grammar", "glue")
STOPS = frozenset('.,;:!?()[]{}"，。；：！？、（）【】“”\n|/')


@dataclass(frozen=True)
class Token:
    """One piece of a prompt. kind: known, number, age, name, glue, stop, word. meanings: category -> value of a known
    phrase. number: of a count, or the years of an age.
    """

    kind: str
    text: str
    start: int
    meanings: dict[str, str] = field(default_factory=dict)
    plural: bool = False
    number: int = 0
    definite: bool = False


@cache
def phrases() -> dict[str, dict[str, str]]:
    """phrase -> {category: value}, from vocabulary.toml. Where a phrase stands twice in a category the first wins."""
    matches: dict[str, dict[str, str]] = {}
    for category, values in tables.load("text/vocabulary").items():
        for value, words in values.items():
            for phrase in words.split(","):
                matches.setdefault(phrase.strip().lower(), {}).setdefault(category, value)
    for name, drawing in artwork.names().items():
        _named(matches, name, drawing)
    return matches


def _named(matches: dict[str, dict[str, str]], name: str, drawing: str) -> None:
    """Add the name of a drawing; what the vocabulary says of the same word stays, and gets the finer drawing."""
    category = "figure" if artwork.is_animal(drawing) else "thing"
    meanings = matches.setdefault(name, {category: drawing})
    usual = artwork.find(meanings.get("figure", ""))
    if category == "figure" and usual and usual.name != drawing and usual.group == "animal":
        meanings["figure"] = drawing
    elif set(meanings) <= {"wears", "sound"}:
        meanings[category] = drawing
    if "thing" in meanings and category == "thing":
        meanings["art"] = drawing


def tokens(prompt: str, names: Sequence[str] = ()) -> list[Token]:
    """The prompt in order. Measures such as 35mm, 5s or 16:9 are left out: they count nothing. names: of people."""
    set_apart, text = ages.extract(prompt)
    marks = [Token("age", "", at, number=years) for at, years in set_apart]
    text = QUANTITIES.sub(lambda m: " " * len(m.group()), text)
    if names:
        listed = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
        call = re.compile(rf"@?(?:{listed})(?![A-Za-z0-9])")
        marks += [Token("name", m.group().lstrip("@"), m.start()) for m in call.finditer(text)]
        text = call.sub(lambda m: " " * len(m.group()), text)
    return sorted([*_cut(text), *marks], key=lambda t: t.start)


def _cut(text: str) -> list[Token]:
    pieces = [(m.group(), m.start()) for m in PIECES.finditer(text)]
    matches: list[Token] = []
    at = 0
    while at < len(pieces):
        token, used = (
            _known(pieces, at, least=2)
            or _compound(pieces, at)
            or _number(pieces, at)
            or _known(pieces, at)
            or _plain(pieces, at)
        )
        matches.append(token)
        at += used
    return matches


def _is_cjk(piece: str) -> bool:
    return "\u3400" <= piece[0] <= "\u9fff"


def _known(pieces: list[tuple[str, int]], at: int, *, least: int = 1) -> tuple[Token, int] | None:
    """The longest known phrase of at least `least` pieces that starts here."""
    chinese = _is_cjk(pieces[at][0])
    longest = LONGEST_CHINESE if chinese else LONGEST_ENGLISH
    known = phrases()
    for length in range(min(longest, len(pieces) - at), least - 1, -1):
        words = [p.lower() for p, _ in pieces[at : at + length] if p not in "-'’"]
        if not words or pieces[at + length - 1][0] in "-'’" or any(w in STOPS for w in words):
            continue
        phrase = ("" if chinese else " ").join(words)
        for form, plural in _forms(phrase, chinese):
            if form in known:
                return Token("known", phrase, pieces[at][1], known[form], plural), length
    return None


def _compound(pieces: list[tuple[str, int]], at: int) -> tuple[Token, int] | None:
    """Words that are one noun together and not what its last word says: a sea cucumber is no cucumber."""
    if not pieces[at][0].isascii() or not pieces[at][0].isalpha():
        return None
    known = phrases()
    for length in (3, 2):
        words = [p.lower() for p, _ in pieces[at : at + length]]
        if len(words) < length or not all(w.isascii() and w.isalpha() for w in words) or words[0] in GLUE:
            continue
        if "colour" in known.get(words[0], {}):  # a black cat is a cat
            continue
        if not any(form in known for word in words for form, _ in _forms(word, False)):
            continue
        headless = not any(form in known for form, _ in _forms(words[-1], False))
        for form, plural in _forms(" ".join(words), False):
            mark = artwork.nouns().get(form)
            if mark == "" or (mark == "+" and headless):
                meanings = {"thing": artwork.STAND_IN, "label": " ".join(words)}
                return Token("known", " ".join(words), pieces[at][1], meanings, plural), length
    return None


def singular(word: str) -> tuple[str, bool]:
    """An English word as artwork.nouns() has it, and whether it is a plural there; ("", False) where it is none."""
    return next(((form, plural) for form, plural in _forms(word, False) if form in artwork.nouns()), ("", False))


def _forms(phrase: str, chinese: bool) -> list[tuple[str, bool]]:
    """The phrase as it is and as a singular, each with whether it is a plural."""
    if chinese:
        return [(phrase, False)] + ([(phrase[:-1], True)] if phrase.endswith("们") else [])
    head, _, last = phrase.rpartition(" ")
    lead = head + " " if head else ""
    if last in IRREGULAR:
        return [(lead + IRREGULAR[last], True), (phrase, True)]
    if last in SINGULAR:
        return [(phrase, False)]
    forms = [(phrase, last in ("people", "cattle", "sheep", "lovers", "fans"))]
    if last.endswith("ies"):
        forms.append((lead + last[:-3] + "y", True))
    if last.endswith("es"):
        forms.append((lead + last[:-2], True))
    if last.endswith("s") and len(last) > 3:
        forms.append((lead + last[:-1], True))
    return forms


def _number(pieces: list[tuple[str, int]], at: int) -> tuple[Token, int] | None:
    """A count: digits, English number words, Chinese numerals before a classifier or 人."""
    piece, start = pieces[at]
    low = piece.lower()
    if piece.replace(".", "").isdigit():
        used = 2 if at + 1 < len(pieces) and pieces[at + 1][0] in CLASSIFIERS else 1
        return Token("number", piece, start, number=min(int(float(piece)), 999)), used
    if low in ENGLISH_NUMBERS:
        return Token("number", low, start, number=ENGLISH_NUMBERS[low]), 1
    if piece not in CHINESE_DIGITS and piece != "十":
        return None
    end = at
    while end < len(pieces) and (pieces[end][0] in CHINESE_DIGITS or pieces[end][0] == "十"):
        end += 1
    number = _chinese("".join(p for p, _ in pieces[at:end]))
    after = pieces[end][0] if end < len(pieces) else ""
    if after == "群":
        return Token("number", "一群", start, number=5), end - at + 1
    if after in ("对", "双"):
        return Token("number", "一对", start, number=2 * number), end - at + 1
    if after and after in CLASSIFIERS:
        return Token("number", piece, start, number=number), end - at + 1
    return (Token("number", piece, start, number=number), end - at) if after == "人" else None


def _chinese(numeral: str) -> int:
    """The value of a Chinese numeral below 100: 十二 is 12, 二十 is 20."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return CHINESE_DIGITS[numeral[-1]]
    return (CHINESE_DIGITS[tens[-1]] if tens else 1) * 10 + (CHINESE_DIGITS[ones[-1]] if ones else 0)


def _plain(pieces: list[tuple[str, int]], at: int) -> tuple[Token, int]:
    """A stop, a glue word, or a run that nobody knows (a whole run of Chinese characters at once)."""
    piece, start = pieces[at]
    low = piece.lower()
    if piece in STOPS:
        return Token("stop", piece, start), 1
    if low in GLUE or (len(low) < 2 and not _is_cjk(low)):
        definite = low in ("the", "his", "her", "their", "its", "this", "that", "这", "那", "该")
        return Token("glue", low, start, definite=definite), 1
    if not _is_cjk(piece):
        return Token("word", low, start), 1
    end = at + 1
    while end < len(pieces) and end - at < 4 and _is_cjk(pieces[end][0]):
        if pieces[end][0] in GLUE or _known(pieces, end) or _number(pieces, end):
            break
        end += 1
    return Token("word", "".join(p for p, _ in pieces[at:end]), start), end - at


def focal_length(prompt: str) -> str:
    """The focal length the prompt names, such as "35mm"; empty without one."""
    match = LENGTHS.search(prompt)
    return f"{match.group(1) or match.group(2)}mm" if match else ""

"""Editing instructions in English and Chinese as steps that can really be done, and the words that cannot.

A clause (up to a comma, a stop, "and", 并 ...) gives its amount, its target and its direction to what it names. What
nobody here can do is listed, never silently dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from studio.animatic import tables
from studio.animatic.text.lexicon import GLUE, phrases

AMOUNTS = {"slight": 0.5, "half": 0.5, "much": 1.7, "double": 2.0}
CLAUSE = re.compile(r"[,.;!?，。；！？、\n]+|\b(?:and then|and also|and|then|plus|also)\b|并且|然后|同时|并|和|再|且")
RATIO = re.compile(r"(?<![\d.:])(\d{1,2}(?:\.\d+)?)\s*[:：xX/比]\s*(\d{1,2}(?:\.\d+)?)(?![\d:])")
PERCENT = re.compile(r"(\d{1,3})\s*(?:%|percent|per cent)|百分之\s*(\d{1,3})", re.IGNORECASE)
DEGREES = re.compile(r"(-?\d{1,3}(?:\.\d+)?)\s*(?:°|degrees?|deg\b|度)", re.IGNORECASE)
LEFTWARDS = re.compile(r"counter[\s-]?clockwise|anti[\s-]?clockwise|to the left|\bleft\b|逆时针|向左", re.IGNORECASE)
DIRECTIONS = re.compile(r"\b(?:clockwise|to the right|right|by|angle)\b|顺时针|向右", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?|\d+(?:\.\d+)?|[\u3400-\u9fff]")
POLITE = frozenset(("a", "an", "please", "can", "could", "would", "want", "like", "just", "only", *"请我想要帮"))


@dataclass(frozen=True)
class EditStep:
    """One adjustment. amount: 1 is the usual strength; below 0 the other way. target: where; value: what exactly.

    kind is a quantity, a look, a shape or a layout of edits.toml, or recolour (value: the new colour, source: the old).
    """

    kind: str
    amount: float = 1.0
    target: str = "all"
    value: str = ""
    source: str = ""


@dataclass(frozen=True)
class Instructions:
    """The steps in the order they were asked for; unread: words nobody here can act on."""

    steps: tuple[EditStep, ...]
    unread: tuple[str, ...]

    @property
    def layout(self) -> str:
        """How several pictures are put together; empty where the instruction does not say."""
        return next((s.value for s in self.steps if s.kind == "layout"), "")


@dataclass
class Clause:
    """What one clause names. found: (kind, value) in order; leftover: words that mean nothing here."""

    terms: list[tuple[str, str]]
    leftover: list[str]
    amount: float = 1.0
    degrees: float | None = None
    ratio: str = ""
    left: bool = False

    def first(self, kind: str) -> str:
        """The first value of a kind, or empty."""
        return next((v for k, v in self.terms if k == kind), "")

    def all(self, kind: str) -> list[str]:
        """Every value of a kind."""
        return [v for k, v in self.terms if k == kind]


def parse(text: str) -> Instructions:
    """Read an instruction; never fails."""
    steps: list[EditStep] = []
    unread: list[str] = []
    names: list[str] = []
    for part in _clauses(text):
        clause = _read(part)
        if clause.first("keep"):
            continue
        names = clause.all("target") or names
        steps_made = _steps(clause, names)
        steps = list(dict.fromkeys([*steps, *steps_made]))
        if not any(s.source for s in steps_made):  # "the red coat": what is red is what is meant
            unread += clause.leftover
        if not steps_made:
            unread += _idle(clause, part)
    return Instructions(tuple(steps), tuple(dict.fromkeys(unread)))


def _clauses(text: str) -> list[str]:
    """The parts of the text, with fixed phrases such as "black and white" kept whole."""
    text = text.lower().replace("’", "'")
    whole = [p for p in table() if " and " in p or "和" in p or "并" in p]
    for phrase in sorted(whole, key=len, reverse=True):
        text = text.replace(phrase, phrase.replace(" and ", " \x00 ").replace("并", "\x01"))
    parts = (part.replace("\x00", "and").replace("\x01", "并").strip() for part in CLAUSE.split(text))
    return [part for part in parts if part]


@cache
def table() -> dict[str, tuple[tuple[str, str], ...]]:
    """phrase -> its (kind, value) pairs from edits.toml, and the colours that the prompt reader knows."""
    terms: dict[str, list[tuple[str, str]]] = {}
    for kind, values in tables.load("text/edits").items():
        for value, listed in values.items():
            for phrase in listed.split(","):
                terms.setdefault(phrase.strip().lower(), []).append((kind, value))
    for phrase, meanings in phrases().items():
        if "colour" in meanings and phrase not in terms:
            terms[phrase] = [("colour", meanings["colour"])]
    return {phrase: tuple(pairs) for phrase, pairs in terms.items()}


@cache
def _pattern() -> re.Pattern[str]:
    """Any known phrase, longest first; English ones as whole words."""
    known = sorted(table(), key=len, reverse=True)
    forms = (rf"(?<![a-z]){re.escape(p)}(?![a-z])" if p.isascii() else re.escape(p) for p in known)
    return re.compile("|".join(forms))


def _read(part: str) -> Clause:
    clause = Clause([], [])
    if match := RATIO.search(part):
        clause.ratio = f"{float(match[1]):g}:{float(match[2]):g}"
        part = part.replace(match.group(), " ")
    if match := PERCENT.search(part):
        clause.amount = max(0.02, int(match[1] or match[2]) / 100 / 0.25)  # the usual strength counts as 25 %
        part = part.replace(match.group(), " ")
    if match := DEGREES.search(part):
        clause.degrees = float(match[1])
        part = part.replace(match.group(), " ")
    clause.left = bool(LEFTWARDS.search(part))
    if clause.degrees is not None or "rotat" in part or "旋转" in part:
        part = DIRECTIONS.sub(" ", LEFTWARDS.sub(" ", part))
    for match in _pattern().finditer(part):
        clause.terms += table()[match.group()]
    rest = _pattern().sub(" ", part)
    words = [w for w in WORD.findall(rest) if w not in GLUE and w not in POLITE]
    clause.leftover = _joined(words)
    for word in clause.all("amount"):
        clause.amount *= AMOUNTS[word]
    return clause


def _joined(words: list[str]) -> list[str]:
    """English words one by one, Chinese characters that follow each other as one."""
    out: list[str] = []
    for word in words:
        if out and not word.isascii() and not out[-1].isascii():
            out[-1] += word
        else:
            out.append(word)
    return out


def _steps(clause: Clause, names: list[str]) -> list[EditStep]:
    """The steps of a clause."""
    target = next((n for n in clause.all("target") if n != "all"), "")
    where = target or ("all" if not names else next((n for n in names if n not in ("all", "edges")), "all"))
    steps_made: list[EditStep] = []
    degree = next(iter(clause.all("more")), "")
    sign = {"less": -1.0, "none": -2.0}.get(degree, 1.0)
    steps_made += [EditStep(value, _turned(clause.amount, degree), where) for value in clause.all("up")]
    steps_made += [EditStep(value, -_turned(clause.amount, degree), where) for value in clause.all("down")]
    named = {s.kind for s in steps_made}
    for value in clause.all("quantity"):
        if value not in named and not (value == "brightness" and steps_made):
            steps_made.append(EditStep(value, sign * clause.amount, where))
    steps_made += [
        EditStep("look", clause.amount, where, value) for value in clause.all("look") if degree not in ("none", "less")
    ]
    steps_made += _shapes(clause)
    steps_made += [EditStep("layout", clause.amount, "all", value) for value in clause.all("layout")[:1]]
    return steps_made + _recolours(clause, where, bool(steps_made))


def _turned(amount: float, degree: str) -> float:
    """ "less bright" turns an adjective round; "more" leaves it."""
    return -amount if degree == "less" else amount


def _shapes(clause: Clause) -> list[EditStep]:
    ratio = clause.ratio or clause.first("ratio")
    steps_made: list[EditStep] = []
    for value in dict.fromkeys(clause.all("shape")):
        if value == "rotate":
            degrees = 90.0 if clause.degrees is None else clause.degrees
            steps_made.append(EditStep("rotate", -degrees if clause.left else degrees))
        elif value == "crop":
            steps_made.append(
                EditStep("crop", clause.amount, value=ratio) if ratio else EditStep("zoom", clause.amount)
            )
        else:
            steps_made.append(EditStep(value, clause.amount))
    if clause.degrees is not None and not any(s.kind == "rotate" for s in steps_made):
        steps_made.append(EditStep("rotate", -clause.degrees if clause.left else clause.degrees))
    if ratio and not any(s.kind == "crop" for s in steps_made):
        steps_made.append(EditStep("crop", value=ratio))
    return steps_made


def _recolours(clause: Clause, where: str, other: bool) -> list[EditStep]:
    """Colour words: one is the new colour of the target; of two, the first is replaced by the second."""
    colours = clause.all("colour")
    if len(colours) >= 2:
        return [EditStep("recolour", clause.amount, where, value=colours[-1], source=colours[0])]
    if colours and (not other or where in ("sky", "background", "subject")):
        if clause.leftover and where == "all":
            return []  # "make the car blue": nobody here finds the car
        return [EditStep("recolour", clause.amount, where, value=colours[0])]
    return []


def _idle(clause: Clause, part: str) -> list[str]:
    """Known words of a clause that led to nothing; colours and targets of things nobody here can find."""
    known = [m.group() for m in _pattern().finditer(part)]
    return (
        []
        if clause.leftover and not known
        else [word for word in known if any(kind in ("colour", "target", "look", "none") for kind, _ in table()[word])]
    )

"""Which of its meanings a word has here: a keeper of a lighthouse is a person, a wave of the hand is no sea.

Rules look at a token's neighbours and leave it fewer meanings, or others. They are tried in order on each token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from studio.animatic import artwork, tables
from studio.animatic.artwork import is_animal
from studio.animatic.text import undrawn
from studio.animatic.text.lexicon import Token, singular

VERBS: dict[str, dict[str, str]] = (
    {word: {"posture": posture} for word, posture in tables.pairs("verbs").items()}
    | {word: {"looks": "away"} for word in tables.words("unposed", "away")}
    | {word: {} for word in tables.words("unposed", "nothing")}
)
"""What these words mean as the verb of a person; as nouns they mean what the vocabulary says."""
PRONOUNS = tables.words("grammar", "pronouns")
AMBIGUOUS = tables.phrases("scenes", "ambiguous-moves")
"""Words that are the camera's only where nobody in the clause can be doing it."""


def disambiguated(stream: list[Token]) -> list[Token]:
    """The tokens with the meanings they have in this text."""
    out = list(stream)
    for at in range(len(out)):
        for rule in RULES:
            if out[at].kind == "known":
                out[at] = rule(out, at)
    return _negated(undrawn.marked(out))


def _noun_modifier(stream: list[Token], at: int) -> Token:
    """In front of its head a noun only says what kind it is: the fire of a fire truck does not burn.

    A place stays as the likely place: a kitchen table.
    """
    token = stream[at]
    words = [t.text for t in stream[at : at + 3] if t.text.isascii() and t.text.isalpha()]
    for length in (3, 2):
        form = singular(" ".join(words[:length]))[0] if len(words) >= length else ""
        if artwork.nouns().get(form) == "+":
            place = token.meanings.get("setting", "")
            kept = {k: v for k, v in token.meanings.items() if k in ("colour", "style", "time", "light")}
            return _only(token, {**kept, **({"home": place} if place else {})})
    return token


def _verb_of_subject(stream: list[Token], at: int) -> Token:
    """The name of a drawing right after its subject, or after "to", is a verb: she hammers, to saw."""
    token = stream[at]
    drawn = token.meanings.get("art") or artwork.is_animal(token.meanings.get("figure", ""))
    if not drawn or not token.text.isascii() or " " in token.text or token.text in VERBS:
        return token
    before = stream[at - 1] if at else None
    subject = _is_agent(before) and not (before and artwork.is_animal(before.meanings.get("figure", "")))
    infinitive = before is not None and before.text == "to" and at > 1 and stream[at - 2].kind == "glue"
    return _without(token, "thing", "figure", "art") if subject or infinitive else token


def _only(token: Token, meanings: dict[str, str]) -> Token:
    return replace(token, kind="known" if meanings else "glue", meanings=meanings)


def _without(token: Token, *categories: str) -> Token:
    return _only(token, {k: v for k, v in token.meanings.items() if k not in categories})


def _before(stream: list[Token], at: int) -> Token | None:
    """The token before, adverbs of pace left out; None at the start of a clause."""
    for other in reversed(stream[:at]):
        if other.kind == "stop":
            return None
        if "pace" not in other.meanings and other.text not in ("then", "now", "and", "'", "’", "s", "再", "又"):
            return other
    return None


def _near(stream: list[Token], at: int, reach: int = 5) -> list[Token]:
    return [t for n, t in enumerate(stream[max(0, at - reach) : at + reach + 1], max(0, at - reach)) if n != at]


def _is_agent(token: Token | None) -> bool:
    """True for somebody who can be the subject of a verb."""
    return token is not None and (token.kind == "name" or "figure" in token.meanings or token.text in PRONOUNS)


def _verb(stream: list[Token], at: int) -> Token:
    """A noun after its subject is a verb: she waves, the man ducks."""
    token = stream[at]
    if token.text not in VERBS or "posture" in token.meanings:
        return token
    before = _before(stream, at)
    follows = stream[at + 1] if at + 1 < len(stream) else None
    if before is None or not _is_agent(before) or (token.text == "hands" and _follows_possessive(stream, at)):
        return token
    if token.text == "glasses" or (token.text == "train" and follows and "figure" in follows.meanings):
        return token
    return _only(token, VERBS[token.text])


def _kite_flyer(stream: list[Token], at: int) -> Token:
    """Who flies a kite stands on the ground."""
    token = stream[at]
    flies = token.text in ("flies", "fly", "flying", "放")
    kite = any(t.meanings.get("thing") in ("kite", "flag") for t in stream[at + 1 : at + 6])
    return _only(token, {"posture": "raising"}) if flies and kite else token


def _follows_possessive(stream: list[Token], at: int) -> bool:
    return at > 0 and stream[at - 1].text in ("his", "her", "their", "my", "s", "'", "的")


def _compound(stream: list[Token], at: int) -> Token:
    """The noun in front of a person's trade says what the trade is: lighthouse keeper, taxi driver, street musician.

    A place stays as the likely place.
    """
    token = stream[at]
    after = stream[at + 1] if at + 1 < len(stream) else None
    if after is None or token.plural or not {"thing", "figure", "setting"} & set(token.meanings):
        return token
    person = after.meanings.get("figure", "")
    if is_animal(person) and token.meanings.get("figure") in ("baby", "child", "woman", "man"):
        return _only(token, {})  # a baby elephant, a mother bear
    if not person or is_animal(person) or "posture" in token.meanings or token.text in ("hand", "head"):
        return token
    if token.text in ("elderly", "senior"):
        return _only(token, {})
    english = token.text.isascii()
    if "figure" in token.meanings and not is_animal(token.meanings["figure"]):
        return token
    if not english and not {"thing", "setting"} & set(token.meanings):
        return token
    place = token.meanings.get("setting", "")
    return _only(token, {"home": place} if place else {})


def _fruit(stream: list[Token], at: int) -> Token:
    """One orange at the end of its phrase is a fruit, not a colour."""
    token = stream[at]
    ends = at + 1 >= len(stream) or stream[at + 1].kind in ("stop", "glue")
    fruit = token.text == "orange" and at > 0 and stream[at - 1].number == 1 and ends
    return _only(token, {"thing": "fruit"}) if fruit else token


def _in_context(stream: list[Token], at: int) -> Token:
    """Words that mean something else beside certain others, by contexts.toml."""
    token = stream[at]
    for rule in _contexts().get(token.text, ()):
        if _fits(rule, stream, at):
            if "without" in rule:
                return _without(token, rule["without"])
            category, _, value = rule["means"].partition(" ")
            return _only(token, {category: value} if category else {})
    return token


@cache
def _contexts() -> dict[str, list[dict[str, Any]]]:
    """The rules of contexts.toml by the words they are for."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for rule in tables.load("text/contexts")["rule"]:
        for word in rule["words"].split():
            rules.setdefault(word, []).append(rule)
    return rules


def _fits(rule: dict[str, Any], stream: list[Token], at: int) -> bool:
    near, next_word = _near(stream, at, rule.get("reach", 5)), stream[at + 1].text if at + 1 < len(stream) else ""

    def valued(tokens: list[Token], values: str) -> bool:
        return any(not set(values.split()).isdisjoint(token.meanings.values()) for token in tokens)

    return (
        ("near" not in rule or any(token.text in rule["near"].split() for token in near))
        and ("beside" not in rule or valued(near, rule["beside"]))
        and ("follows" not in rule or valued(stream[max(0, at - 4) : at], rule["follows"]))
        and ("after" not in rule or next_word in rule["after"].split())
        and ("subject" not in rule or _is_agent(_before(stream, at)))
    )


def _camera(stream: list[Token], at: int) -> Token:
    """Ambiguous words move the camera only where nobody else in the clause can: the sun rises, she pulls back."""
    token = stream[at]
    if "move" not in token.meanings or token.text not in AMBIGUOUS:
        return token
    start = next((n + 1 for n in range(at - 1, -1, -1) if stream[n].kind == "stop"), 0)
    clause = stream[start:at]
    if any(t.text in ("camera", "lens", "shot", "镜头", "画面", "摄影机", "view", "镜") for t in clause):
        return token
    busy = any(
        t.kind in ("name", "word", "number") or t.text in PRONOUNS or {"figure", "thing", "part"} & set(t.meanings)
        for t in clause
    )
    noun = clause and clause[-1].kind == "glue" and clause[-1].text in ("a", "the", "in", "her", "his", "into", "onto")
    after = stream[at + 1] if at + 1 < len(stream) else None
    cooking = tables.words("scenes", "cooking") & {t.text for t in _near(stream, at, 8)}
    if cooking and token.text in ("pan", "pans"):
        return _only(token, {"thing": "pan"})
    pushed = token.text == "push" and after is not None and after.definite
    if busy or noun or pushed:
        return _without(token, "move")
    return _only(token, {"move": token.meanings["move"]})


RULES: tuple[Callable[[list[Token], int], Token], ...] = (
    _noun_modifier, _kite_flyer, _verb_of_subject, _verb, _compound, _fruit, _in_context, _camera,
)  # fmt: skip


def _negated(stream: list[Token]) -> list[Token]:
    """Nothing of what is denied ("no people", "empty of", 没有) or only compared ("like a bird") is there."""
    out: list[Token] = []
    silent = ""
    for at, token in enumerate(stream):
        after = stream[at + 1].text if at + 1 < len(stream) else ""
        if token.kind == "stop" or (silent and token.text in ("and", "but", "with", "in", "on")):
            silent = ""
        elif (
            token.text in ("no", "without", "没有", "无", "nobody", "not")
            or (token.text in ("like", "as") and after in ("a", "an", "the", "if", "though"))
            or token.text in ("像", "如同", "仿佛")
        ):
            silent = "on"
        if silent and token.kind == "known":
            token = _without(token, "figure", "thing", "art", "label", "many", "posture", "setting", "weather")
        elif silent and token.kind == "number":
            token = replace(token, kind="glue", number=0)
        out.append(token)
    return out

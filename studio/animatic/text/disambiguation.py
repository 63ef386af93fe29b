"""Which of its meanings a word has here: a keeper of a lighthouse is a person, a wave of the hand is no sea.

Rules look at a token's neighbours and leave it fewer meanings, or others. They are tried in order on each token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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


def disambiguated(found: list[Token]) -> list[Token]:
    """The tokens with the meanings they have in this text."""
    out = list(found)
    for at in range(len(out)):
        for rule in RULES:
            if out[at].kind == "known":
                out[at] = rule(out, at)
    return _silenced(undrawn.marked(out))


def _kind_of(found: list[Token], at: int) -> Token:
    """In front of its head a noun only says what kind it is: the fire of a fire truck does not burn.

    A place stays as the likely place: a kitchen table.
    """
    token = found[at]
    words = [t.text for t in found[at : at + 3] if t.text.isascii() and t.text.isalpha()]
    for length in (3, 2):
        form = singular(" ".join(words[:length]))[0] if len(words) >= length else ""
        if artwork.nouns().get(form) == "+":
            place = token.meanings.get("setting", "")
            kept = {k: v for k, v in token.meanings.items() if k in ("colour", "style", "time", "light")}
            return _only(token, {**kept, **({"home": place} if place else {})})
    return token


def _not_done(found: list[Token], at: int) -> Token:
    """The name of a drawing right after its subject, or after "to", is a verb: she hammers, to saw."""
    token = found[at]
    drawn = token.meanings.get("art") or artwork.is_animal(token.meanings.get("figure", ""))
    if not drawn or not token.text.isascii() or " " in token.text or token.text in VERBS:
        return token
    before = found[at - 1] if at else None
    subject = _doer(before) and not (before and artwork.is_animal(before.meanings.get("figure", "")))
    infinitive = before is not None and before.text == "to" and at > 1 and found[at - 2].kind == "glue"
    return _without(token, "thing", "figure", "art") if subject or infinitive else token


def _only(token: Token, meanings: dict[str, str]) -> Token:
    return replace(token, kind="known" if meanings else "glue", meanings=meanings)


def _without(token: Token, *categories: str) -> Token:
    return _only(token, {k: v for k, v in token.meanings.items() if k not in categories})


def _before(found: list[Token], at: int) -> Token | None:
    """The token before, adverbs of pace left out; None at the start of a clause."""
    for other in reversed(found[:at]):
        if other.kind == "stop":
            return None
        if "pace" not in other.meanings and other.text not in ("then", "now", "and", "'", "’", "s", "再", "又"):
            return other
    return None


def _near(found: list[Token], at: int, reach: int = 5) -> list[Token]:
    return [t for n, t in enumerate(found[max(0, at - reach) : at + reach + 1], max(0, at - reach)) if n != at]


def _doer(token: Token | None) -> bool:
    """True for somebody who can be the subject of a verb."""
    return token is not None and (token.kind == "name" or "figure" in token.meanings or token.text in PRONOUNS)


def _verb(found: list[Token], at: int) -> Token:
    """A noun after its subject is a verb: she waves, the man ducks."""
    token = found[at]
    if token.text not in VERBS or "posture" in token.meanings:
        return token
    before = _before(found, at)
    follows = found[at + 1] if at + 1 < len(found) else None
    if before is None or not _doer(before) or (token.text == "hands" and _possessed(found, at)):
        return token
    if token.text == "glasses" or (token.text == "train" and follows and "figure" in follows.meanings):
        return token
    return _only(token, VERBS[token.text])


def _flown(found: list[Token], at: int) -> Token:
    """Who flies a kite stands on the ground."""
    token = found[at]
    flies = token.text in ("flies", "fly", "flying", "放")
    kite = any(t.meanings.get("thing") in ("kite", "flag") for t in found[at + 1 : at + 6])
    return _only(token, {"posture": "raising"}) if flies and kite else token


def _possessed(found: list[Token], at: int) -> bool:
    return at > 0 and found[at - 1].text in ("his", "her", "their", "my", "s", "'", "的")


def _compound(found: list[Token], at: int) -> Token:
    """The noun in front of a person's trade says what the trade is: lighthouse keeper, taxi driver, street musician.

    A place stays as the likely place.
    """
    token = found[at]
    after = found[at + 1] if at + 1 < len(found) else None
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


def _glass(found: list[Token], at: int) -> Token:
    """A cup only for those who drink; else a pane."""
    token = found[at]
    if token.text not in ("glass",):
        return token
    near = _near(found, at)
    drinks = any(
        t.text in tables.words("scenes", "drinks") or t.meanings.get("posture") in ("drinking", "raising") for t in near
    )
    held = any(t.meanings.get("posture") in ("holding", "giving") for t in found[max(0, at - 4) : at])
    return _only(token, {"thing": "glass"} if drinks or held else {"part": "glass"})


def _light(found: list[Token], at: int) -> Token:
    """A ship's light is no ship; an oil lamp is one lamp."""
    token = found[at]
    if token.text == "match":
        sport = any(
            t.text in tables.words("scenes", "sports") or t.meanings.get("setting") in ("pitch", "gym")
            for t in _near(found, at, 8)
        )
        return _only(token, {} if sport else {"thing": "match"})
    if token.text in ("orange",):
        fruit = (
            at > 0 and found[at - 1].number == 1 and (at + 1 >= len(found) or found[at + 1].kind in ("stop", "glue"))
        )
        return _only(token, {"thing": "fruit"}) if fruit else token
    if token.text in ("star", "stars") and "time" in token.meanings and _doer(_before(found, at)):
        return _only(token, {})
    return token


def _crane(found: list[Token], at: int) -> Token:
    """A crane is a camera's, a builder's or a bird, by what stands near it."""
    token = found[at]
    if token.text not in ("crane", "cranes"):
        return token
    near = {t.text for t in _near(found, at, 4)}
    if near & {"construction", "harbour", "harbor", "steel", "container", "containers", "lifts", "building", "tower"}:
        return _only(token, {"thing": "machine"})
    if near & {"wings", "feathers", "flies", "flying", "wading", "white", "flock", "takes", "nest", "lands"}:
        return _only(token, {"figure": "bird"})
    return token


def _camera(found: list[Token], at: int) -> Token:
    """Ambiguous words move the camera only where nobody else in the clause can: the sun rises, she pulls back."""
    token = found[at]
    if "move" not in token.meanings or token.text not in AMBIGUOUS:
        return token
    start = next((n + 1 for n in range(at - 1, -1, -1) if found[n].kind == "stop"), 0)
    clause = found[start:at]
    if any(t.text in ("camera", "lens", "shot", "镜头", "画面", "摄影机", "view", "镜") for t in clause):
        return token
    busy = any(
        t.kind in ("name", "word", "number") or t.text in PRONOUNS or {"figure", "thing", "part"} & set(t.meanings)
        for t in clause
    )
    noun = clause and clause[-1].kind == "glue" and clause[-1].text in ("a", "the", "in", "her", "his", "into", "onto")
    after = found[at + 1] if at + 1 < len(found) else None
    kitchen = token.text in ("pan", "pans") and any(
        t.text in ("oil", "fry", "frying", "egg", "hot", "onion", "stove", "sizzles", "sizzling", "butter")
        for t in _near(found, at, 8)
    )
    if kitchen:
        return _only(token, {"thing": "pan"})
    pushed = token.text == "push" and after is not None and after.definite
    if busy or noun or pushed:
        return _without(token, "move")
    return _only(token, {"move": token.meanings["move"]})


def _stage_words(found: list[Token], at: int) -> Token:
    """Words for a place that are something else here: a stage of life, a bank by a river, a bar of gold."""
    token = found[at]
    after = found[at + 1].text if at + 1 < len(found) else ""
    if token.text in ("stage", "bar", "field", "bank", "court", "shop", "hall", "peak", "lift") and after == "of":
        return _without(token, "setting")
    if token.text == "bank" and any(t.meanings.get("setting") == "lake" for t in _near(found, at, 8)):
        return _only(token, {"setting": "lake"})
    if token.text in ("cell", "lift", "store", "shop", "bar", "pool", "ruin", "ruins") and _doer(_before(found, at)):
        return _without(token, "setting")
    if token.text == "ice" and after in ("cube", "cubes", "cream", "tea"):
        return _only(token, {})
    return token


RULES: tuple[Callable[[list[Token], int], Token], ...] = (
    _kind_of, _flown, _not_done, _verb, _compound, _glass, _light, _crane, _camera, _stage_words,
)  # fmt: skip


def _silenced(found: list[Token]) -> list[Token]:
    """Nothing of what is denied ("no people", "empty of", 没有) or only compared ("like a bird") is there."""
    out: list[Token] = []
    silent = ""
    for at, token in enumerate(found):
        after = found[at + 1].text if at + 1 < len(found) else ""
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

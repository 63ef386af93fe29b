"""What a shot names and the draft has no drawing for: stand-ins for the picture, and a sentence for the user.

Of the words that were not understood only nouns of what can be seen count: a picture that lacks "stylish" lacks nothing
anybody looks for. A person of an unknown trade is a person; everything else becomes a stand-in with its word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from studio.animatic import artwork, tables
from studio.animatic.artwork import STAND_IN
from studio.animatic.text.lexicon import GLUE, Token, singular
from studio.animatic.text.reading import PromptReading
from studio.messages import Message

MOST = 5
_NOUNS = frozenset({"figure", "thing", "setting", "home", "part", "wears", "crowd"})
_VERBAL = ("ing", "ed", "ly")


def marked(stream: list[Token]) -> list[Token]:
    """The tokens, those that name what has no drawing turned into stand-ins and people."""
    out = list(stream)
    for at, token in enumerate(stream):
        if token.kind == "word" and at and _modifies(stream[at - 1]) and _plain_noun(token.text):
            out[at - 1] = replace(stream[at - 1], kind="glue", meanings={})  # a bear trap is no bear
            out[at] = _stand_in(replace(token, text=f"{stream[at - 1].text} {token.text}"), False)
        elif token.kind == "word":
            out[at] = _marked(out, at)
        elif at and _modifies(stream[at - 1]) and "figure" in stream[at - 1].meanings and "figure" in token.meanings:
            out[at - 1] = replace(stream[at - 1], kind="glue", meanings={})  # a bull dog is no bull
    return out


def _plain_noun(word: str) -> bool:
    """Whether a word can only be a noun behind another one; what ends in s may be a verb: the kangaroo hops."""
    return artwork.nouns().get(word) == "" and (not word.endswith("s") or word.endswith("ss"))


def _modifies(token: Token) -> bool:
    """Whether a known noun is an animal or a thing in the singular, which in front of another noun says its kind."""
    animal = artwork.is_animal(token.meanings.get("figure", ""))
    return token.text.isascii() and not token.plural and (animal or "art" in token.meanings)


def notes(readings: Iterable[PromptReading]) -> list[str]:
    """One sentence with the nouns that were not drawn, in order; none where all was."""
    words = list(dict.fromkeys(t.label for r in readings for t in r.objects if t.kind == STAND_IN))
    return [Message("draft.not_drawn", words=", ".join(words[:MOST]))] if words else []


def _marked(stream: list[Token], at: int) -> Token:
    token = stream[at]
    if not token.text.isascii():
        measured = at and stream[at - 1].kind == "number" and len(token.text) > 1 and not _describes(stream, at)
        return _stand_in(token, False) if measured else token
    form, plural = singular(token.text)
    mark = artwork.nouns().get(form, "?")
    plural = plural or (not form and token.text.endswith("s") and not token.text.endswith("ss"))
    if not _noun(stream, at, known=mark != "?", plural=plural):
        return token
    if mark in ("@", "~"):
        meanings = {"figure": "person"} if mark == "@" else {"wears": "suit"}
        return replace(token, kind="known", meanings=meanings, plural=plural)
    return _stand_in(token, plural)


def _stand_in(token: Token, plural: bool) -> Token:
    return replace(token, kind="known", meanings={"thing": STAND_IN, "label": token.text}, plural=plural)


def _describes(stream: list[Token], at: int) -> bool:
    """Whether a Chinese word only describes a known noun right behind it."""
    return at + 1 < len(stream) and (stream[at + 1].text == "的" or bool(_NOUNS & set(stream[at + 1].meanings)))


def _noun(stream: list[Token], at: int, *, known: bool, plural: bool) -> bool:
    """Whether this word ends a noun phrase that an article, a number or the like begins.

    known: it is listed as a noun of what can be seen; other words need to be in the very place of one.
    """
    word = stream[at].text.lower()
    if (
        word in tables.words("scenes", "unseen")
        or len(word) < 3
        or (not known and word.endswith((*_VERBAL, "ness", "ity", "ion", "ment")))
    ):
        return False
    after = stream[at + 1] if at + 1 < len(stream) else None
    if after is not None and after.kind != "stop":
        if (_NOUNS | {"colour"}) & set(after.meanings):
            return False
        ends = plural or after.kind != "word" or after.text.endswith(("s", *_VERBAL))
        if not ends and singular(after.text)[0]:
            return False
        if not ends and not known:
            return False
    for back in range(at - 1, max(-1, at - 4), -1):
        token = stream[back]
        before = token.text.lower()
        if (
            before in tables.words("grammar", "before-a-noun")
            or token.kind == "number"
            or before.endswith((" a", " the"))
        ):
            return True
        if plural and known and before in tables.words("grammar", "before-a-plural"):
            return True
        if before in GLUE or token.kind in ("stop", "name") or _NOUNS & set(token.meanings):
            return plural and known and token.kind == "stop"
    return plural and known and at < 3

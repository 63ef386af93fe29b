"""What a shot names and the draft could not draw, in a sentence for the user.

Of the words that were not understood only nouns count: a picture that lacks "stylish" lacks nothing anybody looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from studio.animatic.text import senses
from studio.animatic.text.lexicon import GLUE, tokens
from studio.animatic.text.reading import Reading, listed
from studio.animatic.text.script import unquoted

MOST = 5
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|[^\s\w]")
_BEFORE = listed(
    "a an the this that these those his her their its my our your some many several no another each every "
    "one two three four five six seven eight nine ten twelve dozen"
)
_MEASURED = r"(?:[一二两三四五六七八九十几数\d]+|这|那)[只头匹条个位辆架艘座台把件群张棵朵块支枚]"
_NOUNS = frozenset({"figure", "thing", "setting", "home", "part", "wears", "crowd"})
_VERBAL = ("ing", "ed", "ly")
_NOT_SEEN = listed(
    "sense moment mood feeling way kind sort bit lot style atmosphere story scene series frame detail details pace "
    "hint touch mix distance middle end beginning edge side sides top bottom front back rest hour time day second beat "
    "pause foreground background centre center viewer audience lens focus depth movement motion action breath silence "
    "camera"
)


def notes(readings: Iterable[Reading]) -> list[str]:
    """One sentence with the nouns that were not drawn, in order; none where all was."""
    words = list(dict.fromkeys(word for reading in readings for word in nouns_of(reading)))
    return [f"Not drawn: {', '.join(words[:MOST])}."] if words else []


def nouns_of(reading: Reading) -> list[str]:
    """The nouns among the words that were not understood."""
    unread = {word.lower() for word in reading.unread}
    if not unread:
        return []
    text = unquoted(reading.prompt)
    words = _WORD.findall(text)
    found = [w for i, w in enumerate(words) if w.lower() in unread and _noun(words, i, unread)]
    han = [w for w in reading.unread if "\u4e00" <= w[0] <= "\u9fff" and _measured(text, w)]
    return list(dict.fromkeys((*found, *han)))


def _noun(words: list[str], at: int, unread: set[str]) -> bool:
    """Whether this word ends a noun phrase that an article, a number or the like begins."""
    word = words[at].lower()
    if word in _NOT_SEEN or word.endswith(_VERBAL) or len(word) < 3:
        return False
    after = words[at + 1].lower() if at + 1 < len(words) else ""
    plural = word.endswith("s") and not word.endswith("ss")
    if after in unread and not plural and not after.endswith(("s", *_VERBAL)):
        return False
    if after not in unread and _means(after, _NOUNS | {"colour"}):
        return False
    for back in range(at - 1, max(-1, at - 4), -1):
        before = words[back].lower()
        if before in _BEFORE:
            return True
        if (
            before in GLUE
            or not before[0].isalpha()
            or _means(before, _NOUNS)
            or (before in unread and before[-1] == "s")
        ):
            return False
    return False


def _means(word: str, kinds: frozenset[str]) -> bool:
    return any(kinds & set(t.meanings) for t in senses.settled(tokens(word))) if word else False


def _measured(text: str, word: str) -> bool:
    """Whether a Chinese word follows a number and a measure word, and is not what describes a known noun."""
    found = re.search(rf"{_MEASURED}{re.escape(word)}(?P<after>[\u4e00-\u9fff]?)", text)
    return bool(found) and not _means(found["after"], _NOUNS)

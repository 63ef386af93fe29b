"""Word lists as one expression: English words at their borders, Chinese ones anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio.prompt.lint.source import HAN


@dataclass(frozen=True)
class Words:
    """An expression that is only tried where one of its stems stands in the text: most texts have none of them."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first place, or None."""
        return self.pattern.search(text, start, len(text) if end is None else end) if self._may(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All places."""
        return self.pattern.finditer(text) if self._may(text) else iter(())

    def _may(self, text: str) -> bool:
        lowered = text.lower()
        return any(stem in lowered for stem in self.stems)


def any_of(words: Iterable[str], items: Iterable[str] = ()) -> Words:
    """An expression for any of these, the longest first; a space in one stands for any white space or hyphen.

    items: words that count only where they stand alone between commas or full stops.
    """
    alone = [re.escape(word).replace(r"\ ", r"[\s-]+") for word in items]
    ordered = sorted(words, key=len, reverse=True)
    english = [
        re.escape(word).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?") for word in ordered if not HAN.search(word)
    ]
    chinese = [re.escape(word) for word in ordered if HAN.search(word)]
    if not ordered:
        return Words(re.compile(r"(?!)"), ())
    parts = ([rf"\b(?:{'|'.join(english)})\b"] if english else []) + ([f"(?:{'|'.join(chinese)})"] if chinese else [])
    if alone:
        parts.append(rf"(?:(?<=[,.;，。；]\s)|(?<=[,.;，。；])|^)(?:{'|'.join(alone)})(?=\s{{0,3}}(?:[,.;，。；\n]|$))")
    ordered += items
    stems = dict.fromkeys(re.split(r"[\s-]", word)[0].lower() for word in ordered)
    return Words(re.compile("|".join(parts), re.IGNORECASE), tuple(stems))


CHANGES = any_of(
    (
        "then", "before", "after", "afterwards", "until", "finally", "eventually", "gradually", "suddenly", "later",
        "at first", "first", "next", "followed by", "as it", "turns into", "turns", "transitions", "transition",
        "transitioning", "transforms", "transforming", "becomes", "becoming", "changes", "changing", "shifts",
        "shifting",
        "switches", "switching", "cuts to", "cut to", "dissolves", "fades", "morphs", "alternating", "alternates",
        "contrast", "contrasts", "contrasting", "versus", "split screen", "meanwhile", "while", "blend",
        "blends", "mix",
        "mixed", "both", "from", "and back", "ends", "ending", "starts", "starting", "begins", "beginning",
        "opens", "throughout",
        "between", "as the day", "instead of", "rather than", "not",
        "然后", "随后", "接着", "之后", "最后", "直到", "逐渐", "渐渐", "变成", "变为", "转为", "转变", "切换",
        "切至", "切到", "过渡", "先",
        "再", "从", "对比", "交替", "交织", "与此同时", "开始", "结束", "过后", "而非", "不是",
    )
)  # fmt: skip
"""Words that tell of a change, so that two opposites may both be true."""

"""Where a draft cuts, and what each shot says: the written shots of a prompt made to cover the clip exactly."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.prompt import shots as prompt_shots

SHORTEST_S = 0.1
"""Shots shorter than this after sorting out overlaps are left out: nobody sees them."""

NUMBERED = re.compile(
    r"(?:^|(?<=[\s.;。；！]))\[?(?:(?:shot|scene)\s*#?\d+|第\s*[\d一二三四五六七八九十]+\s*个?\s*镜头|镜头\s*[\d一二三四五六七八九十]+)\]?"
    r"\s*[:：.]",
    re.IGNORECASE,
)
"""Headings without times, `Shot 2:` or `镜头二：`; such shots share the clip evenly."""


@dataclass(frozen=True)
class ShotSpan:
    """One shot from start_s to end_s. text: its own words. style: what stands before the first shot and holds for all.

    before, after: the words of the other shots, in order.
    """

    start_s: float
    end_s: float
    text: str
    style: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def shots(prompt: str, duration_s: float) -> tuple[ShotSpan, ...]:
    """The shots in order; together they cover 0..duration_s without gap or overlap, and there is at least one.

    A gap belongs to the shot before it (before the first: to the first). Where two overlap, the one that starts later
    cuts the earlier short. What lies beyond the end is cut off: the times are the user's, so they are never stretched.
    """
    script = prompt_shots.parse(prompt, duration_s=duration_s)
    style, starts = script.style, [(s.start_s, s.text) for s in script.spans]
    if not starts:
        style, starts = _numbered(prompt, duration_s)
    if not starts:
        return (ShotSpan(0.0, duration_s, style),)
    ordered = sorted(starts, key=lambda s: s[0])
    ordered = [s for s in ordered if s[0] < duration_s - SHORTEST_S] or ordered[:1]
    ends = [start for start, _ in ordered[1:]] + [duration_s]
    kept = [(start, text) for (start, text), end in zip(ordered, ends, strict=True) if end - start >= SHORTEST_S]
    if not kept:
        return (ShotSpan(0.0, duration_s, _own(ordered[0][1]), style),)
    begins = [0.0] + [start for start, _ in kept[1:]]
    ends = [*begins[1:], duration_s]
    texts = [_own(text) for _, text in kept]
    return tuple(
        ShotSpan(begin, end, text, style.strip(), tuple(texts[:n]), tuple(texts[n + 1 :]))
        for n, (begin, end, text) in enumerate(zip(begins, ends, texts, strict=True))
    )


def _numbered(prompt: str, duration_s: float) -> tuple[str, list[tuple[float, str]]]:
    """The style line and the starts of numbered shots without times; no starts when there are fewer than two."""
    heads = list(NUMBERED.finditer(prompt))
    if len(heads) < 2:
        return prompt.strip(), []
    after = [h.start() for h in heads[1:]] + [len(prompt)]
    share = duration_s / len(heads)
    texts = [prompt[h.end() : end] for h, end in zip(heads, after, strict=True)]
    return prompt[: heads[0].start()].strip(), [(i * share, text) for i, text in enumerate(texts)]


def _own(text: str) -> str:
    return text.strip(" \n\t,，;；:：-")

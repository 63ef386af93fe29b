"""Where a draft cuts, and what each shot says: the written shots of a prompt made to cover the clip exactly."""

from __future__ import annotations

from dataclasses import dataclass

from studio.prompt.script.read_prompt import prompt_style, read_prompt
from studio.prompt.script.times import clip_times

SHORTEST_S = 0.1
"""Shots shorter than this after sorting out overlaps are left out: nobody sees them."""


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
    style, script = prompt_style(prompt), read_prompt(prompt, duration_s)
    if script is None:
        return (ShotSpan(0.0, duration_s, style),)
    texts = [prompt[shot.source_start : shot.source_end] for shot in script.shots]
    starts = [(time.start_s, text) for time, text in zip(clip_times(script, duration_s), texts, strict=True)]
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


def _own(text: str) -> str:
    return text.strip(" \n\t,，;；:：-")

"""Shots written into a prompt (`Shot 1 [0-3s]`, `第1个镜头[0-3秒]`, `[3s: ...]`), and what is wrong with their times.

Pure text, used by the draft engine (cuts), the form (the strip under the prompt) and the storyboard (both ways).
Source of the first two forms: Alibaba Model Studio, text-to-video prompt guide; of the third: FramePack-type sections.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.messages import Message

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_UNIT = r"(?:(?:seconds?|secs?|s|秒)\s*)?"
_HEAD = (
    r"(?:(?:shot|scene|clip)\s*(?:#\s*)?\d+|第\s*[\d一二三四五六七八九十]+\s*(?:个\s*)?(?:镜头|场景|幕)|镜头\s*\d+)"
    r"\s*(?:[:：.、,，-]\s*)?"
)
_RANGE = rf"[\[【(（]\s*{_NUMBER}\s*{_UNIT}[-–—~～至到]\s*{_NUMBER}\s*{_UNIT}[\]】)）]"
SHOT = re.compile(rf"(?:{_HEAD})?{_RANGE}\s*[:：,，-]?\s*", re.IGNORECASE)
"""A shot's heading: an optional number in words, then a bracketed range of seconds (groups 1 and 2)."""

SECTION = re.compile(rf"\[\s*{_NUMBER}\s*(?:s|秒)\s*[:：]\s*([^\]]*)\]", re.IGNORECASE)
"""A section with only a start: `[3s: text]` (group 1 start, group 2 text)."""


@dataclass(frozen=True)
class TimeSpan:
    """One written shot: seconds from the start of the clip, and its text without the heading."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class ShotScript:
    """A prompt taken apart. style: what stands before the first shot and holds for all. spans: as written, in order."""

    style: str
    spans: tuple[TimeSpan, ...]

    @property
    def end_s(self) -> float:
        """Where the last span ends; 0 without spans."""
        return max((s.end_s for s in self.spans), default=0.0)


def parse(prompt: str, *, duration_s: float | None = None) -> ShotScript:
    """Take a prompt apart. Without any timing the whole text is the style and there are no spans.

    duration_s: end of the last `[3s: ...]` section, which does not say its own; without it, 3 s are assumed.
    """
    heads = list(SHOT.finditer(prompt))
    if heads:
        ends = [h.start() for h in heads[1:]] + [len(prompt)]
        spans = tuple(
            TimeSpan(float(h[1]), float(h[2]), prompt[h.end() : end].strip(" \n\t;；,，"))
            for h, end in zip(heads, ends, strict=True)
        )
        return ShotScript(prompt[: heads[0].start()].strip(), spans)
    closed = prompt.rfind("]") + 1  # behind it no section ends, and each start would look for one
    sections = list(SECTION.finditer(prompt, 0, closed))
    starts = [float(m[1]) for m in sections]
    ends_s = [*starts[1:], duration_s if duration_s and starts and duration_s > starts[-1] else (starts or [0])[-1] + 3]
    spans = tuple(TimeSpan(a, b, m[2].strip()) for m, a, b in zip(sections, starts, ends_s, strict=False))
    style = (SECTION.sub(" ", prompt[:closed]) + prompt[closed:]).strip() if sections else prompt.strip()
    return ShotScript(style, spans)


def faults(script: ShotScript, duration_s: float | None = None) -> list[str]:
    """Sentences about gaps, overlaps, empty or backward ranges, and sums beyond or short of the clip's length."""
    said: list[str] = []
    at = 0.0
    for number, span in enumerate(script.spans, 1):
        if span.end_s <= span.start_s:
            said.append(Message("script.shot_backwards", n=number, start=f"{span.start_s:g}", end=f"{span.end_s:g}"))
            continue
        if span.start_s > at + 1e-6:
            said.append(Message("script.shot_gap", at=f"{at:g}", until=f"{span.start_s:g}", n=number))
        elif span.start_s < at - 1e-6:
            said.append(Message("script.shot_overlap", n=number, seconds=f"{at - span.start_s:g}"))
        if not span.text:
            said.append(Message("script.shot_empty", n=number))
        at = max(at, span.end_s)
    if script.spans and duration_s:
        if at > duration_s + 1e-6:
            said.append(Message("script.shots_late", at=f"{at:g}", seconds=f"{duration_s:g}"))
        elif at < duration_s - 1e-6:
            said.append(Message("script.shots_early", at=f"{at:g}", seconds=f"{duration_s - at:g}"))
    return said


def write(style: str, texts: list[str], seconds: list[float], *, chinese: bool = False) -> str:
    """One multi-shot prompt from a style line and shots, times adding up from 0."""
    lines, at = [style.strip()] if style.strip() else [], 0.0
    for number, (text, length) in enumerate(zip(texts, seconds, strict=True), 1):
        head = f"第{number}个镜头[{at:g}-{at + length:g}秒]" if chinese else f"Shot {number} [{at:g}-{at + length:g}s]"
        lines.append(f"{head} {text.strip()}")
        at = round(at + length, 3)
    return "\n".join(lines)

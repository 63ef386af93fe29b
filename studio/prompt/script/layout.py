"""A prompt or script taken apart by the headings of its shots: what stands above them, each shot's words, what stands
below and speaks of the whole film. One layout serves the reader, the strip under a prompt and the draft engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from studio.prompt.script.closing import closing_start
from studio.prompt.script.heads import SCENE, SHOT, ShotHead, codes, items, numbered
from studio.prompt.script.shot_part import SEPARATORS, ShotPart, with_times, with_title
from studio.prompt.script.source import Slice
from studio.prompt.script.time_heads import beginnings, lengths, sections, spelled_lengths, time_ranges

Family = Literal["timed_shots", "numbered_shots", "kling", "time_ranges", "timed_sections", "numbered_list"]
HEADED: tuple[Family, ...] = get_args(Family)
"""Forms whose shots stand under headings: their times are of one clip, and have to add up."""
_TIMELINE = re.compile(
    r"(?:\A|(?<=[\n,，.。;；]))[ \t#*_【\[>-]{0,8}(?:(?:timed )?(?:shot|scene)[ -]?(?:list|plan|breakdown|sequence)?s?"
    r"|time ?line|story ?board"
    r"|(?:action )?sequence|prompt|multi-?shot(?: prompt)?|分镜(?:脚本|表|时间线|描述|头脚本)?|时间轴|时间线"
    r"|镜头(?:描述|列表|脚本|分解)?|动态描述|画面描述|分镜头|提示词)"
    r"[ \t*_】\]]{0,6}[:：]?[ \t*_]{0,4}\Z",
    re.IGNORECASE,
)
"""A line that only says that shots follow."""


@dataclass(frozen=True)
class ShotLayout:
    """above, below: the film's own words, in order."""

    family: Family
    above: Slice
    shots: tuple[ShotPart, ...]
    below: tuple[Slice, ...] = ()

    @property
    def explicit(self) -> bool:
        """Whether the text is written as several shots, or gives the times of one; a list of anything counts from 1."""
        timed = any(part.times for part in self.shots)
        return timed or (len(self.shots) > 1 and self.family != "numbered_list")

    @property
    def style(self) -> str:
        """What holds for all shots, as it is written."""
        return "\n".join(part.text for part in (self.above, *self.below) if part)


@lru_cache(2)
def shot_layout(text: str) -> ShotLayout | None:
    """The layout of a text with headings of shots; None for any other text. Each form asks for it: the last is kept."""
    source = Slice(text)
    heads = numbered(text)
    fine, scenes = _levels(heads)
    spans = time_ranges(text)
    own = [h for h in spans if h.times and not any(h.start < f.end and f.start < h.end for f in _near(fine, h))]
    if fine and (len(fine) > 1 or len(own) < 2):
        layout = _layout(source, "kling" if all(h.kling for h in fine) else "timed_shots", fine, scenes)
        return layout if any(part.times for part in layout.shots) else replace(layout, family="numbered_shots")
    listed = items(text)
    if listed and all(head.times for head in listed):
        return _layout(source, "timed_shots", listed)
    if spans:
        return _layout(source, "time_ranges", spans)
    if found := sections(text):
        return _layout(source, "timed_sections", found)
    if found := beginnings(text) or lengths(text) or spelled_lengths(text):
        return _layout(source, "time_ranges", found)
    if listed:
        return _layout(source, "numbered_list", listed)
    if coded := codes(text):
        layout = _layout(source, "timed_shots", coded)
        return layout if all(part.times for part in layout.shots) else None
    return None


def _levels(heads: list[ShotHead]) -> tuple[list[ShotHead], list[ShotHead]]:
    """The headings of shots, and those of scenes that hold them."""
    levels = [h.level for h in heads]
    if not heads or levels.count(SHOT) == len(heads):
        return heads, []
    lines = [h for h in heads if h.level == SCENE and h.at_line]
    if levels.count(SHOT) >= max(1, len(lines)):
        return _merged([h for h in heads if h.level == SHOT or (h.level == SCENE and h.at_line)])
    if lines or SCENE in levels:
        return [h for h in heads if h.level == SCENE], []
    return heads, []


def _merged(heads: list[ShotHead]) -> tuple[list[ShotHead], list[ShotHead]]:
    """`Scene 1, Shot 2:` is one heading."""
    shots: list[ShotHead] = []
    scenes: list[ShotHead] = []
    for head in heads:
        if head.level == SCENE:
            scenes.append(head)
        elif scenes and scenes[-1].end == head.start:
            shots.append(replace(head, start=scenes.pop().start))
        else:
            shots.append(head)
    return shots, scenes


def _near(heads: list[ShotHead], head: ShotHead) -> list[ShotHead]:
    """The headings around this one, by halving."""
    low, high = 0, len(heads)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if heads[middle].start < head.start else (low, middle)
    return heads[max(0, low - 1) : low + 2]


def _layout(source: Slice, family: Family, heads: list[ShotHead], scenes: list[ShotHead] | None = None) -> ShotLayout:
    breaks = sorted([*heads, *(scenes or ())], key=lambda h: h.start)
    above = _without_timeline(source.part(0, breaks[0].start))
    scene_starts = {scene.start for scene in scenes or ()}
    parts: list[ShotPart] = []
    outside: list[Slice] = []
    place: Slice | None = None
    for index, head in enumerate(breaks):
        end = breaks[index + 1].start if index + 1 < len(breaks) else len(source.text)
        if head.start in scene_starts:
            place = source.part(head.end, end).strip(SEPARATORS + "*_#")
            continue
        title = source.part(*head.title_at) if head.title_at else None
        parts.append(ShotPart(head, _words(source, head, end), place, title=title))
        if head.stop is not None:
            outside.append(source.part(head.stop + 1, end).strip(SEPARATORS))
    below = _close_last(parts)
    shots = tuple(with_title(source, with_times(part)) for part in parts)
    return ShotLayout(family, above, shots, tuple(part for part in (*outside, below) if part))


def _words(source: Slice, head: ShotHead, end: int) -> tuple[Slice, ...]:
    if head.stop is not None:
        return (source.part(head.end, head.stop).strip(SEPARATORS),)
    if head.bracket is None:
        return (source.part(head.end, end).strip(SEPARATORS),)
    return (source.part(head.end, head.bracket).strip(SEPARATORS), source.part(head.bracket + 1, end).strip(SEPARATORS))


def _close_last(parts: list[ShotPart]) -> Slice:
    """The film's closing lines, taken off the last shot."""
    last, others = parts[-1].words[-1], [part.words[-1] for part in parts[:-1]]
    at = len(last.text)
    if others and parts[-1].head.bracket is not None and not any(others):
        at = 0  # all other shots are their brackets
    elif others:
        at = closing_start(last, others)
    if at < len(last.text):
        parts[-1] = replace(parts[-1], words=(*parts[-1].words[:-1], last.part(0, at).strip(SEPARATORS)))
    return last.part(at).strip()


def _without_timeline(above: Slice) -> Slice:
    text = above.text.rstrip()
    tail = _TIMELINE.search(text, max(0, len(text) - 80))
    return (above.part(0, tail.start()) if tail else above).strip(" \t\r\n;；,，|")

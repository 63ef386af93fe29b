"""Puts a layout of headed shots into a script. The forms of headed shots differ in their headings alone."""

from __future__ import annotations

import re

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder, ShotBuilder
from studio.prompt.script.layout import Family, ShotLayout, ShotPart, shot_layout
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms

_SCORES: dict[Family, float] = {
    "kling": 0.9, "timed_sections": 0.8, "timed_shots": 0.75, "time_ranges": 0.72, "numbered_shots": 0.62,
    "numbered_list": 0.3,
}  # fmt: skip
_MIXED = re.compile(r"[|:：\n]")
"""What no name of a place has."""
ONE_SHOT = 0.6
"""What a single heading leaves of a score: it may be a heading of something else."""


def score_headed(text: str, family: Family) -> float:
    """How sure it is that the text is headed in this manner."""
    layout = shot_layout(text)
    if layout is None or layout.family != family:
        return 0.0
    return _SCORES[family] if len(layout.shots) > 1 else round(ONE_SHOT * _SCORES[family], 2)


def read_headed(build: ScriptBuilder) -> None:
    """Read the text by its headings, in whichever manner they are; one without any is told as not understood."""
    layout = shot_layout(build.source.text)
    if layout is None:
        build.unread(build.source, Message("script.no_headings"))
    else:
        read_layout(build, layout)


def read_layout(build: ScriptBuilder, layout: ShotLayout, *, duration_s: float | None = None) -> None:
    """All of it. duration_s: length of the clip, where the last shot ends that only says when it begins."""
    if layout.above:
        build.read_film(layout.above)
    for index, part in enumerate(layout.shots):
        number = build.source.part(*part.head.number_at) if part.head.number_at else None
        shot = build.shot(part.head.number, number)
        _put_times(build, shot, layout.shots, index, duration_s)
        if part.place:
            shot.put("notes" if _MIXED.search(part.place.text) else "place", part.place)
        if part.title:
            _put_title(shot, part.title)
        for words in part.words:
            shot.read(words)
    for below in layout.below:
        build.read_film(below)


def _put_title(shot: ShotBuilder, title: Slice) -> None:
    """Words of the camera go to their fields; another title is a note on the shot."""
    if camera_terms(title.text):
        shot.read(title)
    else:
        shot.put("notes", title)


def _put_times(
    build: ScriptBuilder, shot: ShotBuilder, parts: tuple[ShotPart, ...], index: int, duration_s: float | None
) -> None:
    times = parts[index].times
    if times is None:
        return
    where = build.source.part(*times.at)
    if times.length_s is not None:
        shot.length(times.length_s, where)
    elif times.start_s is not None:
        shot.times(times.start_s, _end(build, parts, index, duration_s) if times.end_s is None else times.end_s, where)


def _end(build: ScriptBuilder, parts: tuple[ShotPart, ...], index: int, duration_s: float | None) -> float:
    """Where a shot ends that only says when it begins: at the next one, at the clip's end, or after the default."""
    times = parts[index].times
    start = (times and times.start_s) or 0.0
    following = parts[index + 1].times if index + 1 < len(parts) else None
    if following and following.start_s is not None and following.start_s > start:
        return following.start_s
    if index + 1 == len(parts) and duration_s and duration_s > start:
        return duration_s
    return round(start + build.default_s, 3)

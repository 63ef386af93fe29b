"""Puts a layout of headed shots into a script. The forms of headed shots differ in their headings alone."""

from __future__ import annotations

import re
from itertools import pairwise

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.labels import shot_field
from studio.prompt.script.layout import Family, ShotLayout, shot_layout
from studio.prompt.script.shot_builder import ShotBuilder
from studio.prompt.script.shot_part import COLUMN, ShotPart
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms

_SCORES: dict[Family, float] = {
    "kling": 0.9, "timed_sections": 0.8, "timed_shots": 0.75, "time_ranges": 0.72, "numbered_shots": 0.62,
    "numbered_list": 0.3,
}  # fmt: skip
_SCENE_LABEL = re.compile(r"[ \t]{0,8}(?P<label>[^\W\d][^\n:：]{0,20})[:：][ \t]{0,4}(?P<value>\S.*)")
_MIXED = re.compile(r"[|:：\n]")
"""What no name of a place has."""
_SLUG = re.compile(
    r"(?P<place>(?:(?:INT|EXT|I/E|INT\./EXT)[. ]{1,2}|(?:内景|外景)[ ·。/／]?|[内外日夜][ ·/／])[^.。\n]{2,60})"
    r"(?:[.。\n]\s{0,3}|\Z)",
    re.IGNORECASE,
)
"""The heading of a scene: inside or outside, a place, mostly a time of day."""
_DASH = re.compile(r"\s[-–—]\s")
_DASHES = " \t-–—"
_END = re.compile(
    r"\s{0,9}(?:the )?(?:end|ends|fin|finish|结束|完|全片完|全剧终)\s{0,3}[.。!！]?\s{0,9}", re.IGNORECASE
)
"""What stands at the time at which the film ends."""
TERM_CHARS = 60
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
        if index and index == len(layout.shots) - 1 and all(_END.fullmatch(words.text) for words in part.words):
            build.unread(build.source.part(*part.span), Message("scriptread.end"))
            if part.times and build.shots[-1].end_s is None:
                build.shots[-1].end_s = part.times.start_s
            continue
        number = build.source.part(*part.head.number_at) if part.head.number_at else None
        shot = build.shot(part.head.number, number)
        _put_times(build, shot, layout.shots, index, duration_s)
        shot.source(build.source.part(*part.span))
        if part.place:
            _put_scene(build, shot, part.place)
        if part.title:
            _put_title(shot, part.title)
        for words in part.words:
            _read_words(shot, words)
    for below in layout.below:
        build.read_film(below, titled=False)


def _read_words(shot: ShotBuilder, words: Slice) -> None:
    """Free words. Terms of the camera between dashes or bars at their front, `CU – static – words`, are certain."""
    if slug := _SLUG.match(words.text):
        place = words.group(slug, "place")
        at = _camera_at(place)
        shot.put("place", place.part(0, at).strip(_DASHES))
        words = words.part(slug.end()) if at is None else words.part(slug.start("place") + at).strip(_DASHES)
    rest = words
    while rest:
        gap = COLUMN.search(rest.text, 0, TERM_CHARS)
        terms = rest.part(0, gap.start() if gap else None)
        if len(terms.text) > TERM_CHARS or not camera_terms(terms.text):
            break
        shot.put("camera", terms)
        rest = rest.part(gap.end()) if gap else rest.part(len(rest.text))
    if rest:
        shot.read(rest)


def _camera_at(place: Slice) -> int | None:
    """Where terms of the camera begin in `EXT. HARBOUR - WIDE - fog rolls in`; None where there are none."""
    dashes = [*_DASH.finditer(place.text), None]
    for dash, following in pairwise(dashes):
        if dash and camera_terms(place.text[dash.end() : following.start() if following else None]):
            return dash.end()
    return None


def _put_title(shot: ShotBuilder, title: Slice) -> None:
    """Words of the camera go to their fields; another title is a note on the shot."""
    if camera_terms(title.text):
        shot.read(title)
    else:
        shot.put("notes", title)


def _put_scene(build: ScriptBuilder, shot: ShotBuilder, scene: Slice) -> None:
    """What stands at the head of a scene: its place, or lines that say which is what."""
    rest: list[Slice] = []
    for line in scene.lines():
        label = _SCENE_LABEL.match(line.text)
        field = shot_field(label["label"]) if label else None
        if label and field == "place":
            shot.put("place", line.group(label, "value"))
        elif label and field == "cast":
            build.film("cast", line.group(label, "value"), label=label["label"])
        elif line.strip():
            rest.append(line)
    if not rest:
        return
    whole = scene if len(rest) == len(list(scene.lines())) else None
    for part in [whole] if whole else rest:
        shot.put("notes" if _MIXED.search(part.text) else "place", part)


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
        last = index + 1 == len(parts) and duration_s is not None and duration_s > times.start_s
        shot.times(times.start_s, duration_s if last and times.end_s is None else times.end_s, where)

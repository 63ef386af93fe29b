"""Shot times that do not fit the length of the clip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.lint.model import Edit, Facts, FieldChange, Finding, Remedy
from studio.prompt.lint.source import Source

_TIME = re.compile(r"\d{1,4}(?::\d{2})+(?:\.\d{1,3})?|\d{1,4}(?:[.,]\d{1,3})?")


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """The sum of the shots against the length, and the first shot that begins when the clip is over."""
    seconds, layout = facts.duration_s, source.layout
    if facts.makes != "video" or facts.per_line or not seconds or layout is None:
        return
    shots = [
        (number, part.times, time)
        for number, (part, time) in enumerate(zip(layout.shots, source.times, strict=False), 1)
        if part.times
    ]
    if not shots:
        return
    end = max(time.end_s for _, _, time in shots)
    late = [(number, times) for number, times, time in shots if time.start_s >= seconds]
    for number, times in late[:1]:
        yield Finding(
            rule="times.after_end", severity="warning", start=times.at[0], end=times.at[1],
            message=Message("lint.after_end", n=number, seconds=f"{seconds:g}"), remedies=_remedies(source, facts, end),
        )  # fmt: skip
    open_ended = any(times.end_s is None and times.length_s is None for _, times, _ in shots)
    if late or open_ended or len(shots) < len(layout.shots) or abs(end - seconds) < 1e-6:
        return
    _, last, _ = max(shots, key=lambda shot: shot[2].end_s)
    if end > seconds:
        message = Message("script.shots_late", at=f"{end:g}", seconds=f"{seconds:g}")
    else:
        message = Message("script.shots_early", at=f"{end:g}", seconds=f"{round(seconds - end, 3):g}")
    yield Finding(
        rule="times.sum", severity="warning", message=message, start=last.at[0], end=last.at[1],
        remedies=_remedies(source, facts, end),
    )  # fmt: skip


def _remedies(source: Source, facts: Facts, end_s: float) -> tuple[Remedy, ...]:
    remedies: list[Remedy] = []
    if facts.allows(end_s):
        change = FieldChange(field="duration_s", value=end_s)
        remedies.append(Remedy(label=Message("lint.do_length", seconds=f"{end_s:g}"), changes=(change,)))
    if facts.duration_s and (edits := _scaled(source, facts.duration_s / end_s if end_s else 1)):
        remedies.append(Remedy(label=Message("lint.do_scale", seconds=f"{facts.duration_s:g}"), edits=edits))
    return tuple(remedies)


def _scaled(source: Source, factor: float) -> tuple[Edit, ...]:
    """Every time in a heading, scaled and rounded to tenths of a second."""
    return tuple(
        Edit(start=time.start(), end=time.end(), replacement=_written(time[0], factor))
        for part in (source.layout.shots if source.layout else ())
        if part.times
        for time in _TIME.finditer(source.text, *part.times.at)
    )


def _written(time: str, factor: float) -> str:
    """A time that is scaled, in seconds or as a clock shows it, as it was written."""
    *minutes, last = time.split(":")
    seconds = float(last.replace(",", ".")) + sum(60 ** (i + 1) * int(m) for i, m in enumerate(reversed(minutes)))
    scaled = round(seconds * factor, 1)
    if not minutes:
        return f"{scaled:g}"
    whole, rest = divmod(scaled, 60)
    return f"{int(whole):0{len(minutes[-1])}d}:{rest:04.1f}".removesuffix(".0")

"""Shot times that do not fit the length of the clip."""

from __future__ import annotations

from collections.abc import Iterator

from studio.messages import Message
from studio.prompt import shots
from studio.prompt.lint.model import Edit, Facts, FieldChange, Finding, Remedy
from studio.prompt.lint.source import Source


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """The sum of the shots against the length, and each shot that begins when the clip is over."""
    seconds, spans = facts.duration_s, source.script.spans
    if facts.makes != "video" or facts.per_line or not seconds or not spans:
        return
    heads = list(shots.SHOT.finditer(source.text)) or list(shots.SECTION.finditer(source.text))
    if len(heads) != len(spans):
        return
    end = source.script.end_s
    late = [head for head, span in zip(heads, spans, strict=True) if span.start_s >= seconds]
    for head in late:
        number = heads.index(head) + 1
        yield Finding(
            rule="times.after_end", severity="warning", start=head.start(), end=head.end(1),
            message=Message("lint.after_end", n=number, seconds=f"{seconds:g}"), remedies=_remedies(source, facts, end),
        )  # fmt: skip
    has_ends = bool(heads and heads[0].re is shots.SHOT)
    if late or not has_ends or abs(end - seconds) < 1e-6:
        return
    last = max(range(len(spans)), key=lambda i: spans[i].end_s)
    if end > seconds:
        message = Message("script.shots_late", at=f"{end:g}", seconds=f"{seconds:g}")
    else:
        message = Message("script.shots_early", at=f"{end:g}", seconds=f"{seconds - end:g}")
    yield Finding(
        rule="times.sum", severity="warning", message=message, start=heads[last].start(), end=heads[last].end(),
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
    places = [head.span(group) for head in shots.SHOT.finditer(source.text) for group in (1, 2)]
    return tuple(
        Edit(start=start, end=end, replacement=f"{round(float(source.text[start:end]) * factor, 1):g}")
        for start, end in places
    )

"""Marks of other prompt programs, and choices in braces that nothing spreads out."""

from __future__ import annotations

from collections.abc import Iterator

from studio.messages import Message
from studio.prompt import markup
from studio.prompt.lint.model import Edit, Facts, FieldChange, Finding, Remedy
from studio.prompt.lint.source import Source

MAX_FINDINGS = 8


def find(source: Source, facts: Facts) -> Iterator[Finding]:
    """Each mark with its plain words, and a press for all of them; nothing where they are wanted as they stand."""
    if facts.literal:
        return
    made: set[markup.MarkKind] = {"choice"} if facts.combinations else set()
    found = markup.find(source.text, facts.reads | made)
    for mark in found[:MAX_FINDINGS]:
        yield Finding(
            rule=f"foreign.{mark.kind}",
            severity="warning",
            start=mark.start,
            end=mark.end,
            message=_message(source, mark),
            remedies=tuple(_remedies(source, facts, mark, found)),
        )


def _message(source: Source, mark: markup.Mark) -> Message:
    words = " ".join(source.text[mark.start : mark.end].split())
    return Message(f"lint.mark_{mark.kind}", words=words if len(words) <= 60 else f"{words[:59]}…")


def _remedies(source: Source, facts: Facts, mark: markup.Mark, found: list[markup.Mark]) -> Iterator[Remedy]:
    if mark.kind == "choice" and facts.can_vary:
        change = FieldChange(field="combinations", value=True)
        yield Remedy(label=Message("lint.do_combine"), changes=(change,))
    edit = _plain(source.text, mark, facts)
    said = Message("lint.do_write", words=edit.replacement) if edit.replacement.strip() else Message("lint.do_drop")
    yield Remedy(label=said, edits=(edit,))
    if len(found) > 1 and mark is found[0]:
        edits = tuple(_plain(source.text, one, facts) for one in found)
        yield Remedy(label=Message("lint.do_plain_all", count=len(found)), edits=edits)
    if mark is found[0]:
        yield Remedy(label=Message("lint.do_literal"), changes=(FieldChange(field="literal_prompt", value=True),))


def _plain(text: str, mark: markup.Mark, facts: Facts) -> Edit:
    words, end = markup.plain(mark.plain, facts.reads), mark.end
    if not words:  # nothing is left of it: neither is its space
        end += len(text[end:]) - len(text[end:].lstrip(" "))
    return Edit(start=mark.start, end=end, replacement=words)

"""A remedy carried out, and positions as a page counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from studio.domain import JSON
from studio.prompt.lint.model import Edit, Finding
from studio.prompt.utf16 import to_utf16


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after these edits, which do not overlap."""
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def for_page(findings: Iterable[Finding], texts: dict[str, str]) -> list[JSON]:
    """Findings as JSON, with positions in UTF-16 units, in which a page counts. texts: by field; messages stay."""
    return [_finding(one, to_utf16(texts.get(one.field, ""))) for one in findings]


def _finding(one: Finding, place: Callable[[int], int]) -> JSON:
    return {
        "rule": one.rule, "message": one.message, "severity": one.severity, "field": one.field,
        "start": place(one.start), "end": place(one.end),
        "remedies": [
            {
                "label": remedy.label,
                "edits": [
                    {"start": place(e.start), "end": place(e.end), "replacement": e.replacement}
                    for e in remedy.edits
                ],
                "changes": [change.model_dump() for change in remedy.changes],
            }
            for remedy in one.remedies
        ],
    }  # fmt: skip

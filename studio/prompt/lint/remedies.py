"""A remedy carried out, and positions as a page counts them."""

from __future__ import annotations

from collections.abc import Iterable

from studio.domain import JSON
from studio.prompt.lint.model import Edit, Finding


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after these edits, which do not overlap."""
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def for_page(findings: Iterable[Finding], texts: dict[str, str]) -> list[JSON]:
    """Findings as JSON, with positions in UTF-16 units, in which a page counts. texts: by field; messages stay."""
    return [_finding(one, Places(texts.get(one.field, ""))) for one in findings]


class Places:
    """Positions of one text in UTF-16 units."""

    def __init__(self, text: str) -> None:
        self._wide = [at for at, sign in enumerate(text) if ord(sign) > 0xFFFF]

    def utf16(self, at: int) -> int:
        """Where a page finds the character at this place."""
        return at + sum(1 for wide in self._wide if wide < at)


def _finding(one: Finding, places: Places) -> JSON:
    return {
        "rule": one.rule, "message": one.message, "severity": one.severity, "field": one.field,
        "start": places.utf16(one.start), "end": places.utf16(one.end),
        "remedies": [
            {
                "label": remedy.label,
                "edits": [
                    {"start": places.utf16(e.start), "end": places.utf16(e.end), "replacement": e.replacement}
                    for e in remedy.edits
                ],
                "changes": [change.model_dump() for change in remedy.changes],
            }
            for remedy in one.remedies
        ],
    }  # fmt: skip

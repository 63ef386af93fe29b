"""Findings of the quality check and of preflight. A code names the kind; its sentence is the message finding.CODE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from studio.messages import Message

Level = Literal["error", "warning", "note"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "note": 2}
"""error: the film will not be as requested. warning: check it first. note: for information."""


@dataclass(frozen=True)
class Finding:
    """One finding. at_s, length_s: range in seconds; None for the whole film. shot, number: id and number of a shot."""

    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    at_s: float | None = None
    length_s: float | None = None
    shot: str = ""
    number: int = 0

    @property
    def text(self) -> Message:
        """The sentence without the shot."""
        return Message(f"finding.{self.code}", **self.values)

    @property
    def what(self) -> Message:
        """The whole sentence."""
        return Message("finding.of_shot", n=self.number, what=self.text) if self.number else self.text

    def plain(self) -> dict[str, Any]:
        """As JSON, with both sentences."""
        return asdict(self) | {"what": self.what, "text": self.text}


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by time."""
    return tuple(sorted(found, key=lambda f: (ORDER[f.level], f.at_s or 0.0)))

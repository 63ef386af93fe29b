"""What an approval report says: the facts of a review's items, read by a service, laid out by report.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class StatusMark:
    """A status as it is shown. color: #rrggbb. is_done: it approves."""

    name: str
    color: str
    is_done: bool


@dataclass(frozen=True)
class StatusStep:
    """One change of a version's status. version: its number in the stack. before: the name of the status it had."""

    at: datetime
    version: int
    before: str
    after: StatusMark
    by: str
    note: str = ""


@dataclass(frozen=True)
class Provenance:
    """How a version was made. usd: what the provider billed; None where that is not to be told, or not known."""

    run: str
    model: str
    provider: str
    prompt: str
    negative_prompt: str
    seed: int | None
    made_at: datetime | None
    usd: float | None = None


@dataclass(frozen=True)
class ReportItem:
    """One item with the version that stands for it. sentences in consent and marks are in the report's language.

    format: size, rate and length in words. origin: where it comes from, where no run is known that made it. consent:
    whose likeness is shown, and what was said of it. marks: how the file says that it was made by AI. steps: of all
    versions of the item, oldest first.
    """

    number: int
    title: str
    shot: str
    version: int
    versions: int
    status: StatusMark
    picture: Path | None
    file_name: str
    sha256: str
    format: str
    added_by: str
    added_at: datetime
    making: Provenance | None
    origin: str
    consent: tuple[str, ...]
    marks: tuple[str, ...]
    open_comments: int
    resolved_comments: int
    steps: tuple[StatusStep, ...]

    @property
    def approval(self) -> StatusStep | None:
        """The step that approved the version as it stands; None where it is not approved."""
        if not self.status.is_done:
            return None
        own = [step for step in self.steps if step.version == self.version]
        return own[-1] if own and own[-1].after.is_done else None


@dataclass(frozen=True)
class ApprovalReport:
    """A review at one moment. project: "" outside of projects."""

    review: str
    title: str
    project: str
    made_at: datetime
    made_by: str
    studio_version: str
    items: tuple[ReportItem, ...]

    @property
    def approved(self) -> int:
        """How many items are approved."""
        return sum(item.status.is_done for item in self.items)

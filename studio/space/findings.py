"""One line of the check's table: what was looked at, what came of it, and what to do where it failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Result = Literal["ok", "failed", "skipped"]
SHOWN = 5
"""Problems of one check that are listed; a folder of compiled files has hundreds."""


@dataclass(frozen=True)
class Finding:
    """check: its name. detail: what was found; for a failure, a sentence that says what to change."""

    check: str
    result: Result
    detail: str = ""


def found(check: str, problems: Iterable[str], detail: str = "") -> Finding:
    """Passed with this detail where there are no problems, else failed with the first of them."""
    listed = list(problems)
    more = [f"And {len(listed) - SHOWN} more."] if len(listed) > SHOWN else []
    return Finding(check, "failed", " ".join([*listed[:SHOWN], *more])) if listed else Finding(check, "ok", detail)


def skipped(check: str, why: str) -> Finding:
    """Could not be looked at here."""
    return Finding(check, "skipped", why)


def table(findings: Iterable[Finding]) -> str:
    """The findings in columns, for a terminal."""
    rows = list(findings)
    width = max(len(row.check) for row in rows)
    return "\n".join(f"{row.check:<{width}}  {row.result:<7}  {row.detail}".rstrip() for row in rows)

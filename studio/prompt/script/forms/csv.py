"""A shot list as CSV: separated by commas or semicolons, columns in any naming, or without a head."""

from __future__ import annotations

from studio.prompt.script import delimited_table
from studio.prompt.script.build import ScriptBuilder

SEPARATORS = (",", ";")


def score(text: str) -> float:
    """How sure the reader is that this is a shot list in CSV."""
    return delimited_table.score(text, SEPARATORS)


def read(build: ScriptBuilder) -> None:
    """The shots of the table, and the film's own fields above it."""
    delimited_table.read(build, SEPARATORS)

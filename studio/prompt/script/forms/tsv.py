"""A shot list separated by tabs, as cells of a spreadsheet arrive when they are pasted."""

from __future__ import annotations

from studio.prompt.script import delimited_table
from studio.prompt.script.build import ScriptBuilder


def score(text: str) -> float:
    """How sure the reader is that this is a shot list with tabs."""
    return delimited_table.score(text, ("\t",))


def read(build: ScriptBuilder) -> None:
    """The shots of the table, and the film's own fields above it."""
    delimited_table.read(build, ("\t",))

"""Shot lists as chat programs write them in Markdown: `### Shot 1 — Establishing (4s)`, `**Camera:**`, lists."""

from __future__ import annotations

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.forms.blocks import counted, read_blocks


def score(text: str) -> float:
    """Headings of shots in Markdown, with labels in bold or free words below them."""
    found = counted(text)
    headings = max(found.marked, found.timed)
    if headings + found.bold > 1 and found.labels >= headings + found.bold:
        return 0.88
    if headings > 1:
        return 0.78
    return 0.75 if headings + found.bold and found.labels > 1 else 0.0


def read(build: ScriptBuilder) -> None:
    """Every heading of a shot begins a shot; headings of the film hold its own fields."""
    read_blocks(build)

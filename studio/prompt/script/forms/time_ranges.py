"""Shots headed by their times alone: Veo's `[00:00-00:02] ...`, Seedance's `0-3s: ...`, `00:00–00:03 | ...`, and
beginnings, `[00:04] ...`."""

from __future__ import annotations

from studio.prompt.script.layout_reader import read_headed, score_headed

read = read_headed


def score(text: str) -> float:
    """How sure it is that the text is written so."""
    return score_headed(text, "time_ranges")

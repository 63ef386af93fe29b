"""Sections that only say when they begin, words within the bracket: `[0s: she sits down] [3s: she stands up]`.

Source: the time stamps that FramePack-type interfaces take.
"""

from __future__ import annotations

from studio.prompt.script.layout_reader import read_headed, score_headed

read = read_headed


def score(text: str) -> float:
    """How sure it is that the text is written so."""
    return score_headed(text, "timed_sections")

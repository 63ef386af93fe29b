"""Kling's own multi-shot line: `shot 1, 3, a courier ...; shot 2, 2, close-up ...;` with number, seconds and words.

Source: Kling 3.0 Turbo, as its hosts document it (klingai:kling-video@3.0-turbo).
"""

from __future__ import annotations

from studio.prompt.script.layout_reader import read_headed, score_headed

read = read_headed


def score(text: str) -> float:
    """How sure it is that the text is written so."""
    return score_headed(text, "kling")

"""Numbered shots without any time: `[Shot 1] ... [Shot 2] ...`, `镜头一：...`, `【镜头1】...`."""

from __future__ import annotations

from studio.prompt.script.layout_reader import read_headed, score_headed

read = read_headed


def score(text: str) -> float:
    """How sure it is that the text is written so."""
    return score_headed(text, "numbered_shots")

"""Numbered shots with times or lengths: `Shot 1 [0-3s]`, `镜头1（0-3秒）`, `SHOT 1A – 2.5 sec – CU`, `第一镜【3秒】`.

Source of the first: Alibaba Model Studio, text-to-video prompt guide.
"""

from __future__ import annotations

from studio.prompt.script.layout_reader import read_headed, score_headed

read = read_headed


def score(text: str) -> float:
    """How sure it is that the text is written so."""
    return score_headed(text, "timed_shots")

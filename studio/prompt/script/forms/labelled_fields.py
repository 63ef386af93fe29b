"""Shots as labelled fields: 镜头1 / 景别：/ 运镜：/ 时长：, Shot 1 / Camera: / Action:, also below [GLOBAL RULES]."""

from __future__ import annotations

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.forms.blocks import counted, read_blocks


def score(text: str) -> float:
    """Several labelled lines a shot."""
    found = counted(text)
    shots = max(found.heads, found.repeated)
    if found.labels < 2 or found.labels < 1.5 * shots or len(found.fields) < 2:
        return 0.0
    return 0.84 if shots > 1 else 0.7 if shots else 0.4


def read(build: ScriptBuilder) -> None:
    """Every heading of a shot, or the first label again, begins a shot."""
    read_blocks(build)

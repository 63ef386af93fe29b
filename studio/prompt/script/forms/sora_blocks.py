"""Blocks as the guide to Sora 2 writes them: Style, a scene in prose, Cinematography, Actions, Dialogue, Sound."""

from __future__ import annotations

import re

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.forms.blocks import counted, read_blocks
from studio.prompt.script.model import PutField

_BLOCK = re.compile(
    r"^[ \t#*_>-]{0,8}(?P<name>style|scene|cinematography|actions?|dialogue|background sound|sound|风格|场景|"
    r"摄影|动作|对白|背景音)[ \t*_]{0,4}(?:[:：]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_SCENE: dict[str, PutField] = {
    "scene": "prompt",
    "场景": "prompt",
    "setting": "prompt",
    "scene description": "prompt",
    "prose": "prompt",
}


def score(text: str) -> float:
    """Cinematography and at least two of the other blocks."""
    names = {match["name"].casefold() for match in _BLOCK.finditer(text)}
    if not names & {"cinematography", "摄影"}:
        return 0.0
    others = len(names) - 1
    return 0.9 if others > 2 else 0.7 if others == 2 and counted(text).labels > 2 else 0.0


def read(build: ScriptBuilder) -> None:
    """One shot, or one for each heading; without headings a block that comes again begins the next."""
    read_blocks(build, _SCENE)

"""A script as a screenplay in Fountain (fountain.io/syntax): a paragraph of action a shot, a scene a place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.prompt.script.model import DialogueLine, Script, ScriptShot
from studio.storyboard.script_writers.prose import without_marks

_PREFIX = re.compile(r"(?:INT|EXT|EST|INT\./EXT|INT/EXT|I/E)[. ]", re.IGNORECASE)


_FORCED = "!@.>~#=["
"""What a line of action must not begin with, unless it says that it is one."""


def fountain(script: Script) -> str:
    """Lengths are not part of a screenplay; camera, sound and music stand in its notes."""
    blocks = [f"Title: {_one_line(script.title)}"] if script.title.strip() else []
    before = ""
    for shot in script.shots:
        place = _one_line(shot.place)
        if place and place != before:
            blocks.append(f"{place if _PREFIX.match(place) else f'.{place}'} #{shot.number}#")
        blocks += _shot(shot)
        before = place or before
    return "\n\n".join(blocks) + "\n"


def _shot(shot: ScriptShot) -> Iterator[str]:
    if camera := ", ".join(filter(None, (shot.shot_size, shot.angle, shot.lens, shot.move))):
        yield f"[[Camera: {_one_line(camera)}]]"
    if prompt := _one_line(without_marks(shot.prompt)):
        yield f"!{prompt}" if prompt.isupper() or prompt[0] in _FORCED else prompt
    for line in shot.dialogue:
        yield _speech(line)
    if voice := _one_line(shot.voice_over):
        yield f"NARRATOR (V.O.)\n{voice}"
    for label, words in (("Sound", shot.sound), ("Music", shot.music), ("Note", shot.notes)):
        if words.strip():
            yield f"[[{label}: {_one_line(words)}]]"
    if shot.transition:
        yield f"> {shot.transition.upper()}:"


def _speech(line: DialogueLine) -> str:
    name = line.speaker or "VOICE"
    cue = name.upper() if name.upper() != name.lower() else f"@{name}"
    return "\n".join(filter(None, (cue, f"({line.manner})" if line.manner else "", line.text)))


def _one_line(words: str) -> str:
    return " ".join(words.split())

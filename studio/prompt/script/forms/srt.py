"""Captions in SubRip: each cue is a shot with its words."""

from __future__ import annotations

from studio.prompt.script import cues
from studio.prompt.script.build import ScriptBuilder


def score(text: str) -> float:
    """How sure the reader is that these are SubRip captions."""
    if text.lstrip("\ufeff \r\n").startswith("WEBVTT") or not (first := cues.TIMES.search(text)):
        return 0.0
    before = text[: first.start()].strip("\ufeff \t\r\n")
    return 0.97 if not before or before.isdecimal() else 0.7


def read(build: ScriptBuilder) -> None:
    """A shot of each cue."""
    cues.put(build)

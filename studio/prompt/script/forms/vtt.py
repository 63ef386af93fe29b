"""Captions in WebVTT: each cue is a shot with its words."""

from __future__ import annotations

from studio.prompt.script import cues
from studio.prompt.script.build import ScriptBuilder


def score(text: str) -> float:
    """How sure the reader is that these are WebVTT captions."""
    head = text.lstrip("\ufeff \r\n").startswith("WEBVTT")
    return 0.98 if head and cues.TIMES.search(text) else 0.0


def read(build: ScriptBuilder) -> None:
    """A shot of each cue."""
    cues.put(build)

"""Plain text: a paragraph a shot, or, in a text of one paragraph, a line a shot."""

from __future__ import annotations

import re

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.closing import closing_start
from studio.prompt.script.film_words import is_chat
from studio.prompt.script.header import header_end
from studio.prompt.script.source import Slice

_BLANK = re.compile(r"\n[ \t\r\u3000]*\n")


def score(text: str) -> float:
    """Any text can be read so, for want of a better form."""
    del text
    return 0.1


def read(build: ScriptBuilder) -> None:
    """Labelled lines at the top belong to the film, and a last paragraph that speaks of all of it."""
    end = header_end(build.source)
    if not build.source.part(end).strip():
        end = 0  # `Style: anime. A girl runs.` is a prompt that begins with a label
    if above := build.source.part(0, end).strip():
        build.read_film(above)
    parts = _parts(build.source.part(end))
    for index, part in enumerate(parts):
        closing = 0 < index == len(parts) - 1 and closing_start(part, parts[:-1]) == 0
        if closing or is_chat(part.text):
            build.read_film(part)
        else:
            build.shot().read(part)


def _parts(source: Slice) -> list[Slice]:
    at, parts = 0, list[Slice]()
    for blank in [*_BLANK.finditer(source.text), None]:
        parts.append(source.part(at, blank.start() if blank else None).strip())
        at = blank.end() if blank else at
    parts = [part for part in parts if part]
    return parts if len(parts) > 1 else [line.strip() for part in parts for line in part.lines() if line.strip()]

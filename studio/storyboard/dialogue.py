"""A shot's dialogue as its text: a line each, `Speaker (manner): "text"`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from studio.prompt.script.model import DialogueLine

MAX_SPEAKER_CHARS = 80
"""A longer text before a quote names nobody."""

_QUOTED = re.compile(r"\"([^\"]*)\"|“([^“”]*)”|「([^「」]*)」|『([^『』]*)』")
_BRACKETS = str.maketrans("", "", "()（）")


def text_of(lines: Iterable[DialogueLine], speaker: Callable[[str], str] = str) -> str:
    """The lines as a shot keeps them. speaker: how a name is written, such as @anna for Anna."""
    return "\n".join(_text(line, speaker(line.speaker) if line.speaker else "") for line in lines)


def _text(line: DialogueLine, speaker: str) -> str:
    manner = f"({manner})" if (manner := line.manner.translate(_BRACKETS).strip()) else ""
    head = " ".join(filter(None, (speaker.replace('"', ""), manner)))
    words = " ".join(line.text.replace('"', "'").split())
    return f'{head}: "{words}"' if head else f'"{words}"'


def lines_of(dialogue: str) -> tuple[DialogueLine, ...]:
    """The lines of a dialogue; each line without quotes is words of nobody's."""
    lines: list[DialogueLine] = []
    end = 0
    for match in _QUOTED.finditer(dialogue):
        before, _, head = dialogue[end : match.start()].rpartition("\n")
        end = match.end()
        speaker, manner = _speaker(head)
        if len(speaker) > MAX_SPEAKER_CHARS:
            before, speaker, manner = f"{before}\n{head}", "", ""
        lines += _unquoted(before)
        if said := " ".join(next(filter(None, match.groups()), "").split()):
            lines.append(DialogueLine(speaker=speaker, manner=manner, text=said))
    return (*lines, *_unquoted(dialogue[end:]))


def _speaker(head: str) -> tuple[str, str]:
    """Name and manner in `@Anna (whispering):`."""
    name, manner = head.strip(" \t.。,，;；").rstrip(":： \t"), ""
    if name.endswith((")", "）")) and (at := max(name.rfind("("), name.rfind("（"))) >= 0:
        name, manner = name[:at], name[at + 1 : -1].strip()
    return name.strip().removeprefix("@"), manner


def _unquoted(text: str) -> list[DialogueLine]:
    return [DialogueLine(text=words) for part in text.splitlines() if (words := part.strip(" \t.。,，;；"))]

"""The text as rules read it: its shots and sentences, with quoted words blanked where only the picture is meant.

Every part keeps its place: `plain` is as long as the text, and a slice of it stands at the same characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from studio.prompt.script.layout import ShotLayout, shot_layout
from studio.prompt.script.read_prompt import read_prompt
from studio.prompt.script.times import ClipTime, clip_times

MAX_SHOTS = 60
"""More shots of one prompt are not judged, as more are not drawn."""
HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", re.UNICODE)
_QUOTED = re.compile(
    r"\"[^\"\n]{1,600}\"|“[^“”]{1,600}”|「[^「」]{1,600}」|『[^『』]{1,600}』|«[^«»]{1,600}»"
    r"|(?<![\w'])'[^'\n]{2,200}'(?!\w)"
)
_SENTENCE = re.compile(r"[^.!?。！？\n;；]+[.!?。！？;；]*")


@dataclass(frozen=True)
class Source:
    """A prompt and what rules ask of it. duration_s: of the clip, where that is known."""

    text: str
    duration_s: float | None = None

    @cached_property
    def quoted(self) -> list[tuple[int, int]]:
        """What stands in quotation marks, with them."""
        return [found.span() for found in _QUOTED.finditer(self.text)]

    @cached_property
    def plain(self) -> str:
        """The text with spaces where something is quoted."""
        return _QUOTED.sub(lambda found: " " * len(found[0]), self.text)

    @cached_property
    def is_chinese(self) -> bool:
        """Whether more Chinese characters than other words stand in it."""
        han = len(HAN.findall(self.text))
        return han > len([word for word in WORD.finditer(self.text) if not HAN.match(word[0])])

    @cached_property
    def length(self) -> int:
        """Words, of Chinese characters: each counts as one."""
        han = len(HAN.findall(self.text))
        return han + sum(1 for word in WORD.finditer(HAN.sub(" ", self.text)))

    @cached_property
    def layout(self) -> ShotLayout | None:
        """The text by the headings of its shots; None for a text that is one shot."""
        found = shot_layout(self.text)
        return found if found and found.explicit else None

    @cached_property
    def times(self) -> tuple[ClipTime, ...]:
        """When each shot of the layout is seen."""
        script = read_prompt(self.text, self.duration_s)
        return clip_times(script, self.duration_s) if script else ()

    @cached_property
    def shots(self) -> list[tuple[int, int, float | None]]:
        """Start, end and seconds of each shot, at most MAX_SHOTS; of a text without shots its whole."""
        if self.layout is None:
            return [(0, len(self.text), self.duration_s)]
        parts = self.layout.shots[:MAX_SHOTS]
        return [
            (part.head.start, max(part.head.end, part.span[1]), _length(time))
            for part, time in zip(parts, self.times, strict=False)
        ]

    def sentences(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Sentences between two places."""
        for found in _SENTENCE.finditer(self.text, start, len(self.text) if end is None else end):
            if found[0].strip():
                yield found.span()


def _length(time: ClipTime) -> float | None:
    """Seconds of a shot, where the text gives them and they are any."""
    return time.end_s - time.start_s if time.written and time.end_s > time.start_s else None

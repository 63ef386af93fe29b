"""The text as rules read it: its shots and sentences, with quoted words blanked where only the picture is meant.

Every part keeps its place: `plain` is as long as the text, and a slice of it stands at the same characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from studio.prompt import shots

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
    def script(self) -> shots.ShotScript:
        """Shots with times that the text itself gives."""
        return shots.parse(self.text, duration_s=self.duration_s)

    @cached_property
    def shots(self) -> list[tuple[int, int, float | None]]:
        """Start, end and seconds of each shot, at most MAX_SHOTS; of a text without shots its whole."""
        return self._shots()[:MAX_SHOTS]

    def _shots(self) -> list[tuple[int, int, float | None]]:
        found: list[tuple[int, int, float | None]] = []
        heads = list(shots.SHOT.finditer(self.text)) or list(shots.SECTION.finditer(self.text))
        if len(heads) != len(self.script.spans) or not heads:
            heads = list(_HEADING.finditer(self.text))
            if len(heads) < 2:
                return [(0, len(self.text), self.duration_s)]
            ends = [*(head.start() for head in heads[1:]), len(self.text)]
            return [(head.start(), end, None) for head, end in zip(heads, ends, strict=True)]
        ends = [*(head.start() for head in heads[1:]), len(self.text)]
        for head, end, span in zip(heads, ends, self.script.spans, strict=True):
            found.append((head.start(), end, span.end_s - span.start_s))
        return found

    def sentences(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Sentences between two places."""
        for found in _SENTENCE.finditer(self.text, start, len(self.text) if end is None else end):
            if found[0].strip():
                yield found.span()


_HEADING = re.compile(
    r"(?:^|\n)[ \t*#>-]{0,20}(?:(?:shot|scene|cut)\s{0,3}#?\s{0,3}\d{1,3}"
    r"|第\s?[\d一二三四五六七八九十]{1,3}\s?(?:个)?(?:镜头?|场|幕)"
    r"|镜头?\s?[\d一二三四五六七八九十]{1,3}|\[?\d{1,2}:\d\d|\[?\d{1,3}(?:\.\d)?\s?(?:s"
    r"|秒)?\s?[-–—~]\s?\d{1,3}(?:\.\d)?\s?(?:s|秒))",
    re.IGNORECASE,
)
"""The head of a shot without a range of seconds that could be read."""

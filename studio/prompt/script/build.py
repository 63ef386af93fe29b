"""Where the readers of all forms put what they find, so that lengths, cast and spans come about in one way."""

from __future__ import annotations

from studio.prompt.script.model import DialogueLine, FilmField, MemberKind, Script, ShotField
from studio.prompt.script.source import Slice


class ShotBuilder:
    """One shot under construction. Every method takes the part of the text that it comes from."""

    number: str = ""

    def put(self, field: ShotField, part: Slice) -> None:
        """The part belongs to this field. Words for nothing ("none", "无", "-") are dropped; a field that is there
        already is continued. duration: parsed; cast: names taken apart; dialogue: lines taken apart."""

    def length(self, seconds: float, part: Slice) -> None:
        """The shot's own length."""

    def times(self, start_s: float, end_s: float, part: Slice) -> None:
        """When the shot begins and ends in the film."""

    def say(self, line: DialogueLine, part: Slice) -> None:
        """A spoken line."""

    def read(self, part: Slice) -> None:
        """Free words of the shot: labelled lines, bracketed terms, camera terms at the front, speech, sounds and music
        go to their fields, the rest is its prompt."""


class ScriptBuilder:
    """A script under construction. default_s: length of a shot that the text says nothing about."""

    def __init__(self, text: str, *, default_s: float = 4.0) -> None:
        self.source = Slice(text)
        self.default_s = default_s

    def shot(self, number: str = "", part: Slice | None = None) -> ShotBuilder:
        """A new shot after the others. part: its number in the text."""
        raise NotImplementedError

    def film(self, field: FilmField, part: Slice) -> None:
        """The part belongs to the film as a whole; cast: members, with descriptions, in any manner."""

    def member(self, part: Slice, kind: MemberKind = "character", description: Slice | None = None) -> None:
        """One member of the film's cast; named again, it only gets what was missing."""

    def read_film(self, part: Slice) -> None:
        """Words that stand above or below all shots: labelled lines (title, style, negative, cast, places) go to their
        fields, a title line of its own to the title, the rest is style."""

    def unread(self, part: Slice, reason: str = "") -> None:
        """What was not understood."""

    def finish(self, form: str) -> Script:
        """The script. Lengths follow from own lengths, times, speech, or the default, in this order."""
        raise NotImplementedError

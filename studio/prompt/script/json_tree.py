"""JSON with the place of every value, read as far as it can be: what chat programs write is often not quite JSON.

The standard library reads the strings. The structure is found here, because no kept parser tells where values stand and
also goes on after a trailing comma, a comment, a missing comma, a quotation mark within a text, or an end that was cut
off.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Literal

from studio.prompt.script.source import Slice

MAX_DEPTH = 64
"""Deepest nesting of lists and objects that is read."""
MAX_MISTAKES = 20
"""After so many the text is not JSON."""

MistakeKind = Literal["comma", "comma_missing", "quote", "bracket", "escape", "cut", "unknown", "deep"]


@dataclass(frozen=True)
class Mistake:
    """Where the text is not JSON. kind: of its sentence, `tables.json_KIND`."""

    at: int
    kind: MistakeKind


@dataclass
class JsonValue:
    """A value. part: a text as it is meant, or a number or word as it stands; empty for null, lists and objects.

    items: of a list, or the values of an object, whose keys are in `keys`, in order. start, end: in the source.
    holds_shots: what its reader found, so that each value is looked through once; None before that.
    """

    kind: Literal["object", "list", "text", "word"]
    start: int
    end: int = 0
    part: Slice = field(default_factory=lambda: Slice(""))
    keys: list[Slice] = field(default_factory=list[Slice])
    items: list[JsonValue] = field(default_factory=list["JsonValue"])
    holds_shots: bool | None = None

    @property
    def pairs(self) -> list[tuple[Slice, JsonValue]]:
        """Keys and values of an object."""
        return list(zip(self.keys, self.items, strict=False))


@dataclass(frozen=True)
class JsonText:
    """A value that was read, where it ends, and what was wrong with it. whole: it was read to its end."""

    value: JsonValue
    end: int
    mistakes: tuple[Mistake, ...]
    whole: bool


_GAP = re.compile(r"(?:\s++|//[^\n]*+|/\*[^*]{0,999}+\*/|\ufeff)*+")
_WORD = re.compile(r"[^\s,\[\]{}:\"“”']++")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_SINGLE = re.compile(r"'((?:[^'\\\n]|\\.)*+)'(?=\s{0,99}[,:\]}])")
_CURLY = re.compile(r"“([^“”\n]*+)[”\"]")
_CLOSING = re.compile(r'"\s{0,99}[,:\]}]')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = re.compile(r"\\.|\"", re.DOTALL)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOTHING = {"null", "none", "nil", "undefined", "nan"}
_STRINGS = json.JSONDecoder(strict=False)  # a line break within a text is taken as it is


def read(source: Slice, at: int = 0) -> JsonText | None:
    """The list or object that begins at this character of the source; None where none does. It never raises."""
    return _Reader(source, at).read()


def _escaped(sign: re.Match[str]) -> str:
    """A quotation mark as JSON has it within a text: one that stands bare, or that a single one was escaped as."""
    return {'"': '\\"', "\\'": "'"}.get(sign[0], sign[0])


class _Reader:
    """One pass without recursion: `_open` are the lists and objects that are not closed yet."""

    def __init__(self, source: Slice, at: int) -> None:
        self._source, self._text, self._at = source, source.text, at
        self._open: list[JsonValue] = []
        self._mistakes: list[Mistake] = []

    def read(self) -> JsonText | None:
        """What begins here."""
        if self._text[self._at : self._at + 1] not in ("{", "["):
            return None
        root = self._value()
        comma = False
        while self._open and len(self._mistakes) < MAX_MISTAKES:
            self._skip()
            sign = self._text[self._at : self._at + 1]
            inside = self._open[-1]
            if not sign:
                self._mistake("cut")
                break
            if sign in ",，":
                if comma or not inside.items:
                    self._mistake("comma")
                comma, self._at = True, self._at + 1
            elif sign in "]}":
                if comma:
                    self._mistake("comma")
                if (sign == "}") != (inside.kind == "object"):
                    self._mistake("bracket")
                self._at += 1
                self._open.pop().end = self._at
                comma = False
            else:
                if inside.items and not comma:
                    self._mistake("comma_missing")
                comma = False
                if not self._entry(inside):
                    break
        for unclosed in self._open:
            unclosed.end = self._at
        return JsonText(root, self._at, tuple(self._mistakes), not self._open) if root else None

    def _entry(self, inside: JsonValue) -> bool:
        """One more value of this list or object; False where reading cannot go on."""
        if inside.kind == "object":
            key = self._scalar()
            self._skip()
            if key is None or self._text[self._at : self._at + 1] not in (":", "："):
                self._mistake("cut" if self._at >= len(self._text) else "unknown")
                return False
            inside.keys.append(key.part)
            self._at += 1
            self._skip()
        value = self._value()
        if value is None:
            self._mistake("cut" if self._at >= len(self._text) else "unknown")
            return False
        inside.items.append(value)
        return True

    def _value(self) -> JsonValue | None:
        if (sign := self._text[self._at : self._at + 1]) not in ("{", "["):
            return self._scalar()
        if len(self._open) >= MAX_DEPTH:
            self._mistake("deep")
            return None
        value = JsonValue("object" if sign == "{" else "list", self._at)
        self._at += 1
        self._open.append(value)
        return value

    def _scalar(self) -> JsonValue | None:
        sign, start = self._text[self._at : self._at + 1], self._at
        if sign == '"':
            return self._string()
        if found := (_SINGLE if sign == "'" else _CURLY if sign == "“" else _WORD).match(self._text, self._at):
            self._at = found.end()
            if sign in "'“":
                return JsonValue("text", start, self._at, self._meant(found.start(1), found.end(1)))
            part = self._source.group(found)
            return JsonValue("word", start, self._at, Slice("") if part.text.casefold() in _NOTHING else part)
        return None

    def _string(self) -> JsonValue | None:
        start = self._at
        if not (found := _TEXT.match(self._text, start)):
            self._at = len(self._text)  # all that follows stands within this text
            return None
        end = found.end()
        follows = _GAP.match(self._text, end)
        after = follows.end() if follows else end
        if self._text[after : after + 1] not in ("", ",", "，", ":", "：", "]", "}", '"') or (
            self._text[end : end + 1] == '"'
        ):
            closing = _CLOSING.search(self._text, end)
            if not closing:
                self._at = len(self._text)
                return None
            self._mistakes.append(Mistake(end - 1, "quote"))
            end = closing.start() + 1
        self._at = end
        return JsonValue("text", start, end, self._meant(start + 1, end - 1))

    def _meant(self, start: int, end: int) -> Slice:
        """The text between two quotation marks, with what its escapes mean."""
        part = self._source.part(start, end)
        if "\\" not in part.text and not _NO_TEXT.search(part.text):
            return part
        try:
            meant, _ = _STRINGS.raw_decode(f'"{_SIGNS.sub(_escaped, part.text)}"')
        except ValueError:
            self._mistakes.append(Mistake(start, "escape"))
            meant = _ESCAPE.sub(r"\1", part.text)
        return Slice(_NO_TEXT.sub("\ufffd", meant), part.start, cell=part.span)

    def _skip(self) -> None:
        if gap := _GAP.match(self._text, self._at):
            self._at = gap.end()

    def _mistake(self, kind: MistakeKind) -> None:
        self._mistakes.append(Mistake(self._at, kind))

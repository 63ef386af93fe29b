"""One shot of a script under construction: what belongs to which of its fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import Any, Protocol

from studio.messages import Message
from studio.prompt.script import cast as casting
from studio.prompt.script import dialogue, vocabulary, words
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.model import DialogueLine, Field, PutField, ScriptShot, ShotField
from studio.prompt.script.nothing import MARKS, is_nothing
from studio.prompt.script.source import Slice

MAX_SHOTS = 500
"""Most shots of a script; what is beyond is told."""
MAX_NAME_WORDS, MAX_HAN_NAME = 4, 10
"""Longest name in a list of a shot's cast; more is a description."""
_NUMBER = re.compile(
    r"(?:(?:shot|scene|clip|镜头|镜号|分镜|第)\s*)?#?\s*"
    r"([A-Za-z]?\d{1,4}(?:[.\-–/_ ]?\d{1,4}){0,3}\s?[A-Za-z]{0,2}|[A-Za-z]{1,2})\s*(?:镜|镜头|个镜头)?",
    re.IGNORECASE,
)
_PLACE_AND_SIZE = re.compile(r"(?P<place>\S.{2,80})\s[–—-]\s(?P<size>[^–—-]{1,30})")
"""`EXT. BEACH - SUNSET - WIDE`."""
_BETWEEN: dict[str, str] = {"sound": "; ", "music": "; ", "notes": "; ", "transition": "; ", "voice_over": " "}


class ShotOwner(Protocol):
    """What a shot asks of the script that it belongs to."""

    default_s: float

    @property
    def known_names(self) -> Container[str]:
        """Names of the cast so far, in lower case."""
        ...

    def known(self, part: Slice) -> str:
        """The member of the cast that is named; a new one where there was none."""
        ...

    def unread(self, part: Slice, reason: str = "") -> None:
        """What was not understood."""
        ...

    def add_span(self, field: Field, part: Slice, shot: int) -> None:
        """The part went into this field of this shot."""
        ...

    def extent(self, shot: int) -> tuple[int, int]:
        """First and last character of what went into a shot."""
        ...


class ShotBuilder:
    """One shot under construction. Every method takes the part of the text that it comes from."""

    def __init__(self, owner: ShotOwner, index: int, number: str) -> None:
        self.number = unicodedata.normalize("NFKC", number)
        self._owner, self._index = owner, index
        self._texts: dict[str, list[str]] = {}
        self._lines: list[DialogueLine] = []
        self._speakers: list[str] = []
        self._cast: list[str] = []
        self._source: tuple[int, int] | None = None
        self._own_s: float | None = None
        self.start_s: float | None = None
        self.end_s: float | None = None

    def put(self, field: PutField, part: Slice, *, label: str = "") -> None:
        """The part belongs to this field. Words for nothing ("none", "无", "-") are dropped; a field that is there
        already is continued. duration: a length or a time; cast, dialogue: taken apart; camera: its terms go to their
        fields; look, prompt: free words. label: the word that look stood behind."""
        part = part.strip(MARKS)
        if is_nothing(part.text):
            return
        if field == "prompt":
            self._free(part)
        elif field == "look":
            self._look(part, label)
        elif field == "camera":
            self._camera(part)
        elif field == "duration":
            self._duration(part)
        elif field == "number":
            self._number(part)
        elif field == "dialogue":
            for line, said in dialogue.lines_of(part):
                self.say(line, said)
        elif field == "sound":
            self._sound(part)
        elif (
            field == "place" and (sized := _PLACE_AND_SIZE.match(part.text)) and vocabulary.camera_terms(sized["size"])
        ):
            self._camera(part.group(sized, "size"))
            self._text("place", part.group(sized, "place"))
        elif field == "cast":
            names = list(casting.names_of(part))
            if any(map(_describes, names)):
                self._free(part)
                return
            for name in names:
                self._join_cast(name)
        elif field == "voice_over":
            self._text(field, dialogue.unquoted(part))
        elif field == "place" and part.text.isdigit():  # "Scene: 2" names no place
            self._text("notes", Slice(f"{label or 'Scene'} {part.text}", part.start, part.span))
        else:
            self._text(field, part if field == "notes" else part.strip(MARKS + ".。;；,，"))

    def put_words(self, field: ShotField, part: Slice) -> None:
        """The part belongs to this field as it stands: nothing is taken out of it."""
        if not is_nothing(part.text):
            self._text(field, part.strip(MARKS))

    def appears(self, name: str) -> None:
        """A member of the cast is in the picture, whom the words name otherwise: MAREN, for Maren-Holt."""
        if name and name not in self._cast:
            self._cast.append(name)

    def length(self, seconds: float, part: Slice) -> None:
        """The shot's own length."""
        if seconds > 0:
            self._own_s = seconds
        self._span("duration", part)

    def times(self, start_s: float, end_s: float | None, part: Slice) -> None:
        """When the shot begins and ends in the film; without an end it lasts until the next one begins."""
        self.start_s, self.end_s = start_s, end_s
        self._span("duration", part)

    def say(self, line: DialogueLine, part: Slice) -> None:
        """A spoken line; a narrator's goes to the voice-over."""
        if is_nothing(line.text.strip(" …")):
            return
        if dialogue.is_narrator(line.speaker, line.manner):
            spoken = dialogue.unquoted(Slice(line.text)).text
            named = line.speaker if line.speaker and not dialogue.is_narrator(line.speaker) else ""
            colon = ": " if named.isascii() else "："
            self._texts.setdefault("voice_over", []).append(f"{named}{colon}{spoken}" if named else spoken)
            self._speakers.append(named)
            self._span("voice_over", part)
        else:
            self._lines.append(line)
            self._speakers.append(line.speaker)
            self._span("dialogue", part)

    def read(self, part: Slice) -> None:
        """Free words of the shot: labelled lines, bracketed terms, camera terms at the front, speech, sounds and music
        go to their fields, the rest is its prompt."""
        if self._index >= MAX_SHOTS:
            return
        self.source(part)
        for piece in words.labelled(part):
            if isinstance(piece, words.Found):
                self.put(piece.field, piece.part, label=piece.label)
            else:
                self._free(piece)

    def source(self, part: Slice) -> None:
        """Its own words stand here, and wherever words were read."""
        start, end = part.strip().span
        low, high = self._source or (start, end)
        self._source = min(low, start), max(high, end)

    def _free(self, part: Slice) -> None:
        for found in words.free(part, self._owner.known_names):
            if found.line:
                self.say(found.line, found.part)
            elif found.field == "prompt":
                self._text("prompt", found.part)
            else:
                self.put(found.field, found.part.strip("【】[]()（） "), label=found.label)

    def _look(self, part: Slice, label: str) -> None:
        text = f"{label.strip(MARKS)}: {part.text}" if label.isascii() else f"{label}：{part.text}"
        self._text("prompt", Slice(text if label else part.text, part.start, part.span))

    def _sound(self, part: Slice) -> None:
        """What is heard: `SFX: wind`, `VO: ...` and spoken lines in it have their own fields."""
        for piece in words.labelled(part):
            if isinstance(piece, words.Found) and piece.field != "sound":
                self.put(piece.field, piece.part, label=piece.label)
                continue
            heard = piece.part if isinstance(piece, words.Found) else piece
            at = 0
            for line, said in dialogue.find_speech(heard):
                if ":" not in said.text and "：" not in said.text:
                    continue  # 电梯“叮”的一声
                low = heard.text.find(said.text, at)
                self._text("sound", heard.part(at, low))
                self.say(line, said)
                at = low + len(said.text)
            self._text("sound", heard.part(at))

    def _camera(self, part: Slice) -> None:
        whole = vocabulary.camera_terms(part.text)
        pieces = [part] if whole else [part.group(m) for m in re.finditer(r"[^,，;；|/\n.。、]+", part.text)]
        unknown: list[Slice] = []
        for piece in map(Slice.strip, pieces):
            terms = vocabulary.camera_terms(piece.text)
            for term in terms:
                self._text(
                    term.field, Slice(term.text, piece.start + term.start, piece.part(term.start, term.end).span)
                )
            if not terms and piece:
                unknown.append(piece)
        for piece in unknown:  # "we drift along the wall" has no term, but says how the camera moves
            self._text(vocabulary.leading_field(piece.text) or "move", piece)

    def _duration(self, part: Slice) -> None:
        if times := parse_range(part.text):
            if self.start_s is None:  # a heading's time holds; another range is of a part of the shot
                self.times(*times, part)
            self._span("duration", part)
        elif (seconds := parse_seconds(part.text)) is not None:
            if self._own_s is None:
                self.length(seconds, part)
            self._span("duration", part)
        else:
            self._owner.unread(part, Message("scriptread.no_length"))

    def _number(self, part: Slice) -> None:
        if match := _NUMBER.fullmatch(part.text.strip(" .。:：#")):
            self.number = " ".join(unicodedata.normalize("NFKC", match[1]).split())
            self._span("number", part)
        elif field := vocabulary.field_of(part.text):
            self._text(field, part)
        else:
            self.number = part.text[:40]
            self._span("number", part)

    def _join_cast(self, name: Slice) -> None:
        if (clean := self._owner.known(name)) and clean not in self._cast:
            self._cast.append(clean)
        self._span("cast", name)

    def _text(self, field: ShotField, part: Slice) -> None:
        if field == "sound":
            part = part.strip(MARKS + ".。;；,，")
            if not part:
                return
        self._texts.setdefault(field, []).append(part.text)
        self._span(field, part)

    def _span(self, field: Field, part: Slice) -> None:
        self._owner.add_span(field, part, self._index)

    def made(self, members: casting.NameFinder, number: int, next_start_s: float | None) -> ScriptShot:
        """The shot. number: its place in order, from 1. next_start_s: when the next one begins."""
        prompt = words.joined(self._texts.pop("prompt", []))
        texts: dict[str, Any] = {field: _unique(pieces, field) for field, pieces in self._texts.items()}
        named = [name for _, _, name in members.find(prompt)]
        seen = [line.speaker for line in self._lines if not dialogue.is_off(line.manner)]
        named += [name for speaker in seen for _, _, name in members.find(speaker, quoted=True)]
        end_s = self.end_s
        if end_s is None and self.start_s is not None:
            end_s = next_start_s
        length: dict[str, Any] = self._length(end_s, texts.get("voice_over", ""))
        span = self._source or self._owner.extent(self._index)
        return ScriptShot(
            number=self.number or str(number), source_start=span[0], source_end=span[1], prompt=prompt,
            start_s=self.start_s, end_s=end_s, cast=tuple(dict.fromkeys((*self._cast, *named))),
            dialogue=tuple(self._lines), **texts, **length,
        )  # fmt: skip

    def _length(self, end_s: float | None, voice_over: str) -> dict[str, object]:
        if self._own_s is not None:
            return {"duration_s": self._own_s, "length_from": "own"}
        if self.start_s is not None and end_s is not None and end_s > self.start_s:
            return {"duration_s": round(end_s - self.start_s, 3), "length_from": "times"}
        spoken_s = dialogue.speech_seconds([*(line.text for line in self._lines), voice_over])
        if spoken_s > self._owner.default_s:
            return {"duration_s": spoken_s, "length_from": "dialogue"}
        return {"duration_s": self._owner.default_s, "length_from": "default"}

    def speakers(self) -> list[str]:
        """Who speaks in it, also unseen."""
        return [speaker for speaker in self._speakers if speaker]


def _describes(name: Slice) -> bool:
    """Whether `Subject: an old violin in a window` says what is seen, rather than who."""
    han = any("\u3400" <= char <= "\u9fff" for char in name.text)
    return len(name.text) > MAX_HAN_NAME if han else len(name.text.split()) > MAX_NAME_WORDS


def _unique(pieces: list[str], field: str) -> str:
    """The pieces of one field, each once."""
    texts = dict.fromkeys(" ".join(piece.split()).strip(MARKS) for piece in pieces)
    return _BETWEEN.get(field, ", ").join(text for text in texts if text)

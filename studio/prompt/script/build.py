"""Where the readers of all forms put what they find, so that lengths, cast and spans come about in one way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import islice
from typing import Any

from studio.messages import Message
from studio.prompt.script import cast as casting
from studio.prompt.script import dialogue, film_words, labels, vocabulary, words
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.model import (
    FILM,
    DialogueLine,
    Field,
    FilmField,
    MemberKind,
    PutField,
    Script,
    ScriptMember,
    ScriptShot,
    ShotField,
    SourceSpan,
    Unread,
)
from studio.prompt.script.source import Slice

MAX_SHOTS, MAX_CAST = 500, 200
"""Most shots and members of a cast; what is beyond is told."""
MAX_NAME_WORDS, MAX_HAN_NAME = 4, 10
"""Longest name in a list of a shot's cast; more is a description."""
MAX_UNREAD, MAX_UNREAD_CHARS = 200, 200
_NOTHING = {
    "", "none", "n/a", "na", "no", "nil", "null", "-", "--", "–", "—", "——", "/", "\\", "x", "无", "没有",
    "暂无", "空", "无台词", "无对白", "无音效", "无旁白", "no dialogue", "no dialog", "no sound", "no music",
    "silent", "none.", "…", "...", "tbd", "同上", "”", "\"",
}  # fmt: skip
_MARKS = " \t\r\n\u3000*_`"
_NUMBER = re.compile(
    r"(?:(?:shot|scene|clip|镜头|镜号|分镜|第)\s*)?#?\s*"
    r"([A-Za-z]?\d{1,4}(?:[.\-–/_ ]?\d{1,4}){0,3}\s?[A-Za-z]{0,2}|[A-Za-z]{1,2})\s*(?:镜|镜头|个镜头)?",
    re.IGNORECASE,
)
_PLACE_AND_SIZE = re.compile(r"(?P<place>\S.{2,80})\s[–—-]\s(?P<size>[^–—-]{1,30})")
"""`EXT. BEACH - SUNSET - WIDE`."""
_INTRODUCED = re.compile(r"(?<![\w'-])([A-Z][A-Z'’-]{1,20}) ?\((?:(?:early|mid|late)[ -])?\d{1,3}")
_BETWEEN: dict[str, str] = {"sound": "; ", "music": "; ", "notes": "; ", "transition": "; ", "voice_over": " "}


def is_nothing(text: str) -> bool:
    """Whether a cell or line only says that there is nothing: "none", "无", "-"."""
    return len(text) < 40 and text.strip(_MARKS).strip(".。 ").casefold() in _NOTHING


class ShotBuilder:
    """One shot under construction. Every method takes the part of the text that it comes from."""

    def __init__(self, owner: ScriptBuilder, index: int, number: str) -> None:
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
        part = part.strip(_MARKS)
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
            self._text(field, part if field == "notes" else part.strip(_MARKS + ".。;；,，"))

    def put_words(self, field: ShotField, part: Slice) -> None:
        """The part belongs to this field as it stands: nothing is taken out of it."""
        if not is_nothing(part.text):
            self._text(field, part.strip(_MARKS))

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
        if line.text.strip(" .。…").casefold() in _NOTHING:
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
        text = f"{label.strip(_MARKS)}: {part.text}" if label.isascii() else f"{label}：{part.text}"
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
            part = part.strip(_MARKS + ".。;；,，")
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


class ScriptBuilder:
    """A script under construction. default_s: length of a shot that the text says nothing about."""

    def __init__(self, text: str, *, default_s: float = 4.0) -> None:
        self.source = Slice(text)
        self.default_s = default_s
        self.shots: list[ShotBuilder] = []
        self._introduced = {match[1].casefold() for match in islice(_INTRODUCED.finditer(text), MAX_CAST)}
        self._film: dict[str, list[str]] = {}
        self._members: dict[str, ScriptMember] = {}
        self._spans: list[SourceSpan] = []
        self._extents: dict[int, tuple[int, int]] = {}
        self._unread: list[Unread] = []
        self._faults: list[str] = []

    def shot(self, number: str = "", part: Slice | None = None) -> ShotBuilder:
        """A new shot after the others. part: its number in the text. Beyond MAX_SHOTS it is counted, and no more."""
        shot = ShotBuilder(self, len(self.shots), number)
        self.shots.append(shot)
        if part:
            self.add_span("number", part, len(self.shots) - 1)
        return shot

    def film(self, field: FilmField, part: Slice, *, label: str = "") -> None:
        """The part belongs to the film as a whole; cast: members, with descriptions, in any manner. label: the word it
        stood behind, which shows whether members are people, places or props."""
        part = part.strip(_MARKS)
        if part.text.casefold() in _NOTHING:
            return
        if field == "cast":
            for name, about in casting.members_of(part):
                self.member(name, labels.member_kind(label) or "character", about)
            return
        text = part.strip(_MARKS + '"“”《》').text if field == "title" else part.text
        if field == "negative":
            text = text.rstrip(" .。;；,，")
        if text in self._film.get(field, []):
            self.add_span(field, part, FILM)
        elif field != "title" or not self._film.get("title"):
            self._film.setdefault(field, []).append(text)
            self.add_span(field, part, FILM)

    def member(self, part: Slice, kind: MemberKind = "character", description: Slice | None = None) -> str:
        """One member of the film's cast, by its name; named again, it only gets what was missing. Gives the name as it
        follows an @, "" where it is none."""
        name = casting.clean_name(part.text)
        if not name or not name[0].isalnum():
            return ""
        about = " ".join(description.text.split()).strip(" .。;；,，") if description else ""
        known = self._members.get(name.casefold())
        if known is None and len(self._members) >= MAX_CAST:
            self.unread(part, Message("scriptread.cast_full", most=MAX_CAST))
            return ""
        if known is None or (about and not known.description):
            self._members[name.casefold()] = ScriptMember(
                name=known.name if known else name, kind=known.kind if known else kind, description=about
            )
        for piece in (part, description):
            if piece:
                self.add_span("cast", piece, FILM)
        return self._members[name.casefold()].name

    def known(self, part: Slice) -> str:
        """The member that a shot's own list names; a new one where there was none."""
        name = casting.clean_name(part.text)
        member = self._members.get(name.casefold())
        if member:
            return member.name
        if not name or not name[0].isalnum() or len(self._members) >= MAX_CAST:
            return ""
        self._members[name.casefold()] = ScriptMember(name=name)
        return name

    def read_film(self, part: Slice, *, titled: bool = True) -> None:
        """Words that stand above or below all shots: labelled lines (title, style, negative, cast, places) go to their
        fields, a title line of its own to the title, words of a chat to nobody, the rest is style. titled: as above all
        shots, where a heading can be the title."""
        film_words.read(self, part, titled=titled)

    @property
    def known_names(self) -> Container[str]:
        """Names of the cast so far, and of whoever is introduced as `ROSA (30)`, in lower case."""
        return self._members.keys() | self._introduced

    def unread(self, part: Slice, reason: str = "") -> None:
        """What was not understood."""
        part = part.strip()
        if part and len(self._unread) < MAX_UNREAD:
            start, end = part.span
            self._unread.append(Unread(start=start, end=end, text=part.text[:MAX_UNREAD_CHARS], reason=reason))

    def fault(self, sentence: str) -> None:
        """Something that was understood, but cannot be right."""
        self._faults.append(sentence)

    def add_span(self, field: Field, part: Slice, shot: int) -> None:
        """The part went into this field of this shot."""
        part = part.strip()
        if not part:
            return
        start, end = part.span
        self._spans.append(SourceSpan(start=start, end=end, field=field, shot=shot))
        if shot != FILM and field not in ("number", "duration"):
            low, high = self._extents.get(shot, (start, end))
            self._extents[shot] = min(low, start), max(high, end)

    def extent(self, shot: int) -> tuple[int, int]:
        """First and last character of what went into a shot."""
        return self._extents.get(shot, (0, 0))

    def finish(self, form: str) -> Script:
        """The script. Lengths follow from own lengths, times, speech, or the default, in this order. People who speak
        or stand behind an @ are of the cast."""
        kept = self.shots[:MAX_SHOTS]
        if len(self.shots) > MAX_SHOTS:
            self.fault(Message("board.too_many_shots", most=MAX_SHOTS))
        for name in [*(n for shot in kept for n in shot.speakers()), *casting.mentions_in(self.source.text)]:
            if casting.is_name(name):
                self.known(Slice(name))
        finder = casting.NameFinder(m.name for m in self._members.values())
        starts = [*(shot.start_s for shot in kept[1:]), None][: len(kept)]
        return Script(
            form=form,
            title=" ".join(self._film.get("title", [])),
            style=words.joined(self._film.get("style", [])),
            negative=", ".join(self._film.get("negative", [])),
            cast=tuple(self._members.values()),
            shots=tuple(
                shot.made(finder, n, start) for n, (shot, start) in enumerate(zip(kept, starts, strict=True), 1)
            ),
            unread=tuple(self._unread),
            spans=tuple(sorted(self._spans, key=lambda span: (span.start, span.end))),
            faults=tuple(self._faults),
        )


def _describes(name: Slice) -> bool:
    """Whether `Subject: an old violin in a window` says what is seen, rather than who."""
    han = any("\u3400" <= char <= "\u9fff" for char in name.text)
    return len(name.text) > MAX_HAN_NAME if han else len(name.text.split()) > MAX_NAME_WORDS


def _unique(pieces: list[str], field: str) -> str:
    """The pieces of one field, each once."""
    texts = dict.fromkeys(" ".join(piece.split()).strip(_MARKS) for piece in pieces)
    return _BETWEEN.get(field, ", ").join(text for text in texts if text)

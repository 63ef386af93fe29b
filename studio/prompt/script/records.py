"""Shots from records, as tables and JSON have them: a label and a value for each fact.

What a label means is looked up (labels.py) and held against its values: "Time" may head times, lengths or "night", and
"Shot" numbers or sizes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.dialogue import find_speech, lines_of
from studio.prompt.script.durations import parse_range, parse_seconds
from studio.prompt.script.labels import film_field, plain, shot_field
from studio.prompt.script.model import DialogueLine, PutField
from studio.prompt.script.nothing import is_nothing
from studio.prompt.script.shot_builder import ShotBuilder
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms
from studio.prompt.script.words import free

CAMERA: frozenset[str] = frozenset(("shot_size", "angle", "lens", "move", "camera"))
Meaning = PutField | Literal["start", "end", "scene", "speaker", "manner", "unused", ""]
"""What a label means: a field, or a word of tables alone; "" for one that nobody knows."""


WORDS: dict[str, dict[str, frozenset[str]]] = {
    part: {name: frozenset(words) for name, words in lists.items()}
    for part, lists in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}
"""Words that mean something only in records, by part and name."""
_OWN_WORDS: dict[str, Meaning] = {
    word: cast(Meaning, "" if name == "unknown" else name) for name, words in WORDS["label"].items() for word in words
}
_PLAIN_NOTES = WORDS["notes"]["plain"]
"""Labels of notes that say nothing themselves; others stand before their note."""
_HAN = r"[\d一二三四五六七八九十百]{1,6}"
_NUMBER = re.compile(
    r"(?:shot|scene|sc|no|nr|clip|panel|frame|part|beat)?[ .#_:-]{0,3}[a-z]{0,3}[ .#_-]?\d{1,5}(?:[ ._/-]?\d{1,4}){0,3}"
    rf"[ ._-]?[a-z]{{0,2}}[.)]?|第?{_HAN}(?:个?镜头?|场|幕|镜)?|(?:镜头?|分镜|场景?)[ #:：]{{0,2}}{_HAN}[a-z]?"
    r"|[a-z]|[ivx]{1,5}",
    re.IGNORECASE,
)
_NAMED_NUMBER = re.compile(r"[a-z_]{1,16}[\w.-]{0,16}?[-_]?\d{1,5}[a-z]?", re.IGNORECASE)
_MILLISECONDS = re.compile(r"(?:^| )(?:ms|milliseconds)$|毫秒")
_DESCRIBED = re.compile(r" (?:desc|description|prompt|details?|cue|notes?)$|描述$|提示词$")
_DESCRIBABLE: frozenset[PutField | None] = frozenset(("sound", "music", "move", "camera", "look", "voice_over"))
"""Fields whose label may say as well that it is a description; that of a character is none of a shot."""
_FRAMES = re.compile(r"^(?:duration |length )?(?:frames|frame count|num frames|frames count|帧数)$")
_SOUND_HEAD = re.compile(
    r"\[(?P<tag>speaker|dialogue|sound effects?|sfx|music|bgm|ambien(?:ce|t)|narrat(?:or|ion)|voice ?over|vo)\]\s{0,9}"
    r"|(?:^|(?<=[\s.;；。/|,，]))(?P<label>sfx|vo|voice[- ]?over|music|bgm|dialogue|narration|sounds?|ambience|foley|"
    r"旁白|音乐|台词|音效|配乐|环境音|对白|画外音|背景音乐)\s{0,3}[:：]\s{0,9}",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://|data:|/|[A-Za-z]:\\)\S+|\S+\.(?:png|jpe?g|webp|gif|mp4|mov|webm)", re.IGNORECASE)
_DESCRIBED_SUBJECT = re.compile(
    r"(?:[Aa]n?|[Tt]he|[Tt]wo|[Tt]hree|[Ff]our|[Ss]everal|[Ss]ome|[Hh]is|[Hh]er|[Tt]heir)\s+[a-z]"
)
_NAMES = re.compile(r"[,，、;；&/\n]| and |和|与")
MAX_NAME_CHARS = 40


@dataclass(frozen=True)
class Fact:
    """One cell or pair. label: as it stands, empty where a column has no head."""

    meaning: Meaning
    label: Slice
    value: Slice


@dataclass(frozen=True)
class Record:
    """The facts of one shot. place: where its scene is, unless it says so itself. said: lines with their speakers."""

    facts: tuple[Fact, ...]
    place: Slice | None = None
    said: tuple[tuple[DialogueLine, Slice], ...] = ()


def meaning(label: str) -> Meaning:
    """What a label means where each shot is a record; "" where it is not known."""
    words = plain(label)
    if words in _OWN_WORDS:
        return _OWN_WORDS[words]
    if _FRAMES.match(words):
        return "duration"
    if known := shot_field(label) or shot_field(_MILLISECONDS.sub("", words)):
        return known
    described = shot_field(_DESCRIBED.sub("", words))
    return (described or "") if described in _DESCRIBABLE else ""


def is_number(text: str) -> bool:
    """Whether a cell can be the number of a shot: 3, 1A, S01-02, 镜头3, 第一镜."""
    words = text.strip().strip("*")
    return len(words) <= 24 and bool(_NUMBER.fullmatch(words) or _NAMED_NUMBER.fullmatch(words))


def _with_subject(facts: list[Fact]) -> list[Fact]:
    """The facts; a subject that is described and not named ("A woman in red") begins the description of the action."""
    subjects = [f for f in facts if f.meaning == "cast" and plain(f.label.text).startswith("subject")]
    subject = next((f for f in subjects if _DESCRIBED_SUBJECT.match(f.value.text)), None)
    if subject is None:
        return facts
    action = next((f for f in facts if f.meaning == "prompt"), None)
    others = [f for f in facts if f is not subject and f is not action]
    if action is None:
        return [Fact("prompt", subject.label, subject.value), *others]
    span = min(subject.value.span[0], action.value.span[0]), max(subject.value.span[1], action.value.span[1])
    words = f"{subject.value.text.rstrip(' .,')} {action.value.text}"
    return [Fact("prompt", action.label, Slice(words, span[0], cell=span)), *others]


def _other_fields(fact: Fact) -> bool:
    """Whether a cell of one field of the camera holds terms of several, and nothing else."""
    return len({term.field for term in camera_terms(fact.value.text)}) > 1


def _in_one_line(part: Slice) -> Slice:
    """The text of a cell whose lines are broken where the column ended, unless each is labelled or listed."""
    lines = [line.strip() for line in part.text.splitlines()]
    if len(lines) < 2 or any(re.match(r"[-*•#【\[]|[^:：]{1,30}[:：]", line) for line in lines):
        return part
    words = lines[0]
    for line in filter(None, lines[1:]):
        words += ("" if not words or words[-1:] > "\u2e7f" or line[:1] > "\u2e7f" else " ") + line
    return Slice(words, part.start, cell=part.span)


def _rank(fact: Fact) -> int:
    """How surely a label means the very prompt: "video prompt" before "prompt", an image's, and a description."""
    words = plain(fact.label.text)
    if "prompt" not in words and "提示词" not in words:
        return 0
    return 1 if re.search(r"image|first frame|图|首帧", words) else 3 if re.search("video|motion|视频", words) else 2


def put_records(build: ScriptBuilder, records: Sequence[Record]) -> None:
    """A shot of each record."""
    in_order = _times_in_order(records)
    starts = [_seconds(record, "start") for record in records] + [None]
    for index, record in enumerate(records):
        _Writer(build, record, ranges_are_times=in_order, next_start=starts[index + 1]).write()


def _times_in_order(records: Sequence[Record]) -> bool:
    """Whether ranges such as 3-5 s follow one another as times; else each is a length, given roughly."""
    ranges = [
        r for record in records for f in record.facts if f.meaning == "duration" and (r := parse_range(f.value.text))
    ]
    if len(ranges) < 2:
        return True
    follow = sum(after[0] >= before[1] - 1e-6 for before, after in pairwise(ranges))
    return 2 * follow >= len(ranges) - 1


def _seconds(record: Record, which: Meaning) -> float | None:
    for fact in record.facts:
        if fact.meaning == which and fact.value:
            return _of_label(fact)
    return None


def _of_label(fact: Fact) -> float | None:
    """Seconds of a length or a time, in the unit that its label names."""
    words, text = plain(fact.label.text), fact.value.text
    if _FRAMES.match(words) and text.strip().isdecimal():
        text += " frames"
    seconds = parse_seconds(text)
    milliseconds = seconds is not None and text.strip().replace(".", "").isdecimal() and _MILLISECONDS.search(words)
    return round(seconds / 1000, 3) if seconds is not None and milliseconds else seconds


class _Writer:
    """Puts one record into the builder."""

    def __init__(
        self, build: ScriptBuilder, record: Record, *, ranges_are_times: bool, next_start: float | None
    ) -> None:
        self._build, self._record = build, record
        self._ranges_are_times, self._next_start = ranges_are_times, next_start
        facts = _with_subject([fact for fact in record.facts if fact.value])
        self._facts = sorted(facts, key=lambda fact: fact.meaning == "look")
        numbers = [f for f in self._facts if f.meaning == "number" and is_number(f.value.text)]
        numbers += [f for f in self._facts if f.meaning == "prompt" and f.value.text.isdecimal()]  # "Frame": 1
        numbers += [f for f in self._facts if f.meaning == "scene" and is_number(f.value.text)]
        self._number = numbers[0] if numbers else None
        prompts = [f for f in self._facts if f.meaning == "prompt" and f is not self._number]
        self._prompts = [f for f in prompts if _rank(f) == max(map(_rank, prompts))]
        if prompts and _rank(self._prompts[0]) > 0:
            self._prompts = self._prompts[:1]  # each of them is the whole prompt

    def write(self) -> None:
        number = self._number
        shot = self._build.shot()
        if number:
            shot.put("number", number.value)
        speaker, manner = self._value("speaker"), self._value("manner")
        speaks = bool(self._value("dialogue") or self._record.said)
        for fact in self._facts:
            if fact is number or fact.meaning in ("start", "end"):
                continue
            if fact.meaning == "dialogue":
                self._speech(shot, fact, speaker or self._only_name(), manner)
            elif fact.meaning in ("speaker", "manner"):
                if not self._value("dialogue"):
                    self._named(shot, fact)
            elif fact.meaning == "duration":
                self._length(shot, fact)
            elif fact.meaning == "number":
                self._not_a_number(shot, fact)
            elif fact.meaning == "scene":
                self._scene(shot, fact)
            elif fact.meaning == "prompt" and fact not in self._prompts:
                self._named(shot, fact)
            elif fact.meaning == "prompt":
                self._prompt(shot, fact, speaks=speaks)
            elif fact.meaning == "notes":
                self._notes(shot, fact)
            elif fact.meaning == "" and film_field(fact.label.text) == "negative":
                self._build.film("negative", fact.value)
            elif fact.meaning == "":
                self._named(shot, fact)
            elif fact.meaning == "sound":
                self._sound(shot, fact)
            elif fact.meaning in CAMERA and _other_fields(fact):
                shot.put("camera", fact.value)
            elif fact.meaning != "unused":
                shot.put(cast(PutField, fact.meaning), fact.value, label=fact.label.text.replace("_", " "))
        for line, part in self._record.said:
            shot.say(line, part)
        if self._record.place and not self._value("place"):
            shot.put("place", self._record.place)
        self._times(shot)

    def _value(self, which: Meaning) -> Slice | None:
        return next((fact.value for fact in self._facts if fact.meaning == which), None)

    def _only_name(self) -> Slice | None:
        """The only member of the cast in this shot, who then speaks its lines."""
        names = [fact.value for fact in self._facts if fact.meaning == "cast"]
        one = len(names) == 1 and len(names[0].text) <= MAX_NAME_CHARS and not _NAMES.search(names[0].text)
        return names[0] if one else None

    def _speech(self, shot: ShotBuilder, fact: Fact, speaker: Slice | None, manner: Slice | None) -> None:
        lines = list(lines_of(fact.value)) if speaker or manner else []
        if not lines or any(line.speaker for line, _ in lines):
            shot.put("dialogue", fact.value)
            return
        for line, part in lines:
            said = {"speaker": speaker.text.lstrip("@") if speaker else ""}
            said |= {"manner": manner.text} if manner and not line.manner else {}
            shot.say(line.model_copy(update=said), part)

    def _length(self, shot: ShotBuilder, fact: Fact) -> None:
        if span := parse_range(fact.value.text):
            if self._ranges_are_times and span[1] > span[0]:
                shot.times(*span, fact.value)
            else:
                shot.length(round(sum(span) / 2, 3), fact.value)
        elif (seconds := _of_label(fact)) is not None:
            shot.length(seconds, fact.value)
        elif any(sign.isdigit() for sign in fact.value.text) or "?" in fact.value.text:
            self._build.unread(fact.value, Message("tables.not_a_length"))
        else:
            shot.put("look", fact.value, label=fact.label.text)  # "Time: night"

    def _times(self, shot: ShotBuilder) -> None:
        start = next((f for f in self._facts if f.meaning == "start"), None)
        if not start or (start_s := _of_label(start)) is None:
            return
        end = next((f for f in self._facts if f.meaning == "end"), None)
        end_s = _of_label(end) if end else None
        if end_s is None:
            length = next((s for f in self._facts if f.meaning == "duration" and (s := _of_label(f)) is not None), None)
            end_s = start_s + length if length else self._next_start
        if end_s is not None and end_s > start_s:
            shot.times(start_s, end_s, start.value)

    def _not_a_number(self, shot: ShotBuilder, fact: Fact) -> None:
        if camera_terms(fact.value.text):
            shot.put("camera", fact.value)
        elif is_number(fact.value.text) or self._prompts:
            self._named(shot, fact)
        else:
            shot.read(fact.value)

    def _scene(self, shot: ShotBuilder, fact: Fact) -> None:
        if is_number(fact.value.text):
            self._named(shot, fact)
        elif self._prompts:
            shot.put("place", fact.value)
        else:
            shot.read(fact.value)

    def _prompt(self, shot: ShotBuilder, fact: Fact, *, speaks: bool) -> None:
        """A description. Terms of the camera stay in it where the shot has a label for them."""
        value = _in_one_line(fact.value)
        if _LINK.fullmatch(value.text):
            self._build.unread(fact.value, Message("tables.link"))
        elif not self._says_again(value, speaks=speaks):
            shot.read(value)
        else:
            at = 0
            for line, part in [] if speaks else find_speech(value):
                shot.say(line, part)
                shot.put_words("prompt", value.part(at, part.start - value.start))
                at = part.end - value.start
            shot.put_words("prompt", value.part(at))

    def _says_again(self, value: Slice, *, speaks: bool) -> bool:
        """Whether free words would give up something that the shot has a label for, or all there is: "A truck"."""
        labelled = {f.meaning for f in self._facts} & CAMERA
        left = False
        for found in free(value):
            if found.line and speaks:
                return True
            terms = {term.field for term in camera_terms(found.part.text)} if found.field in CAMERA else set[str]()
            if labelled & {*terms, found.field} or (terms and "camera" in labelled):
                return True
            left = left or bool(found.line) or found.field == "prompt"
        return bool(labelled) and not left

    def _sound(self, shot: ShotBuilder, fact: Fact) -> None:
        """Sounds, among which speech and music may stand: `SFX: rain / VO: "Go."`, `[Speaker] Lena: It's late.`"""
        heads = list(_SOUND_HEAD.finditer(fact.value.text))
        first = fact.value.part(0, heads[0].start() if heads else None)
        at = 0
        for line, part in find_speech(first):
            shot.say(line, part)
            shot.put("sound", first.part(at, part.start - first.start))
            at = part.end - first.start
        shot.put("sound", first.part(at))
        for head, end in zip(heads, [*(h.start() for h in heads[1:]), len(fact.value.text)], strict=False):
            what = meaning(head["tag"] or head["label"])
            field: PutField = "dialogue" if what == "speaker" else cast(PutField, what or "sound")
            shot.put(field, fact.value.part(head.end(), end).strip(" ;；/|"))

    def _notes(self, shot: ShotBuilder, fact: Fact) -> None:
        if not fact.label or plain(fact.label.text) in _PLAIN_NOTES:
            shot.put("notes", fact.value)
        else:
            self._named(shot, fact)

    def _named(self, shot: ShotBuilder, fact: Fact) -> None:
        """A note that begins with its label."""
        if is_nothing(fact.value.text):
            return
        if fact.label:
            words = f"{' '.join(fact.label.text.split())}: {fact.value.text}"
            shot.put("notes", Slice(words, fact.value.start, cell=fact.value.span))
        else:
            self._build.unread(fact.value)

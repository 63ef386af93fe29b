"""Shots as blocks: a heading of the shot, then labelled lines (`Camera: ...`, `景别：...`), lists and free words below.

Read by the labelled fields, the Markdown of chat programs and the blocks of Sora 2, which differ in how sure they are
of a text and in a few labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.chat import is_chat
from studio.prompt.script.durations import RANGE, TIME, UNIT, parse_range, parse_seconds
from studio.prompt.script.film_words import no_field
from studio.prompt.script.forms.screen_rows import Row, page_of
from studio.prompt.script.heads import number_of
from studio.prompt.script.labels import film_field, member_kind, shot_field
from studio.prompt.script.model import FilmField, PutField
from studio.prompt.script.shot_builder import ShotBuilder
from studio.prompt.script.source import EMPTY, Slice
from studio.prompt.script.vocabulary import camera_terms

_NUMBER = (
    r"\d{1,3}(?:[.\-–]\d{1,3})?[A-Za-z]?|[一二三四五六七八九十百]{1,4}|"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten)\b"
)
_SHOT = r"shot|clip|panel|frame|cut|beat|segment|镜头|分镜头?|镜号|镜|画面|片段"
_SCENE = r"scene|part|sequence|场景|场|段落"
_HEAD = re.compile(
    rf"^(?:\d\ufe0f?\u20e3)?[^\w\[【(（]{{0,16}}(?:\d\ufe0f?\u20e3\s{{0,2}})?[【\[(（]?\s?(?:(?P<word>{_SHOT}|"
    rf"{_SCENE})\s{{0,3}}(?:no\.?|nr\.?|number|#|号|：|"
    rf":)?\s{{0,2}}(?P<no>{_NUMBER})"
    rf"|第\s?(?P<nth>{_NUMBER})\s?(?P<measure>个?(?:镜头|分镜|画面|片段|镜)|个?(?:场景|场|幕|"
    rf"段)))(?![\w\u3400-\u9fff])\s?[】\])）]?(?P<rest>.{{0,200}})$",
    re.IGNORECASE,
)
_SHOT_WORD = re.compile(rf"^(?:{_SHOT}|个?(?:镜头|分镜|画面|片段|镜))$", re.IGNORECASE)
_LABEL = re.compile(
    r"^[^\w\[【(（\n]{0,16}(?:\d{1,2}[.)、]\s{1,3})?[*_]{0,3}(?P<label>[^\W\d][^\n:：【】\[\]*|"
    r"]{0,38}?)[*_]{0,3}\s{0,2}[:：][*_]{0,3}\s{0,4}(?P<value>.*)$"
)
_BRACKET = re.compile(
    r"^\s{0,9}(?:[-*•]\s)?[*_]{0,3}[【\[](?P<label>[^【】\[\]]{1,40})[】\]][*_]{0,3}\s{0,3}[:：]?\s{0,3}(?P<value>.*)$"
)
_HEADING = re.compile(r"^\s{0,3}(?P<marks>#{1,6})(?:\s{1,4}|(?!\d))(?P<text>\S.*)$")
_BOLD = re.compile(r"^[*_]{2,3}(?P<text>[^*]{1,160})[*_]{2,3}[:：]?$")
_WHOLE_BRACKET = re.compile(r"^[\[【](?P<text>[^\[\]【】]{1,80})[\]】][:：]?$")
_RULE = re.compile(r"^[-=*_—·•\s]{3,80}$|^```\w{0,12}$")
_TIMES = re.compile(
    rf"[\[【(（]\s{{0,3}}(?:duration|length|time|时长|约)?[:：]?\s{{0,3}}(?P<range>{RANGE})\s{{0,3}}[\]】)）]|"
    rf"(?<![\w.])(?P<bare>{RANGE})(?![\w])",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"[\[【(（]\s{{0,3}}(?:(?:duration|length|about|approx\.?|time|时长|约|"
    rf"~)\s{{0,2}}[:：]?\s{{0,3}})?(?P<length>{TIME})\s{{0,3}}[\]】)）]"
    rf"|(?:^|[|,，/–—-])\s{{0,3}}(?P<bare>\d{{1,4}}(?:[.,]\d{{1,3}})?{UNIT})(?=\s{{0,3}}(?:$|[|,，/:：–—-]))",
    re.IGNORECASE,
)
_DIGIT, _CLOCK = re.compile(r"\d"), re.compile(r"\d:\d|\d\s?(?:s|秒)", re.IGNORECASE)
_HAS_UNIT = re.compile(r"[^\d.,\s]")
_AROUND = " \t:：|–—-,，.。·*_#]】"
_BULLET = re.compile(r"^\s{0,20}(?:[-*•▪►➤–—]|\d{1,2}[.)、])\s{1,9}")
_NUMBERED = re.compile(r"^\W{0,3}(?:\d{1,4}|[一二三四五六七八九十]{1,3}|[A-Za-z]{1,2}\d{0,3})\b[\w.-]{0,6}\W{0,3}$")
_COUNTED = re.compile(r"^(?:[一二三四五六七八九十]{1,3}[、.．]|\d{1,2}[.、)]|[IVX]{1,4}[.)])\s{0,3}")
_QUOTE_MARK = re.compile(r"^>\s{0,3}")
_SPOKEN = re.compile(r"^[*_]{0,3}[\"“「『][^\"“”「」『』]{1,400}[\"”」』][*_]{0,3}$")
_TITLE_LABEL = re.compile(r"^(?:title|标题|片名)\s{0,2}[:：]\s{0,3}", re.IGNORECASE)
_TITLE_TAIL = re.compile(
    r"\s?[-–—:：|]?\s?(?:分镜(?:头)?(?:脚本|表)?|镜头脚本|视频脚本|shot ?list|story ?board|video (?:script|"
    r"prompts?)|multi-shot prompt)$",
    re.IGNORECASE,
)
_TITLE_MARKS = ' \t*_#《》"“”'
_PICTURE = re.compile(r"[\w\u3400-\u9fff《\"“].*", re.DOTALL)
BOLD_LEVEL = 7
"""The level of a heading that is a line in bold."""
MAX_HEAD_WORDS = 90
"""Longest title of a shot; more words behind its number are its picture."""


@dataclass(frozen=True)
class Timing:
    """What a heading says of time, and the words that remain."""

    words: Slice
    times: tuple[float, float] | None = None
    length_s: float | None = None
    part: Slice = EMPTY

    def __bool__(self) -> bool:
        return self.times is not None or self.length_s is not None

    def put(self, shot: ShotBuilder) -> None:
        """Tell a shot."""
        if self.times:
            shot.times(*self.times, self.part)
        elif self.length_s:
            shot.length(self.length_s, self.part)


@dataclass(frozen=True)
class Head:
    """The heading of a shot or a scene: its number, what it says of time, and the level of its Markdown (0: none)."""

    number: Slice
    is_shot: bool
    timing: Timing
    level: int


@dataclass(frozen=True)
class Label:
    """A labelled line."""

    name: str
    value: Slice


@dataclass
class Counted:
    """What a text has of blocks. marked, bold, timed: headings in Markdown with a number, in bold, with a time.
    repeated: how often its most frequent label stands there."""

    heads: int = 0
    marked: int = 0
    bold: int = 0
    timed: int = 0
    labels: int = 0
    repeated: int = 0
    fields: set[str] = field(default_factory=set)


def head_of(row: Row) -> Head | None:
    """The heading of a numbered shot or scene; None for another line."""
    match = _HEAD.match(row.raw.text)
    if match is None or _labels_a_picture(match):
        return _time_head(row)
    timing = timing_of(row.raw.group(match, "rest"))
    if len(timing.words.text) > MAX_HEAD_WORDS:
        return None
    number = row.raw.group(match, "no") if match["no"] else row.raw.group(match, "nth")
    heading = _HEADING.match(row.raw.text)
    marked = BOLD_LEVEL if row.raw.text.startswith(("**", "__")) else 0
    return Head(
        number,
        bool(_SHOT_WORD.match(match["word"] or match["measure"])),
        timing,
        len(heading["marks"]) if heading else marked,
    )


def _time_head(row: Row) -> Head | None:
    """A line that is nothing but the time of a shot: `[0:00-0:03]`."""
    span = parse_range(row.text) if len(row.text) < 40 and _DIGIT.search(row.text) else None
    if span is None or span[1] <= span[0] or not _CLOCK.search(row.text):
        return None
    return Head(EMPTY, True, Timing(EMPTY, times=span, part=row.part), 0)


def _labels_a_picture(match: re.Match[str]) -> bool:
    """`画面：Two children run` and `画面：3 boats`: the label of the words that follow, of which one is a number."""
    word, number = match["word"] or "", match["no"] or ""
    if not word or word.isascii():
        return False
    between = match.string[match.end("word") : match.start("no")]
    return (number.isascii() and number.isalpha()) or (word in ("画面", "片段") and (":" in between or "：" in between))


def timing_of(part: Slice) -> Timing:
    """Times or length at the end of a heading: `— Establishing (4s)`."""
    if match := _TIMES.search(part.text):
        found = part.group(match, "range") if match["range"] else part.group(match, "bare")
        if (span := parse_range(found.text)) and span[1] > span[0]:
            return Timing(_without(part, match), times=span, part=found)
    if match := _LENGTH.search(part.text):
        found = part.group(match, "length") if match["length"] else part.group(match, "bare")
        seconds = parse_seconds(found.text)
        if seconds and _HAS_UNIT.search(found.text):
            return Timing(_without(part, match), length_s=seconds, part=found)
    return Timing(_words(part))


def _cast_of(label: str) -> FilmField | None:
    return "cast" if member_kind(label) in ("place", "prop") else None


def _without(part: Slice, match: re.Match[str]) -> Slice:
    return _words(part.part(0, match.start())) or _words(part.part(match.end()))


def _words(part: Slice) -> Slice:
    """The part without the marks around it; a stop at its end stays."""
    inner = part.strip(_AROUND)
    stop = inner.end - part.start
    return (
        part.part(inner.start - part.start, stop + 1) if inner and part.text[stop : stop + 1] in (".", "。") else inner
    )


def label_of(row: Row) -> Label | None:
    """A line that begins with a label of a shot or of the film."""
    for pattern in (_LABEL, _BRACKET):
        match = pattern.match(row.raw.text)
        if match and (shot_field(match["label"]) or film_field(match["label"]) or member_kind(match["label"])):
            return Label(match["label"].strip(" *_"), row.raw.group(match, "value").strip(" \t*"))
    return None


@lru_cache(2)
def counted(text: str) -> Counted:
    """The headings and labels of a text, for the three forms that judge by them."""
    found, names = Counted(), Counter[str]()
    for line in Slice(text).lines():
        part = line.strip()
        if not part or len(part.text) > 2000:
            continue
        row = Row(part, part, 0, True)
        if head := head_of(row):
            found.heads += 1
            found.marked += 0 < head.level < BOLD_LEVEL
            found.bold += head.level == BOLD_LEVEL
        elif (label := label_of(row)) and (named := shot_field(label.name)):
            found.labels += 1
            found.fields.add(named)
            names[label.name.casefold()] += 1
        elif (heading := _HEADING.match(part.text)) and timing_of(part.group(heading, "text")):
            found.timed += 1
    found.repeated = max(names.values(), default=0)
    return found


def read_blocks(build: ScriptBuilder, extra: Mapping[str, PutField] | None = None) -> None:
    """Read a text of blocks. extra: labels that mean another field here."""
    reader = _Blocks(build, extra or {})
    for at in range(len(reader.rows)):
        reader.take(at)
    reader.close()


class _Blocks:
    """Goes through the rows, knowing which shot is open and which field lines without a label go on with."""

    def __init__(self, build: ScriptBuilder, extra: Mapping[str, PutField]) -> None:
        self._build, self._extra = build, extra
        self.rows = page_of(build, comments=False).rows
        self.heads = [head_of(row) for row in self.rows]
        self._nested = len({head.is_shot for head in self.heads if head}) == 2
        self._numbered = any(self.heads)
        self._last_head = max((at for at, head in enumerate(self.heads) if head), default=-1)
        self._level = 0 if self._numbered else self._level_of_shots()
        self._repeat = "" if self._numbered or self._level else self._first_again()
        self._shot: ShotBuilder | None = None
        self._heading = EMPTY  # words of this shot's heading, until it is known what they are
        self._place = EMPTY
        self._pictured = self._titled = self._styled = self._timed = False
        self._styles: set[str] = set()
        self._valued = False  # the film's label had words behind it, so that a blank line ends them
        self._into: PutField | None = None
        self._film: FilmField | None = None
        self._label = ""
        self._used = set[str]()  # labels of shots

    def _level_of_shots(self) -> int:
        """The level of headings that are shots without a number, because they say how long they are; 0 without any."""
        levels = Counter[int]()
        for row in self.rows:
            if (match := _HEADING.match(row.raw.text)) and timing_of(row.raw.group(match, "text")):
                levels[len(match["marks"])] += 1
        return next((level for level, n in levels.most_common(1) if n > 1), 0)

    def _first_again(self) -> str:
        """The label that begins a shot where no heading does: the first one of a shot that stands there again."""
        labels = [label for row in self.rows if (label := label_of(row)) and self._field(label.name)]
        labels = [la for la in labels if self._field(la.name) != "number" or _NUMBERED.match(la.value.text)]
        names = [label.name.casefold() for label in labels]
        again = Counter(names)
        return next((name for name in names if self._field(name) == "number"), "") or next(
            (n for n in names if again[n] > 1), ""
        )

    def take(self, at: int) -> None:
        """Read one row."""
        row, head = self.rows[at], self.heads[at]
        text = row.raw.text
        if _RULE.match(text):
            self._into = self._film = None
            if at > self._last_head >= 0:
                self.close()  # below a rule behind the last shot stand words on the film
        elif reason := no_field(text, in_shots=self._shot is not None):
            self._build.unread(row.raw, reason)
        elif head:
            self._open(head)
        elif label := label_of(row):
            self._labelled(row, label)
        elif match := _HEADING.match(text) or _BOLD.match(text) or _WHOLE_BRACKET.match(text):
            self._headed(row, row.raw.group(match, "text"), len(match["marks"]) if match.re is _HEADING else 0)
        elif is_chat(text):
            self._build.unread(row.raw, Message("scriptread.chat"))
        else:
            self._words(row)

    def close(self) -> None:
        """The shot is over: the words of its heading are terms of the camera, its picture, or a note."""
        shot, heading = self._shot, self._heading
        if shot and heading:
            shot.put("camera" if camera_terms(heading.text) else "notes" if self._pictured else "prompt", heading)
        self._shot, self._heading = None, EMPTY

    def _open(self, head: Head) -> None:
        if not head.number and self._shot and not self._timed and not self._pictured and not self._label:
            head.timing.put(self._shot)
            return
        self.close()
        if self._nested and not head.is_shot:
            self._place, self._into, self._film = head.timing.words, None, None
            return
        head.timing.put(self._start(head.number))
        self._timed = bool(head.timing)
        self._heading = head.timing.words

    def _start(self, number: Slice = EMPTY) -> ShotBuilder:
        shot = self._shot = self._build.shot(number_of(number.text) if number else "", number or None)
        self._pictured, self._timed, self._into, self._film, self._label = False, False, "prompt", None, ""
        if self._place:
            shot.put("place", self._place)
        return shot

    def _headed(self, row: Row, words: Slice, level: int) -> None:
        """A heading without a number: of the film, of a shot, or of a field."""
        if counted_off := _COUNTED.match(words.text):
            words = words.part(counted_off.end())
        film, named = film_field(words.text), self._field(words.text)
        if self._level and level == self._level and film is None:
            timing = timing_of(words)
            self.close()
            timing.put(self._start())
            self._heading = timing.words
        elif self._shot and named and not (film and level):
            self._into, self._film, self._label = named, None, words.text
        elif film:
            self.close()
            self._into, self._film, self._label, self._valued = None, film, words.text, False
        elif is_chat(words.text):
            self._build.unread(row.raw, Message("scriptread.chat"))
        elif not self._titled and not self._build.shots and not self._place:
            self._title(words)
        else:
            self.close()
            self._into = self._film = None
            self._build.unread(row.raw)

    def _title(self, words: Slice) -> None:
        if picture := _PICTURE.search(words.text):
            words = words.group(picture)
        if label := _TITLE_LABEL.match(words.text):
            words = words.part(label.end())
        tail = _TITLE_TAIL.search(words.text)
        words = (words.part(0, tail.start()) if tail and tail.start() else words).strip(_TITLE_MARKS)
        if words and not self._titled:
            self._build.film("title", words)
            self._titled = True

    def _field(self, label: str) -> PutField | None:
        return self._extra.get(label.strip(" *_").casefold()) or shot_field(label)

    def _labelled(self, row: Row, label: Label) -> None:
        named, film = self._field(label.name), film_field(label.name) or _cast_of(label.name)
        if named == "number" and label.value and not _NUMBERED.match(label.value.text):
            named = "camera"  # 镜头：特写，手持
        again = label.name.casefold() == self._repeat
        if (self._shot is None and (self._numbered or self._level)) or not (named or self._shot):
            self._of_film(row, label, film)
        elif again and named == "number":
            self.close()
            self._start(label.value)
        elif film and not again and self._is_of_film(label, film, named):
            self._of_film(row, label, film)
        elif film and row.opens and self._numbered and self._used and label.name.casefold() not in self._used:
            self.close()  # a paragraph of its own, with a label that no shot has
            self._of_film(row, label, film)
        else:
            if self._shot is None or (again and self._pictured | bool(self._label)):
                self.close()
                self._start()
            self._into, self._film, self._label = named or "prompt", None, label.name
            self._valued = bool(label.value)
            self._used.add(label.name.casefold())
            self._put(label.value)

    def _is_of_film(self, label: Label, film: FilmField, named: PutField | None) -> bool:
        """Whether a label that both may have is the film's: above the shots, or a style where it has none yet."""
        if film == "style" and label.value.text in self._styles:
            return True
        if film == "style" and self._styled:
            return self._shot is None and label.name.casefold() not in self._extra
        if self._shot is None:
            return label.name.casefold() not in self._extra
        return named is None or "style" in label.name.casefold()

    def _of_film(self, row: Row, label: Label, film: FilmField | None) -> None:
        """A labelled line above or between the shots. What only a shot has (Camera, Audio) holds for all of them."""
        self._into, self._film, self._label, self._valued = None, film or "style", label.name, bool(label.value)
        if film == "title":
            self._title(label.value)
        elif film is None:
            known = self._field(label.name) not in (None, "notes")
            self._build.film("style", row.part) if known else self._build.unread(row.raw)
        elif label.value:
            if film == "style":
                self._styled = True
                self._styles.add(label.value.text)
            self._build.film(film, label.value, label=label.name)

    def _words(self, row: Row) -> None:
        """A line without a label: it goes on with what stands above it."""
        part = row.raw.part(quote.end()) if (quote := _QUOTE_MARK.match(row.raw.text)) else row.raw
        if row.opens and self._film and self._valued:
            self._film = None
        if self._film and self._film != "title":
            bullet = _BULLET.match(part.text)
            self._styled = self._styled or self._film == "style"
            self._build.film(
                self._film, part.part(bullet.end()) if bullet and self._film != "cast" else part, label=self._label
            )
        elif self._shot is None and _LABEL.match(part.text):
            self._build.unread(part)
        elif self._shot is None and (self._numbered or self._level):
            self._build.read_film(part)
        else:
            if self._shot is None:
                self._start()
            listed = _BULLET.match(part.text) is not None
            if (row.opens and not listed) or (listed and self._valued and self._into not in ("dialogue", "cast")):
                self._into, self._label = "prompt", ""
            if quote and _SPOKEN.match(part.text):
                self._into = "dialogue"
            self._put(part)

    def _put(self, part: Slice) -> None:
        if not part or self._shot is None:
            return
        into = self._into or "prompt"
        bullet = _BULLET.match(part.text)
        words = part.part(bullet.end()) if bullet and into != "dialogue" else part
        self._pictured = self._pictured or into == "prompt"
        if into == "prompt":
            self._shot.read(words)
        else:
            self._shot.put(into, words, label=self._label if into == "look" else "")

"""What is where in a JSON value: records of shots, and the fields of the film."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.durations import parse_seconds
from studio.prompt.script.json_tree import JsonValue
from studio.prompt.script.labels import film_field, member_kind, plain
from studio.prompt.script.model import DialogueLine, FilmField, MemberKind
from studio.prompt.script.records import WORDS, Fact, Meaning, Record, is_number, meaning
from studio.prompt.script.source import Slice

_LISTS = WORDS["json"]["lists"]
"""Keys under which even a list of bare texts is one of shots."""
_WHO = WORDS["json"]["who"]
_HOW = WORDS["json"]["how"]
_WORDS = WORDS["json"]["words"]
_ONE_NAME = WORDS["json"]["name"]
_KINDS = {"kind", "type", "role", "类型", "种类"}
"""Keys of a member that say what it is rather than how it looks."""
_STRONG: frozenset[Meaning] = frozenset(
    (
        "prompt",
        "duration",
        "shot_size",
        "move",
        "angle",
        "camera",
        "dialogue",
        "voice_over",
        "lens",
        "start",
        "sound",
        "number",
    )
)
_HEADINGS = WORDS["json"]["headings"]
_SLUG = re.compile(
    r"\b(?:int|ext)\b|内景|外景|[-–·/ ][日夜内外晨昏](?:\W|$)|\b(?:day|night|dawn|dusk|morning|evening)\b",
    re.IGNORECASE,
)
MAX_SAID_CHARS, MAX_PLACE_CHARS = 40, 60


@dataclass
class Film:
    """Records of shots, and what holds for the film: fields, members, and parts that nobody understands."""

    records: list[Record] = field(default_factory=list[Record])
    fields: list[tuple[FilmField, Slice]] = field(default_factory=list[tuple[FilmField, Slice]])
    members: list[tuple[Slice, MemberKind, Slice | None]] = field(
        default_factory=list[tuple[Slice, MemberKind, Slice | None]]
    )
    unread: list[Slice] = field(default_factory=list[Slice])

    @property
    def is_anything(self) -> bool:
        """Whether anything of a film was found."""
        return bool(self.records or self.fields or self.members)

    def extend(self, other: Film) -> None:
        """All of another value as well."""
        self.records += other.records
        self.fields += other.fields
        self.members += other.members
        self.unread += other.unread

    def put(self, build: ScriptBuilder) -> None:
        """The film's own fields; its shots are not put yet."""
        for name, part in self.fields:
            build.film(name, part)
        for name, kind, description in self.members:
            build.member(name, kind, description)
        for part in self.unread:
            build.unread(part, Message("tables.key_unknown"))


def gather(value: JsonValue, source: Slice) -> Film:
    """The film of a value."""
    film = Film()
    _Collector(film, source).film(value, "", None)
    return film


def _is_shot(value: JsonValue) -> bool:
    """Whether an object has the labels of a shot, and no shots within it."""
    if value.kind != "object" or _inner_list(value):
        return False
    known = _strong(value)
    return len(known) > 1 or "prompt" in known


def _inner_list(value: JsonValue) -> bool:
    """Whether a list of shots stands in this object."""
    if value.holds_shots is None:
        value.holds_shots = _has_inner_list(value)
    return value.holds_shots


def _has_inner_list(value: JsonValue) -> bool:
    for key, item in value.pairs:
        if item.kind == "list" and item.items and not _is_said(key.text) and not member_kind(key.text):
            if plain(key.text) in _LISTS and all(one.kind == "text" for one in item.items):
                return True
            objects = [one for one in item.items if one.kind == "object"]
            if objects and 2 * sum(map(_is_shot, objects)) >= len(objects):
                return True
        elif item.kind == "object" and plain(key.text) in _LISTS and item.items and all(map(_is_shot, item.items)):
            return True
    return False


def _is_said(key: str) -> bool:
    return meaning(key) in ("dialogue", "voice_over", "sound", "music")


class _Collector:
    """Walks through a value. Its depth is bounded by that of json_tree."""

    def __init__(self, film: Film, source: Slice) -> None:
        self._film, self._source = film, source

    def film(self, value: JsonValue, key: str, place: Slice | None) -> None:
        """A value that is no shot: a list or object in which shots and fields of the film stand."""
        if value.kind == "list":
            self._list(value, key, place)
            return
        if _is_shot(value):
            self._film.records.append(_record(value, place))
            return
        place = self._place_of(value) if _inner_list(value) else place
        for label, item in value.pairs:
            self._entry(label, item, place)

    def _list(self, value: JsonValue, key: str, place: Slice | None) -> None:
        for item in value.items:
            if item.kind in ("object", "list"):
                self.film(item, key, place)
            elif item.part and (plain(key) in _LISTS or not key):
                self._film.records.append(Record((Fact("prompt", Slice(""), item.part),), place))

    def _entry(self, label: Slice, item: JsonValue, place: Slice | None) -> None:
        kind, name = member_kind(label.text), film_field(label.text)
        if (
            item.kind == "object"
            and item.items
            and plain(label.text) in _LISTS | {""}
            and all(map(_is_shot, item.items))
        ):
            for number, shot in item.pairs:
                self._entry_shot(number, shot, place)
        elif item.kind == "object" and is_number(label.text) and _is_shot(item):
            self._entry_shot(label, item, place)
        elif item.kind in ("list", "object"):
            members = bool(kind or name == "cast") and (plain(label.text) not in _LISTS or _has_names(item))
            if _has_shots(item, surely=members) or (plain(label.text) in _LISTS and not members):
                self.film(item, label.text, place)
            elif kind or name == "cast":
                self._members(item, kind or "character")
            elif name:
                for part in _leaves(item):
                    self._film.fields.append((name, part))
            elif item.kind == "object":
                self.film(item, label.text, place)
            elif item.items:
                self._film.unread.append(self._source.part(label.start - 1, item.end))
        elif item.part:
            self._scalar(label, item.part, place)

    def _entry_shot(self, key: Slice, shot: JsonValue, place: Slice | None) -> None:
        """A shot under a key, which is its number unless it is no number or the shot has one."""
        record = _record(shot, place)
        own = any(fact.meaning == "number" for fact in record.facts) or not is_number(key.text)
        number = () if own else (Fact("number", key, key),)
        self._film.records.append(replace(record, facts=(*number, *record.facts)))

    def _scalar(self, label: Slice, part: Slice, place: Slice | None) -> None:
        name = film_field(label.text)
        if part is place:
            return
        if name:
            self._film.fields.append((name, part))
        elif member_kind(label.text) == "place" and not part.text.isdecimal():
            self._film.fields.append(("style", part))
        elif not (part.text.isdecimal() and len(part.text) < 4):
            self._film.unread.append(Slice(part.text, label.start, cell=(label.span[0], part.span[1])))

    def _members(self, value: JsonValue, kind: MemberKind) -> None:
        """`["Kai", "Vos"]`, `[{"name": "Kai", "description": ...}]`, `{"Kai": "22, farmer"}`."""
        if value.kind == "list":
            for item in value.items:
                if item.kind == "object":
                    name = next((v.part for k, v in item.pairs if plain(k.text) in _ONE_NAME and v.part), None)
                    told = [v.part.text for k, v in item.pairs if plain(k.text) in _KINDS and v.part]
                    own: MemberKind = kind
                    for words in reversed(told):
                        own = member_kind(words) or own
                    others = [
                        p for k, v in item.pairs if plain(k.text) not in _ONE_NAME | _KINDS for p in _leaves(v)
                    ]  # fmt: skip
                    if name:
                        self._film.members.append((name, own, _joined_cells(others)))
                elif item.part:
                    self._film.members.append((item.part, kind, None))
            return
        names = {plain(key.text) for key in value.keys}
        if names & {"name", "名字", "姓名"}:
            self._members(JsonValue("list", value.start, value.end, items=[value]), kind)
            return
        for key, item in value.pairs:
            self._film.members.append((key, kind, _joined_cells(_leaves(item))))

    def _place_of(self, scene: JsonValue) -> Slice | None:
        """Where a scene with shots plays: its place, else a heading or short description."""
        for fits in (
            lambda key, text: meaning(key) in ("place", "scene") and not is_number(text),
            lambda key, text: plain(key) in _HEADINGS and bool(_SLUG.search(text)),
            lambda key, text: meaning(key) == "prompt" and len(text) <= MAX_PLACE_CHARS,
        ):
            for key, item in scene.pairs:
                if item.part and fits(key.text, item.part.text):
                    return item.part
        return None


def _has_shots(value: JsonValue, *, surely: bool) -> bool:
    """Whether a list or object is one of shots.

    surely: a description alone, as members of a cast have it, makes none.
    """
    objects = [value] if value.kind == "object" else [item for item in value.items if item.kind == "object"]
    return any(_inner_list(item) or (_is_shot(item) and (not surely or len(_strong(item)) > 1)) for item in objects)


def _meaning(key: str) -> Meaning:
    """As for the head of a column; `text` is what a shot shows."""
    return meaning(key) or ("prompt" if plain(key) in ("text", "文本") else "")


def _has_names(value: JsonValue) -> bool:
    """Whether these can be members of a cast, places or props: each has a name, or is one."""
    return all(
        item.kind == "text" or any(plain(key.text) in _ONE_NAME for key in item.keys) for item in value.items
    )  # fmt: skip


def _strong(value: JsonValue) -> set[Meaning]:
    known: set[Meaning] = {_meaning(key.text) for key in value.keys}
    return known & _STRONG


def _record(shot: JsonValue, place: Slice | None) -> Record:
    """The facts of an object, those of objects within it as well."""
    facts: list[Fact] = []
    said: list[tuple[DialogueLine, Slice]] = []
    _put_pairs(shot, facts, said)
    return Record(tuple(facts), place, tuple(said))


def _put_pairs(value: JsonValue, facts: list[Fact], said: list[tuple[DialogueLine, Slice]]) -> None:
    for key, item in value.pairs:
        what = _meaning(key.text)
        if item.kind in ("text", "word"):
            facts.append(Fact(what, key, item.part))
        elif what == "dialogue":
            _put_said(item, facts, said, key)
        elif what == "cast":
            names = _names(item)
            if names:
                facts.extend(Fact("cast", key, name) for name in names)
        elif item.kind == "object" and what in (
            "",
            "camera",
            "sound",
            "duration",
            "prompt",
            "look",
            "shot_size",
            "move",
        ):
            _put_pairs(item, facts, said)
        elif item.kind == "object":
            parts = _leaves(item)
            facts += [Fact(what, key, part) for part in parts if not parse_seconds(part.text)][:1]
        elif parts := _leaves(item):
            facts.extend(Fact(what, key, part) for part in parts)


def _put_said(value: JsonValue, facts: list[Fact], said: list[tuple[DialogueLine, Slice]], key: Slice) -> None:
    """`["Kai: Run!"]`, `[{"speaker": "Kai", "line": "Run!"}]`, `{"character": ..., "text": ...}`, `{"Kai": "Run!"}`."""
    for item in value.items if value.kind == "list" else [value]:
        if item.kind != "object":
            if item.part:
                facts.append(Fact("dialogue", key, item.part))
            continue
        parts = {plain(k.text): v.part for k, v in item.pairs if v.part}
        text = next((part for name, part in parts.items() if name in _WORDS), None)
        who = next((part for name, part in parts.items() if name in _WHO), None)
        how = next((part for name, part in parts.items() if name in _HOW), None)
        if text:
            line = DialogueLine(speaker=who.text if who else "", manner=how.text if how else "", text=text.text)
            said.append((line, Slice(text.text, item.start, cell=(item.start, item.end))))
        elif not who:
            for name, v in item.pairs:
                if v.part and len(name.text) <= MAX_SAID_CHARS:
                    line = DialogueLine(speaker=name.text, text=v.part.text)
                    said.append((line, Slice(v.part.text, name.start, cell=(name.span[0], v.part.span[1]))))


def _names(value: JsonValue) -> list[Slice]:
    if value.kind == "object":
        own = [item.part for key, item in value.pairs if plain(key.text) in _ONE_NAME and item.part]
        return own[:1] or [key for key, _ in value.pairs]
    return [name for item in value.items for name in (_names(item) if item.kind != "text" else [item.part]) if name]


def _leaves(value: JsonValue) -> list[Slice]:
    """All texts of a value, in order."""
    if value.kind in ("text", "word"):
        return [value.part] if value.part else []
    return [part for item in value.items for part in _leaves(item)]


def _joined_cells(parts: list[Slice]) -> Slice | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Slice(", ".join(part.text for part in parts), parts[0].start, cell=(parts[0].span[0], parts[-1].span[1]))

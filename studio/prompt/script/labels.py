"""What a label means: the head of a column, the key of a JSON object, the word before a colon, in English and Chinese.

Sources of the words: shot list templates of StudioBinder and Milanote, Sora 2's and Veo's prompt guides, and the
分镜头脚本 tables of Chinese film schools and video programs.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from studio.prompt.script.model import FilmField, MemberKind, PutField

F = TypeVar("F")
MAX_LABEL_CHARS = 40
"""Longest label; more before a colon is a sentence."""

_WORDS: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

_UNIT = re.compile(r"[(（\[][^()（）\[\]]{0,20}[)）\]]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MARK = re.compile(r"[*_`~#:：.,，。/\\\-–—'’\"“”&+|<>@]+")
_SPACES = re.compile(r"\s+")
_HAN_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def _fields(part: str) -> dict[str, str]:
    """Label -> field. Of a word that two fields have the first one counts."""
    return {word: field for field, words in reversed(_WORDS[part].items()) for word in words}


_SHOT_FIELDS = cast(dict[str, PutField], _fields("shot"))
_FILM_FIELDS = cast(dict[str, FilmField], _fields("film"))
_KINDS = cast(dict[str, MemberKind], _fields("members"))
SPELT_BOTH = re.compile(r"^(.{1,24}?) ?[(（/] ?([^()（）/]{1,24})[)）]?$")
"""A label in two languages: `景别 (Shot Size)`, `时长/Duration`."""


@lru_cache(4096)
def plain(label: str) -> str:
    """The label as the tables have it: lower case, without marks, units and numbers of pages; "" for a sentence."""
    if len(label) > 3 * MAX_LABEL_CHARS:
        return ""
    words = _UNIT.sub(" ", unicodedata.normalize("NFKC", _CAMEL.sub(" ", label)))
    if label.strip() == "#":
        return "#"
    words = _SPACES.sub(" ", _MARK.sub(" ", words)).strip().casefold()
    return words if len(words) <= MAX_LABEL_CHARS else ""


@lru_cache(4096)
def shot_field(label: str) -> PutField | None:
    """The field of a shot that a label names: "Camera Movement", "shot_size", "时长（秒）"; None for any other word."""
    return _either(label, _SHOT_FIELDS)


@lru_cache(4096)
def film_field(label: str) -> FilmField | None:
    """The field of the film that a label above or below all shots names."""
    return _either(label, _FILM_FIELDS)


@lru_cache(4096)
def member_kind(label: str) -> MemberKind | None:
    """What a list under this label holds: characters, places or props."""
    return _KINDS.get(plain(label)) or _KINDS.get(_HAN_SPACE.sub("", plain(label)))


def _either(label: str, table: dict[str, F]) -> F | None:
    words = plain(label)
    if found := table.get(words) or table.get(_HAN_SPACE.sub("", words)):
        return found
    if both := SPELT_BOTH.match(label.strip()):
        fields = [field for part in (both[1], both[2]) if (field := table.get(plain(part)))]
        if fields == ["voice_over"]:
            return None  # YUI (V.O.) is a speaker
        # a column for both holds lines that say who speaks, a narrator among them
        return next((field for field in fields if field == "dialogue"), fields[0] if fields else None)
    return None

"""What stands above the shots of a script: its title and its cast. And the cast's names in the shots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from studio.storyboard.model import CastMember, new_id

Kind = Literal["character", "place", "prop"]

_TITLE = re.compile(r"^\s*(?:title|标题|片名)\s*[:：]\s*(\S.*)$", re.IGNORECASE)
_CAST = re.compile(
    r"^\s*(?:(?P<character>cast|characters?|演员|角色|人物)|(?P<place>places?|locations?|地点|场所)|(?P<prop>props?|道具))"
    r"\s*[:：]\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s*[-*•·]\s+(.*)$")
_NAMED = re.compile(r"^@?(?P<name>[^\W\d_][^,:;，：；()（）–—-]{0,38}?)\s*(?:[,:，：(（–—]|\s-\s|$)\s*(?P<about>.*)$")
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_QUOTED = re.compile(r"(\"[^\"]*\"|“[^“”]*”|「[^「」]*」)")
_IN_WORD, _IN_NAME = re.compile(r"\w"), re.compile(r"[\w-]")


@dataclass(frozen=True)
class ScriptHeader:
    """Title and cast that a script names above its shots, and the script without those lines."""

    title: str
    cast: tuple[CastMember, ...]
    rest: str


def split_header(text: str) -> ScriptHeader:
    """Take `Title: ...`, `Cast: Maren, a keeper of seventy; Ida, nine` and lists under such a line off a script.

    Members are parted by semicolons, or stand one a line behind dashes. Also Places and Props, and the Chinese words.
    """
    title, cast, rest = "", dict[str, CastMember](), list[str]()
    kind: Kind | None = None
    for line in text.splitlines():
        if kind and (item := _ITEM.match(line)):
            _add(cast, kind, item[1])
        elif section := _CAST.match(line):
            kind = _kind(section)
            for part in _parts(section["rest"]):
                _add(cast, kind, part)
        elif (title_match := _TITLE.match(line)) and not title:
            title = title_match[1].strip().strip('"“”《》')
        else:
            kind = kind if not line.strip() else None
            rest.append(line)
    return ScriptHeader(title, tuple(cast.values()), "\n".join(rest))


class Linker:
    """Puts @ before the names of a cast, all of them in one pass. Of names that begin alike the longest counts."""

    def __init__(self, cast: tuple[CastMember, ...]) -> None:
        self._names = {member.name: _HAN.search(member.name) is not None for member in cast}
        self._lengths = dict[str, list[int]]()
        for name in sorted(self._names, key=len, reverse=True):
            lengths = self._lengths.setdefault(name[0], [])
            if len(name) not in lengths[-1:]:
                lengths.append(len(name))
        self._first = re.compile(f"[{re.escape(''.join(self._lengths))}]" if cast else r"(?!)")

    def link(self, words: str) -> str:
        """The words with every name as @name, speech in quotes left as it is."""
        return "".join(part if i % 2 else self._link_unquoted(part) for i, part in enumerate(_QUOTED.split(words)))

    def _link_unquoted(self, words: str) -> str:
        hyphenated = words.replace(" ", "-")  # a name of two words stands with either between them
        pieces, end = list[str](), 0
        for match in self._first.finditer(words):
            at = match.start()
            if at >= end and (name := self._name_at(hyphenated, words, at, after_name=at == end)):
                gap = " " if self._names[name] else ""  # without spaces between words a name would swallow the next
                pieces += [words[end:at], "@", name, gap]
                end = at + len(name)
        return "".join((*pieces, words[end:]))

    def _name_at(self, hyphenated: str, words: str, at: int, *, after_name: bool) -> str:
        """The longest name that begins here. after_name: a name ends right before."""
        before = words[at - 1 : at] if at else ""
        if before == "@":
            return ""
        in_word = not after_name and _IN_WORD.match(before) is not None
        for length in self._lengths[words[at]]:
            name = hyphenated[at : at + length]
            if name not in self._names:
                continue
            if self._names[name] or not (in_word or _IN_NAME.match(words, at + length)):
                return name
        return ""


def _kind(match: re.Match[str]) -> Kind:
    if match["place"]:
        return "place"
    return "prop" if match["prop"] else "character"


def _parts(text: str) -> list[str]:
    """Members on one line: by semicolons; a line of bare names by commas."""
    parts = [p.strip(" .。") for p in re.split(r"[;；]", re.sub(r"\s+", " ", text))]
    if len(parts) == 1:
        names = re.split(r" ?(?:,|，|、|\band\b|和) ?", parts[0])
        if all(re.fullmatch(r"@?[^\W\d_a-z]\w*(?: [^\W\d_a-z]\w*)?", n) for n in names):
            parts = names
    return [p for p in parts if p]


def _add(cast: dict[str, CastMember], kind: Kind, text: str) -> None:
    match = _NAMED.match(text.strip())
    name = re.sub(r"[^\w-]", "", re.sub(r"\s+", "-", match["name"].strip())) if match else ""
    if match and name and name.casefold() not in cast:
        description = match["about"].strip().rstrip(")）.。").strip()
        cast[name.casefold()] = CastMember(id=new_id("m"), name=name[:40], kind=kind, description=description)

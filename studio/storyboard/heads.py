"""What stands above the shots of a script: its title and its cast. And the cast's names in the shots."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from studio.storyboard.board import CastMember, new_id

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
_QUOTED = re.compile(r"(\"[^\"]*\"|“[^”]*”|「[^」]*」)")


@dataclass(frozen=True)
class Head:
    """Title and cast that a script names above its shots, and the script without those lines."""

    title: str
    cast: tuple[CastMember, ...]
    rest: str


def take(text: str) -> Head:
    """Take `Title: ...`, `Cast: Maren, a keeper of seventy; Ida, nine` and lists under such a line off a script.

    Members are parted by semicolons, or stand one a line behind dashes. Also Places and Props, and the Chinese words.
    """
    title, cast, rest = "", dict[str, CastMember](), list[str]()
    kind: Kind | None = None
    for line in text.splitlines():
        if kind and (item := _ITEM.match(line)):
            _add(cast, kind, item[1])
        elif found := _CAST.match(line):
            kind = _kind(found)
            for part in _parts(found["rest"]):
                _add(cast, kind, part)
        elif (named := _TITLE.match(line)) and not title:
            title = named[1].strip().strip('"“”《》')
        else:
            kind = kind if not line.strip() else None
            rest.append(line)
    return Head(title, tuple(cast.values()), "\n".join(rest))


def linked(words: str, cast: tuple[CastMember, ...]) -> str:
    """The words with every name of the cast as @name, speech in quotes left as it is."""
    for member in cast:
        spoken = re.escape(member.name).replace("\\-", "[ -]")
        edge, gap = (r"(?<![\w@])", r"(?![\w-])"), ""
        if _HAN.search(member.name):
            edge, gap = (r"(?<!@)", ""), " "  # Chinese has no spaces between words, so a name would swallow the next
        name = re.compile(f"{edge[0]}{spoken}{edge[1]}")
        parts = _QUOTED.split(words)
        words = "".join(part if i % 2 else name.sub(f"@{member.name}{gap}", part) for i, part in enumerate(parts))
    return words


def _kind(found: re.Match[str]) -> Kind:
    if found["place"]:
        return "place"
    return "prop" if found["prop"] else "character"


def _parts(text: str) -> list[str]:
    """Members on one line: by semicolons; a line of bare names by commas."""
    parts = [p.strip(" .。") for p in re.split(r"[;；]", text)]
    if len(parts) == 1:
        names = re.split(r"\s*(?:,|，|、|\band\b|和)\s*", parts[0])
        if all(re.fullmatch(r"@?[^\W\d_a-z]\w*(?: [^\W\d_a-z]\w*)?", n) for n in names):
            parts = names
    return [p for p in parts if p]


def _add(cast: dict[str, CastMember], kind: Kind, text: str) -> None:
    found = _NAMED.match(text.strip())
    name = re.sub(r"[^\w-]", "", re.sub(r"\s+", "-", found["name"].strip())) if found else ""
    if found and name and name.casefold() not in cast:
        about = found["about"].strip().rstrip(")）.。").strip()
        cast[name.casefold()] = CastMember(id=new_id("m"), name=name[:40], kind=kind, description=about)

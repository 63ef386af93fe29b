"""The cast of a script: members out of a list in any manner, and their names in the words of a shot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from studio.prompt.script.source import Slice

MAX_NAME_CHARS = 40
MAX_HAN_NAME_CHARS = 5
_ABOUT_HAN = re.compile(r"[岁色穿戴男女]|\d")
_ITEM = re.compile(r"^\s{0,99}(?:[-*•·‣▪●○–—]|\d{1,3}[.)、])\s{1,9}")
_NAMED = re.compile(
    r"^[\s*_`]{0,99}@?(?P<name>[^\W\d_](?:[^,:;|，：；()（）\[\]【】<>–—\n*_-]|-(?=\w)|"
    r"(?<=\w)_(?=\w)){0,38})[\s*_`]{0,9}"
    r"(?:[,:，：(（\[【–—|-]|\s-\s|$)(?P<about>.*)$",
    re.DOTALL,
)
_TITLED = re.compile(r"^[\s*_`]{0,99}(?P<name>(?:Dr|Mr|Mrs|Ms|Prof|St)\.\s[^\W\d_][\w'-]{0,30})", re.IGNORECASE)
_BARE = re.compile(r"@?[^\W\d_a-z][\w'’.·-]*(?: [^\W\d_a-z][\w'’.-]*){0,2}")
_LOWER_BARE = re.compile(r"@?[\w'’.·-]+(?: [\w'’.-]+){0,2}")
_CLOSED_MEMBER = re.compile(r"(?<=[)）])[ \t]{0,3}[、，,][ \t]{0,3}")
_PARTS = re.compile(r"[;；\n]")
_COMMAS = re.compile(r"[ \t]{0,9}(?:[,，、/&+|;；\n]|\band\b|和|与)[ \t]{0,9}")
_MENTION = re.compile(r"@[\w][\w-]*")
_WHITE, _NOT_NAME = re.compile(r"\s+"), re.compile(r"[^\w-]")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"
"""A letter or digit of a script that has spaces between words."""
_QUOTED = re.compile(r"(\"[^\"]*\"|“[^“”]*”|「[^「」]*」)")
_BETWEEN = re.compile(r"\.?\s+|\.|-")
_GENERIC = {
    "man", "woman", "boy", "girl", "child", "person", "voice", "crowd", "everyone", "all", "both", "he", "she",
    "they", "kid", "narrator", "announcer", "stranger", "people", "someone", "speaker", "character", "host",
    "off-screen", "offscreen", "男人", "女人", "众人", "旁白", "画外音", "男声", "女声", "所有人", "路人",
    "男子", "女子", "大家", "男", "女", "群众", "解说", "他", "她", "广播", "电话", "手机",
    "电视", "收音机", "对讲机", "系统", "radio", "phone", "tv", "intercom",
}  # fmt: skip


def clean_name(name: str) -> str:
    """A name as it follows an @: words joined by hyphens, of letters, digits, _ and -; at most 40 characters."""
    return _NOT_NAME.sub("", _WHITE.sub("-", name.strip().removeprefix("@").strip(" *_`\"“”'<>")))[
        :MAX_NAME_CHARS
    ].strip("-_")


_SEVERAL = re.compile(r"[/&、]|\b(?:and|und|et|y)\b")
"""`SAM/PAT` are two people."""


def is_name(speaker: str) -> bool:
    """Whether a speaker is somebody with a name, rather than "the man" or "Woman"."""
    words = speaker.strip().casefold()
    first = words.split(" ")[0] if words else ""
    return (
        bool(words)
        and words not in _GENERIC
        and first not in ("the", "a", "an", "man", "woman")
        and not words.isdigit()
        and not _SEVERAL.search(words)
    )


def members_of(part: Slice) -> Iterator[tuple[Slice, Slice]]:
    """Name and description of every member of a list: `Maren, a keeper of seventy; Ida, nine`, a line each behind
    dashes, or bare names between commas."""
    for piece in _pieces(part):
        piece = piece.strip(" \t\r\n.。;；,，")
        if item := _ITEM.match(piece.text):
            piece = piece.part(item.end())
        if titled := _TITLED.match(piece.text):
            rest = piece.part(titled.end())
            yield piece.group(titled, "name"), rest.strip(" \t*_`,:，：()（）–—-|")
        elif named := _NAMED.match(piece.text):
            about = piece.group(named, "about").strip()
            opened = piece.text[max(0, named.start("about") - 1) : named.start("about")]
            if opened in "(（[" and opened:
                about = _after_bracket(about)
            yield piece.group(named, "name").strip(" *_`"), about.strip(" \t*_`:：,，–—-")


def names_of(part: Slice) -> Iterator[Slice]:
    """Bare names: `Maya, Tom and Ida`, `小林、老奶奶`, `@Ida @Tom`."""
    mentions = list(_MENTION.finditer(part.text))
    if mentions:
        yield from (part.group(m).part(1) for m in mentions)
        return
    at = 0
    for comma in [*_COMMAS.finditer(part.text), None]:
        name = part.part(at, comma.start() if comma else None)
        name = name.part(0, min((i for c in "(（[:：" if (i := name.text.find(c)) > 0), default=None))
        if 0 < len(name.strip().text) <= MAX_NAME_CHARS:
            yield name.strip(' \t*_`.。<>"“”')
        at = comma.end() if comma else at


def mentions_in(words: str) -> list[str]:
    """Names after an @, each once."""
    return list(dict.fromkeys(m[0][1:] for m in _MENTION.finditer(words)))


class NameFinder:
    """Finds the names of a cast in any number of texts, all names in one pass. Of names that begin alike the longest
    counts. A hyphen in a name stands for a space as well, and for `. ` as in "Dr. Vos"."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {_key(name): name for name in names if name}
        # screenplays write names in capitals where somebody comes in or speaks
        capitals = {_key(name).upper(): name for name in self._names.values() if len(name) > 2}
        small = {_key(name).title(): name for name in self._names.values() if len(name) > 2 and name == name.upper()}
        self._names = small | capitals | self._names
        longest_first = sorted(self._names, key=len, reverse=True)
        firsts = "".join(sorted({name[0] for name in longest_first}))
        either = "|".join(map(_pattern, longest_first))
        self._name = re.compile(f"(?=[{re.escape(firsts)}])(?:{either})" if self._names else r"(?!)")

    def find(self, words: str, *, quoted: bool = False) -> list[tuple[int, int, str]]:
        """(start, end, name) of every name, in order. quoted: also within quotes."""
        found, at = list[tuple[int, int, str]](), 0
        for i, part in enumerate([words] if quoted else _QUOTED.split(words)):
            if not i % 2:
                hits = self._name.finditer(part)
                found += [(at + m.start(), at + m.end(), self._names[_key(m[0])]) for m in hits]
            at += len(part)
        return found

    def link(self, words: str) -> str:
        """The words with every name as @name, speech in quotes left as it is."""
        pieces, end = list[str](), 0
        for start, stop, name in self.find(words):
            if start and words[start - 1] == "@":
                continue
            gap = " " if _HAN.search(name) else ""  # without spaces between words a name would swallow the next
            pieces += [words[end:start], "@", name, gap]
            end = stop
        return "".join((*pieces, words[end:]))


def _key(name: str) -> str:
    return _BETWEEN.sub("-", name)


def _pattern(name: str) -> str:
    """Chinese and Japanese have no spaces between words, so that a name may stand anywhere in them, and a name in other
    letters beside them."""
    words = r"(?:-|\.?\s{1,3}|\.)".join(map(re.escape, name.split("-")))
    return words if _HAN.search(name) else rf"(?<!{_LETTER})(?<!-){words}(?!{_LETTER}|-)"


def _pieces(part: Slice) -> Iterator[Slice]:
    """Members on one line by semicolons; a line of bare names by commas."""
    at, stops = 0, list(_PARTS.finditer(part.text.strip(" \t\r\n.。;；")))
    for stop in [*_PARTS.finditer(part.text), None]:
        piece = part.part(at, stop.start() if stop else None)
        at = stop.end() if stop else at
        if not piece.strip():
            continue
        names = [n.strip() for n in _COMMAS.split(piece.text.strip(" .。"))]
        if len(names) > 1 and not stops and all(map(_is_bare, names)):
            yield from names_of(piece)
        else:
            yield from _bracketed(piece)


def _bracketed(piece: Slice) -> Iterator[Slice]:
    """`小周（22岁）、老人（70岁）`: parted where a bracket closes, if every part has one."""
    gaps = list(_CLOSED_MEMBER.finditer(piece.text))
    ends = [*(gap.start() for gap in gaps), len(piece.text)]
    starts = [0, *(gap.end() for gap in gaps)]
    parts = [piece.part(a, b) for a, b in zip(starts, ends, strict=True)]
    yield from parts if all("(" in p.text or "（" in p.text for p in parts) else [piece]


def _is_bare(name: str) -> bool:
    """Whether a piece between commas is a name rather than a part of a description."""
    if len(name) > MAX_NAME_CHARS:
        return False
    if _HAN.search(name):
        return len(name) <= MAX_HAN_NAME_CHARS and not _ABOUT_HAN.search(name)
    return bool(_BARE.fullmatch(name) or (name.startswith("@") and _LOWER_BARE.fullmatch(name)))


def _after_bracket(about: Slice) -> Slice:
    """`28), determined` without the bracket that the name opened: `28, determined`."""
    closed = min((i for c in ")）]" if (i := about.text.find(c)) >= 0), default=-1)
    if closed < 0:
        return about
    if not about.text[closed + 1 :].strip(" .。"):
        return about.part(0, closed)
    text = about.text[:closed] + about.text[closed + 1 :]
    return Slice(text, about.start, about.cell or about.span)

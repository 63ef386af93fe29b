"""Headings of shots in running text: `Shot 1 [0-3s]`, `[Shot 2, 00:03-00:06]`, `SHOT 1A – 2.5 sec`, `第1镜[0-3秒]`.

A word for a shot and its number are found first; what stands right before and after them then says whether they head a
shot or are a part of a sentence. Both looks reach a bounded distance, so that the time grows with the text alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from studio.prompt.script.time_words import Times, bracketed_time, find_time, time_before

LOOK_BACK = 80
"""Characters that are looked at before a word with a number."""
BRACKET_CHARS = 400
"""Longest heading that stands in brackets as a whole, words of the shot included."""
OPEN, CLOSE = "[【(（〔「『{<", "]】)）〕」』}>"
SEPARATORS = ":：,，、.．|/·–—-;；"
SCENE, SHOT, BEAT = 0, 1, 2
"""What a heading is of: of a scene that may hold shots, of a shot, of a part of one."""

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "opening", "next", "final", "last", "closing", "ending",
)  # fmt: skip
_LEVELS = {
    SCENE: (
        "scene", "sc", "clip", "segment", "part", "act", "escena", "szene", "scena", "场景", "场面", "片段",
        "段落", "幕", "シーン",
    ),
    SHOT: (
        "shot", "sh", "cut", "plan", "plano", "toma", "einstellung", "分镜头", "镜头", "分镜", "镜号", "镜", "カット",
        "ショット",
    ),
    BEAT: ("beat", "panel", "frame", "画面", "格"),
}  # fmt: skip
_LEVEL_OF = {word.casefold(): level for level, words in _LEVELS.items() for word in words}
_LATIN = "|".join(w for w in _LEVEL_OF if w.isascii())
_HAN_WORD = "|".join(sorted((w for w in _LEVEL_OF if not w.isascii()), key=len, reverse=True))
_DIGITS = r"\d{1,4}(?:[A-Ha-h](?![A-Za-z0-9]))?(?:[.-]\d{1,3}(?=\s{0,2}[:：\])】）]))?"
_HAN = "[零〇一二两三四五六七八九十百]{1,5}"
_CORE = re.compile(
    rf"(?<![A-Za-z0-9_@])(?P<latin>{_LATIN})(?:[ \t]{{0,3}}(?:\#|no\.?|nr\.?|number|№)?[ \t]{{0,2}}(?P<n>{_DIGITS})"
    rf"|[ \t]{{1,3}}(?P<word>{'|'.join(_WORDS)}|(?:[IVX]{{1,4}}|[A-H])(?=[ \t]{{0,2}}[:.)\]–—-])))(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])(?P<ordinal>{'|'.join(_ORDINALS)}) (?:shot|scene|clip)(?=[*_ ]{{0,3}}[:(\[])"
    r"|(?P<end>首|次|尾|末|开场|结尾|最后一个?)(?:镜头|镜)(?=\s?[:：（(【])"
    rf"|第[ \t]{{0,2}}(?P<nth>\d{{1,4}}|{_HAN})[ \t]{{0,2}}(?:个|號|号|组)?[ \t]{{0,2}}(?P<nth_of>{_HAN_WORD})头?"
    rf"|(?P<han>{_HAN_WORD})[ \t]{{0,2}}[#号]?[ \t]{{0,2}}"
    rf"(?:(?P<han_n>{_DIGITS})(?![A-Za-z0-9])|(?P<han_word>[①-⑳]|{_HAN}(?![^\s:：,，、.。（(【\[）)】\]—–|-])))",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"^[ \t]{0,8}(?:[(（](?P<in>\d{1,3})[)）]|(?P<n>\d{1,3})[.)、．](?!\d)|#(?P<hash>\d{1,3})(?=[ \t:：])|(?P<c>[①-⑳]))"
    r"[ \t]{0,4}",
    re.MULTILINE,
)
_CODE = re.compile(r"^[ \t*•-]{0,6}(?P<n>[A-Z]{0,3}_?\d{1,4}[A-Z]?)[ \t]{0,2}[–—|:：-](?=[ \t]|\D)", re.MULTILINE)
_MARKS = re.compile("[*_#>•·●▶►■◆\\-–—~ \t\u3000\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]*\\Z")
_OF_ALL = re.compile(
    r"[ \t]{0,2}(?:/|of|共)[ \t]{0,2}\d{1,3}(?=[ \t]{0,2}(?:[:：.)\]）】(（\[【|–—-]|$))", re.MULTILINE
)
_SHOT_NEXT = re.compile(r"sh(?:ot)?[ \t]?\d", re.IGNORECASE)
_BOLD = re.compile(r"[*_ \t\u3000]*")
_BOUNDARY = frozenset(" \t\u3000;；。.!！?？…|，,、:：)）]】》>”\"'’」』\n\r")
_ENDS = frozenset(';；。.!！?？…|)）]】”"」』\n\r')
_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True)
class ShotHead:
    """A heading: characters start to end of the text. number: in digits, "" without one; number_at: where it stands.

    times: what it says about the shot's time, and where. stop: where the words of the shot end, where the heading's own
    bracket holds them. title_at: words before a time. bracket: where a bracket closes that opened before the number and
    holds more than the heading. bare: nothing but its place shows that it is a heading. loose: it stands in the middle
    of a sentence. kling: `shot 1, 3, ...`.
    """

    start: int
    end: int
    number: str = ""
    number_at: tuple[int, int] | None = None
    times: Times | None = None
    stop: int | None = None
    title_at: tuple[int, int] | None = None
    bracket: int | None = None
    level: int = SHOT
    at_line: bool = True
    bare: bool = False
    loose: bool = False
    kling: bool = False


def numbered(text: str) -> list[ShotHead]:
    """Headings with a word and a number, all of one level, in order. What else has a word and a number is left out."""
    found: list[ShotHead] = []
    reached = 0
    last: dict[int, str] = {}
    for core in _CORE.finditer(text):
        if core.start() >= reached and (head := _head(text, core, reached)) and _follows(head, last):
            found.append(head)
            reached, last[head.level] = head.end, head.number
    if len(found) < 2:
        return [head for head in found if (not head.bare or head.at_line) and head.number]
    return found


def items(text: str) -> list[ShotHead]:
    """The items of a list that counts from 1 without a gap, each at the start of a line; [] for any other list."""
    found: list[ShotHead] = []
    for item in _ITEM.finditer(text):
        group = next(g for g in ("in", "n", "hash", "c") if item[g])
        number = number_of(item[group])
        if number != str(len(found) + 1):
            continue
        after = _After(text, item.end())
        found.append(ShotHead(item.start(), after.end, number, item.span(group), after.times))
    return found if len(found) > 1 else []


def codes(text: str) -> list[ShotHead]:
    """`1A – ...`, `SH010 | ...`: lines that begin with a code of a shot and a dash, a bar or a colon; two at least."""
    found: list[ShotHead] = []
    for code in _CODE.finditer(text):
        after = _After(text, code.end("n"))
        found.append(ShotHead(code.start(), after.end, code["n"], code.span("n"), after.times))
    return found if len(found) > 1 else []


def _follows(head: ShotHead, last: dict[int, str]) -> bool:
    """Within a paragraph numbers without a time count up; another order is a reference to a shot."""
    if head.at_line or head.times:
        return True
    before = last.get(head.level, "")
    if head.bare or head.loose:
        return head.number.isdecimal() and int(head.number) == (int(before) + 1 if before.isdecimal() else 1)
    return not (head.number.isdecimal() and before.isdecimal()) or int(head.number) > int(before)


def _head(text: str, core: re.Match[str], reached: int) -> ShotHead | None:
    group = next(g for g in ("n", "word", "nth", "han_n", "han_word", "ordinal", "end") if core[g])
    word = core["latin"] or core["nth_of"] or core["han"] or "shot"
    level = _LEVEL_OF[word.casefold()]
    before = _Before(text, core.start(), reached)
    after = _After(text, core.end(), opened=before.opened)
    if before.opened and not after.closed:
        stop = _closing(text, after.end, before.opened)
        if stop is None:
            return None
    else:
        stop = None
    head = ShotHead(
        before.start, after.end, number_of(core[group]), core.span(group), after.times or before.times,
        bracket=stop, level=level, at_line=before.at_line, kling=after.kling,
    )  # fmt: skip
    marked = bool(after.times or after.colon or before.opened or before.times)
    if before.at_line:
        plain = group not in ("n", "nth", "han_n") or level != SHOT or word.casefold() in ("cut", "sh")
        follows = level == SCENE and _SHOT_NEXT.match(text, after.end)
        return head if marked or after.separated or not plain or follows else None
    if not before.boundary:
        return None
    if marked:
        return replace(head, loose=not (before.ends or before.opened))
    return replace(head, bare=True) if before.ends and group == "n" and level == SHOT else None


class _Before:
    """What stands before a word with a number, on its line."""

    def __init__(self, text: str, at: int, reached: int) -> None:
        low = max(reached, at - LOOK_BACK)
        window = text[low:at].rstrip(" \t*_")
        self.opened = window[-1:] if window[-1:] and window[-1:] in OPEN else ""
        window = window[: len(window) - len(self.opened)]
        self.times = None if self.opened else time_before(window, low)
        if self.times:
            window = window[: self.times.at[0] - low].rstrip(OPEN)
        marks = _MARKS.search(window)
        rest = window[: marks.start()] if marks else window
        self.at_line = (not rest and (low == 0 or low == reached)) or rest.endswith("\n")
        self.start = low + (len(rest) if self.at_line else len(window))
        last = text[self.start - 1 : self.start] if self.start else "\n"
        space = window != window.rstrip() or len(window) + len(self.opened) < at - low
        self.boundary = bool(self.opened) or last in _BOUNDARY or space
        self.ends = (window.rstrip()[-1:] or "\n") in _ENDS


class _After:
    """What stands after the number: a closing bracket, separators and a time, in any order that is published."""

    def __init__(self, text: str, at: int, *, opened: str = "") -> None:
        self.times: Times | None = None
        self.closed = self.colon = self.separated = self.kling = colon = False
        at = total.end() if (total := _OF_ALL.match(text, at)) else at
        for _ in range(6):
            bold = _BOLD.match(text, at)
            at = bold.end() if bold else at
            if self.times is None and (times := bracketed_time(text, at) or find_time(text, at, listed=self.separated)):
                self.times, at, self.kling, colon = times, times.end, times.listed, False
            elif opened and not self.closed and text[at : at + 1] == CLOSE[OPEN.index(opened)]:
                self.closed, at = True, at + 1
            elif (sign := text[at : at + 1]) and sign in SEPARATORS and not colon:
                colon, self.separated, at = sign in ":：", True, at + 1
                self.colon = self.colon or colon
            else:
                break
        self.separated = self.separated or text[at : at + 1] in ("\n", "\r", "")
        self.end = at


def _closing(text: str, at: int, opened: str) -> int | None:
    """Where the bracket closes on this line, within BRACKET_CHARS."""
    line = text.find("\n", at, at + BRACKET_CHARS)
    close = text.find(CLOSE[OPEN.index(opened)], at, at + BRACKET_CHARS if line < 0 else line)
    return close if close >= 0 else None


def number_of(word: str) -> str:
    """`one`, `first`, `II`, `十二`, `③` in digits; "" for `final`, `尾`; anything else as it is."""
    plain = word.casefold()
    if plain in _ORDINALS:
        return str(_ORDINALS.index(plain) + 1) if _ORDINALS.index(plain) < 10 else ""
    if word[0] in "首次尾末开结最":
        return {"首": "1", "次": "2"}.get(word[0], "")
    if plain in _WORDS:
        return str(_WORDS.index(plain) + 1)
    if "①" <= word <= "⑳":
        return str(ord(word) - ord("①") + 1)
    if word[0] in _HAN_DIGITS or word[0] in "十百":
        return str(_han(word))
    if plain.isalpha() and not set(plain) - set("ivx"):
        values = [{"i": 1, "v": 5, "x": 10}[c] for c in plain]
        return str(sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)))
    return word


def _han(word: str) -> int:
    """`十二` is 12, `二〇` 20, `一百零三` 103."""
    total = digit = 0
    for sign in word:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = 10 * digit + _HAN_DIGITS[sign]
    return total + digit

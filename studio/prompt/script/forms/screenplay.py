"""Screenplays: Fountain, and plain ones pasted out of a PDF, a web page or a chat, in English and Chinese.

Line kinds after the Fountain syntax (fountain.io/syntax), read here because no kept parser knows where its elements
stand in the text, and plain screenplays keep few of its rules (blank lines, capitals, English prefixes of scenes).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from studio.messages import Message
from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.chat import is_chat
from studio.prompt.script.forms import screen_words as words
from studio.prompt.script.forms.scenes import Line, tell, title_case
from studio.prompt.script.forms.screen_rows import Page, Row, page_of
from studio.prompt.script.labels import film_field, shot_field
from studio.prompt.script.source import Slice
from studio.prompt.script.vocabulary import camera_terms

_SHOT_HEAD = re.compile(
    r"^[\W_]{0,6}(?:shot|镜头|clip)\s{0,3}#?\d|^[\W_]{0,6}第[\d一二三四五六七八九十]{1,3}个?镜",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t#*_.]{0,12}(?:(?:(?:SCENE|Scene|Escena|Szene|Scène|Scena) )?\d{1,4}[A-Z]?[ \t.):–—-]{1,6})?(?:(?:INT|"
    r"EXT|EST)\.|(?:INT|EXT)/|I/E[. ]|"
    r"(?:INT|EXT) (?=[A-Z])|内景|外景|内/外景)|^\.(?=[^\W\d_])",
    re.MULTILINE,
)
_CUE = re.compile(
    r"^[ \t*@]{0,60}[A-Z][A-Z .'’#-]{1,38}(?:\([^()\n]{1,30}\))?[ \t*^]{0,4}\n[ \t*]{0,60}[^\s]", re.MULTILINE
)
_TRANSITION = re.compile(r"^[ \t>*]{0,60}(?:FADE IN|FADE OUT|CUT TO|SMASH CUT)", re.MULTILINE)
NAME_CHARS = 40


def score(text: str) -> float:
    """Scene headings, cues and transitions make a screenplay; heads of shots make something else."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    headings, cues = len(_HEADING.findall(text)), len(_CUE.findall(text))
    if not headings:
        return 0.55 if cues > 2 and _TRANSITION.search(text) else 0.0
    if len(_SHOT_HEAD.findall(text)) > 1:
        return 0.35
    if "△" in text or "▲" in text:
        return 0.5
    return 0.9 if headings > 1 or cues else 0.7


def read(build: ScriptBuilder) -> None:
    """Every paragraph of action is a shot, with the speech that follows it."""
    tell(build, _Reader(build, page_of(build)).lines(), as_written=True)


class _Reader:
    """Tells the rows of a screenplay apart."""

    def __init__(self, build: ScriptBuilder, page: Page) -> None:
        self._build, self._page, self._rows = build, page, page.rows
        self._titled = False
        self._inline = Counter(m["name"] for row in page.rows if (m := words.INLINE.match(row.text)))
        self._first = next((i for i, row in enumerate(page.rows) if words.place_of(row.part)), len(page.rows))

    def lines(self) -> Iterator[Line]:
        """All lines in order, notes at their place among them."""
        notes = iter([*self._page.notes, None])
        note = next(notes)
        at = self._title_page()
        while at < len(self._rows):
            row = self._rows[at]
            while note and note.start < row.raw.start:
                yield Line("notes", note)
                note = next(notes)
            found, following = self._before(at) if at < self._first else self._line(at)
            yield from found
            at = following
        while note:
            yield Line("notes", note)
            note = next(notes)

    def _title_page(self) -> int:
        """Read `Title: ...` and its like off the top; the row that follows."""
        at, key = 0, ""
        while at < self._first and (at == 0 or self._page.attached(at)):
            row = self._rows[at]
            match = words.TITLE_KEY.match(row.text)
            name = match["key"].strip().casefold() if match else ""
            known = name in words.TITLE_KEYS or film_field(name) is not None
            if (at == 0 and not known) or words.transition_of(row.part):
                return at
            key = name if match and known else key
            value = row.part.group(match, "value").strip() if match and known else row.part
            if value:
                self._put_title(key, value, row)
            at += 1
        return at

    def _put_title(self, key: str, value: Slice, row: Row) -> None:
        field = film_field(key)
        if field == "title":
            self._title(value)
        elif field and key not in words.TITLE_KEYS:
            self._build.film(field, value)
        else:
            self._build.unread(row.raw, Message("screenplay.title_page"))

    def _title(self, part: Slice) -> None:
        quoted = words.QUOTED_TITLE.match(part.text)
        self._build.film("title", part.group(quoted, "title") if quoted else part)
        self._titled = True

    def _before(self, at: int) -> tuple[list[Line], int]:
        """What stands above the first scene."""
        row, last = self._rows[at], at
        while not self._page.tight and last + 1 < self._first and self._page.attached(last + 1):
            last += 1
        part = self._page.paragraph(at, last)
        section = words.SECTION.match(row.text)
        if words.PAGE.match(row.text):
            return [], at + 1
        if section and not self._titled:
            self._title(row.part.group(section, "text"))
        elif section or row.text.startswith("=") or words.transition_of(row.part) or words.ACT.match(row.text):
            return self._line(at)
        elif is_chat(part.text):
            self._build.unread(part, Message("scriptread.chat"))
        elif head_of_list := film_field(row.text.strip(":：")):
            for i in range(at + 1, last + 1):
                member = _in_title_case(self._rows[i].part) if head_of_list == "cast" else self._rows[i].part
                self._build.film(head_of_list, member, label=row.text)
        elif at == 0 and last > at and _is_title(row) and words.BY.match(self._rows[1].text):
            self._title(row.part)
            return [], at + 1
        elif words.BY.match(row.text):
            self._build.unread(part, Message("screenplay.title_page"))
        elif (match := words.TITLE_KEY.match(row.text)) and (
            film_field(match["key"]) or match["key"].casefold() in words.TITLE_KEYS
        ):
            return [], self._labelled(at, last, match)
        elif not self._titled and at == last and _is_title(row):
            self._title(row.part)
        elif self._speech(at)[0]:
            return self._line(at)
        else:
            self._build.unread(part, Message("screenplay.before_scenes"))
        return [], last + 1

    def _labelled(self, at: int, last: int, match: re.Match[str]) -> int:
        """`Style: ...` above the scenes, or a list of the cast under its head; the row that follows."""
        field, row = film_field(match["key"]), self._rows[at]
        value = row.part.group(match, "value").strip()
        while not value and last == at and last + 1 < self._first and words.ITEM.match(self._rows[last + 1].text):
            last += 1
        while last > at and last + 1 < self._first and words.ITEM.match(self._rows[last + 1].text):
            last += 1
        if field is None or match["key"].casefold() in words.TITLE_KEYS:
            self._put_title(match["key"].casefold(), value, row)
            return at + 1
        parts = [value, *(self._rows[i].part for i in range(at + 1, last + 1))]
        for part in filter(None, parts):
            self._title(part) if field == "title" else self._build.film(field, part)
        return last + 1

    def _line(self, at: int) -> tuple[list[Line], int]:
        """The row at `at`, and what belongs to it; the row that follows."""
        row = self._rows[at]
        if words.PAGE.match(row.text):
            return [], at + 1
        if place := words.place_of(row.part):
            return [Line("scene", place)], at + 1
        if row.text.startswith("!"):
            return self._action(at)
        if transition := words.transition_of(row.part):
            return [Line("ahead" if words.FADE_IN.match(transition.text) else "transition", transition)], at + 1
        if centred := words.CENTRED.match(row.text):
            return [Line("notes", row.part.group(centred, "text").strip())], at + 1
        if words.THE_END.match(row.text):
            return [Line("notes", row.part)], at + 1
        if section := words.SECTION.match(row.text):
            return [Line("ahead", row.part.group(section, "text"))], at + 1
        if row.text.startswith("=") or (words.ACT.match(row.text) and row.closes):
            return [Line("ahead", row.part.strip("= "))], at + 1
        if words.END_HEAD.match(row.text):
            return [], at + 1
        if words.NOTE_HEAD.match(row.text):
            return [Line("notes" if ":" in row.text or "：" in row.text else "ahead", row.part)], at + 1
        if row.text.startswith("~"):
            return self._sung(at)
        if row.opens and row.closes and words.CAPS_COLON.match(row.text):
            return [Line("transition", row.part.strip(" :"))], at + 1
        speech, following = self._speech(at)
        return (speech, following) if speech else self._action(at)

    def _action(self, at: int) -> tuple[list[Line], int]:
        """A paragraph of action, or several where each row is an item of a list."""
        row = self._rows[at]
        last = at
        while not self._page.tight and self._page.attached(last + 1) and not self._ends_action(last + 1):
            last += 1
        part = self._page.paragraph(at, last).strip()
        part = part.part(1) if part.text.startswith("!") else part
        if is_chat(part.text):
            self._build.unread(part, Message("scriptread.chat"))
            return [], last + 1
        if item := words.ITEM.match(part.text):
            part = part.part(item.end())
        if row.text == row.text.upper() and (camera := words.CAMERA.match(row.text)) and at == last:
            rest, head = part.part(camera.end()).strip(), part.part(0, camera.end()).strip(" :：–—-")
            return [Line("camera", rest, head) if camera_terms(head.text) else Line("camera", part)], last + 1
        if (camera := words.CAMERA_HEAD.match(part.text)) and camera_terms(camera["head"]):
            return [Line("action", part.group(camera, "rest"), part.group(camera, "head"))], last + 1
        return [Line("action", part)], last + 1

    def _sung(self, at: int) -> tuple[list[Line], int]:
        """Lyrics that stand below no name."""
        last = at
        while self._page.attached(last + 1) and self._rows[last + 1].text.startswith("~"):
            last += 1
        return [Line("speech", _without_tildes(self._page.paragraph(at, last)), manner="singing")], last + 1

    def _ends_action(self, at: int) -> bool:
        """Whether a row within a paragraph begins something else, as in texts without blank lines."""
        row = self._rows[at]
        other = words.place_of(row.part) or words.transition_of(row.part) or words.ITEM.match(row.text)
        return bool(other or self._speech(at)[0])

    def _speech(self, at: int) -> tuple[list[Line], int]:
        """Lines that one person speaks: a cue and what stands below it, or `MAYA (cold): Count it.`"""
        row = self._rows[at]
        if self._is_inline(row) and (inline := words.INLINE.match(row.text)):
            who = row.part.group(inline, "name").strip()
            manner = inline["manner"] or ""
            return [Line("speech", row.part.group(inline, "said"), who, manner.strip(), row.part)], at + 1
        cue = words.cue_of(row.part, marked=row.raw.text.startswith("**") and row.raw.text.rstrip(":：").endswith("**"))
        if cue is None or not self._page.attached(at + 1) or words.place_of(self._rows[at + 1].part):
            return [], at
        if not cue.sure and not (words.MANNER.match(self._rows[at + 1].text) or (row.opens and not self._page.tight)):
            return [], at
        return self._spoken(at, cue)

    def _is_inline(self, row: Row) -> bool:
        match = words.INLINE.match(row.text)
        if match is None or words.CAMERA.match(row.text) or words.NOTE_HEAD.match(row.text):
            return False
        name = match["name"].strip()
        if shot_field(name) or film_field(name) or words.NO_NAME.search(name):
            return False
        han = "\u3400" <= name[0] <= "\u9fff" and len(name) <= 8
        return name == name.upper() or han or self._inline[match["name"]] > 1

    def _spoken(self, at: int, cue: words.Cue) -> tuple[list[Line], int]:
        lines: list[Line] = []
        manner, first, next_at = "", at + 1, at + 1
        start = at

        def close(last: int) -> None:
            nonlocal start
            if first <= last:
                part = self._page.paragraph(first, last)
                sung = part.text.startswith("~")
                whole = self._build.source.part(self._rows[start].raw.start, self._rows[last].raw.end)
                how = ", ".join(filter(None, (cue.manner, manner, "singing" if sung else "")))
                lines.append(Line("speech", _without_tildes(part) if sung else part, cue.name, how, whole))
                start = last + 1

        while self._page.attached(next_at):
            row = self._rows[next_at]
            if words.MANNER.match(row.text):
                close(next_at - 1)
                manner, first = row.text.strip("()（） "), next_at + 1
            elif (
                words.PAGE.match(row.text)
                or words.place_of(row.part)
                or words.transition_of(row.part)
                or (first < next_at and self._page.tight and not self._goes_on(next_at))
            ):
                break
            next_at += 1
        close(next_at - 1)
        return lines, next_at

    def _goes_on(self, at: int) -> bool:
        """Whether speech goes on in this row, where no blank line ends it: both are indented, deeper than action is."""
        row, before = self._rows[at], self._rows[at - 1]
        return row.indent == before.indent > min(r.indent for r in self._rows[max(0, at - 40) : at + 40])


def _in_title_case(part: Slice) -> Slice:
    """`INÊS - 30, botanist` with the name as it stands elsewhere."""
    name = words.MEMBER_NAME.match(part.text)
    return Slice(title_case(name[0]) + part.text[name.end() :], part.start, part.span) if name else part


def _without_tildes(part: Slice) -> Slice:
    return Slice(" ".join(part.text.replace("~", " ").split()), part.start, part.span)


def _is_title(row: Row) -> bool:
    quoted = words.QUOTED_TITLE.match(row.text)
    return bool(quoted) or (len(row.text) <= 80 and row.text == row.text.upper() != row.text.lower())

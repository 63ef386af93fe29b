"""Where the readers of all forms put what they find, so that lengths, cast and spans come about in one way."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import islice

from studio.messages import Message
from studio.prompt.script import cast as casting
from studio.prompt.script import film_words, labels, words
from studio.prompt.script.model import FILM, Field, FilmField, MemberKind, Script, ScriptMember, SourceSpan, Unread
from studio.prompt.script.nothing import MARKS, is_nothing
from studio.prompt.script.shot_builder import MAX_SHOTS, ShotBuilder
from studio.prompt.script.source import Slice

MAX_CAST = 200
"""Most members of a cast; what is beyond is told."""
MAX_UNREAD, MAX_UNREAD_CHARS = 200, 200
MAX_UNTOLD_LETTERS = 20
"""Letters of a heading or a label that no field takes; more are told as unread."""
_LETTER = re.compile(r"[^\W\d_]")
KEYED_FORMS = frozenset({"json", "csv", "tsv", "markdown_table", "srt", "vtt"})
"""Their keys and heads of columns stand for fields; they tell themselves what they leave out."""
_INTRODUCED = re.compile(r"(?<![\w'-])([A-Z][A-Z'’-]{1,20}) ?\((?:(?:early|mid|late)[ -])?\d{1,3}")


class ScriptBuilder:
    """A script under construction. default_s: length of a shot that the text says nothing about."""

    def __init__(self, text: str, *, default_s: float = 4.0) -> None:
        self.source = Slice(text)
        self.default_s = default_s
        self.shots: list[ShotBuilder] = []
        self._introduced = {match[1].casefold() for match in islice(_INTRODUCED.finditer(text), MAX_CAST)}
        self._film: dict[str, dict[str, None]] = {}
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
        part = part.strip(MARKS)
        if is_nothing(part.text):
            return
        if field == "cast":
            for name, about in casting.members_of(part):
                self.member(name, labels.member_kind(label) or "character", about)
            return
        text = part.strip(MARKS + '"“”《》').text if field == "title" else part.text
        if field == "negative":
            text = text.rstrip(" .。;；,，")
        said = self._film.setdefault(field, {})
        if field != "title" or not said or text in said:
            said[text] = None
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

    def _tell_rest(self) -> None:
        """Tell what went nowhere. Headings and labels of a few letters are how a form is written, not its words."""
        told = [(span.start, span.end) for span in self._spans] + [(part.start, part.end) for part in self._unread]
        at = 0
        for start, end in [*sorted(told), (self.source.end, self.source.end)]:
            for line in self.source.part(at, max(at, start)).lines():
                words = line.strip()
                if (
                    not words.text.endswith((":", "：", "]", "】"))
                    and len(_LETTER.findall(words.text)) > MAX_UNTOLD_LETTERS
                ):
                    self.unread(words, Message("scriptread.rest"))
            at = max(at, end)

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
        if form not in KEYED_FORMS:
            self._tell_rest()
        finder = casting.NameFinder(m.name for m in self._members.values())
        starts = [*(shot.start_s for shot in kept[1:]), None][: len(kept)]
        return Script(
            form=form,
            title=" ".join(self._film.get("title", ())),
            style=words.joined(list(self._film.get("style", ()))),
            negative=", ".join(self._film.get("negative", ())),
            cast=tuple(self._members.values()),
            shots=tuple(
                shot.made(finder, n, start) for n, (shot, start) in enumerate(zip(kept, starts, strict=True), 1)
            ),
            unread=tuple(self._unread),
            spans=tuple(sorted(self._spans, key=lambda span: (span.start, span.end))),
            faults=tuple(self._faults),
        )

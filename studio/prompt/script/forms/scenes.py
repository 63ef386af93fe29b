"""Scripts in scenes turned into shots: every paragraph of action is a shot, and the speech that follows belongs to it.

The screenplay and the short drama tell their lines apart (`Line`); what they become is decided here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from studio.prompt.script.build import ScriptBuilder
from studio.prompt.script.cast import is_name
from studio.prompt.script.dialogue import is_narrator, is_off, speech_seconds, unquoted
from studio.prompt.script.model import DialogueLine
from studio.prompt.script.shot_builder import ShotBuilder
from studio.prompt.script.source import EMPTY, Slice

LineKind = Literal["scene", "action", "camera", "speech", "sound", "music", "notes", "ahead", "transition"]
MAX_SPEECH_S = 15.0
"""Speech of one shot, in seconds. Beyond it the next line has a new shot: no model makes longer clips."""


@dataclass(frozen=True)
class Line:
    """One line, or paragraph, of a scene.

    scene: place and time of day. camera: a heading of one shot ("CLOSE ON THE CLOCK"). ahead: a note on the shot that
    follows. speech: part is what `who` says, in this manner; whole is all that belongs to it. Of an action, `who` is
    the camera's part: 特写, CLOSE ON.
    """

    kind: LineKind
    part: Slice
    who: Slice = EMPTY
    manner: str = ""
    whole: Slice = EMPTY


_AGE = (
    r"(?:(?:early|mid|late)[ -])?"
    r"(?:\d{1,3}(?:['’]?s)?|teens?|twenties|thirties|forties|fifties|sixties|seventies|eighties)"
)
_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽА-ЯЁΑ-Ω"
_INTRODUCED = re.compile(
    rf"(?<![\w])(?P<name>[{_CAPITAL}][{_CAPITAL}'’.-]{{1,20}}(?: (?:[{_CAPITAL}][{_CAPITAL}'’.-]{{0,20}}|"
    rf"#?\d{{1,2}})){{0,3}})"
    rf"(?: ?\((?P<about>[^()\n]{{1,120}})\)(?P<more>,[^,.;()\n]{{3,80}}(?=,))?|"
    rf", (?P<age>{_AGE}),(?P<looks>[^,.;()\n]{{3,80}}(?=,))?)"
)
"""`ANNA BLAKE (28), determined but exhausted, sits` or `MAYA, 30s, sharp-eyed, waits`."""
_INTRODUCED_HAN = re.compile(
    r"(?<![\u3400-\u9fff])(?P<name>[\u3400-\u9fff]{1,4})[（(](?P<about>[^()（）\n]{0,12}\d{1,3}[^()（）\n]{0,40})[)）]"
    r"(?P<more>[，,][^，。,；()（）\n]{1,20}(?=[，,]))?"
)
_AGED = re.compile(rf"{_AGE}(?:,|$)")
_ABOUT_PEOPLE = re.compile(r"\d|teen|ties\b|,", re.IGNORECASE)
_SEVERAL = re.compile(r"[/&、]|\s(?:AND|and)\s")
_NAME_WORD = re.compile(rf"(?<![\w-])[{_CAPITAL}][^\W\d_]{{2,30}}(?![\w-])")
_NO_FIRST_NAMES = {
    "the",
    "old",
    "young",
    "little",
    "big",
    "doctor",
    "captain",
    "officer",
    "detective",
    "agent",
    "professor",
    "mister",
}
_WORD = re.compile(r"[^\W\d_][^\W\d_'’]*")


def title_case(name: str) -> str:
    """A name in capitals as it stands elsewhere: ANNA BLAKE is Anna Blake, McKenna stays."""
    return _WORD.sub(lambda word: word[0][:1] + word[0][1:].lower(), name) if name == name.upper() else name


def tell(build: ScriptBuilder, lines: Iterable[Line], *, as_written: bool = False) -> None:
    """Put the lines of a script into its shots. as_written: action is all prompt, nothing is taken out of it."""
    told = list(lines)
    scenes = _Scenes(build, _tell_cast(build, told), as_written)
    for line in told:
        scenes.take(line)
    scenes.finish()


class _Scenes:
    """The shots of one scene after another."""

    def __init__(self, build: ScriptBuilder, names: dict[str, str], as_written: bool) -> None:
        self._build, self._names, self._as_written = build, names, as_written
        self._place: Slice | None = None
        self._shot: ShotBuilder | None = None
        self._only_camera = False  # the shot has a heading of its own, its action is still to come
        self._spoken_s = 0.0
        self._waiting: list[Line] = []  # notes, voices and sounds before the first picture of a scene

    def take(self, line: Line) -> None:
        """Put one line where it belongs."""
        if line.kind == "scene":
            self._leave()
            self._place = line.part
        elif line.kind in ("action", "camera"):
            self._picture(line)
        elif line.kind == "speech":
            self._say(line)
        elif line.kind == "ahead" or self._shot is None:
            self._waiting.append(Line("ahead", line.part) if line.kind == "transition" else line)
        else:
            self._shot.put(line.kind, line.part)

    def finish(self) -> None:
        """After the last line: what still waits for a picture belongs to the last shot, or to none."""
        self._leave()
        for line in self._waiting:
            self._build.unread(line.whole or line.part)

    def _leave(self) -> None:
        """The scene is over. Voices that wait for a picture get a shot without one."""
        if any(line.kind == "speech" for line in self._waiting):
            self._new_shot()
        self._shot = None

    def _picture(self, line: Line) -> None:
        shot = self._shot if self._only_camera and self._shot else self._new_shot()
        if line.who:
            shot.put("camera", line.who)
        if self._as_written and line.kind == "action":
            shot.put_words("prompt", line.part)
            for word in _NAME_WORD.findall(line.part.text):
                shot.appears(self._names.get(word.casefold(), ""))
        else:
            if line.part:
                shot.read(line.part)
        self._only_camera = line.kind == "camera"

    def _say(self, line: Line) -> None:
        if self._shot is None and is_narrator(line.who.text, line.manner):
            self._waiting.append(line)
            return
        seconds = speech_seconds([line.part.text])
        long = self._spoken_s and self._spoken_s + seconds > MAX_SPEECH_S
        shot = self._shot if self._shot and not long else self._new_shot()
        self._only_camera = False
        self._spoken_s += seconds
        spoken = " ".join(unquoted(line.part).text.split())
        manner = "" if _AGED.match(line.manner) else line.manner
        words = DialogueLine(speaker=line.who.text, manner=manner, text=spoken)
        shot.say(words, line.whole or line.part)
        if not is_off(line.manner) and not is_narrator(line.who.text, line.manner):
            for name in _SEVERAL.split(line.who.text):
                shot.appears(self._names.get(name.strip().casefold(), ""))

    def _new_shot(self) -> ShotBuilder:
        shot = self._shot = self._build.shot()
        self._only_camera, self._spoken_s = False, 0.0
        if self._place:
            shot.put("place", self._place)
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self.take(Line("notes", line.part) if line.kind == "ahead" else line)
        return shot


def _tell_cast(build: ScriptBuilder, lines: list[Line]) -> dict[str, str]:
    """The cast: who speaks, seen or unseen, and who is introduced with an age. Gives their names in the cast
    by what the script calls them: the whole name, or the first."""
    introduced = _Introduced(found for line in lines for found in _introductions(line))
    speakers: dict[str, Slice] = {}
    for line in lines:
        if line.kind == "speech" and is_name(line.who.text) and not is_narrator(line.who.text):
            speakers.setdefault(title_case(line.who.text), line.who)
    people = [(name, part, introduced.take(name)) for name, part in speakers.items()]
    people += [(title_case(part.text), part, about) for part, about in introduced.rest()]
    names: dict[str, str] = {}
    first_names = Counter(name.casefold().split()[0] for name, _, _ in people)
    for name, part, about in people:
        member = build.member(Slice(name, part.start, part.span), "character", about)
        names[name.casefold()] = member
        if first_names[first := name.casefold().split()[0]] == 1 and len(first) > 2 and first not in _NO_FIRST_NAMES:
            names.setdefault(first, member)
    return names


class _Introduced:
    """Who is introduced, found again by the whole name, the first or the last word of it."""

    def __init__(self, found: Iterable[tuple[Slice, Slice]]) -> None:
        self._people: list[tuple[Slice, Slice]] = []
        self._places: dict[str, int] = {}
        self._taken: set[int] = set()
        for part, about in found:
            words = part.text.casefold().split()
            for name in (" ".join(words), *words):
                self._places.setdefault(name, len(self._people))
            self._people.append((part, about))

    def take(self, name: str) -> Slice | None:
        """The description of somebody who speaks: as ANNA, or as ANNA BLAKE where ANNA is introduced."""
        words = name.casefold().split()
        for key in dict.fromkeys((" ".join(words), words[0], words[-1])):
            at = self._places.get(key)
            if at is not None and (key == " ".join(words) or " " not in self._people[at][0].text):
                self._taken.add(at)
                return self._people[at][1]
        return None

    def rest(self) -> Iterator[tuple[Slice, Slice]]:
        """Those who never speak, each once."""
        seen = {self._people[at][0].text.casefold() for at in self._taken}
        for at, (part, about) in enumerate(self._people):
            if at not in self._taken and part.text.casefold() not in seen:
                seen.add(part.text.casefold())
                yield part, about


def _introductions(line: Line) -> Iterator[tuple[Slice, Slice]]:
    """(name, description) of everybody whom this line introduces: in a paragraph, or as `MOM (40s, exhausted): ...`."""
    part = line.part
    if line.kind == "speech" and _AGED.match(line.manner):
        yield line.who, Slice(line.manner, line.who.end, (line.who.end, part.start))
    if line.kind != "action":
        return
    for match in _INTRODUCED.finditer(part.text):
        about, more = match["about"] or match["age"], match["more"] or match["looks"] or ""
        if _ABOUT_PEOPLE.search(about):
            looks = more.rstrip() if more.startswith(",") or not more else f",{more.rstrip()}"
            yield part.group(match, "name"), _about(part, match, about.strip() + looks)
    for match in _INTRODUCED_HAN.finditer(part.text):
        yield part.group(match, "name"), _about(part, match, match["about"].strip() + (match["more"] or "").rstrip())


def _about(part: Slice, match: re.Match[str], words: str) -> Slice:
    return Slice(words, part.start + match.end("name"), (part.start + match.end("name"), part.start + match.end()))

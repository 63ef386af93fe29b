"""What a script says, read: the film's own fields, its cast, its shots, and where each of them stands in the text.

Times in seconds. Positions count characters (code points) of the text that was read.
"""

from __future__ import annotations

from typing import Literal

from studio.domain import Value
from studio.messages import Text

ShotField = Literal[
    "number", "duration", "shot_size", "angle", "lens", "move", "place", "cast", "prompt", "dialogue", "voice_over",
    "sound", "music", "transition", "notes",
]  # fmt: skip
PutField = ShotField | Literal["camera", "look"]
"""What a label may stand for beside one field: terms of the camera in any mixture, and how the picture looks (light,
mood, colour, ...), which has no field of its own and belongs to the prompt."""
FilmField = Literal["title", "style", "negative", "cast"]
Field = ShotField | FilmField
LengthFrom = Literal["own", "times", "dialogue", "default"]
"""Where a length comes from: written as a length, as a start and an end, estimated from speech, or assumed."""
MemberKind = Literal["character", "place", "prop"]

FILM = -1
"""The shot index of a span that belongs to the film as a whole."""


class DialogueLine(Value):
    """One spoken line. speaker: "" where the text names nobody. manner: how it is said, such as "whispering"."""

    speaker: str = ""
    manner: str = ""
    text: str


class ScriptMember(Value):
    """Someone or something that the script names for the whole film. name: without spaces, as it follows an @."""

    name: str
    kind: MemberKind = "character"
    description: str = ""


class ScriptShot(Value):
    """One shot. number: as the text has it, such as "3" or "1A"; its place in order where the text has none.

    start_s, end_s: where the text itself gives times. cast: names of members in it. source_start, source_end: the
    characters of the shot's own words, without its heading.
    """

    number: str = ""
    source_start: int = 0
    source_end: int = 0
    prompt: str = ""
    duration_s: float = 4.0
    length_from: LengthFrom = "default"
    start_s: float | None = None
    end_s: float | None = None
    shot_size: str = ""
    angle: str = ""
    lens: str = ""
    move: str = ""
    place: str = ""
    cast: tuple[str, ...] = ()
    dialogue: tuple[DialogueLine, ...] = ()
    voice_over: str = ""
    sound: str = ""
    music: str = ""
    transition: str = ""
    notes: str = ""


class SourceSpan(Value):
    """Characters start to end (not included) of the text went into this field of this shot (FILM: of the film)."""

    start: int
    end: int
    field: Field
    shot: int = FILM


class Unread(Value):
    """Characters start to end that went nowhere. text: their beginning. reason: a sentence."""

    start: int
    end: int
    text: str
    reason: Text = ""


class Script(Value):
    """A text as one form reads it. form: the id of that form (see forms). faults: sentences about times that do not add
    up, or too many shots."""

    form: str
    title: str = ""
    style: str = ""
    negative: str = ""
    cast: tuple[ScriptMember, ...] = ()
    shots: tuple[ScriptShot, ...] = ()
    unread: tuple[Unread, ...] = ()
    spans: tuple[SourceSpan, ...] = ()
    faults: tuple[Text, ...] = ()

    @property
    def length_s(self) -> float:
        """Seconds of all shots together."""
        return round(sum(shot.duration_s for shot in self.shots), 3)

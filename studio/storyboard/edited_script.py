"""A script as a page sends it back after somebody looked it over and changed it: held to the limits of a board."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studio.payload import Payload
from studio.prompt.script.model import LengthFrom, MemberKind, Script
from studio.storyboard.limits import MAX_CAST, MAX_SHOTS, MAX_TEXT_CHARS, ShortText

MAX_LINES = 500
"""Most spoken lines of one shot."""
LongText = Annotated[str, Field(max_length=MAX_TEXT_CHARS)]
Seconds = Annotated[float, Field(ge=0, le=36_000)]


class EditedLine(Payload):
    """A spoken line."""

    speaker: ShortText = ""
    manner: ShortText = ""
    text: LongText


class EditedMember(Payload):
    """A member of the film's cast."""

    name: ShortText
    kind: MemberKind = "character"
    description: LongText = ""


class EditedShot(Payload):
    """A shot. Lengths and times in seconds, as the text has them: a board shortens what is too long for a shot."""

    number: ShortText = ""
    prompt: LongText = ""
    duration_s: float = Field(4.0, gt=0, le=36_000)
    length_from: LengthFrom = "own"
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    shot_size: ShortText = ""
    angle: ShortText = ""
    lens: ShortText = ""
    move: ShortText = ""
    place: ShortText = ""
    cast: list[ShortText] = Field(default_factory=list, max_length=MAX_CAST)
    dialogue: list[EditedLine] = Field([], max_length=MAX_LINES)
    voice_over: LongText = ""
    sound: LongText = ""
    music: LongText = ""
    transition: ShortText = ""
    notes: LongText = ""


class EditedScript(Payload):
    """A script without its text: what is to be made of it."""

    form: str = Field("", max_length=40)
    title: ShortText = ""
    style: LongText = ""
    negative: LongText = ""
    cast: list[EditedMember] = Field([], max_length=MAX_CAST)
    shots: list[EditedShot] = Field([], max_length=MAX_SHOTS)

    def script(self) -> Script:
        """The same as the readers give it."""
        return Script.model_validate(self.model_dump())

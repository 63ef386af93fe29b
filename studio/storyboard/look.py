"""How a finished film looks, as saved with its board: colours, words, slate, and which shots follow others in colour.

Times in seconds on the film's clock without the slate. Ranges are those of media.cut.Grade.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from studio.domain import Value

Wheel = tuple[
    Annotated[float, Field(ge=-1, le=1)], Annotated[float, Field(ge=-1, le=1)], Annotated[float, Field(ge=-1, le=1)]
]
NEUTRAL: Wheel = (0.0, 0.0, 0.0)
MAX_TEXT_CHARS = 200


class Look(Value):
    """Colours of the whole film. shadows, mids, lights: what each wheel adds to red, green and blue.

    lut: SHA-256 of a kept colour table, "" none; lut_strength: 0..1 of it.
    """

    exposure: float = Field(default=0.0, ge=-3, le=3)
    contrast: float = Field(default=1.0, ge=0.2, le=3)
    saturation: float = Field(default=1.0, ge=0, le=3)
    warmth: float = Field(default=0.0, ge=-1, le=1)
    shadows: Wheel = NEUTRAL
    mids: Wheel = NEUTRAL
    lights: Wheel = NEUTRAL
    lut: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    lut_strength: float = Field(default=1.0, ge=0, le=1)


class Title(Value):
    """Words over the film. place: as on a number pad, 1 bottom left to 9 top right; 0: where the style puts them."""

    id: str = Field(max_length=64)
    text: str = Field(default="", max_length=500)
    style: Literal["title", "lower", "label", "caption"] = "title"
    start_s: float = Field(default=0.0, ge=0, le=36_000)
    end_s: float = Field(default=3.0, gt=0, le=36_000)
    place: int = Field(default=0, ge=0, le=9)
    fade: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Title:
        if self.end_s <= self.start_s:
            raise ValueError("a title ends after it begins")
        return self


class Slate(Value):
    """The card before the film. An empty title is the board's; empty lines are left out."""

    on: bool = False
    title: str = Field(default="", max_length=MAX_TEXT_CHARS)
    scene: str = Field(default="", max_length=MAX_TEXT_CHARS)
    take: str = Field(default="", max_length=MAX_TEXT_CHARS)
    date: str = Field(default="", max_length=MAX_TEXT_CHARS)
    note: str = Field(default="", max_length=MAX_TEXT_CHARS)
    seconds: float = Field(default=2.0, ge=0.5, le=10)


class Match(Value):
    """Whether a shot's colours follow another's. to: that shot's id; "" is the shot before. strength: 0..1."""

    on: bool = False
    strength: float = Field(default=0.8, ge=0, le=1)
    to: str = Field(default="", max_length=64)

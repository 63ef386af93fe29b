"""What a page says in a review room. Every field is held to its limits; whatever else comes ends the connection."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from studio.review import drawing
from studio.review.model import MAX_FRAME

COMPARED = 4
"""Versions that are compared at once, at most."""

Id = Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
Frame = Annotated[int, Field(ge=0, le=MAX_FRAME)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Compare(_Message):
    """The versions that are compared, in their order, and how."""

    versions: Annotated[list[Id], Field(min_length=2, max_length=COMPARED)]
    mode: Literal["side", "wipe", "difference", "overlay"]


class View(_Message):
    """What this page shows. clock: of a player that plays, seconds in the clip.

    latency_ms: half of the time that a message takes to the studio and back, as the page measured.
    """

    type: Literal["view"]
    item: Id | None = None
    version: Id | None = None
    frame: Frame | None = None
    playing: bool = False
    clock: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    speed: Annotated[float, Field(ge=-16, le=16, allow_inf_nan=False)] = 1.0
    loop: bool | tuple[Frame, Frame] | None = None
    compare: Compare | None = None
    latency_ms: Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)] = 0.0


class Lead(_Message):
    """Take the lead, or give it back."""

    type: Literal["lead"]
    on: bool


class Follow(_Message):
    """Go along with whoever leads, or no longer."""

    type: Literal["follow"]
    on: bool


class Shape(_Message):
    """A shape that is being drawn. start: of a stroke, how many points came before these; 0 draws it anew.

    internal: of a comment that guests do not see; holds for all this page draws now. done: the hand is off.
    """

    type: Literal["shape"]
    id: Id
    version: Id
    frame: Frame | None = None
    internal: bool
    start: Annotated[int, Field(ge=0, le=drawing.MAX_POINTS)] = 0
    done: bool = False
    shape: drawing.Shape


class Remove(_Message):
    """Shapes of this page are gone; None: all."""

    type: Literal["remove"]
    ids: Annotated[list[Id], Field(max_length=drawing.MAX_SHAPES)] | None = None


class Internal(_Message):
    """Whether guests may see what this page draws now."""

    type: Literal["internal"]
    on: bool


class Pointer(_Message):
    """Where this page points; `at` None: nowhere any longer."""

    type: Literal["pointer"]
    version: Id | None = None
    at: drawing.Place | None = None


class Ping(_Message):
    """To be answered with the same number."""

    type: Literal["ping"]
    n: Annotated[int, Field(ge=0, le=2**31)]


RoomMessage = Annotated[View | Lead | Follow | Shape | Remove | Internal | Pointer | Ping, Field(discriminator="type")]
_MESSAGES: TypeAdapter[RoomMessage] = TypeAdapter(RoomMessage)


def parsed(text: str) -> RoomMessage:
    """The message of a page. Raises pydantic's ValidationError for anything else."""
    return _MESSAGES.validate_json(text)

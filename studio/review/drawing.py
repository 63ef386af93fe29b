"""What a comment draws over a picture: strokes, arrows, lines, boxes, ellipses and words, as frozen values.

Places are parts of the picture's width and height from its top left corner, sizes parts of its height, so that a
drawing looks the same over every size of the picture. The page's own reading of them is assets/js/review/shapes.js.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from studio.domain import JSON, Value
from studio.errors import CapabilityError
from studio.field_errors import blank, legible, require_whole, sentence
from studio.messages import Message

MAX_SHAPES, MAX_POINTS, MAX_TEXT_CHARS = 200, 2_000, 500
MAX_BYTES = 200_000
"""Longest drawing as JSON."""
DIGITS = 5
"""Digits kept of a place: a hundred-thousandth of a picture is less than a pixel of any of them."""


def _rounded(number: float) -> float:
    return round(number, DIGITS)


def _shown(text: str) -> str:
    if blank(text):
        raise ValueError(Message("reviewdrawing.empty_text"))
    return legible(text)


Part = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False), AfterValidator(_rounded)]
Size = Annotated[float, Field(ge=0.001, le=0.5, strict=True, allow_inf_nan=False), AfterValidator(_rounded)]
"""Of the pen, or the height of letters, as a part of the picture's height."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", strict=True)]
Place = tuple[Part, Part]
PenPoint = tuple[Part, Part, Part]
"""x, y and the pressure of the pen."""


class Stroke(Value):
    """A line drawn by hand."""

    type: Literal["stroke"]
    points: tuple[PenPoint, ...] = Field(min_length=1, max_length=MAX_POINTS)
    color: Colour
    size: Size


class Figure(Value):
    """Something spanned between two places: an arrow points at `end`, box and ellipse have them as opposite corners."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=False, validate_by_alias=True)

    type: Literal["arrow", "line", "box", "ellipse"]
    start: Place = Field(alias="from")
    end: Place = Field(alias="to")
    color: Colour
    size: Size


class Words(Value):
    """Words with the top left corner of their first line at `at`."""

    type: Literal["text"]
    at: Place
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARS, strict=True), AfterValidator(_shown)]
    color: Colour
    size: Size


Shape = Annotated[Stroke | Figure | Words, Field(discriminator="type")]


class Drawing(Value):
    """Shapes in the order in which they were drawn, the last on top."""

    shapes: tuple[Shape, ...] = Field(max_length=MAX_SHAPES)

    def as_json(self) -> JSON:
        """The drawing as pages and files have it; `parse` reads it back."""
        return self.model_dump(mode="json", by_alias=True)


def parse(value: object) -> Drawing:
    """The drawing of a JSON value from outside. Raises CapabilityError with what is wrong in it."""
    require_whole(value)
    try:
        drawing = Drawing.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise CapabilityError(sentence(first, _name(first["loc"])), field="drawing") from error
    size = len(json.dumps(drawing.as_json(), ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_BYTES:
        raise CapabilityError(Message("reviewdrawing.too_large", limit=MAX_BYTES // 1000), field="drawing")
    return drawing


def _name(loc: Sequence[int | str]) -> str:
    """The path of a value in a drawing, without the kind of shape that pydantic adds to it."""
    words = [str(part) for n, part in enumerate(loc) if n != 2 or isinstance(part, int)]
    return ".".join(["drawing", *words])[:80]

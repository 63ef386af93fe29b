"""The body of a provider's request as data: which of our values stands at which place, and how it is written there.

A row's `request` table maps their path to a field; studio/engines/mapping.py builds the body from it. A path is names
separated by dots, with an index for lists (`input.messages[0].role`); one that ends in `.*` takes all own parameters
that no other field names. A text in the place of a field is short for `{ from = "text" }`, and a list for
`{ parts = [...] }`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio.messages import Message

PATH = re.compile(r"\w+(\[\d\])?(\.\w+(\[\d\])?)*(\.\*)?|\*")
NAME = re.compile(r"\{(\w+)\}")
REST = "params"
"""The source that stands for all own parameters which no other field names."""


class BodyField(BaseModel):
    """What stands at one place of the body. What is not set is not sent.

    source (`from` in a row): a field of the request, an own parameter, an input, or `model`: the provider's name of the
    model. value: a constant. format: several values in one text, "{width}*{height}"; only if all of them are set.
    first_of: the first of these that is set. parts: the items of all of these, in one list.
    when: conditions, all of which must hold: our name -> value, list of values, true (set) or false (not set).
    default: what is sent where nothing is set. values: our value -> theirs; others stay as they are.
    type: how the value is written; "words": text split at commas and spaces.
    scale: a number is multiplied by this, such as seconds by frames a second; then plus is added (5 s are 81 frames).
    list: all files or values in a list, also where there is one; else the first alone.
    kind: only files of this kind.
    entry: an object for each file or value: "$url" is a file's address, "$voice" the address of its voice, "$value" a
    value; {by_kind = {image = ..., video = ...}} chooses by the kind of file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    source: str = Field("", alias="from")
    value: Any = None
    format: str = ""
    first_of: tuple[BodyField, ...] = ()
    parts: tuple[BodyField, ...] = ()
    when: dict[str, Any] = Field(default_factory=dict)
    default: Any = None
    values: dict[str, Any] = Field(default_factory=dict)
    type: Literal["", "text", "int", "float", "bool", "words"] = ""
    scale: float = 1.0
    plus: int = 0
    list: bool = False
    kind: Literal["", "image", "video", "audio"] = ""
    entry: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"from": given}
        return {"parts": given} if isinstance(given, list | tuple) else given  # pyright: ignore[reportUnknownVariableType]

    @model_validator(mode="after")
    def _one_origin(self) -> BodyField:
        if sum(map(bool, (self.source, self.value is not None, self.format, self.first_of, self.parts))) != 1:
            raise ValueError(Message("userfile.one_origin"))
        return self

    def sources(self) -> Iterator[str]:
        """Our names that this field reads, those of its conditions excepted."""
        if self.source:
            yield self.source
        yield from NAME.findall(self.format)
        for part in (*self.first_of, *self.parts):
            yield from part.sources()
        if "$voice" in str(self.entry):
            yield "reference_voices"


def path_error(path: str, field: BodyField) -> str | None:
    """What is wrong with this place of a body, or None."""
    if not PATH.fullmatch(path):
        return Message("userfile.body_path", path=path[:60])
    if path.endswith("*") != (field.source == REST):
        return Message("userfile.body_rest", path=path[:60], rest=REST)
    return None

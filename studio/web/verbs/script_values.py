"""A script between the studio and programs: what was read of it, as JSON, and that answer sent back as a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, model_validator

from studio.domain import JSON
from studio.errors import CapabilityError
from studio.field_errors import require_whole, sentence, short
from studio.messages import Message
from studio.prompt.script.model import Script, ScriptShot
from studio.prompt.script.read import MAX_SCRIPT_CHARS
from studio.storyboard.edited_script import EditedScript

PLACES = {"source_start", "source_end", "start_s", "end_s"}
SHOT_FIELDS = tuple(name for name in ScriptShot.model_fields if name not in PLACES)
"""What programs get of a shot: everything but where it stands in text and time."""
ScriptText = Annotated[str, Field(max_length=MAX_SCRIPT_CHARS)]
FormId = Annotated[str, Field(max_length=40)]


class GivenScript(EditedScript):
    """What `read_script` answered, as it was or changed. What was not understood is not looked at again."""

    length_s: float | None = None
    unread: list[Any] = Field([], max_length=MAX_SCRIPT_CHARS)
    faults: list[Any] = Field([], max_length=MAX_SCRIPT_CHARS)

    def script(self) -> Script:
        """The same as the readers give it, without what was not understood."""
        return Script.model_validate(self.model_dump(exclude={"length_s", "unread", "faults"}))

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        """Fields that are null are as if they were left out, which is how some programs write them."""
        require_whole(given)
        return _without_nulls(given)


def _without_nulls(value: Any) -> Any:
    """value: nested no deeper than require_whole allows."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def answer(script: Script) -> JSON:
    """A script as programs read it."""
    shots = script.model_dump(mode="json")["shots"]
    return {
        "form": script.form,
        "title": script.title,
        "style": script.style,
        "negative": script.negative,
        "cast": [member.model_dump(mode="json") for member in script.cast],
        "shots": [{name: shot[name] for name in SHOT_FIELDS} for shot in shots],
        "length_s": script.length_s,
        "unread": [part.model_dump(mode="json") for part in script.unread],
        "faults": list(script.faults),
    }


def script_of(value: Any) -> str | Script:
    """A text, or the script of an answer. Raises CapabilityError, whose sentence names what is wrong."""
    if isinstance(value, Script | str):
        if isinstance(value, str) and len(value) > MAX_SCRIPT_CHARS:
            long = Message("value.longer_text", name="script", count=len(value), limit=MAX_SCRIPT_CHARS)
            raise CapabilityError(long, field="script")
        return value
    if not isinstance(value, dict):
        raise CapabilityError(Message("tables.not_a_script", given=short(value)), field="script")
    try:
        return GivenScript.model_validate(value).script()
    except ValidationError as error:
        first = dict(error.errors(include_url=False)[0])
        raise CapabilityError(sentence(first), field="script") from None


if TYPE_CHECKING:
    AnyScript = str | Script
else:
    AnyScript = Annotated[str | Script, PlainValidator(script_of, json_schema_input_type=str | GivenScript)]
"""A script as text, or what `read_script` answered."""

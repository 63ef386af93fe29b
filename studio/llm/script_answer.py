"""A list of shots as a language model answers it: the JSON schema that is asked for, and what is made of the answer.

The schema is strict, as OpenAI's structured outputs want it; the reading is not, since servers without schemas leave
fields out or write null. What cannot be a script is refused.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from studio.domain import JSON
from studio.llm.json_answer import object_of
from studio.prompt.script.model import DialogueLine, LengthFrom, MemberKind, Script, ScriptMember, ScriptShot
from studio.storyboard.limits import MAX_CAST, MAX_NAME_CHARS, MAX_SHOTS, MAX_TEXT_CHARS

FORM = "language_model"
MAX_LINES = 100
MIN_SHOT_S, MAX_SHOT_S = 0.5, 60.0
KINDS = get_args(MemberKind)
DEFAULT_S = 4.0


def _as_text(value: Any) -> Any:
    """Null is empty, a number is its digits; marks that no text may have are taken out."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value.strip() if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [] if value is None or value == "" else value


def _as_seconds(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip().removesuffix("seconds").removesuffix("s").removesuffix("秒").strip()
    return 0 if value in (None, "") else value


def _as_speech(value: Any) -> Any:
    """Lines of speech; a bare text is one line that names nobody."""
    if isinstance(value, str):
        return [{"text": value}] if value.strip() else []
    return [{"text": line} if isinstance(line, str) else line for line in value] if isinstance(value, list) else value


Words = Annotated[str, BeforeValidator(_as_text), Field(max_length=MAX_NAME_CHARS)]
Prose = Annotated[str, BeforeValidator(_as_text), Field(max_length=MAX_TEXT_CHARS)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _Line(_Part):
    speaker: Words = ""
    manner: Words = ""
    text: Prose = ""


class _Member(_Part):
    name: Words = ""
    kind: Annotated[str, BeforeValidator(_as_text)] = ""
    description: Prose = ""


class _Shot(_Part):
    number: Words = ""
    duration_s: Annotated[float, BeforeValidator(_as_seconds), Field(ge=0, le=3600)] = 0.0
    shot_size: Words = ""
    angle: Words = ""
    lens: Words = ""
    move: Words = ""
    place: Words = ""
    cast: Annotated[tuple[Words, ...], BeforeValidator(_as_list), Field(max_length=MAX_CAST)] = ()
    prompt: Prose = ""
    dialogue: Annotated[tuple[_Line, ...], BeforeValidator(_as_speech), Field(max_length=MAX_LINES)] = ()
    voice_over: Prose = ""
    sound: Prose = ""
    music: Prose = ""
    transition: Words = ""
    notes: Prose = ""


class _Answer(_Part):
    title: Words = ""
    style: Prose = ""
    negative: Prose = ""
    cast: Annotated[tuple[_Member, ...], BeforeValidator(_as_list), Field(max_length=MAX_CAST)] = ()
    shots: tuple[_Shot, ...] = Field(min_length=1, max_length=MAX_SHOTS)


def schema() -> JSON:
    """The answer's JSON schema: every field required, nothing else allowed."""
    text: JSON = {"type": "string"}
    line = _object(speaker=text, manner=text, text=text)
    member = _object(name=text, kind={"type": "string", "enum": list(KINDS)}, description=text)
    shot_fields: dict[str, JSON] = dict.fromkeys(_Shot.model_fields, text)
    shot_fields |= {"duration_s": {"type": "number"}, "cast": _list(text), "dialogue": _list(line)}
    return _object(title=text, style=text, negative=text, cast=_list(member), shots=_list(_object(**shot_fields)))


def read(answer: str) -> Script:
    """The script in an answer. Raises ValueError where the answer has none."""
    try:
        found = _Answer.model_validate(object_of(answer))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    cast = {name: member for member in found.cast if (name := _name(member.name))}
    return Script(
        form=FORM,
        title=found.title,
        style=found.style,
        negative=found.negative,
        cast=tuple(_member(name, member) for name, member in cast.items()),
        shots=tuple(_shot(number, shot) for number, shot in enumerate(found.shots, 1)),
    )


def _member(name: str, member: _Member) -> ScriptMember:
    kind: MemberKind = "place" if member.kind.lower() == "place" else "prop" if member.kind == "prop" else "character"
    return ScriptMember(name=name, kind=kind, description=member.description)


def _shot(number: int, shot: _Shot) -> ScriptShot:
    length_from: LengthFrom = "own" if shot.duration_s else "default"
    texts = shot.model_dump(exclude={"number", "duration_s", "cast", "dialogue"})
    return ScriptShot(
        number=shot.number or str(number),
        duration_s=min(MAX_SHOT_S, max(MIN_SHOT_S, shot.duration_s)) if shot.duration_s else DEFAULT_S,
        length_from=length_from,
        cast=tuple(name for one in shot.cast if (name := _name(one))),
        dialogue=tuple(
            DialogueLine(speaker=line.speaker, manner=line.manner, text=line.text)
            for line in shot.dialogue
            if line.text
        ),
        **texts,
    )


def _name(text: str) -> str:
    """A name as it follows an @: without spaces, of at most 40 characters."""
    joined = "_".join(text.removeprefix("@").split())
    return "".join(char for char in joined if char.isalnum() or char in "_-").lstrip("-")[:40]


def _object(**fields: JSON) -> JSON:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(of: JSON) -> JSON:
    return {"type": "array", "items": of}
